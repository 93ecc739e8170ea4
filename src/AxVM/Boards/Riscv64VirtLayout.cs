namespace AxVM.Boards;

/// <summary>
/// The addresses and interrupt numbers of the riscv64 <c>virt</c> board. They are those of the well-known machine of
/// that name, so that kernels and firmware built for it run unchanged.
/// </summary>
public static class Riscv64VirtLayout
{
    /// <summary>The reset ROM: where a hart starts in the machine profile.</summary>
    public const ulong ResetRom = 0x1000;

    /// <summary>Bytes of the reset ROM.</summary>
    public const ulong ResetRomSize = 0xf000;

    /// <summary>The test finisher and syscon: power-off, reset, exit code.</summary>
    public const ulong Test = 0x10_0000;

    /// <summary>Bytes of the test finisher.</summary>
    public const ulong TestSize = 0x1000;

    /// <summary>The Goldfish real-time clock.</summary>
    public const ulong Rtc = 0x10_1000;

    /// <summary>Bytes of the real-time clock.</summary>
    public const ulong RtcSize = 0x1000;

    /// <summary>The real-time clock's interrupt at the PLIC.</summary>
    public const uint RtcIrq = 11;

    /// <summary>The core-local interruptor.</summary>
    public const ulong Clint = 0x200_0000;

    /// <summary>Bytes of the core-local interruptor.</summary>
    public const ulong ClintSize = 0x1_0000;

    /// <summary>The platform-level interrupt controller.</summary>
    public const ulong Plic = 0xc00_0000;

    /// <summary>Bytes of the interrupt controller.</summary>
    public const ulong PlicSize = 0x60_0000;

    /// <summary>Interrupt sources of the PLIC, without source 0.</summary>
    public const uint PlicSources = 95;

    /// <summary>The 16550 UART.</summary>
    public const ulong Uart = 0x1000_0000;

    /// <summary>Bytes of the UART.</summary>
    public const ulong UartSize = 0x100;

    /// <summary>The UART's interrupt at the PLIC.</summary>
    public const uint UartIrq = 10;

    /// <summary>The UART's input clock in hertz.</summary>
    public const uint UartClock = 3_686_400;

    /// <summary>The first virtio-mmio slot; the others follow at <see cref="VirtioSize"/> steps.</summary>
    public const ulong Virtio = 0x1000_1000;

    /// <summary>Bytes of one virtio-mmio slot.</summary>
    public const ulong VirtioSize = 0x1000;

    /// <summary>Number of virtio-mmio slots.</summary>
    public const int VirtioSlots = 8;

    /// <summary>The first slot's interrupt at the PLIC; the others follow.</summary>
    public const uint VirtioIrq = 1;

    /// <summary>The firmware configuration device.</summary>
    public const ulong FwCfg = 0x1010_0000;

    /// <summary>The first bank of flash; the second follows.</summary>
    public const ulong Flash = 0x2000_0000;

    /// <summary>Bytes of one bank of flash.</summary>
    public const int FlashSize = 0x200_0000;

    /// <summary>Bytes of flash that are erased together.</summary>
    public const uint FlashBlockSize = 0x4_0000;

    /// <summary>Number of banks of flash.</summary>
    public const int FlashBanks = 2;

    /// <summary>The first byte of RAM.</summary>
    public const ulong Ram = 0x8000_0000;

    /// <summary>The highest address the devicetree's end may have, so that 32-bit addressing firmware stages reach it.</summary>
    public const ulong DtbLimit = 0xc000_0000;

    /// <summary>Where a kernel that starts after firmware is put, and where firmware expects it: RAM + 2 MiB.</summary>
    public const ulong FirmwarePayload = Ram + 0x20_0000;

    /// <summary>Ticks per second of the harts' time counter.</summary>
    public const uint TimebaseFrequency = 10_000_000;
}
