using System.Runtime.CompilerServices;

namespace AxVCpu.Devices;

/// <summary>What a <see cref="Uart16550"/> asks of the world around it.</summary>
public interface IUart16550Host
{
    /// <summary>Sends one character out of the serial line. The model takes it as sent when this returns.</summary>
    void Transmit(byte value);

    /// <summary>Drives the interrupt output (INTRPT); told on changes only.</summary>
    void SetInterrupt(bool level);
}

/// <summary>
/// A 16550A UART (National Semiconductor PC16550D). The line is as fast as the host takes characters, so the
/// transmitter is empty whenever the guest looks; the receiver has the 16-character FIFO with its trigger levels.
/// The character time-out is told by the owner of time through <see cref="ReceiveIdle"/>.
/// Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct Uart16550
{
    /// <summary>Characters the receiver FIFO holds (PC16550D, 8.6).</summary>
    public const int FifoDepth = 16;

    /// <summary>Registers of the device; it decodes this many shifted by its register shift.</summary>
    public const int RegisterCount = 8;

    [InlineArray(FifoDepth)]
    private struct Fifo
    {
        private byte _first;
    }

    private Fifo _fifo;
    private byte _head;
    private byte _count;
    private byte _registerShift;
    private byte _scratch;
    private byte _divisorLow;
    private byte _divisorHigh;
    private UartIer _ier;
    private UartFcr _fcr;
    private UartLcr _lcr;
    private UartMcr _mcr;
    private UartLsr _errors;
    private UartMsr _msr;
    private UartLatch _latch;

    /// <summary>A UART after master reset (PC16550D, table III).</summary>
    /// <param name="registerShift">Log2 of the distance in bytes between registers: 0 for byte-spaced, 2 for word-spaced; at most 3.</param>
    public Uart16550(byte registerShift)
    {
        _registerShift = (byte)(registerShift & 3);
        Reset();
    }

    /// <summary>Whether the receiver has room for a character; <see cref="Receive"/> overruns without.</summary>
    public readonly bool CanReceive => _count < Capacity;

    /// <summary>Characters waiting in the receiver.</summary>
    public readonly int Waiting => _count;

    /// <summary>Log2 of the distance in bytes between registers.</summary>
    public readonly int RegisterShift => _registerShift;

    /// <summary>Whether the guest asked for an interrupt on received characters (IER.ERBFI).</summary>
    public readonly bool ReceiverInterruptEnabled => (_ier & UartIer.ERBFI) != 0;

    /// <summary>Whether the transmitter feeds the receiver and the line is disconnected (MCR.LOOP).</summary>
    public readonly bool IsLoopback => (_mcr & UartMcr.LOOP) != 0;

    /// <summary>The size of the register window in bytes.</summary>
    public readonly ulong Size => (ulong)RegisterCount << _registerShift;

    private readonly bool FifosEnabled => (_fcr & UartFcr.Enable) != 0;

    private readonly int Capacity => FifosEnabled ? FifoDepth : 1;

    // PC16550D 8.5: the receiver trigger is 1, 4, 8 or 14 characters.
    private readonly int Trigger => !FifosEnabled ? 1 : (int)(_fcr & UartFcr.TriggerMask) switch
    {
        0x00 => 1,
        0x40 => 4,
        0x80 => 8,
        _ => 14,
    };

    /// <summary>Master reset: registers as after power-on; the register shift stays. The interrupt output falls with the next access.</summary>
    public void Reset()
    {
        byte shift = _registerShift;
        UartLatch line = _latch & UartLatch.Line;
        this = default;
        _registerShift = shift;
        _latch = line;
        // A cable is plugged in: the other side is ready to take characters.
        _msr = UartMsr.CTS | UartMsr.DSR | UartMsr.DCD;
    }

    /// <summary>Takes a received character past the registers: for a console of the firmware that shares the line.</summary>
    /// <returns>False when none has been received.</returns>
    public bool TryTake<THost>(ref THost host, out byte value)
        where THost : struct, IUart16550Host
    {
        bool any = _count != 0;
        value = TakeReceived();
        if (any)
            UpdateLine(ref host);
        return any;
    }

    /// <summary>Reads a register.</summary>
    /// <returns>False when nothing answers at <paramref name="offset"/>.</returns>
    public bool Read<THost>(ref THost host, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, IUart16550Host
    {
        value = 0;
        if (!Decode(offset, out Uart16550Register register))
            return false;
        bool dlab = (_lcr & UartLcr.DLAB) != 0;
        switch (register)
        {
            case Uart16550Register.RBR_THR_DLL:
                value = dlab ? _divisorLow : TakeReceived();
                break;
            case Uart16550Register.IER_DLM:
                value = dlab ? _divisorHigh : (byte)_ier;
                break;
            case Uart16550Register.IIR_FCR:
                UartIir cause = Cause();
                // PC16550D table IV: reading IIR resets the THRE interrupt, if it is the one shown.
                if (cause == UartIir.TransmitterHoldingEmpty)
                    _latch &= ~UartLatch.TransmitterEmpty;
                value = (byte)(cause | (FifosEnabled ? UartIir.FifosEnabled : 0));
                break;
            case Uart16550Register.LCR:
                value = (byte)_lcr;
                break;
            case Uart16550Register.MCR:
                value = (byte)_mcr;
                break;
            case Uart16550Register.LSR:
                value = (byte)(_errors | UartLsr.THRE | UartLsr.TEMT | (_count != 0 ? UartLsr.DR : 0));
                _errors = 0;
                break;
            case Uart16550Register.MSR:
                value = (byte)_msr;
                _msr &= ~UartMsr.Deltas;
                break;
            default:
                value = _scratch;
                break;
        }
        UpdateLine(ref host);
        return true;
    }

    /// <summary>Writes a register; only the low 8 bits of <paramref name="value"/> reach the device.</summary>
    /// <returns>False when nothing answers at <paramref name="offset"/>.</returns>
    public bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, IUart16550Host
    {
        if (!Decode(offset, out Uart16550Register register))
            return false;
        byte data = (byte)value;
        bool dlab = (_lcr & UartLcr.DLAB) != 0;
        switch (register)
        {
            case Uart16550Register.RBR_THR_DLL when dlab:
                _divisorLow = data;
                break;
            case Uart16550Register.RBR_THR_DLL:
                if (IsLoopback)
                    Enqueue(data);
                else
                    host.Transmit(data);
                _latch |= UartLatch.TransmitterEmpty;
                break;
            case Uart16550Register.IER_DLM when dlab:
                _divisorHigh = data;
                break;
            case Uart16550Register.IER_DLM:
                WriteIer((UartIer)data & UartIer.Mask);
                break;
            case Uart16550Register.IIR_FCR:
                WriteFcr((UartFcr)data);
                break;
            case Uart16550Register.LCR:
                _lcr = (UartLcr)data;
                break;
            case Uart16550Register.MCR:
                _mcr = (UartMcr)data & UartMcr.Mask;
                UpdateModemStatus();
                break;
            case Uart16550Register.LSR:
            case Uart16550Register.MSR:
                // Meant for factory tests only (PC16550D 8.4): ignored, like most later parts do.
                break;
            default:
                _scratch = data;
                break;
        }
        UpdateLine(ref host);
        return true;
    }

    /// <summary>
    /// A character arrived on the line. Without room (<see cref="CanReceive"/>) it is an overrun: the FIFO keeps what it
    /// has, the single buffer of FIFO-less mode is overwritten. In loop-back the line is disconnected and it is lost.
    /// </summary>
    public void Receive<THost>(ref THost host, byte value)
        where THost : struct, IUart16550Host
    {
        if (IsLoopback)
            return;
        Enqueue(value);
        UpdateLine(ref host);
    }

    /// <summary>
    /// The line has been quiet for four character times (PC16550D 8.6): characters below the trigger level now raise
    /// the character time-out interrupt.
    /// </summary>
    public void ReceiveIdle<THost>(ref THost host)
        where THost : struct, IUart16550Host
    {
        if (FifosEnabled && _count != 0)
            _latch |= UartLatch.CharacterTimeout;
        UpdateLine(ref host);
    }

    /// <summary>Tells the host the interrupt output as the state has it; for use after a reset or a restored snapshot.</summary>
    public void Resynchronize<THost>(ref THost host)
        where THost : struct, IUart16550Host
    {
        bool level = Cause() != UartIir.None;
        _latch = level ? _latch | UartLatch.Line : _latch & ~UartLatch.Line;
        host.SetInterrupt(level);
    }

    private readonly bool Decode(ulong offset, out Uart16550Register register)
    {
        ulong index = offset >> _registerShift;
        register = (Uart16550Register)(index & 7);
        return index < RegisterCount && index << _registerShift == offset;
    }

    private void WriteIer(UartIer value)
    {
        // Enabling the THRE interrupt while the transmitter is empty, which it always is here, raises it at once.
        if ((value & ~_ier & UartIer.ETBEI) != 0)
            _latch |= UartLatch.TransmitterEmpty;
        _ier = value;
    }

    private void WriteFcr(UartFcr value)
    {
        // PC16550D 8.5: changing the mode clears the FIFOs; the other bits are taken only together with the enable bit.
        bool clear = ((value ^ _fcr) & UartFcr.Enable) != 0;
        if ((value & UartFcr.Enable) == 0)
        {
            _fcr = 0;
        }
        else
        {
            clear |= (value & UartFcr.ResetReceiver) != 0;
            _fcr = value & (UartFcr.Enable | UartFcr.DmaMode | UartFcr.TriggerMask);
        }
        if (clear)
        {
            _head = 0;
            _count = 0;
            _latch &= ~UartLatch.CharacterTimeout;
        }
    }

    private void UpdateModemStatus()
    {
        UartMsr levels = UartMsr.CTS | UartMsr.DSR | UartMsr.DCD;
        if (IsLoopback)
        {
            // PC16550D 8.8: in loop-back the modem outputs feed the modem inputs.
            levels = 0;
            if ((_mcr & UartMcr.RTS) != 0)
                levels |= UartMsr.CTS;
            if ((_mcr & UartMcr.DTR) != 0)
                levels |= UartMsr.DSR;
            if ((_mcr & UartMcr.OUT1) != 0)
                levels |= UartMsr.RI;
            if ((_mcr & UartMcr.OUT2) != 0)
                levels |= UartMsr.DCD;
        }
        UartMsr changed = (levels ^ _msr) & UartMsr.Levels;
        UartMsr deltas = _msr & UartMsr.Deltas;
        if ((changed & UartMsr.CTS) != 0)
            deltas |= UartMsr.DCTS;
        if ((changed & UartMsr.DSR) != 0)
            deltas |= UartMsr.DDSR;
        // The ring indicator reports its trailing edge only.
        if ((changed & UartMsr.RI) != 0 && (levels & UartMsr.RI) == 0)
            deltas |= UartMsr.TERI;
        if ((changed & UartMsr.DCD) != 0)
            deltas |= UartMsr.DDCD;
        _msr = levels | deltas;
    }

    private void Enqueue(byte value)
    {
        _latch &= ~UartLatch.CharacterTimeout;
        if (_count < Capacity)
        {
            _fifo[(_head + _count) & (FifoDepth - 1)] = value;
            _count++;
            return;
        }
        _errors |= UartLsr.OE;
        if (!FifosEnabled)
            _fifo[_head & (FifoDepth - 1)] = value;
    }

    private byte TakeReceived()
    {
        if (_count == 0)
            return 0;
        byte value = _fifo[_head & (FifoDepth - 1)];
        _head = (byte)((_head + 1) & (FifoDepth - 1));
        _count--;
        // PC16550D 8.6: a read restarts the time-out. What is left below the trigger would then only be announced after
        // four more character times; with a line of no duration that is now, so the indication stays while data does.
        if (_count == 0)
            _latch &= ~UartLatch.CharacterTimeout;
        return value;
    }

    private readonly UartIir Cause()
    {
        if ((_ier & UartIer.ELSI) != 0 && _errors != 0)
            return UartIir.ReceiverLineStatus;
        if ((_ier & UartIer.ERBFI) != 0)
        {
            if (_count >= Trigger)
                return UartIir.ReceivedDataAvailable;
            if ((_latch & UartLatch.CharacterTimeout) != 0)
                return UartIir.CharacterTimeout;
        }
        if ((_ier & UartIer.ETBEI) != 0 && (_latch & UartLatch.TransmitterEmpty) != 0)
            return UartIir.TransmitterHoldingEmpty;
        if ((_ier & UartIer.EDSSI) != 0 && (_msr & UartMsr.Deltas) != 0)
            return UartIir.ModemStatus;
        return UartIir.None;
    }

    private void UpdateLine<THost>(ref THost host)
        where THost : struct, IUart16550Host
    {
        bool level = Cause() != UartIir.None;
        if (level == ((_latch & UartLatch.Line) != 0))
            return;
        _latch ^= UartLatch.Line;
        host.SetInterrupt(level);
    }
}
