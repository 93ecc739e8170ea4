namespace AxVCpu.Devices;

/// <summary>Registers of the Goldfish RTC (Android "goldfish virtual hardware" document, "Goldfish real-time clock").</summary>
public enum GoldfishRtcRegister : byte
{
    /// <summary>Low 32 bits of the time; reading latches the high half.</summary>
    TIME_LOW = 0x00,
    /// <summary>High 32 bits of the time as latched.</summary>
    TIME_HIGH = 0x04,
    /// <summary>Low 32 bits of the alarm; writing arms it.</summary>
    ALARM_LOW = 0x08,
    /// <summary>High 32 bits of the alarm; write before the low half.</summary>
    ALARM_HIGH = 0x0C,
    /// <summary>Bit 0 enables the interrupt.</summary>
    IRQ_ENABLED = 0x10,
    /// <summary>Writing disarms the alarm.</summary>
    CLEAR_ALARM = 0x14,
    /// <summary>1 while an alarm is armed.</summary>
    ALARM_STATUS = 0x18,
    /// <summary>Writing clears the interrupt.</summary>
    CLEAR_INTERRUPT = 0x1C,
}

/// <summary>
/// The Goldfish real-time clock: nanoseconds since 1970 with one alarm. A guest that sets the clock moves its own view of
/// time, never the host's. Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct GoldfishRtc
{
    /// <summary>The register window in bytes.</summary>
    public const ulong Size = 0x1000;

    private const ulong RegisterEnd = 0x20;

    private ulong _offset;
    private ulong _alarm;
    private uint _timeHigh;
    private uint _alarmHigh;
    private byte _armed;
    private byte _enabled;
    private byte _pending;
    private byte _line;

    /// <summary>Whether an alarm is armed.</summary>
    public readonly bool IsArmed => _armed != 0;

    /// <summary>Reads a register; what does not exist reads zero.</summary>
    /// <returns>False unless it is an aligned 32-bit access.</returns>
    public bool Read<THost>(ref THost host, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, IRtcHost
    {
        value = 0;
        if (width != AccessWidth.Dword || (offset & 3) != 0)
            return false;
        if (offset >= RegisterEnd)
            return true;
        switch ((GoldfishRtcRegister)offset)
        {
            case GoldfishRtcRegister.TIME_LOW:
                ulong now = host.NowNanoseconds() + _offset;
                _timeHigh = (uint)(now >> 32);
                value = (uint)now;
                break;
            case GoldfishRtcRegister.TIME_HIGH:
                value = _timeHigh;
                break;
            case GoldfishRtcRegister.ALARM_LOW:
                value = (uint)_alarm;
                break;
            case GoldfishRtcRegister.ALARM_HIGH:
                value = (uint)(_alarm >> 32);
                break;
            case GoldfishRtcRegister.IRQ_ENABLED:
                value = _enabled;
                break;
            case GoldfishRtcRegister.ALARM_STATUS:
                value = _armed;
                break;
        }
        return true;
    }

    /// <summary>Writes a register; what does not exist ignores it.</summary>
    /// <returns>False unless it is an aligned 32-bit access.</returns>
    public bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, IRtcHost
    {
        if (width != AccessWidth.Dword || (offset & 3) != 0)
            return false;
        if (offset >= RegisterEnd)
            return true;
        ulong data = (uint)value;
        switch ((GoldfishRtcRegister)offset)
        {
            case GoldfishRtcRegister.TIME_LOW:
                ulong low = host.NowNanoseconds();
                SetTime(ref host, low, (low + _offset) & ~(ulong)uint.MaxValue | data);
                break;
            case GoldfishRtcRegister.TIME_HIGH:
                ulong high = host.NowNanoseconds();
                SetTime(ref host, high, (uint)(high + _offset) | data << 32);
                break;
            case GoldfishRtcRegister.ALARM_LOW:
                _alarm = (ulong)_alarmHigh << 32 | data;
                _armed = 1;
                Arm(ref host);
                break;
            case GoldfishRtcRegister.ALARM_HIGH:
                _alarmHigh = (uint)data;
                break;
            case GoldfishRtcRegister.IRQ_ENABLED:
                _enabled = (byte)(data & 1);
                break;
            case GoldfishRtcRegister.CLEAR_ALARM:
                _armed = 0;
                host.DisarmAlarm();
                break;
            case GoldfishRtcRegister.CLEAR_INTERRUPT:
                _pending = 0;
                break;
        }
        UpdateLine(ref host);
        return true;
    }

    /// <summary>The armed alarm's time has come. Early or late calls are harmless: the alarm is compared again.</summary>
    public void AlarmExpired<THost>(ref THost host)
        where THost : struct, IRtcHost
    {
        if (_armed == 0)
            return;
        Arm(ref host);
        UpdateLine(ref host);
    }

    /// <summary>Back to reset: no alarm, no interrupt, the host's time.</summary>
    public void Reset<THost>(ref THost host)
        where THost : struct, IRtcHost
    {
        byte line = _line;
        this = default;
        _line = line;
        host.DisarmAlarm();
        UpdateLine(ref host);
    }

    private void SetTime<THost>(ref THost host, ulong now, ulong time)
        where THost : struct, IRtcHost
    {
        _offset = time - now;
        if (_armed != 0)
            Arm(ref host);
    }

    // An alarm in the past fires at once.
    private void Arm<THost>(ref THost host)
        where THost : struct, IRtcHost
    {
        ulong now = host.NowNanoseconds();
        ulong guestNow = now + _offset;
        if (_alarm <= guestNow)
        {
            _armed = 0;
            _pending = 1;
            host.DisarmAlarm();
            return;
        }
        ulong distance = _alarm - guestNow;
        host.ArmAlarm(now > ulong.MaxValue - distance ? ulong.MaxValue : now + distance);
    }

    private void UpdateLine<THost>(ref THost host)
        where THost : struct, IRtcHost
    {
        byte level = (byte)(_pending & _enabled);
        if (level == _line)
            return;
        _line = level;
        host.SetInterrupt(level != 0);
    }
}
