namespace AxVCpu.Devices.Tests;

public sealed class LocalApicSetTests : IDisposable
{
    private const ulong Icr = 0x300, IcrHigh = 0x310, Eoi = 0xB0, Svr = 0xF0, Tpr = 0x80, LvtTimer = 0x320, InitialCount = 0x380, Divide = 0x3E0;

    private sealed class Processor : IApicProcessor
    {
        public volatile bool Interrupt;
        public int Nmis, Inits;
        public List<byte> StartUps = [];

        public void SetInterrupt(bool level) => Interrupt = level;

        public void RaiseNmi() => Nmis++;

        public void RaiseInit() => Inits++;

        public void RaiseStartUp(byte page) => StartUps.Add(page);
    }

    private readonly VmClock _clock = new(1_000_000_000);
    private readonly AlarmClock _alarms;
    private readonly Processor[] _cpus = [new(), new(), new()];
    private readonly LocalApicSet _set;
    private readonly IoApicDevice _ioApic;

    public LocalApicSetTests()
    {
        _alarms = new AlarmClock(_clock);
        _set = new LocalApicSet(_cpus, _alarms, 2_000_000_000);
        _ioApic = new IoApicDevice(0, _set);
        for (int cpu = 0; cpu < 3; cpu++)
            Put(cpu, Svr, 0x1FF);
    }

    public void Dispose() => _alarms.Dispose();

    private void Put(int cpu, ulong offset, ulong value) => Assert.True(_set.Write(cpu, offset, AccessWidth.Dword, value));

    private void Program(int pin, ulong entry)
    {
        _ioApic.Put(0, (ulong)(0x11 + 2 * pin));
        _ioApic.Put(0x10, entry >> 32);
        _ioApic.Put(0, (ulong)(0x10 + 2 * pin));
        _ioApic.Put(0x10, entry & uint.MaxValue);
    }

    [Fact]
    public void A_processor_starts_another_by_init_and_start_up()
    {
        Put(0, IcrHigh, 1UL << 24);
        Put(0, Icr, 0x4500);
        Put(0, Icr, 0x4608);
        Assert.Equal((1, 0), (_cpus[1].Inits, _cpus[2].Inits));
        Assert.Equal([(byte)8], _cpus[1].StartUps);
        // The INIT disabled the target's APIC.
        Assert.True(_set.Read(1, Svr, AccessWidth.Dword, out ulong spurious));
        Assert.Equal(0xFFUL, spurious);
        Put(0, Icr, 0xC_4500);
        Assert.Equal((0, 2, 1), (_cpus[0].Inits, _cpus[1].Inits, _cpus[2].Inits));
    }

    [Fact]
    public void A_broadcast_reaches_all_with_or_without_the_sender()
    {
        Put(1, Icr, 0xC_0041);
        Assert.Equal((true, false, true), (_cpus[0].Interrupt, _cpus[1].Interrupt, _cpus[2].Interrupt));
        Put(1, Icr, 0x8_0041);
        Assert.True(_cpus[1].Interrupt);
    }

    [Fact]
    public void Lowest_priority_goes_to_one_processor_the_least_busy()
    {
        Put(0, Tpr, 0x40);
        Put(1, Tpr, 0x20);
        Put(2, Tpr, 0x30);
        Program(5, 0xFFUL << 56 | 1 << 8 | 0x71);
        _ioApic.Line(5).Set(true);
        Assert.Equal((false, true, false), (_cpus[0].Interrupt, _cpus[1].Interrupt, _cpus[2].Interrupt));
    }

    [Fact]
    public void A_level_goes_round_from_the_pin_through_its_end_to_the_pin()
    {
        Program(16, 2UL << 56 | 1 << 15 | 0x61);
        _ioApic.Line(16).Set(true);
        for (int round = 0; round < 3; round++)
        {
            Assert.True(_cpus[2].Interrupt);
            Assert.True(_set.Acknowledge(2, out byte vector));
            Assert.Equal(0x61, vector);
            Assert.False(_cpus[2].Interrupt);
            Put(2, Eoi, 0);
        }
        _ioApic.Line(16).Set(false);
        Assert.True(_set.Acknowledge(2, out _));
        Put(2, Eoi, 0);
        Assert.False(_cpus[2].Interrupt);
        Assert.False(_set.Acknowledge(2, out _));
    }

    [Fact]
    public void The_timer_interrupts_when_the_clock_gets_there_and_not_while_it_stands()
    {
        Put(0, Divide, 0b1011);
        Put(0, LvtTimer, 0x40);
        Put(0, InitialCount, 20_000_000);
        Thread.Sleep(60);
        Assert.False(_cpus[0].Interrupt);
        _clock.Start();
        _alarms.Recheck();
        Assert.True(SpinWait.SpinUntil(() => _cpus[0].Interrupt, 60_000));
        Assert.True(_clock.Ticks >= 20_000_000);
    }

    /// <summary>The processors' counters are none of the clock's: one is far ahead, one has just begun.</summary>
    [Theory]
    [InlineData(0, 1UL << 50)]
    [InlineData(1, 0UL)]
    public void A_deadline_is_of_the_processors_own_counter(int cpu, ulong counter)
    {
        const uint DeadlineMode = 1 << 18;
        const uint DeadlineMsr = (uint)LocalApicMsr.IA32_TSC_DEADLINE;
        _clock.Set(5_000_000_000);
        Put(cpu, LvtTimer, DeadlineMode | 0x40);
        _set.SetTimeStamp(cpu, counter);
        Assert.True(_set.WriteMsr(cpu, DeadlineMsr, counter + 40_000_000)); // 20 ms
        Assert.False(_cpus[cpu].Interrupt);
        _clock.Start();
        _alarms.Recheck();
        Assert.True(SpinWait.SpinUntil(() => _cpus[cpu].Interrupt, 60_000));
        Assert.True(_clock.Ticks >= 5_020_000_000, $"{_clock.Ticks}");
        Assert.True(_set.ReadMsr(cpu, DeadlineMsr, out ulong left));
        Assert.Equal(0UL, left);
        // One that has passed already is due at once.
        Assert.True(_set.Acknowledge(cpu, out _));
        Put(cpu, Eoi, 0);
        Assert.False(_cpus[cpu].Interrupt);
        Assert.True(_set.WriteMsr(cpu, DeadlineMsr, counter + 1));
        Assert.True(SpinWait.SpinUntil(() => _cpus[cpu].Interrupt, 60_000));
    }

    [Fact]
    public void The_class_of_the_task_priority_is_cr8()
    {
        Put(0, Tpr, 0x47);
        Assert.Equal(4, _set.GetTaskPriorityClass(0));
        _set.SetTaskPriorityClass(0, 4);
        Assert.True(_set.Read(0, Tpr, AccessWidth.Dword, out ulong kept));
        Assert.Equal(0x47UL, kept);
        Put(0, Icr, 0x4_0045); // to itself, class 4
        Assert.False(_cpus[0].Interrupt);
        _set.SetTaskPriorityClass(0, 3);
        Assert.True(_cpus[0].Interrupt);
        Assert.True(_set.Read(0, Tpr, AccessWidth.Dword, out ulong lowered));
        Assert.Equal(0x30UL, lowered);
    }
}
