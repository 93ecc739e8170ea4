namespace AxVCpu.BareMetal.Aarch64;

/// <summary>
/// The host's PL011 (Arm DDI 0183), polled for output, as the boot loader left its speed. Writers are serialised by
/// <see cref="Log"/>; one CPU reads.
/// </summary>
internal static class HostConsole
{
    private const ulong DataRegister = 0x000;           // UARTDR
    private const ulong FlagRegister = 0x018;           // UARTFR
    private const ulong ControlRegister = 0x030;        // UARTCR
    private const ulong MaskRegister = 0x038;           // UARTIMSC
    private const ulong ClearRegister = 0x044;          // UARTICR
    private const uint ReceiveEmpty = 1 << 4;           // UARTFR.RXFE
    private const uint TransmitFull = 1 << 5;           // UARTFR.TXFF
    private const uint EnableAll = 1 << 9 | 1 << 8 | 1; // UARTCR.RXE, TXE, UARTEN
    private const uint ReceiveInterrupts = 1 << 6 | 1 << 4; // UARTIMSC.RTIM, RXIM
    private const uint PatienceForOutput = 1_000_000;

    private static ulong s_base;

    /// <summary>The interrupt that received bytes raise; 0 when there is none.</summary>
    public static uint InterruptId => HostFdt.Facts.ConsoleInterrupt;

    /// <summary>Takes a UART whose registers are mapped.</summary>
    public static void Open(ulong address)
    {
        Native.Write32(address + MaskRegister, 0);
        Native.Write32(address + ControlRegister, EnableAll);
        s_base = address;
    }

    /// <summary>Writes bytes; without a console they are lost.</summary>
    public static void Write(ReadOnlySpan<byte> text)
    {
        if (s_base == 0)
            return;
        for (int i = 0; i < text.Length; i++)
        {
            // A UART that never drains must not stop the hypervisor.
            for (uint spins = 0; (Native.Read32(s_base + FlagRegister) & TransmitFull) != 0 && spins < PatienceForOutput; spins++)
                Native.Relax();
            Native.Write32(s_base + DataRegister, text[i]);
        }
    }

    /// <summary>Takes a received byte.</summary>
    public static bool TryRead(out byte value)
    {
        value = 0;
        if (s_base == 0 || (Native.Read32(s_base + FlagRegister) & ReceiveEmpty) != 0)
            return false;
        value = (byte)Native.Read32(s_base + DataRegister);
        return true;
    }

    /// <summary>Lets received bytes raise <see cref="InterruptId"/>.</summary>
    public static void EnableReceiveInterrupt()
    {
        if (s_base != 0)
            Native.Write32(s_base + MaskRegister, ReceiveInterrupts);
    }

    /// <summary>Lowers the interrupt; call it before the bytes are read.</summary>
    public static void ClearInterrupt()
    {
        if (s_base != 0)
            Native.Write32(s_base + ClearRegister, ReceiveInterrupts);
    }
}
