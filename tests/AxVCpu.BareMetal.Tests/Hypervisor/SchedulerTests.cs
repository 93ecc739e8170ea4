using AxVCpu.BareMetal.Hypervisor;

namespace AxVCpu.BareMetal.Tests.Hypervisor;

/// <summary>Fairness, affinity and wake-ups, in simulated time.</summary>
public sealed unsafe class SchedulerTests
{
    private const ulong Long = 20_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Two_vms_get_equal_time_whatever_the_number_of_their_vcpus(int cpus)
    {
        using var machine = new SchedulerMachine((uint)cpus);
        ScheduledVm* few = machine.AddVm();
        ScheduledVm* many = machine.AddVm();
        for (int i = 0; i < cpus; i++)
            machine.Start(machine.AddVCpu(few));
        for (int i = 0; i < 4; i++)
            machine.Start(machine.AddVCpu(many));
        machine.Advance(Long);
        AssertShare(0.5, few->UsedTicks, Long * (ulong)cpus);
        AssertShare(0.5, many->UsedTicks, Long * (ulong)cpus);
    }

    [Fact]
    public void Time_follows_the_weights()
    {
        using var machine = new SchedulerMachine(1);
        ScheduledVm* light = machine.AddVm(100);
        ScheduledVm* heavy = machine.AddVm(300);
        machine.Start(machine.AddVCpu(light));
        machine.Start(machine.AddVCpu(heavy));
        machine.Advance(Long);
        AssertShare(0.25, light->UsedTicks, Long);
        AssertShare(0.75, heavy->UsedTicks, Long);
    }

    [Fact]
    public void The_vcpus_of_a_vm_share_its_time_equally()
    {
        using var machine = new SchedulerMachine(2);
        ScheduledVm* vm = machine.AddVm();
        SchedulerMachine.Guest[] guests = [machine.AddVCpu(vm), machine.AddVCpu(vm), machine.AddVCpu(vm)];
        foreach (SchedulerMachine.Guest guest in guests)
            machine.Start(guest);
        machine.Advance(Long);
        foreach (SchedulerMachine.Guest guest in guests)
            AssertShare(1 / 3.0, guest.VCpu->UsedTicks, Long * 2);
    }

    [Fact]
    public void A_vm_that_slept_or_came_late_neither_starves_the_others_nor_is_starved()
    {
        using var machine = new SchedulerMachine(1);
        ScheduledVm* first = machine.AddVm();
        machine.Start(machine.AddVCpu(first));
        machine.Advance(Long); // alone on the CPU, without a timer
        ScheduledVm* late = machine.AddVm();
        machine.Start(machine.AddVCpu(late));
        ulong before = first->UsedTicks;
        machine.Advance(5000); // the newcomer begins one slice ahead
        AssertShare(0.5, first->UsedTicks - before, 5000);
        AssertShare(0.5, late->UsedTicks, 5000);
    }

    [Fact]
    public void A_vm_whose_time_was_used_while_others_were_away_is_not_made_to_wait_for_it()
    {
        using var machine = new SchedulerMachine(1);
        ScheduledVm* old = machine.AddVm();
        SchedulerMachine.Guest sleeper = machine.AddVCpu(old, runs: Long, sleeps: 500);
        machine.Start(sleeper);
        machine.Advance(Long + 10); // it has used a lot, and sleeps now
        ScheduledVm* young = machine.AddVm();
        machine.Start(machine.AddVCpu(young));
        machine.Advance(600);
        ulong before = old->UsedTicks;
        machine.Advance(2000);
        AssertShare(0.5, old->UsedTicks - before, 2000, tolerance: 0.1);
    }

    [Fact]
    public void Who_wakes_up_among_busy_ones_runs_within_a_slice()
    {
        using var machine = new SchedulerMachine(1);
        ScheduledVm* busy = machine.AddVm();
        machine.Start(machine.AddVCpu(busy));
        machine.Start(machine.AddVCpu(busy));
        ScheduledVm* interactive = machine.AddVm();
        SchedulerMachine.Guest guest = machine.AddVCpu(interactive, runs: 2, sleeps: 1_000_000);
        machine.Start(guest);
        machine.Advance(1000);
        Assert.Equal(SchedulingState.Blocked, guest.VCpu->State);
        for (int i = 0; i < 20; i++)
        {
            ulong switches = guest.VCpu->Switches;
            machine.Scheduler->Wake(guest.VCpu, machine.Now);
            machine.Advance(SchedulerMachine.Slice);
            Assert.True(guest.VCpu->Switches > switches, $"wake-up {i} had no effect for a slice");
            machine.Advance(333);
        }
    }

    [Fact]
    public void Affinity_is_kept_and_no_cpu_idles_beside_a_waiting_vcpu()
    {
        using var machine = new SchedulerMachine(3);
        ScheduledVm* vm = machine.AddVm();
        SchedulerMachine.Guest pinned = machine.AddVCpu(vm, affinity: CpuSet.FromMask(0b010), preferred: 1);
        SchedulerMachine.Guest pair = machine.AddVCpu(vm, affinity: CpuSet.FromMask(0b011));
        SchedulerMachine.Guest free = machine.AddVCpu(vm);
        foreach (SchedulerMachine.Guest guest in (SchedulerMachine.Guest[])[pinned, pair, free])
            machine.Start(guest);
        machine.Advance(50);
        machine.Advance(5000, machine =>
        {
            for (int cpu = 0; cpu < 3; cpu++)
                Assert.True(machine.RunningOn(cpu) != null, $"CPU {cpu} idles");
        });
        Assert.Equal(1u, pinned.VCpu->LastCpu);
        Assert.InRange(pair.VCpu->LastCpu, 0u, 1u);
    }

