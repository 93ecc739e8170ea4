namespace AxVCpu.Devices;

/// <summary>Registers of the PL011 (Arm DDI 0183G, table 3-1).</summary>
public enum Pl011Register : ushort
{
    /// <summary>Data: sends a character, or takes a received one with its errors.</summary>
    UARTDR = 0x000,
    /// <summary>Receive errors; writing clears them.</summary>
    UARTRSR = 0x004,
    /// <summary>Flags.</summary>
    UARTFR = 0x018,
    /// <summary>IrDA low-power divisor; kept.</summary>
    UARTILPR = 0x020,
    /// <summary>Baud rate divisor, integer part; kept.</summary>
    UARTIBRD = 0x024,
    /// <summary>Baud rate divisor, fraction; kept.</summary>
    UARTFBRD = 0x028,
    /// <summary>Line control.</summary>
    UARTLCR_H = 0x02C,
    /// <summary>Control.</summary>
    UARTCR = 0x030,
    /// <summary>FIFO levels that raise interrupts.</summary>
    UARTIFLS = 0x034,
    /// <summary>Interrupt mask.</summary>
    UARTIMSC = 0x038,
    /// <summary>Interrupts, masked or not.</summary>
    UARTRIS = 0x03C,
    /// <summary>Interrupts that are not masked.</summary>
    UARTMIS = 0x040,
    /// <summary>Writing ones clears interrupts.</summary>
    UARTICR = 0x044,
    /// <summary>DMA control; kept, there is no DMA.</summary>
    UARTDMACR = 0x048,
    /// <summary>The first identification register.</summary>
    UARTPeriphID0 = 0xFE0,
}

/// <summary>UARTFR (Arm DDI 0183G, 3.3.3).</summary>
[Flags]
public enum Pl011Flags : ushort
{
    /// <summary>Clear to send.</summary>
    CTS = 1 << 0,
    /// <summary>Data set ready.</summary>
    DSR = 1 << 1,
    /// <summary>Data carrier detect.</summary>
    DCD = 1 << 2,
    /// <summary>Receive FIFO empty.</summary>
    RXFE = 1 << 4,
    /// <summary>Transmit FIFO full.</summary>
    TXFF = 1 << 5,
    /// <summary>Receive FIFO full.</summary>
    RXFF = 1 << 6,
    /// <summary>Transmit FIFO empty.</summary>
    TXFE = 1 << 7,
    /// <summary>Ring indicator.</summary>
    RI = 1 << 8,
    /// <summary>The modem's lines.</summary>
    Modem = CTS | DSR | DCD | RI,
}

/// <summary>UARTCR (Arm DDI 0183G, 3.3.8).</summary>
[Flags]
public enum Pl011Control : ushort
{
    /// <summary>The UART works.</summary>
    UARTEN = 1 << 0,
    /// <summary>What is sent is received.</summary>
    LBE = 1 << 7,
    /// <summary>The transmitter works.</summary>
    TXE = 1 << 8,
    /// <summary>The receiver works.</summary>
    RXE = 1 << 9,
    /// <summary>Data terminal ready.</summary>
    DTR = 1 << 10,
    /// <summary>Request to send.</summary>
    RTS = 1 << 11,
    /// <summary>Output 1: carrier detect of a terminal.</summary>
    OUT1 = 1 << 12,
    /// <summary>Output 2: ring indicator of a terminal.</summary>
    OUT2 = 1 << 13,
}

/// <summary>Interrupts, as in UARTIMSC, UARTRIS, UARTMIS and UARTICR (Arm DDI 0183G, 3.3.10 to 3.3.13).</summary>
[Flags]
public enum Pl011Interrupts : ushort
{
    /// <summary>The ring indicator changed.</summary>
    RI = 1 << 0,
    /// <summary>Clear to send changed.</summary>
    CTS = 1 << 1,
    /// <summary>Carrier detect changed.</summary>
    DCD = 1 << 2,
    /// <summary>Data set ready changed.</summary>
    DSR = 1 << 3,
    /// <summary>The receive FIFO reached its level.</summary>
    RX = 1 << 4,
    /// <summary>The transmit FIFO fell through its level.</summary>
    TX = 1 << 5,
    /// <summary>The receive FIFO holds characters and the line is idle.</summary>
    RT = 1 << 6,
    /// <summary>Framing error; never here.</summary>
    FE = 1 << 7,
    /// <summary>Parity error; never here.</summary>
    PE = 1 << 8,
    /// <summary>Break.</summary>
    BE = 1 << 9,
    /// <summary>Overrun.</summary>
    OE = 1 << 10,
    /// <summary>All of them.</summary>
    Mask = (1 << 11) - 1,
}
