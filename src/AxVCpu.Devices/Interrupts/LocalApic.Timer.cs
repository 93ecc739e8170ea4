namespace AxVCpu.Devices;

/// <content>The timer (SDM volume 3A, 11.5.4).</content>
public partial struct LocalApic
{
    private readonly LvtBits TimerMode => (LvtBits)_lvt[(int)Lvt.Timer] & LvtBits.TimerModeMask;

    // Figure 11-10: bits 3, 1 and 0 are the power of two, where 7 stands for no division.
    private readonly int DivideShift => ((_divide >> 1 & 4 | _divide & 3) + 1) & 7;

    private readonly ulong Period => (ulong)_initialCount << DivideShift;

    /// <summary>
    /// A deadline that was set has been reached. A call that comes too early, or for a wish that has been replaced, arms again and
    /// does nothing else; however late it comes, one interrupt is raised.
    /// </summary>
    public void TimerExpired<THost>(ref THost host)
        where THost : struct, ILocalApicHost
    {
        if (TimerMode == LvtBits.TimerTscDeadline)
        {
            if (_timeStampDeadline == 0)
                return;
            if (host.TimeStamp() < _timeStampDeadline)
            {
                ArmTimer(ref host);
                return;
            }
            _timeStampDeadline = 0;
            Fire(ref host, Lvt.Timer, isEdge: true);
            return;
        }
        if (!_isCounting)
            return;
        ulong elapsed = host.Now() - _timerStart;
        if (elapsed >= Period)
        {
            if (TimerMode == LvtBits.TimerPeriodic)
                _timerStart += elapsed - elapsed % Period;
            else
                _isCounting = false;
            Fire(ref host, Lvt.Timer, isEdge: true);
        }
        ArmTimer(ref host);
    }

    private readonly uint CurrentCount(ulong now)
    {
        if (!_isCounting)
            return 0;
        ulong elapsed = now - _timerStart;
        if (TimerMode == LvtBits.TimerPeriodic)
            elapsed %= Period;
        return elapsed >= Period ? 0 : _initialCount - (uint)(elapsed >> DivideShift);
    }

    private void WriteInitialCount<THost>(ref THost host, uint value)
        where THost : struct, ILocalApicHost
    {
        if (TimerMode == LvtBits.TimerTscDeadline)
            return;
        _initialCount = value;
        _timerStart = host.Now();
        _isCounting = value != 0;
        ArmTimer(ref host);
    }

    private void WriteDivide<THost>(ref THost host, uint value)
        where THost : struct, ILocalApicHost
    {
        // The count goes on from where it is, at the new rate.
        ulong now = host.Now();
        uint counted = _isCounting ? _initialCount - CurrentCount(now) : 0;
        _divide = (byte)(value & 0xB);
        _timerStart = now - ((ulong)counted << DivideShift);
        ArmTimer(ref host);
    }

    private void WriteTimerEntry<THost>(ref THost host, uint value)
        where THost : struct, ILocalApicHost
    {
        LvtBits before = TimerMode;
        // What came due while the entry was masked is lost, as nothing is latched.
        bool isOver = _isCounting && before != LvtBits.TimerPeriodic && host.Now() - _timerStart >= Period
            && (_lvt[(int)Lvt.Timer] & (uint)LvtBits.Mask) != 0;
        _isCounting &= !isOver;
        _lvt[(int)Lvt.Timer] = value;
        if (before != TimerMode && (before == LvtBits.TimerTscDeadline || TimerMode == LvtBits.TimerTscDeadline))
        {
            // 11.5.4.1: a change from or to the deadline mode disarms the timer.
            _timeStampDeadline = 0;
            _initialCount = 0;
            _isCounting = false;
        }
        ArmTimer(ref host);
    }

    private void WriteTimeStampDeadline<THost>(ref THost host, ulong value)
        where THost : struct, ILocalApicHost
    {
        if (TimerMode != LvtBits.TimerTscDeadline)
            return;
        _timeStampDeadline = value;
        ArmTimer(ref host);
    }

    private readonly void ArmTimer<THost>(ref THost host)
        where THost : struct, ILocalApicHost
    {
        bool isMasked = (_lvt[(int)Lvt.Timer] & (uint)LvtBits.Mask) != 0;
        if (TimerMode == LvtBits.TimerTscDeadline)
        {
            // The deadline is also forgotten when it passes under a mask, so that a read shows zero.
            if (_timeStampDeadline == 0)
                host.SetTimerDeadline(ulong.MaxValue);
            else
                host.SetTimeStampDeadline(_timeStampDeadline);
            return;
        }
        if (!_isCounting || isMasked)
        {
            host.SetTimerDeadline(ulong.MaxValue);
            return;
        }
        ulong due = _timerStart + Period;
        ulong now = host.Now();
        // Unmasked after some periods: the next one counts.
        if (due <= now && TimerMode == LvtBits.TimerPeriodic)
            due = now + Period - (now - _timerStart) % Period;
        host.SetTimerDeadline(due);
    }
}
