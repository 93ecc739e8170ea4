namespace AxVCpu.Devices;

/// <summary>
/// Register offsets of the 16550A (National Semiconductor PC16550D data sheet, table II), before the register shift.
/// One offset holds several registers, chosen by direction and by the divisor latch access bit.
/// </summary>
public enum Uart16550Register : byte
{
    /// <summary>Receiver buffer (read), transmitter holding (write), divisor latch low (DLAB = 1).</summary>
    RBR_THR_DLL = 0,
    /// <summary>Interrupt enable; divisor latch high (DLAB = 1).</summary>
    IER_DLM = 1,
    /// <summary>Interrupt identification (read), FIFO control (write).</summary>
    IIR_FCR = 2,
    /// <summary>Line control.</summary>
    LCR = 3,
    /// <summary>Modem control.</summary>
    MCR = 4,
    /// <summary>Line status.</summary>
    LSR = 5,
    /// <summary>Modem status.</summary>
    MSR = 6,
    /// <summary>Scratch.</summary>
    SCR = 7,
}

/// <summary>Interrupt enable register bits (PC16550D, 8.7).</summary>
[Flags]
internal enum UartIer : byte
{
    ERBFI = 1 << 0,
    ETBEI = 1 << 1,
    ELSI = 1 << 2,
    EDSSI = 1 << 3,
    Mask = 0x0F,
}

/// <summary>Interrupt identification register values (PC16550D, table IV), highest priority first.</summary>
internal enum UartIir : byte
{
    ReceiverLineStatus = 0b0110,
    ReceivedDataAvailable = 0b0100,
    CharacterTimeout = 0b1100,
    TransmitterHoldingEmpty = 0b0010,
    ModemStatus = 0b0000,
    None = 0b0001,
    FifosEnabled = 0xC0,
}

/// <summary>FIFO control register bits (PC16550D, 8.5).</summary>
[Flags]
internal enum UartFcr : byte
{
    Enable = 1 << 0,
    ResetReceiver = 1 << 1,
    ResetTransmitter = 1 << 2,
    DmaMode = 1 << 3,
    TriggerMask = 0xC0,
}

/// <summary>Line control register bits (PC16550D, 8.1).</summary>
[Flags]
internal enum UartLcr : byte
{
    DLAB = 1 << 7,
}

/// <summary>Modem control register bits (PC16550D, 8.8).</summary>
[Flags]
internal enum UartMcr : byte
{
    DTR = 1 << 0,
    RTS = 1 << 1,
    OUT1 = 1 << 2,
    OUT2 = 1 << 3,
    LOOP = 1 << 4,
    Mask = 0x1F,
}

/// <summary>Line status register bits (PC16550D, 8.4).</summary>
[Flags]
internal enum UartLsr : byte
{
    DR = 1 << 0,
    OE = 1 << 1,
    PE = 1 << 2,
    FE = 1 << 3,
    BI = 1 << 4,
    THRE = 1 << 5,
    TEMT = 1 << 6,
    /// <summary>The bits that raise the receiver line status interrupt.</summary>
    Errors = OE | PE | FE | BI,
}

/// <summary>Modem status register bits (PC16550D, 8.9).</summary>
[Flags]
internal enum UartMsr : byte
{
    DCTS = 1 << 0,
    DDSR = 1 << 1,
    TERI = 1 << 2,
    DDCD = 1 << 3,
    CTS = 1 << 4,
    DSR = 1 << 5,
    RI = 1 << 6,
    DCD = 1 << 7,
    Deltas = 0x0F,
    Levels = 0xF0,
}

/// <summary>Conditions the register file does not show directly.</summary>
[Flags]
internal enum UartLatch : byte
{
    /// <summary>The transmitter ran empty and nobody has looked at it yet.</summary>
    TransmitterEmpty = 1 << 0,
    /// <summary>Characters wait below the trigger level and the line has gone quiet.</summary>
    CharacterTimeout = 1 << 1,
    /// <summary>The interrupt output as last told to the host.</summary>
    Line = 1 << 2,
}
