using System.Diagnostics;

namespace AxVCpu;

/// <summary>
/// The clock of one VM: counts at a fixed frequency while the VM runs and stands still while it is stopped. All members may be
/// used from any thread.
/// </summary>
public sealed class VmClock
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly UInt128 _scale;
    private long _startedAt;
    private ulong _base;
    private volatile bool _isRunning;
    private int _version;

    /// <summary>Creates a clock that stands at zero.</summary>
    /// <param name="frequencyHz">Ticks per second; 10 MHz is the rate of the RISC-V <c>virt</c> machine.</param>
    /// <param name="time">Where real time comes from; the system's by default.</param>
    public VmClock(ulong frequencyHz = 10_000_000, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(frequencyHz);
        FrequencyHz = frequencyHz;
        _time = time ?? TimeProvider.System;
        _scale = ((UInt128)frequencyHz << 64) / (ulong)_time.TimestampFrequency;
    }

    /// <summary>Ticks per second.</summary>
    public ulong FrequencyHz { get; }

    /// <summary>Whether the clock counts.</summary>
    public bool IsRunning => _isRunning;

    /// <summary>The present count.</summary>
    public ulong Ticks
    {
        get
        {
            while (true)
            {
                // A reader that overlaps Start or Stop sees an odd or a changed version and reads again.
                int version = Volatile.Read(ref _version);
                ulong ticks = Volatile.Read(ref _base);
                if (_isRunning)
                    ticks += Scale(Timestamp() - Volatile.Read(ref _startedAt));
                Interlocked.MemoryBarrier();
                if ((version & 1) == 0 && version == Volatile.Read(ref _version))
                    return ticks;
            }
        }
    }

    /// <summary>Lets the clock count; does nothing when it does.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_isRunning)
                return;
            Interlocked.Increment(ref _version);
            _startedAt = Timestamp();
            _isRunning = true;
            Interlocked.Increment(ref _version);
        }
    }

    /// <summary>Stops the clock where it is; does nothing when it stands.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (!_isRunning)
                return;
            Interlocked.Increment(ref _version);
            _base += Scale(Timestamp() - _startedAt);
            _isRunning = false;
            Interlocked.Increment(ref _version);
        }
    }

    /// <summary>Sets the count, for a reset or a restored VM.</summary>
    public void Set(ulong ticks)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _version);
            _base = ticks;
            _startedAt = Timestamp();
            Interlocked.Increment(ref _version);
        }
    }

    /// <summary>How long until the clock shows <paramref name="deadline"/>: zero when it has, and infinite for the maximum value or a far one.</summary>
    public TimeSpan TimeUntil(ulong deadline)
    {
        ulong now = Ticks;
        if (deadline <= now)
            return TimeSpan.Zero;
        UInt128 timeSpanTicks = ((UInt128)(deadline - now) * TimeSpan.TicksPerSecond + FrequencyHz - 1) / FrequencyHz;
        return deadline == ulong.MaxValue || timeSpanTicks > (UInt128)TimeSpan.FromDays(1).Ticks
            ? Timeout.InfiniteTimeSpan
            : TimeSpan.FromTicks((long)timeSpanTicks);
    }

    private long Timestamp() => ReferenceEquals(_time, TimeProvider.System) ? Stopwatch.GetTimestamp() : _time.GetTimestamp();

    private ulong Scale(long elapsed) => elapsed <= 0 ? 0 : (ulong)((_scale * (ulong)elapsed) >> 64);
}
