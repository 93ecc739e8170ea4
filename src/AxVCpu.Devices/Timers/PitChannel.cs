namespace AxVCpu.Devices;

/// <summary>Modes of a counter (Intel 8254 data sheet, "Mode Definitions").</summary>
internal enum PitMode : byte
{
    InterruptOnTerminalCount = 0,
    HardwareOneShot = 1,
    RateGenerator = 2,
    SquareWave = 3,
    SoftwareStrobe = 4,
    HardwareStrobe = 5,
}

/// <summary>Which bytes of a count are accessed (data sheet, control word, bits RW1 and RW0).</summary>
internal enum PitAccess : byte
{
    Latch = 0,
    Low = 1,
    High = 2,
    LowThenHigh = 3,
}

/// <summary>One counter of an <see cref="Pit8254"/>. Times are ticks of its clock.</summary>
internal struct PitChannel
{
    private const uint FullBinary = 0x1_0000;
    private const uint FullDecimal = 10_000;
    private const byte StatusOutput = 0x80;
    private const byte StatusNullCount = 0x40;

    private ulong _start;
    private ulong _heldAt;
    private uint _reload;
    private ushort _latched;
    private byte _low;
    private byte _status;
    private byte _latchedBytes;
    private PitMode _mode;
    private PitAccess _access;
    private bool _isDecimal;
    private bool _gate;
    private bool _isRunning;
    private bool _isStatusLatched;
    private bool _writesHigh;
    private bool _readsHigh;
    private bool _isNull;

    private readonly uint Full => _isDecimal ? FullDecimal : FullBinary;

    private readonly bool IsPeriodic => _mode is PitMode.RateGenerator or PitMode.SquareWave;

    private readonly bool IsTriggered => _mode is PitMode.HardwareOneShot or PitMode.HardwareStrobe;

    /// <summary>A control word for this counter.</summary>
    /// <returns>Whether the mode was set, not a count latched.</returns>
    public bool Control(byte word, ulong now)
    {
        PitAccess access = (PitAccess)(word >> 4 & 3);
        if (access == PitAccess.Latch)
        {
            LatchCount(now);
            return false;
        }
        int mode = word >> 1 & 7;
        _mode = (PitMode)(mode > (int)PitMode.HardwareStrobe ? mode - 4 : mode);
        _access = access;
        _isDecimal = (word & 1) != 0;
        _isRunning = false;
        _isNull = true;
        _writesHigh = false;
        _readsHigh = false;
        _latchedBytes = 0;
        _isStatusLatched = false;
        return true;
    }

    /// <summary>Keeps the present count for the next reads; a count that is kept already stays (data sheet, "Counter Latch Command").</summary>
    public void LatchCount(ulong now)
    {
        if (_latchedBytes != 0)
            return;
        _latched = Shown(now);
        _latchedBytes = _access == PitAccess.LowThenHigh ? (byte)2 : (byte)1;
    }

    /// <summary>Keeps the present status for the next read.</summary>
    public void LatchStatus(ulong now)
    {
        if (_isStatusLatched)
            return;
        _isStatusLatched = true;
        _status = (byte)((Output(now) ? StatusOutput : 0) | (_isNull ? StatusNullCount : 0) | (byte)_access << 4 | (byte)_mode << 1 | (_isDecimal ? 1 : 0));
    }

    /// <summary>Reads the counter's port.</summary>
    public byte Read(ulong now)
    {
        if (_isStatusLatched)
        {
            _isStatusLatched = false;
            return _status;
        }
        bool isLatched = _latchedBytes != 0;
        ushort count = isLatched ? _latched : Shown(now);
        bool high = _access == PitAccess.High || _access == PitAccess.LowThenHigh && _readsHigh;
        if (_access == PitAccess.LowThenHigh)
            _readsHigh = !_readsHigh;
        if (isLatched)
            _latchedBytes--;
        return (byte)(high ? count >> 8 : count);
    }

    /// <summary>Writes the counter's port.</summary>
    /// <returns>Whether a new count was loaded.</returns>
    public bool Write(byte value, ulong now)
    {
        uint count;
        switch (_access)
        {
            case PitAccess.Low:
                count = value;
                break;
            case PitAccess.High:
                count = (uint)value << 8;
                break;
            default:
                _writesHigh = !_writesHigh;
                if (_writesHigh)
                {
                    _low = value;
                    // Mode 0: the first byte stops the counting.
                    _isRunning &= _mode != PitMode.InterruptOnTerminalCount;
                    return false;
                }
                count = _low | (uint)value << 8;
                break;
        }
        if (_isDecimal)
            count = FromDecimal(count);
        _reload = count == 0 ? Full : count;
        _isNull = false;
        // A periodic counter takes the new count with its next period on hardware; nobody can tell which of the two periods it was.
        if (!IsTriggered)
        {
            _start = now;
            _heldAt = now;
            _isRunning = true;
        }
        return true;
    }

    /// <summary>Drives the gate.</summary>
    public void SetGate(bool level, ulong now)
    {
        if (level == _gate)
            return;
        _gate = level;
        if (!level)
        {
            _heldAt = now;
            return;
        }
        if (IsTriggered)
            _isRunning = _reload != 0;
        // Modes 0 and 4 go on where they were held, the others begin again.
        _start = IsTriggered || IsPeriodic ? now : _start + (now - _heldAt);
    }

    /// <summary>The output.</summary>
    public readonly bool Output(ulong now)
    {
        if (!_isRunning)
            return _mode != PitMode.InterruptOnTerminalCount;
        ulong elapsed = Elapsed(now);
        return _mode switch
        {
            PitMode.InterruptOnTerminalCount or PitMode.HardwareOneShot => elapsed >= _reload,
            PitMode.RateGenerator => !_gate || elapsed % _reload != _reload - 1,
            PitMode.SquareWave => !_gate || elapsed % _reload < (_reload + 1) / 2,
            _ => elapsed != _reload,
        };
    }

    /// <summary>When the output rises next after <paramref name="now"/>; the maximum value is never.</summary>
    public readonly ulong NextRise(ulong now)
    {
        if (!_isRunning || !_gate)
            return ulong.MaxValue;
        if (IsPeriodic)
            return _start + ((now - _start) / _reload + 1) * _reload;
        ulong rise = _start + _reload + (_mode is PitMode.SoftwareStrobe or PitMode.HardwareStrobe ? 1u : 0u);
        return rise > now ? rise : ulong.MaxValue;
    }

    private readonly ulong Elapsed(ulong now) => (_gate || IsTriggered ? now : _heldAt) - _start;

    private readonly ushort Shown(ulong now)
    {
        if (!_isRunning)
            return (ushort)_reload;
        ulong elapsed = Elapsed(now);
        uint count = _mode switch
        {
            PitMode.RateGenerator => _reload - (uint)(elapsed % _reload),
            // Counts down by two, twice in each period.
            PitMode.SquareWave => _reload - (uint)(elapsed * 2 % _reload),
            // One-time counters go on through zero.
            _ => (uint)((_reload + Full - elapsed % Full) % Full),
        };
        return (ushort)(_isDecimal ? ToDecimal(count % Full) : count);
    }

    private static uint FromDecimal(uint value) =>
        (value & 0xF) + (value >> 4 & 0xF) * 10 + (value >> 8 & 0xF) * 100 + (value >> 12 & 0xF) * 1000;

    private static uint ToDecimal(uint value) =>
        value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 | value / 1000 % 10 << 12;
}
