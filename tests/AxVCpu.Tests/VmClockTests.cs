namespace AxVCpu.Tests;

public sealed class VmClockTests
{
    private sealed class FakeTime : TimeProvider
    {
        public long Now { get; set; } = 1000;

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => Now;
    }

    [Fact]
    public void It_counts_only_while_it_runs()
    {
        var time = new FakeTime();
        var clock = new VmClock(10_000_000, time);
        time.Now += 5000;
        Assert.Equal(0UL, clock.Ticks);
        clock.Start();
        time.Now += 5000;
        Assert.InRange(clock.Ticks, 49UL, 50UL);
        clock.Stop();
        ulong stopped = clock.Ticks;
        time.Now += 1_000_000;
        Assert.Equal(stopped, clock.Ticks);
        clock.Start();
        time.Now += 1000;
        Assert.InRange(clock.Ticks, stopped + 9, stopped + 11);
    }

    [Fact]
    public async Task It_never_runs_backwards_across_stop_and_start()
    {
        var clock = new VmClock();
        clock.Start();
        bool done = false;
        var reader = Task.Run(() =>
        {
            ulong last = 0;
            while (!Volatile.Read(ref done))
            {
                ulong now = clock.Ticks;
                Assert.True(now >= last, $"{now} after {last}");
                last = now;
            }
        }, TestContext.Current.CancellationToken);
        for (int i = 0; i < 20_000; i++)
        {
            clock.Stop();
            clock.Start();
        }

        Volatile.Write(ref done, true);
        await reader;
    }

    [Fact]
    public void The_time_until_a_deadline_is_zero_in_the_past_and_endless_for_never()
    {
        var time = new FakeTime();
        var clock = new VmClock(10_000_000, time);
        clock.Set(100);
        Assert.Equal(TimeSpan.Zero, clock.TimeUntil(100));
        Assert.Equal(TimeSpan.FromTicks(1), clock.TimeUntil(101));
        Assert.Equal(TimeSpan.FromSeconds(1), clock.TimeUntil(10_000_100));
        Assert.Equal(Timeout.InfiniteTimeSpan, clock.TimeUntil(ulong.MaxValue));
        Assert.Equal(Timeout.InfiniteTimeSpan, clock.TimeUntil(ulong.MaxValue - 1));
    }
}
