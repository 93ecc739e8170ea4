namespace AxVCpu.Devices;

/// <summary>One deadline on the wall clock, which goes on while the VM stands still. Thread safe.</summary>
internal sealed class WallClockAlarm : IDisposable
{
    // A timer counts 32 bits of milliseconds; a deadline further away is approached in steps of a day.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromDays(1);

    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    /// <param name="time">The wall clock; null for the system's.</param>
    /// <param name="ring">Called on a thread of the pool, also before the deadline: who is called looks at the time and sets it again.</param>
    public WallClockAlarm(TimeProvider? time, Action ring)
    {
        _time = time ?? TimeProvider.System;
        _timer = _time.CreateTimer(static ring => ((Action)ring!)(), ring, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Since 1970-01-01, UTC.</summary>
    public ulong NowNanoseconds => (ulong)(_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>Rings at <paramref name="deadline"/>, in place of any earlier one; the maximum value is never.</summary>
    public void Set(ulong deadline)
    {
        ulong now = NowNanoseconds;
        // Rounded up to the timer's tick: waking early would only arm again.
        ulong milliseconds = deadline <= now ? 0 : (deadline - now) / 1_000_000 + 1;
        TimeSpan wait = deadline == ulong.MaxValue ? Timeout.InfiniteTimeSpan
            : milliseconds < s_longestWait.TotalMilliseconds ? TimeSpan.FromMilliseconds(milliseconds) : s_longestWait;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
