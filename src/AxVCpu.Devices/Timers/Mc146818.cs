using System.Runtime.CompilerServices;

namespace AxVCpu.Devices;

/// <summary>What an <see cref="Mc146818"/> asks of the world around it.</summary>
public interface IMc146818Host
{
    /// <summary>The wall clock: nanoseconds since 1970-01-01 00:00 UTC.</summary>
    ulong NowNanoseconds();

    /// <summary>Drives the interrupt output; told on changes only.</summary>
    void SetInterrupt(bool level);

    /// <summary>Wants <see cref="Mc146818.Advance"/> when the wall clock reaches <paramref name="deadline"/>, in place of any earlier wish; the maximum value is never.</summary>
    void SetDeadline(ulong deadline);
}

/// <summary>
/// A real-time clock with 128 bytes of memory (Motorola MC146818A, and the PC's century byte), behind its address and data ports.
/// It shows the host's wall clock plus what the guest has set it ahead.
/// Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct Mc146818
{
    /// <summary>Bytes of registers and memory.</summary>
    public const int MemoryBytes = 128;

    /// <summary>Ports: the address, then the data.</summary>
    public const ulong Size = 2;

    private const ulong Second = 1_000_000_000;
    private const ulong UpdateNanoseconds = 244_000;
    private const int DaySeconds = 86_400;
    private const byte DontCare = 0xC0;
    private const byte Afternoon = 0x80;

    [InlineArray(MemoryBytes)]
    private struct Memory
    {
        private byte _first;
    }

    private Memory _memory;
    private long _offset;
    private ulong _seenSecond;
    private ulong _seenPeriod;
    private byte _index;
    private bool _isInterruptHigh;

    /// <summary>A clock after power-up with good battery: 24-hour BCD, the host's time, the memory zero.</summary>
    public Mc146818()
    {
        _memory[(int)Mc146818Register.A] = (byte)RtcA.DividerNormal | 6;
        _memory[(int)Mc146818Register.B] = (byte)RtcB.Hours24;
        _memory[(int)Mc146818Register.D] = (byte)RtcD.VRT;
    }

    private readonly RtcB Modes => (RtcB)_memory[(int)Mc146818Register.B];

    // Data sheet, table 5 with the 32.768 kHz crystal: rates 1 and 2 are those of 8 and 9.
    private readonly ulong PeriodTicks
    {
        get
        {
            int rate = _memory[(int)Mc146818Register.A] & (int)RtcA.RateMask;
            return rate == 0 ? 0 : 1UL << ((rate <= 2 ? rate + 7 : rate) - 1);
        }
    }

    /// <summary>The reset pin: interrupts off, flags clear; time, alarm and memory stay (data sheet, "RESET").</summary>
    public void Reset<THost>(ref THost host)
        where THost : struct, IMc146818Host
    {
        _memory[(int)Mc146818Register.B] &= unchecked((byte)~RtcB.Interrupts);
        _memory[(int)Mc146818Register.C] = 0;
        _index = 0;
        _isInterruptHigh = false;
        host.SetInterrupt(false);
        host.SetDeadline(ulong.MaxValue);
    }

    /// <summary>Tells the host its line and deadline again; for use after a restored snapshot.</summary>
    public void Resynchronize<THost>(ref THost host)
        where THost : struct, IMc146818Host
    {
        UpdateInterrupt(ref host);
        host.SetInterrupt(_isInterruptHigh);
        Arm(ref host);
    }

    /// <summary>Time has reached a deadline, or any other moment. Missed events are one.</summary>
    public void Advance<THost>(ref THost host)
        where THost : struct, IMc146818Host
    {
        CatchUp(host.NowNanoseconds());
        UpdateInterrupt(ref host);
        Arm(ref host);
    }

    /// <summary>Reads a port; the address port reads as the last index.</summary>
    /// <returns>False when there is no such port.</returns>
    public bool Read<THost>(ref THost host, ulong offset, out ulong value)
        where THost : struct, IMc146818Host
    {
        value = _index;
        if (offset != 1)
            return offset < Size;
        ulong now = host.NowNanoseconds();
        bool stands = (Modes & RtcB.SET) != 0;
        switch ((Mc146818Register)_index)
        {
            case Mc146818Register.A:
                bool isUpdating = !stands && now % Second >= Second - UpdateNanoseconds;
                value = (byte)(_memory[(int)Mc146818Register.A] | (isUpdating ? (byte)RtcA.UIP : 0));
                break;
            case Mc146818Register.C:
                CatchUp(now);
                UpdateInterrupt(ref host);
                value = _memory[(int)Mc146818Register.C];
                _memory[(int)Mc146818Register.C] = 0;
                UpdateInterrupt(ref host);
                break;
            default:
                if (!stands)
                    ShowTime(now);
                value = _memory[_index];
                break;
        }
        return true;
    }

    /// <summary>Writes a port; only the low byte counts.</summary>
    /// <returns>False when there is no such port.</returns>
    public bool Write<THost>(ref THost host, ulong offset, ulong value)
        where THost : struct, IMc146818Host
    {
        if (offset == 0)
            _index = (byte)(value & (MemoryBytes - 1));
        if (offset != 1)
            return offset < Size;
        byte data = (byte)value;
        ulong now = host.NowNanoseconds();
        CatchUp(now);
        switch ((Mc146818Register)_index)
        {
            case Mc146818Register.A:
                _memory[_index] = (byte)(data & (byte)RtcA.Writable);
                _seenPeriod = Period(now);
                break;
            case Mc146818Register.B:
                WriteModes((RtcB)data, now);
                break;
            case Mc146818Register.C or Mc146818Register.D:
                break;
            default:
                WriteMemory(data, now);
                break;
        }
        UpdateInterrupt(ref host);
        Arm(ref host);
        return true;
    }

    private static bool IsTime(int index) => index is <= (int)Mc146818Register.Year and not (1 or 3 or 5) or (int)Mc146818Register.Century;

    private void WriteMemory(byte data, ulong now)
    {
        if (!IsTime(_index))
        {
            _memory[_index] = data;
            return;
        }
        bool stands = (Modes & RtcB.SET) != 0;
        if (!stands)
            ShowTime(now);
        _memory[_index] = data;
        if (!stands)
            TakeTime(now);
    }

    private void WriteModes(RtcB value, ulong now)
    {
        RtcB before = Modes;
        if ((value & ~before & RtcB.SET) != 0)
            ShowTime(now);
        // Setting the clock stops its update interrupt (data sheet, "SET").
        if ((value & RtcB.SET) != 0)
            value &= ~RtcB.UIE;
        bool isSet = (before & ~value & RtcB.SET) != 0;
        // The time was written in the format that was then in force, unless both come with this write: as drivers do.
        _memory[(int)Mc146818Register.B] = (byte)value;
        if (isSet)
            TakeTime(now);
    }

    private void ShowTime(ulong now)
    {
        CalendarTime time = CalendarTime.FromUnixSeconds((long)(now / Second) + _offset);
        _memory[(int)Mc146818Register.Seconds] = Encode(time.Second);
        _memory[(int)Mc146818Register.Minutes] = Encode(time.Minute);
        _memory[(int)Mc146818Register.Hours] = EncodeHour(time.Hour);
        _memory[(int)Mc146818Register.DayOfWeek] = Encode(time.DayOfWeek + 1);
        _memory[(int)Mc146818Register.DayOfMonth] = Encode(time.Day);
        _memory[(int)Mc146818Register.Month] = Encode(time.Month);
        _memory[(int)Mc146818Register.Year] = Encode(time.Year % 100);
        _memory[(int)Mc146818Register.Century] = Encode(time.Year / 100);
    }

    private void TakeTime(ulong now)
    {
        CalendarTime time = default;
        time.Year = Decode(Mc146818Register.Century) * 100 + Decode(Mc146818Register.Year);
        time.Month = Decode(Mc146818Register.Month);
        time.Day = Decode(Mc146818Register.DayOfMonth);
        time.Hour = DecodeHour(_memory[(int)Mc146818Register.Hours]);
        time.Minute = Decode(Mc146818Register.Minutes);
        time.Second = Decode(Mc146818Register.Seconds);
        _offset = time.ToUnixSeconds() - (long)(now / Second);
        _seenSecond = now / Second;
    }

    private readonly byte Encode(int value) => (byte)((Modes & RtcB.Binary) != 0 ? value : value / 10 << 4 | value % 10);

    private readonly int Decode(Mc146818Register register) => Decode(_memory[(int)register]);

    private readonly int Decode(byte value) => (Modes & RtcB.Binary) != 0 ? value : (value >> 4) * 10 + (value & 0xF);

    private readonly byte EncodeHour(int hour)
    {
        if ((Modes & RtcB.Hours24) != 0)
            return Encode(hour);
        return (byte)(Encode(hour % 12 == 0 ? 12 : hour % 12) | (hour >= 12 ? Afternoon : 0));
    }

    private readonly int DecodeHour(byte value)
    {
        if ((Modes & RtcB.Hours24) != 0)
            return Decode(value);
        return Decode((byte)(value & ~Afternoon)) % 12 + ((value & Afternoon) != 0 ? 12 : 0);
    }

    private readonly ulong Period(ulong now)
    {
        ulong ticks = PeriodTicks;
        return ticks == 0 ? 0 : (now / Second * 32_768 + now % Second * 32_768 / Second) / ticks;
    }

    private void CatchUp(ulong now)
    {
        ref byte flags = ref _memory[(int)Mc146818Register.C];
        ulong second = now / Second;
        if (second != _seenSecond)
        {
            if ((Modes & RtcB.SET) == 0)
            {
                flags |= (byte)RtcC.UF;
                if ((flags & (byte)RtcC.AF) == 0 && AlarmPassed(second))
                    flags |= (byte)RtcC.AF;
            }
            _seenSecond = second;
        }
        ulong period = Period(now);
        if (period != _seenPeriod)
            flags |= (byte)RtcC.PF;
        _seenPeriod = period;
    }

    // Seconds since the last look, at most a day of them: the alarm comes round daily.
    private readonly bool AlarmPassed(ulong second)
    {
        ulong passed = second - _seenSecond;
        int count = passed < DaySeconds ? (int)passed : DaySeconds;
        long latest = (long)second + _offset;
        for (int back = 0; back < count; back++)
        {
            int time = (int)((latest - back) % DaySeconds + DaySeconds) % DaySeconds;
            if (Matches(Mc146818Register.SecondsAlarm, time % 60) && Matches(Mc146818Register.MinutesAlarm, time / 60 % 60) && MatchesHour(time / 3600))
                return true;
        }
        return false;
    }

    private readonly bool Matches(Mc146818Register alarm, int value)
    {
        byte set = _memory[(int)alarm];
        return (set & DontCare) == DontCare || Decode(set) == value;
    }

    private readonly bool MatchesHour(int hour)
    {
        byte set = _memory[(int)Mc146818Register.HoursAlarm];
        return (set & DontCare) == DontCare || DecodeHour(set) == hour;
    }

    private void UpdateInterrupt<THost>(ref THost host)
        where THost : struct, IMc146818Host
    {
        ref byte flags = ref _memory[(int)Mc146818Register.C];
        bool high = (flags & (byte)Modes & (byte)RtcB.Interrupts) != 0;
        flags = (byte)(high ? flags | (byte)RtcC.IRQF : flags & ~(byte)RtcC.IRQF);
        if (high == _isInterruptHigh)
            return;
        _isInterruptHigh = high;
        host.SetInterrupt(high);
    }

    private readonly void Arm<THost>(ref THost host)
        where THost : struct, IMc146818Host
    {
        ulong now = host.NowNanoseconds();
        ulong deadline = ulong.MaxValue;
        if ((Modes & (RtcB.UIE | RtcB.AIE)) != 0 && (Modes & RtcB.SET) == 0)
            deadline = (now / Second + 1) * Second;
        ulong ticks = PeriodTicks;
        if ((Modes & RtcB.PIE) != 0 && ticks != 0)
        {
            ulong periodic = now + ticks * Second / 32_768;
            deadline = periodic < deadline ? periodic : deadline;
        }
        host.SetDeadline(deadline);
    }
}