    [Fact]
    public void Random_behaviour_keeps_every_invariant_and_every_deadline()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var machine = new SchedulerMachine(4);
        var guests = new List<SchedulerMachine.Guest>();
        for (int v = 0; v < 4; v++)
        {
            ScheduledVm* vm = machine.AddVm((uint)random.Next(1, 400));
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                CpuSet affinity = random.Next(2) == 0 ? default : CpuSet.FromMask((ulong)random.Next(1, 16));
                guests.Add(machine.AddVCpu(vm, (ulong)random.Next(1, 300), (ulong)random.Next(1, 300), affinity, (uint)random.Next(4)));
            }
        }
        foreach (SchedulerMachine.Guest guest in guests)
            machine.Start(guest);
        machine.Advance(Long, machine =>
        {
            SchedulerMachine.Guest guest = guests[random.Next(guests.Count)];
            switch (random.Next(20))
            {
                case 0:
                    machine.Scheduler->Park(guest.VCpu);
                    break;
                case < 4:
                    machine.Start(guest);
                    break;
                case < 8:
                    machine.Scheduler->Wake(guest.VCpu, machine.Now);
                    break;
            }
        });
        foreach (SchedulerMachine.Guest guest in guests)
            machine.Start(guest);
        ulong[] before = [.. guests.Select(guest => guest.VCpu->Switches)];
        machine.Advance(Long);
        for (int i = 0; i < guests.Count; i++)
            Assert.True(guests[i].VCpu->Switches > before[i], $"vCPU {i} was forgotten (seed {seed})");
    }

    [Fact]
    public void Parking_a_running_vcpu_takes_effect_at_its_next_exit_and_frees_its_vm()
    {
        using var machine = new SchedulerMachine(1);
        ScheduledVm* vm = machine.AddVm();
        SchedulerMachine.Guest guest = machine.AddVCpu(vm);
        machine.Start(guest);
        machine.Advance(10);
        Assert.Equal(SchedulingState.Running, guest.VCpu->State);
        Assert.Equal(1u, machine.Scheduler->Park(guest.VCpu));
        machine.Advance(1);
        Assert.Equal(SchedulingState.Parked, guest.VCpu->State);
        machine.Scheduler->RemoveVm(vm);
        machine.Advance(10);
        Assert.True(machine.RunningOn(0) == null);
    }

    [Fact]
    public void A_wake_up_between_the_look_at_interrupts_and_the_block_is_not_lost()
    {
        using var machine = new SchedulerMachine(1);
        ScheduledVm* vm = machine.AddVm();
        SchedulerMachine.Guest guest = machine.AddVCpu(vm);
        machine.Start(guest);
        Scheduler* scheduler = machine.Scheduler;
        Assert.True(scheduler->PickNext(0, 1) == guest.VCpu);
        Scheduler.BeginEntry(guest.VCpu);
        Assert.Equal(1u, scheduler->Wake(guest.VCpu, 2));
        Assert.False(scheduler->Block(0, 3, ulong.MaxValue));
        Assert.Equal(SchedulingState.Running, guest.VCpu->State);
        Assert.True(scheduler->Block(0, 4, ulong.MaxValue));
        Assert.Equal(1u, scheduler->Wake(guest.VCpu, 5));
        Assert.True(scheduler->PickNext(0, 6) == guest.VCpu);
    }

    [Fact]
    public void Threads_that_wake_and_block_lose_no_wake_up()
    {
        const int Rounds = 20_000;
        using var machine = new SchedulerMachine(2);
        ScheduledVm* vm = machine.AddVm();
        SchedulerMachine.Guest guest = machine.AddVCpu(vm, affinity: CpuSet.FromMask(1));
        machine.Start(guest);
        nint scheduler = (nint)machine.Scheduler;
        nint entry = guest.Entry;
        int sent = 0;
        int seen = 0;
        int interrupts = 1;
        CancellationToken cancellation = TestContext.Current.CancellationToken;

        // The CPU: looks for events, and sleeps (waits for the interrupt word) when there are none.
        var cpu = new Thread(() =>
        {
            var own = (Scheduler*)scheduler;
            while (seen < Rounds && !cancellation.IsCancellationRequested)
            {
                while (Interlocked.Exchange(ref interrupts, 0) == 0 && !cancellation.IsCancellationRequested)
                    Thread.Yield();
                ScheduledVCpu* next = own->PickNext(0, 1);
                while (next != null)
                {
                    Scheduler.BeginEntry(next);
                    Interlocked.MemoryBarrier();
                    seen = Volatile.Read(ref sent);
                    if (own->Block(0, 1, ulong.MaxValue))
                        next = null;
                }
            }
        });
        cpu.Start();
        var limit = System.Diagnostics.Stopwatch.StartNew();
        for (int i = 1; i <= Rounds; i++)
        {
            Volatile.Write(ref sent, i);
            if (((Scheduler*)scheduler)->Wake((ScheduledVCpu*)entry, 1) != 0)
                Volatile.Write(ref interrupts, 1);
            while (Volatile.Read(ref seen) < i)
            {
                Assert.True(limit.Elapsed < TimeSpan.FromSeconds(60), $"wake-up {i} was lost");
                Thread.Yield();
            }
        }
        cpu.Join();
    }

    private static void AssertShare(double expected, ulong used, ulong total, double tolerance = 0.03) =>
        Assert.InRange(used / (double)total, expected - tolerance, expected + tolerance);
}
