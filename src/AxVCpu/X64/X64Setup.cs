namespace AxVCpu.X64;

/// <summary>
/// Starts a vCPU in real mode, as after a reset or a start-up interrupt: an entry below 1 MiB lies in the code segment of its 4 KiB page,
/// an entry above in the segment of its 64 KiB (0xFFFFFFF0 is the reset vector).
/// </summary>
public struct X64RealModeSetup
{
    /// <summary>What the general registers hold at the start. Rip comes from the entry, bit 1 of Rflags is set.</summary>
    public X64GeneralRegisters Registers;
}

/// <summary>Starts a vCPU in 32-bit protected mode without paging, with flat segments of 4 GiB: CS 0x08, the others 0x10.</summary>
public struct X64ProtectedModeSetup
{
    /// <summary>What the general registers hold at the start. Rip comes from the entry, bit 1 of Rflags is set.</summary>
    public X64GeneralRegisters Registers;
}

/// <summary>Starts a vCPU in 64-bit mode with the page tables of the VMM.</summary>
public struct X64LongModeSetup
{
    /// <summary>What the general registers hold at the start. Rip comes from the entry, bit 1 of Rflags is set.</summary>
    public X64GeneralRegisters Registers;

    /// <summary>The guest-physical address of the page-table root; the entry must be mapped at its own address.</summary>
    public ulong Cr3;

    /// <summary>Whether the vCPU starts at privilege level 3 instead of 0.</summary>
    public bool UserMode;

    /// <summary>The descriptor tables; zero for none, when the guest brings its own.</summary>
    public X64DescriptorTable Gdt;

    /// <summary>The interrupt descriptor table; zero for none: the first exception then ends in a triple fault.</summary>
    public X64DescriptorTable Idt;

    /// <summary>The 64-bit task-state segment (Intel SDM volume 3, 8.7), with its I/O permission bitmap; zero for none.</summary>
    public X64DescriptorTable TaskState;
}
