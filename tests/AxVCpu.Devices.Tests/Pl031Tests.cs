namespace AxVCpu.Devices.Tests;

public sealed class Pl031Tests
{
    private const ulong Data = 0, Match = 4, Load = 8, Control = 12, Mask = 0x10, Raised = 0x14, Masked = 0x18, Clear = 0x1C;
    private const ulong Second = 1_000_000_000;

    private sealed class Clock
    {
        public ulong Now { get; set; } = 1_700_000_000 * Second + 300_000_000;

        public ulong? Alarm { get; set; }
    }

    private struct Host(Clock clock, RecordedLine line) : IRtcHost
    {
        public readonly ulong NowNanoseconds() => clock.Now;

        public readonly void ArmAlarm(ulong deadline) => clock.Alarm = deadline;

        public readonly void DisarmAlarm() => clock.Alarm = null;

        public readonly void SetInterrupt(bool level) => line.Set(level);
    }

    private readonly Clock _clock = new();
    private readonly RecordedLine _line = new();
    private Host _host;
    private Pl031 _rtc;

    public Pl031Tests() => _host = new Host(_clock, _line);

    private ulong Get(ulong offset)
    {
        Assert.True(_rtc.Read(ref _host, offset, AccessWidth.Dword, out ulong value));
        return value;
    }

    private void Put(ulong offset, ulong value) => Assert.True(_rtc.Write(ref _host, offset, AccessWidth.Dword, value));

    [Fact]
    public void It_tells_the_hosts_seconds_until_the_guest_sets_its_own()
    {
        Assert.Equal(1_700_000_000UL, Get(Data));
        Put(Load, 1000);
        Assert.Equal((1000UL, 1000UL), (Get(Data), Get(Load)));
        _clock.Now += 5 * Second;
        Assert.Equal(1005UL, Get(Data));
        Assert.Equal(1UL, Get(Control));
        Put(Control, 0);
        Assert.Equal(1UL, Get(Control));
        _rtc.Reset(ref _host);
        Assert.Equal(1_700_000_005UL, Get(Data));
    }

    [Fact]
    public void The_match_raises_the_interrupt_in_its_second()
    {
        Put(Mask, 1);
        Put(Match, 1_700_000_002);
        Assert.Equal(1_700_000_002 * Second, _clock.Alarm);
        _clock.Now += Second;
        _rtc.AlarmExpired(ref _host);
        Assert.False(_line.Level);
        _clock.Now = _clock.Alarm!.Value;
        _rtc.AlarmExpired(ref _host);
        Assert.True(_line.Level);
        Assert.Null(_clock.Alarm);
        Assert.Equal((1UL, 1UL), (Get(Raised), Get(Masked)));
        Put(Mask, 0);
        Assert.False(_line.Level);
        Assert.Equal((1UL, 0UL), (Get(Raised), Get(Masked)));
        Put(Clear, 1);
        Put(Mask, 1);
        Assert.False(_line.Level);
    }

    [Fact]
    public void A_match_of_now_fires_and_one_in_the_past_waits_a_round()
    {
        Put(Mask, 1);
        Put(Match, 1_700_000_000);
        Assert.True(_line.Level);
        Put(Clear, 1);
        Put(Match, 1_699_999_999);
        Assert.False(_line.Level);
        Assert.Equal((1_700_000_000 + (ulong)uint.MaxValue) * Second, _clock.Alarm);
        Put(Load, 1_699_999_990);
        Assert.Equal(1_700_000_009 * Second, _clock.Alarm);
    }

    [Fact]
    public void It_is_a_PL031_and_takes_words()
    {
        Assert.Equal([0x31UL, 0x10, 0x04, 0, 0x0D, 0xF0, 0x05, 0xB1], Enumerable.Range(0, 8).Select(index => Get(0xFE0 + (ulong)index * 4)));
        Assert.Equal(0UL, Get(0x20));
        Put(0x20, 1);
        Assert.False(_rtc.Read(ref _host, 0, AccessWidth.Qword, out _));
        Assert.False(_rtc.Write(ref _host, 2, AccessWidth.Word, 0));
        Assert.False(_rtc.Write(ref _host, 0x1000, AccessWidth.Dword, 0));
        Assert.True(_rtc.Read(ref _host, Data, AccessWidth.Byte, out ulong low));
        Assert.Equal(1_700_000_000UL & 0xFF, low);
    }
}
