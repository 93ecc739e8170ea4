namespace AxVM.Boards;

/// <summary>
/// The addresses, ports and interrupt numbers of the x86-64 <c>virt</c> board: what every PC has where every PC has it,
/// and virtio devices in the hole below 4 GiB.
/// </summary>
public static class X64VirtLayout
{
    /// <summary>The first byte behind the RAM that real mode reaches; the last kibibyte before is kept from the guest, as by every BIOS.</summary>
    public const ulong LowRamEnd = 0xA_0000;

    /// <summary>The first byte that the memory map keeps from the guest at the end of the low RAM.</summary>
    public const ulong ExtendedBiosData = 0x9_FC00;

    /// <summary>Where a display adapter would be: memory, so that kernels that write to a screen find one.</summary>
    public const ulong VideoArea = LowRamEnd;

    /// <summary>Bytes of the video area, which ends at <see cref="RomArea"/>.</summary>
    public const ulong VideoAreaSize = 0x2_0000;

    /// <summary>The characters of the text screen: 80 columns and 25 rows, each a character and its colours.</summary>
    public const ulong TextScreen = 0xB_8000;

    /// <summary>
    /// Where expansion ROMs would be: empty memory, which the memory map does not name. Kernels look through it for ROMs, and each of some
    /// thousand reads would leave the guest if nothing were there.
    /// </summary>
    public const ulong RomArea = 0xC_0000;

    /// <summary>Bytes of the ROM area, which ends at <see cref="TableArea"/>.</summary>
    public const ulong RomAreaSize = 0x2_0000;

    /// <summary>Where a BIOS would be: memory with the ACPI tables, whose root pointer is its first bytes.</summary>
    public const ulong TableArea = 0xE_0000;

    /// <summary>Bytes of the table area.</summary>
    public const ulong TableAreaSize = 0x2_0000;

    /// <summary>Where RAM goes on above the table area.</summary>
    public const ulong HighRam = 0x10_0000;

    /// <summary>The first byte of the hole for devices; RAM that does not fit below goes on at <see cref="FarRam"/>.</summary>
    public const ulong DeviceHole = 0xC000_0000;

    /// <summary>Where RAM goes on behind the hole.</summary>
    public const ulong FarRam = 0x1_0000_0000;

    /// <summary>The first virtio-mmio slot; the others follow at <see cref="VirtioSize"/> steps.</summary>
    public const ulong Virtio = 0xD000_0000;

    /// <summary>Bytes of one virtio-mmio slot.</summary>
    public const ulong VirtioSize = 0x1000;

    /// <summary>Number of virtio-mmio slots.</summary>
    public const int VirtioSlots = 8;

    /// <summary>The first slot's pin at the I/O APIC; the others follow.</summary>
    public const uint VirtioIrq = 16;

    /// <summary>The I/O APIC.</summary>
    public const ulong IoApic = 0xFEC0_0000;

    /// <summary>The I/O APIC's ID.</summary>
    public const byte IoApicId = 0;

    /// <summary>The interval timer's first port.</summary>
    public const ushort TimerPort = 0x40;

    /// <summary>The interval timer's pin at the I/O APIC.</summary>
    public const uint TimerPin = 2;

    /// <summary>The keyboard controller's data port; its command port is four higher.</summary>
    public const ushort KeyboardPort = 0x60;

    /// <summary>The system control port B.</summary>
    public const ushort SystemControlPort = 0x61;

    /// <summary>The real-time clock's address port.</summary>
    public const ushort RtcPort = 0x70;

    /// <summary>The real-time clock's interrupt.</summary>
    public const uint RtcIrq = 8;

    /// <summary>The 16550 UART's first port.</summary>
    public const ushort UartPort = 0x3F8;

    /// <summary>The UART's interrupt.</summary>
    public const uint UartIrq = 4;

    /// <summary>The system control port A.</summary>
    public const ushort SystemControlAPort = 0x92;

    /// <summary>The display adapter's CRT controller; its status register is six higher.</summary>
    public const ushort DisplayPort = 0x3D4;

    /// <summary>The test device's data.</summary>
    public const ushort TestDataPort = 0xE0;

    /// <summary>The test device's page flush.</summary>
    public const ushort TestFlushPort = 0xE4;

    /// <summary>The test device's first interrupt line; one port for each pin of the I/O APIC.</summary>
    public const ushort TestLinesPort = 0x2000;

    /// <summary>The test device's memory.</summary>
    public const ulong TestMemory = 0xFF00_0000;

    /// <summary>Bytes of the test device's memory.</summary>
    public const ulong TestMemorySize = 0x1_0000;

    /// <summary>The debug console: bytes written here are printed.</summary>
    public const ushort DebugConsolePort = 0xE9;

    /// <summary>A value written here ends the run with the exit code <c>value &lt;&lt; 1 | 1</c>.</summary>
    public const ushort DebugExitPort = 0xF4;

    /// <summary>Ports that the debug exit answers at.</summary>
    public const ulong DebugExitSize = 4;

    /// <summary>The firmware configuration device's first port.</summary>
    public const ushort FwCfgPort = 0x510;

    /// <summary>ACPI's fixed hardware.</summary>
    public const ushort PowerPort = 0x600;

    /// <summary>Where Bochs has ACPI's control register.</summary>
    public const ushort BochsPowerPort = 0xB004;

    /// <summary>Where Bochs is told "Shutdown".</summary>
    public const ushort BochsShutdownPort = 0x8900;

    /// <summary>The system control interrupt.</summary>
    public const uint PowerIrq = 9;

    /// <summary>The reset control register.</summary>
    public const ushort ResetPort = 0xCF9;

    /// <summary>Ticks per second of the VM's clock, which is also the input clock of the local APIC timers.</summary>
    public const ulong ClockFrequency = 1_000_000_000;

    /// <summary>The address of a virtio-mmio slot.</summary>
    public static ulong VirtioAddress(int slot) => Virtio + ((ulong)slot * VirtioSize);
}
