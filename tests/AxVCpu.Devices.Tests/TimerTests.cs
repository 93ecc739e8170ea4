namespace AxVCpu.Devices.Tests;

public sealed class TimerTests
{
    private sealed class Platform : IAclintHost, IAclintSswiHost
    {
        public ulong Time { get; set; } = 1000;

        public bool[] Software { get; } = new bool[4];

        public ulong[] Deadline { get; } = new ulong[4];

        public List<int> Raised { get; } = [];

        public void SetSoftware(int hart, bool level) => Software[hart] = level;

        public ulong Now() => Time;

        public void SetTimerDeadline(int hart, ulong deadline) => Deadline[hart] = deadline;

        public void RaiseSupervisorSoftware(int hart) => Raised.Add(hart);
    }

    private readonly Platform _platform = new();
    private readonly AclintDevice _aclint;

    public TimerTests() => _aclint = new AclintDevice(4, _platform);

    [Fact]
    public void MSIP_drives_the_software_interrupt_with_bit_zero_only()
    {
        _aclint.Put(4, uint.MaxValue);
        Assert.True(_platform.Software[1]);
        Assert.Equal(1UL, _aclint.Get(4));
        _aclint.Put(4, 0xFFFF_FFFE);
        Assert.False(_platform.Software[1]);
    }

    [Fact]
    public void MTIME_shows_the_platform_clock_whole_and_by_halves()
    {
        _platform.Time = 0x1_2345_6789;
        Assert.Equal(0x1_2345_6789UL, _aclint.Get(0xBFF8, AccessWidth.Qword));
        Assert.Equal(0x2345_6789UL, _aclint.Get(0xBFF8));
        Assert.Equal(1UL, _aclint.Get(0xBFFC));
    }

    [Fact]
    public void MTIMECMP_is_never_due_after_reset_and_reports_what_is_written_by_halves()
    {
        Assert.Equal(ulong.MaxValue, _aclint.Get(0x4008, AccessWidth.Qword));
        _aclint.Put(0x4008, 0x10);
        _aclint.Put(0x400C, 0x2);
        Assert.Equal(0x2_0000_0010UL, _platform.Deadline[1]);
        _aclint.Put(0x4000, 77, AccessWidth.Qword);
        Assert.Equal(77UL, _platform.Deadline[0]);
    }

    [Fact]
    public void Writing_MTIME_moves_time_and_every_deadline()
    {
        _aclint.Put(0x4000, 5000, AccessWidth.Qword);
        _aclint.Put(0xBFF8, 4000, AccessWidth.Qword);
        Assert.Equal(4000UL, _aclint.Get(0xBFF8, AccessWidth.Qword));
        Assert.Equal(2000UL, _platform.Deadline[0]);
        Assert.Equal(ulong.MaxValue, _platform.Deadline[1]);
        _aclint.Put(0xBFF8, 0, AccessWidth.Qword);
        Assert.Equal(6000UL, _platform.Deadline[0]);
        _aclint.Put(0xBFF8, 9000, AccessWidth.Qword);
        Assert.Equal(0UL, _platform.Deadline[0]);
    }

    [Fact]
    public void Widths_and_harts_that_do_not_exist_are_refused_or_empty()
    {
        Assert.False(_aclint.Read(0, AccessWidth.Qword, out _));
        Assert.False(_aclint.Read(0x4000, AccessWidth.Word, out _));
        Assert.False(_aclint.Read(0x4004, AccessWidth.Qword, out _));
        Assert.Equal(0UL, _aclint.Get(4 * 4));
        Assert.Equal(0UL, _aclint.Get(0x4000 + 8 * 4, AccessWidth.Qword));
        _aclint.Put(0x4000 + 8 * 4, 1, AccessWidth.Qword);
        _aclint.Put(0xC000, 1);
    }

    [Fact]
    public void SETSSIP_raises_the_supervisor_interrupt_of_harts_that_exist_and_reads_zero()
    {
        AclintSswiDevice sswi = new(4, _platform);
        sswi.Put(8, 1);
        sswi.Put(12, 0);
        sswi.Put(16, 1);
        Assert.Equal([2], _platform.Raised);
        Assert.Equal(0UL, sswi.Get(8));
    }

    private sealed class ManualClock : TimeProvider
    {
        private readonly List<Timer> _timers = [];

        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(100);

        public TimeSpan Due => _timers[0].Due;

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timers.Add(new Timer(callback, state, dueTime));
            return _timers[0];
        }

        public void Fire() => _timers[0].Fire();

        private sealed class Timer(TimerCallback callback, object? state, TimeSpan due) : ITimer
        {
            public TimeSpan Due { get; private set; } = due;

            public void Fire() => callback(state);

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                Due = dueTime;
                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }

    [Fact]
    public void The_clock_latches_its_high_half_and_can_be_set()
    {
        ManualClock clock = new();
        using GoldfishRtcDevice rtc = new(UnconnectedLine.Instance, clock);
        ulong low = rtc.Get(0);
        clock.Now += TimeSpan.FromSeconds(10);
        Assert.Equal(100_000_000_000UL, rtc.Get(4) << 32 | low);
        rtc.Put(4, 0x1234);
        rtc.Put(0, 0x5678);
        Assert.Equal(0x5678UL, rtc.Get(0));
        Assert.Equal(0x1234UL, rtc.Get(4));
        Assert.False(rtc.Read(0, AccessWidth.Qword, out _));
    }

    [Fact]
    public void An_alarm_interrupts_when_its_time_comes_and_not_before()
    {
        ManualClock clock = new();
        RecordedLine line = new();
        using GoldfishRtcDevice rtc = new(line, clock);
        ulong due = 130_000_000_000;
        rtc.Put(0x10, 1);
        rtc.Put(0x0C, due >> 32);
        rtc.Put(0x08, (uint)due);
        Assert.Equal(1UL, rtc.Get(0x18));
        Assert.InRange(clock.Due, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(31));
        clock.Fire();
        Assert.False(line.Level);
        clock.Now += TimeSpan.FromSeconds(30);
        clock.Fire();
        Assert.True(line.Level);
        Assert.Equal(0UL, rtc.Get(0x18));
        rtc.Put(0x1C, 1);
        Assert.False(line.Level);
    }

    [Fact]
    public void An_alarm_in_the_past_fires_at_once_and_a_cleared_one_never()
    {
        ManualClock clock = new();
        RecordedLine line = new();
        using GoldfishRtcDevice rtc = new(line, clock);
        rtc.Put(0x10, 1);
        rtc.Put(0x08, 1);
        Assert.True(line.Level);
        rtc.Reset();
        Assert.False(line.Level);
        rtc.Put(0x10, 1);
        rtc.Put(0x0C, 0x7FFF_FFFF);
        rtc.Put(0x08, 1);
        rtc.Put(0x14, 1);
        Assert.Equal(Timeout.InfiniteTimeSpan, clock.Due);
        clock.Fire();
        Assert.False(line.Level);
    }
}
