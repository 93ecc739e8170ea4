using System.Runtime.CompilerServices;

namespace AxVCpu.Devices;

/// <summary>What a <see cref="Pl011"/> asks of the world around it.</summary>
public interface IPl011Host
{
    /// <summary>Sends one character out of the serial line. The model takes it as sent when this returns.</summary>
    void Transmit(byte value);

    /// <summary>Drives the combined interrupt output (UARTINTR); told on changes only.</summary>
    void SetInterrupt(bool level);
}

/// <summary>
/// An Arm PrimeCell UART PL011 (DDI 0183G). The line is as fast as the host takes characters, so the transmitter is empty whenever the
/// guest looks; the receiver has the 16-character FIFO with its levels. Characters come and go whether or not the guest has enabled the
/// UART, as after firmware that did. That the line is idle is told by the owner of time through <see cref="ReceiveIdle"/>.
/// Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct Pl011
{
    /// <summary>Characters the receive FIFO holds.</summary>
    public const int FifoDepth = 16;

    /// <summary>The register window in bytes.</summary>
    public const ulong Size = 0x1000;

    private const byte FifosEnabled = 1 << 4; // UARTLCR_H.FEN
    private const uint OverrunError = 1 << 3; // UARTRSR.OE
    private const int DataErrorShift = 8; // UARTRSR's errors in UARTDR
    private const Pl011Flags Connected = Pl011Flags.CTS | Pl011Flags.DSR | Pl011Flags.DCD;
    private const Pl011Control ControlAtReset = Pl011Control.TXE | Pl011Control.RXE;
    private const byte LevelsAtReset = 0x12; // half full, both

    // Peripheral and PrimeCell identification, a byte in each of eight words: a PL011 of revision r1p3, whose FIFOs are 16 deep.
    private static ReadOnlySpan<byte> Identification => [0x11, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1];

    [InlineArray(FifoDepth)]
    private struct Fifo
    {
        private byte _first;
    }

    private Fifo _fifo;
    private byte _head;
    private byte _count;
    private byte _errors;
    // The next character taken is the first after an overrun.
    private byte _overrun;
    private byte _lowPower;
    private byte _fraction;
    private byte _lineControl;
    private byte _levels;
    private byte _dma;
    private byte _line;
    private ushort _divisor;
    private Pl011Control _control;
    private Pl011Interrupts _mask;
    private Pl011Interrupts _raised;

    /// <summary>Whether the receiver has room for a character; <see cref="Receive"/> overruns without.</summary>
    public readonly bool CanReceive => _count < Capacity;

    /// <summary>Characters waiting in the receiver.</summary>
    public readonly int Waiting => _count;

    /// <summary>Whether the guest asked for an interrupt on received characters.</summary>
    public readonly bool ReceiverInterruptEnabled => (_mask & (Pl011Interrupts.RX | Pl011Interrupts.RT)) != 0;

    private readonly int Capacity => (_lineControl & FifosEnabled) != 0 ? FifoDepth : 1;

    // UARTIFLS bits 5 to 3 (3.3.9): an eighth, a quarter, a half, three quarters, seven eighths; without FIFOs the one character.
    private readonly int Trigger => Capacity == 1 ? 1 : (_levels >> 3 & 7) switch
    {
        0 => FifoDepth / 8,
        1 => FifoDepth / 4,
        2 => FifoDepth / 2,
        3 => FifoDepth * 3 / 4,
        _ => FifoDepth * 7 / 8,
    };

    /// <summary>A UART after reset, before which the interrupt output is low.</summary>
    public static Pl011 Create()
    {
        Pl011 uart = default;
        uart._control = ControlAtReset;
        uart._levels = LevelsAtReset;
        return uart;
    }

    /// <summary>Back to reset.</summary>
    public void Reset<THost>(ref THost host)
        where THost : struct, IPl011Host
    {
        byte line = _line;
        this = Create();
        _line = line;
        UpdateLine(ref host);
    }

    /// <summary>Reads a register; what does not exist reads zero.</summary>
    /// <returns>False unless it is an aligned access of at most 32 bits.</returns>
    public bool Read<THost>(ref THost host, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, IPl011Host
    {
        value = 0;
        if (!IsAccess(offset, width))
            return false;
        if (offset >= (ushort)Pl011Register.UARTPeriphID0)
        {
            value = Identification[(int)(offset - (ushort)Pl011Register.UARTPeriphID0) / 4];
            return true;
        }
        value = (Pl011Register)offset switch
        {
            Pl011Register.UARTDR => TakeReceived(),
            Pl011Register.UARTRSR => _errors,
            Pl011Register.UARTFR => (uint)Flags,
            Pl011Register.UARTILPR => _lowPower,
            Pl011Register.UARTIBRD => _divisor,
            Pl011Register.UARTFBRD => _fraction,
            Pl011Register.UARTLCR_H => _lineControl,
            Pl011Register.UARTCR => (uint)_control,
            Pl011Register.UARTIFLS => _levels,
            Pl011Register.UARTIMSC => (uint)_mask,
            Pl011Register.UARTRIS => (uint)_raised,
            Pl011Register.UARTMIS => (uint)(_raised & _mask),
            Pl011Register.UARTDMACR => _dma,
            _ => 0,
        };
        if (width == AccessWidth.Byte)
            value &= 0xFF;
        UpdateLine(ref host);
        return true;
    }

    /// <summary>Writes a register; what does not exist ignores it.</summary>
    /// <returns>False unless it is an aligned access of at most 32 bits.</returns>
    public bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, IPl011Host
    {
        if (!IsAccess(offset, width))
            return false;
        uint data = (uint)value;
        switch ((Pl011Register)offset)
        {
            case Pl011Register.UARTDR:
                if ((_control & Pl011Control.LBE) != 0)
                    Enqueue((byte)data);
                else
                    host.Transmit((byte)data);
                // The FIFO filled and at once fell through its level (2.8.1).
                _raised |= Pl011Interrupts.TX;
                break;
            case Pl011Register.UARTRSR:
                _errors = 0;
                break;
            case Pl011Register.UARTILPR:
                _lowPower = (byte)data;
                break;
            case Pl011Register.UARTIBRD:
                _divisor = (ushort)data;
                break;
            case Pl011Register.UARTFBRD:
                _fraction = (byte)(data & 0x3F);
                break;
            case Pl011Register.UARTLCR_H:
                WriteLineControl((byte)data);
                break;
            case Pl011Register.UARTCR:
                WriteControl((Pl011Control)(ushort)data);
                break;
            case Pl011Register.UARTIFLS:
                _levels = (byte)(data & 0x3F);
                break;
            case Pl011Register.UARTIMSC:
                _mask = (Pl011Interrupts)(ushort)data & Pl011Interrupts.Mask;
                break;
            case Pl011Register.UARTICR:
                _raised &= ~(Pl011Interrupts)(ushort)data;
                break;
            case Pl011Register.UARTDMACR:
                _dma = (byte)(data & 7);
                break;
        }
        UpdateLine(ref host);
        return true;
    }

    /// <summary>
    /// A character arrived on the line. Without room (<see cref="CanReceive"/>) it is lost, and an overrun (3.3.2). In loop-back the line
    /// is disconnected.
    /// </summary>
    public void Receive<THost>(ref THost host, byte value)
        where THost : struct, IPl011Host
    {
        if ((_control & Pl011Control.LBE) != 0)
            return;
        Enqueue(value);
        UpdateLine(ref host);
    }

    /// <summary>The line has been quiet for 32 bit periods (2.8.1): characters below the level now raise the time-out interrupt.</summary>
    public void ReceiveIdle<THost>(ref THost host)
        where THost : struct, IPl011Host
    {
        if (_count != 0)
            _raised |= Pl011Interrupts.RT;
        UpdateLine(ref host);
    }

    /// <summary>Tells the host the interrupt output as the state has it; for use after a restored snapshot.</summary>
    public void Resynchronize<THost>(ref THost host)
        where THost : struct, IPl011Host
    {
        _line = (_raised & _mask) != 0 ? (byte)1 : (byte)0;
        host.SetInterrupt(_line != 0);
    }

    private readonly Pl011Flags Flags => Modem | Pl011Flags.TXFE | (_count == 0 ? Pl011Flags.RXFE : 0) | (CanReceive ? 0 : Pl011Flags.RXFF);

    // 3.3.8: in loop-back the outputs feed the inputs.
    private readonly Pl011Flags Modem => (_control & Pl011Control.LBE) == 0
        ? Connected
        : ((_control & Pl011Control.RTS) != 0 ? Pl011Flags.CTS : 0) | ((_control & Pl011Control.DTR) != 0 ? Pl011Flags.DSR : 0)
            | ((_control & Pl011Control.OUT1) != 0 ? Pl011Flags.DCD : 0) | ((_control & Pl011Control.OUT2) != 0 ? Pl011Flags.RI : 0);

    private static bool IsAccess(ulong offset, AccessWidth width) =>
        offset < Size && (offset & 3) == 0 && width is AccessWidth.Byte or AccessWidth.Word or AccessWidth.Dword;

    private void WriteControl(Pl011Control control)
    {
        Pl011Flags before = Modem;
        _control = control;
        Pl011Flags changed = before ^ Modem;
        if ((changed & Pl011Flags.RI) != 0)
            _raised |= Pl011Interrupts.RI;
        if ((changed & Pl011Flags.CTS) != 0)
            _raised |= Pl011Interrupts.CTS;
        if ((changed & Pl011Flags.DCD) != 0)
            _raised |= Pl011Interrupts.DCD;
        if ((changed & Pl011Flags.DSR) != 0)
            _raised |= Pl011Interrupts.DSR;
    }

    private void WriteLineControl(byte value)
    {
        // 3.3.7: without FIFOs they are one character deep; what they held is gone.
        if (((value ^ _lineControl) & FifosEnabled) != 0)
        {
            _head = 0;
            _count = 0;
            _raised &= ~(Pl011Interrupts.RX | Pl011Interrupts.RT);
        }
        _lineControl = value;
    }

    private void Enqueue(byte value)
    {
        if (_count >= Capacity)
        {
            _errors |= (byte)OverrunError;
            _overrun = 1;
            _raised |= Pl011Interrupts.OE;
            return;
        }
        _fifo[(_head + _count) & (FifoDepth - 1)] = value;
        _count++;
        if (_count >= Trigger)
            _raised |= Pl011Interrupts.RX;
    }

    private uint TakeReceived()
    {
        if (_count == 0)
            return 0;
        uint value = _fifo[_head & (FifoDepth - 1)];
        _head = (byte)((_head + 1) & (FifoDepth - 1));
        _count--;
        if (_overrun != 0)
            value |= OverrunError << DataErrorShift;
        _overrun = 0;
        // 3.3.2: the errors are those of the character read last.
        _errors = (byte)(value >> DataErrorShift);
        if (_count < Trigger)
            _raised &= ~Pl011Interrupts.RX;
        // A read restarts the time-out; with a line of no duration it is over at once, so the indication stays while data does.
        if (_count == 0)
            _raised &= ~Pl011Interrupts.RT;
        return value;
    }

    private void UpdateLine<THost>(ref THost host)
        where THost : struct, IPl011Host
    {
        byte level = (_raised & _mask) != 0 ? (byte)1 : (byte)0;
        if (level == _line)
            return;
        _line = level;
        host.SetInterrupt(level != 0);
    }
}
