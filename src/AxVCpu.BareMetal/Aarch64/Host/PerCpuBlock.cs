using System.Runtime.InteropServices;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>What belongs to one physical CPU; TPIDR_EL2 points to it. The offsets are known to the assembly files.</summary>
[StructLayout(LayoutKind.Explicit)]
internal unsafe struct PerCpuBlock
{
    /// <summary>The distance between two blocks.</summary>
    public const ulong Stride = 4096;

    /// <summary>The most CPUs that are used; <c>image.ld</c> and <c>start.S</c> have room for as many.</summary>
    public const uint MaxCpus = 32;

    /// <summary>The registers of the guest that runs here.</summary>
    [FieldOffset(8)]
    public GuestRegisters* Context;

    /// <summary>Where the stack begins.</summary>
    [FieldOffset(16)]
    public ulong StackTop;

    /// <summary>The CPU's number, 0 for the one that booted.</summary>
    [FieldOffset(24)]
    public uint Index;

    /// <summary>Not 0 once the CPU has reached compiled code.</summary>
    [FieldOffset(28)]
    public int IsOnline;

    /// <summary>The core's slot for the running vCPU: two words that only <see cref="CurrentVCpu"/> reads.</summary>
    [FieldOffset(32)]
    public nint CurrentToken;

    /// <summary>The second word of the slot.</summary>
    [FieldOffset(40)]
    public nint CurrentScope;

    /// <summary>The affinity fields of MPIDR_EL1.</summary>
    [FieldOffset(48)]
    public ulong Mpidr;

    /// <summary>Where the CPU's redistributor is.</summary>
    [FieldOffset(56)]
    public ulong Redistributor;

    /// <summary>For the hypervisor's own per-CPU data.</summary>
    [FieldOffset(64)]
    public void* HypervisorData;

    /// <summary>Whether the physical interrupt of the virtual timer is active here, as far as EL2 knows; see <see cref="Aarch64VCpu"/>.</summary>
    [FieldOffset(72)]
    public bool IsTimerActive;

    /// <summary>Virtualization on this CPU.</summary>
    [FieldOffset(80)]
    public PerCpu<Aarch64PerCpu> Virtualization;

    /// <summary>The line that the CPU writes to the log.</summary>
    [FieldOffset(2048)]
    public LogBuffer Line;
}
