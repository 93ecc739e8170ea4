namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>
/// What every aarch64 guest finds where: the addresses of QEMU's <c>virt</c> machine, so that a kernel, a driver and a reader know them.
/// Interrupt numbers are INTIDs (SPI n is INTID 32 + n).
/// </summary>
internal static class GuestBoard
{
    /// <summary>RAM begins here unless the configuration lists regions.</summary>
    internal const ulong Ram = 0x4000_0000;

    /// <summary>The first address after what stage 2 translates (39 bits).</summary>
    internal const ulong AddressLimit = 1UL << 39;

    internal const ulong Distributor = 0x0800_0000;
    internal const ulong DistributorSize = 0x1_0000;
    /// <summary>Where a GICv2 of QEMU's machine has its CPU interface; nothing is there.</summary>
    internal const ulong Gicv2CpuInterface = 0x0801_0000;
    internal const ulong Gicv2CpuInterfaceSize = 0x1_0000;
    internal const ulong Redistributors = 0x080A_0000;
    internal const ulong RedistributorSize = 0x2_0000;
    internal const ulong Uart = 0x0900_0000;
    internal const ulong UartSize = 0x1000;
    internal const uint UartInterrupt = 33;
    internal const ulong Rtc = 0x0901_0000;
    internal const ulong RtcSize = 0x1000;
    internal const uint RtcInterrupt = 34;
    internal const ulong Virtio = 0x0A00_0000;
    internal const ulong VirtioSize = 0x1000;
    internal const int VirtioSlots = 8;
    internal const uint VirtioInterrupt = 48;

    /// <summary>The slot of the virtio console; those before it are for disks.</summary>
    internal const int ConsoleSlot = ArchiveFormat.MaxDisks;
    internal const ulong VirtioConsole = Virtio + (ConsoleSlot * VirtioSize);

    /// <summary>Where channels between VMs appear unless the configuration has a device for them.</summary>
    internal const ulong Channels = 0x0B00_0000;
    internal const ulong ChannelsSize = 0x10_0000;
    internal const uint ChannelInterrupt = 47;

    /// <summary>All emulated devices lie below; nothing else may be mapped there but by a device of the configuration.</summary>
    internal const ulong DevicesStart = Distributor;
    internal const ulong DevicesEnd = Channels + ChannelsSize;

    /// <summary>SPIs of a guest's interrupt controller.</summary>
    internal const int Spis = 96;

    /// <summary>Room for the generated devicetree.</summary>
    internal const int DeviceTreeRoom = 0x1_0000;

    /// <summary>Alignment of a devicetree, after Documentation/arch/arm64/booting.rst (at most 2 MiB long and aligned to 8).</summary>
    internal const ulong DeviceTreeAlignment = 0x20_0000;
}
