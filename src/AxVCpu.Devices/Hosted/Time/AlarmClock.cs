namespace AxVCpu.Devices;

/// <summary>
/// One thread that waits for the nearest of several deadlines on a VM's clock. Deadlines do not pass while the clock stands.
/// Thread safe. An alarm rings at most about a millisecond late on an idle host.
/// </summary>
public sealed class AlarmClock : IDisposable
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10);

    private readonly object _gate = new();
    private readonly VmClock _clock;
    private readonly Thread _thread;
    private Alarm[] _alarms = [];
    private bool _isOver;

    /// <summary>Starts the thread.</summary>
    /// <param name="clock">The VM's clock.</param>
    /// <param name="name">The thread's name.</param>
    public AlarmClock(VmClock clock, string name = "alarms")
    {
        ArgumentNullException.ThrowIfNull(clock);
        _clock = clock;
        _thread = new Thread(Main) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>The VM's clock.</summary>
    public VmClock Clock => _clock;

    /// <summary>A new alarm that is not set.</summary>
    /// <param name="ring">Called on the clock's thread when a deadline has passed; must not wait for one that sets an alarm.</param>
    public Alarm Add(Action ring)
    {
        ArgumentNullException.ThrowIfNull(ring);
        Alarm alarm = new(this, ring);
        lock (_gate)
            _alarms = [.. _alarms, alarm];
        return alarm;
    }

    /// <summary>Looks at the deadlines anew: the VM's clock was started or set.</summary>
    public void Recheck()
    {
        lock (_gate)
            Monitor.Pulse(_gate);
    }

    /// <summary>Ends the thread and waits for it. No alarm rings afterwards.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            Monitor.Pulse(_gate);
        }

        if (Thread.CurrentThread != _thread)
            _thread.Join();
    }

    internal void Set(Alarm alarm, ulong deadline)
    {
        lock (_gate)
        {
            // The thread wakes early enough for a later deadline; only an earlier one must disturb it.
            bool isEarlier = deadline < alarm.Deadline;
            alarm.Deadline = deadline;
            if (isEarlier)
                Monitor.Pulse(_gate);
        }
    }

    private void Main()
    {
        while (WaitForNext() is { } due)
            due.Ring();
    }

    // The alarm that is due, taken; null when the clock is disposed.
    private Alarm? WaitForNext()
    {
        lock (_gate)
        {
            while (!_isOver)
            {
                Alarm? next = null;
                foreach (Alarm alarm in _alarms)
                {
                    if (alarm.Deadline < (next?.Deadline ?? ulong.MaxValue))
                        next = alarm;
                }

                TimeSpan wait = next is null || !_clock.IsRunning ? Timeout.InfiniteTimeSpan : _clock.TimeUntil(next.Deadline);
                if (next is not null && _clock.IsRunning && wait == TimeSpan.Zero)
                {
                    next.Deadline = ulong.MaxValue;
                    return next;
                }

                if (wait == Timeout.InfiniteTimeSpan || wait > s_longestWait)
                    wait = s_longestWait;
                Monitor.Wait(_gate, TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)));
            }

            return null;
        }
    }
}

/// <summary>One deadline of an <see cref="AlarmClock"/>. Thread safe.</summary>
public sealed class Alarm
{
    private readonly AlarmClock _owner;

    internal Alarm(AlarmClock owner, Action ring)
    {
        _owner = owner;
        Ring = ring;
    }

    internal Action Ring { get; }

    // Under the owner's lock.
    internal ulong Deadline { get; set; } = ulong.MaxValue;

    /// <summary>Rings once when the VM's clock reaches <paramref name="deadline"/>, in place of any earlier deadline; the maximum value is never.</summary>
    public void Set(ulong deadline) => _owner.Set(this, deadline);
}
