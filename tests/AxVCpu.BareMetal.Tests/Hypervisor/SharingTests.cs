using AxVCpu.BareMetal.Aarch64;
using AxVCpu.BareMetal.Hypervisor;
using AxVCpu.BareMetal.Tests.Machine;
using AxVM;
using VmState = AxVCpu.BareMetal.Hypervisor.VmState;

namespace AxVCpu.BareMetal.Tests.Hypervisor;

/// <summary>Several VMs on too few CPUs: who gets how much, and how long who wakes up waits.</summary>
[Collection(HostBoardTests.Name)]
public sealed unsafe class SharingTests
{
    private const ulong Second = HostBoard.Frequency;
    private const ulong Slice = Second / 200;
    private const ulong CpuOn = 0xC400_0003;

    [Fact]
    public void Busy_vms_share_a_cpu_by_weight_however_many_vcpus_they_have()
    {
        using var board = new HostBoard(
            1, new HostArchive().Add("light", Busy).Add("heavy", Busy, Weighs(300)).Add("wide", StartSecond(3), Busy, Weighs(100)));
        board.PowerOn();
        board.Command("vm start light heavy wide");
        board.Run(Second / 2);
        ulong[] before = Used();
        board.Run(10 * Second);
        double[] shares = [.. Used().Zip(before, (after, first) => (after - first) / (10.0 * Second))];
        Assert.InRange(shares[0], 0.19, 0.21);
        Assert.InRange(shares[1], 0.59, 0.61);
        Assert.InRange(shares[2], 0.19, 0.21);

        static ulong[] Used() => [.. ((string[])["light", "heavy", "wide"]).Select(name => HostBoard.Vm(name)->Scheduling.UsedTicks)];
    }

    [Fact]
    public void Two_vms_with_a_cpu_each_do_not_notice_each_other()
    {
        using var board = new HostBoard(2, new HostArchive().Add("left", Busy).Add("right", Busy));
        board.PowerOn();
        board.Command("vm start left right");
        board.Run(Second);
        ulong exits = HostBoard.Vm("left")->Exits + HostBoard.Vm("right")->Exits;
        board.Run(Second);
        Assert.Equal(exits, HostBoard.Vm("left")->Exits + HostBoard.Vm("right")->Exits); // no tick without a competitor
        Assert.Equal(0UL, HypervisorState.Current.Scheduler.IdleTicks(0, board.Now) / Second);
    }

    [Fact]
    public void A_timer_is_on_time_on_an_idle_machine_and_late_by_no_more_than_a_slice_on_a_busy_one()
    {
        var late = new List<ulong>();
        using var board = new HostBoard(1, new HostArchive().Add("ticks", Tick).Add("busy", Busy));
        board.PowerOn();
        board.Command("vm start ticks");
        board.Run(Second);
        Assert.InRange(late.Count, 95, 100);
        Assert.InRange(late.Max(), 0UL, 5UL);
        late.Clear();
        board.Command("vm start busy");
        board.Run(Second);
        Assert.InRange(late.Count, 60, 100);
        Assert.InRange(late.Max(), 0UL, Slice + 5);
        // Who sleeps most of the time does not wait for the other's slice to end.
        Assert.InRange(late.Average(late => (double)late), 0, 100);

        IEnumerable<GuestStep> Tick(GuestCpu cpu)
        {
            foreach (GuestStep step in GuestInterrupts.Enable(cpu, HostGic.VirtualTimerPpi))
                yield return step;
            while (true)
            {
                ulong due = cpu.Counter + (Second / 100);
                GuestCpu.SetTimer(due);
                while (GuestCpu.Acknowledge() != HostGic.VirtualTimerPpi)
                    yield return GuestCpu.Wait();
                late.Add(cpu.Counter - due);
                GuestCpu.SetTimer(0, isOn: false);
                GuestCpu.EndOfInterrupt(HostGic.VirtualTimerPpi);
                yield return GuestCpu.Compute(100);
            }
        }
    }

    [Fact]
    public void The_emulated_physical_timer_wakes_its_vcpu_too()
    {
        ulong late = ulong.MaxValue;
        using var board = new HostBoard(1, new HostArchive().Add("one", Program));
        board.PowerOn();
        board.Command("vm start one");
        board.Run(Second);
        Assert.InRange(late, 0UL, 10UL);

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            const uint physicalTimer = 30;
            foreach (GuestStep step in GuestInterrupts.Enable(cpu, physicalTimer))
                yield return step;
            ulong due = cpu.Counter + 50_000;
            yield return cpu.Write(SysReg.CntpCvalEl0, due);
            yield return cpu.Write(SysReg.CntpCtlEl0, 1);
            while (GuestCpu.Acknowledge() != physicalTimer)
                yield return GuestCpu.Wait();
            late = cpu.Counter - due;
            yield return cpu.Write(SysReg.CntpCtlEl0, 0);
            GuestCpu.EndOfInterrupt(physicalTimer);
            yield return GuestCpu.Compute(1000);
            Assert.Equal(FakeCpu.NoInterrupt, GuestCpu.Acknowledge());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_clocks_alarm_reaches_a_guest_that_sleeps_and_one_that_computes(bool sleeps)
    {
        const ulong match = GuestBoard.Rtc + 4;     // RTCMR, Arm DDI 0224, 3.3
        const ulong mask = GuestBoard.Rtc + 16;     // RTCIMSC
        const ulong clear = GuestBoard.Rtc + 28;    // RTCICR
        ulong rang = 0;
        bool again = true;
        using var board = new HostBoard(1, new HostArchive().Add("one", Program));
        board.PowerOn();
        board.Command("vm start one");
        board.Run(5 * Second);
        Assert.InRange(rang, 2 * Second, sleeps ? (2 * Second) + 50 : 4 * Second);
        Assert.False(again);

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            foreach (GuestStep step in GuestInterrupts.Enable(cpu, GuestBoard.RtcInterrupt))
                yield return step;
            yield return cpu.Write(match, 2);
            yield return cpu.Write(mask, 1);
            if (sleeps)
                yield return GuestCpu.Wait();
            else
                yield return GuestCpu.Compute(3 * Second); // leaves by nothing of its own
            Assert.Equal(GuestBoard.RtcInterrupt, GuestCpu.Acknowledge());
            rang = BoardCpu.Current.Now;
            yield return cpu.Write(clear, 1);
            GuestCpu.EndOfInterrupt(GuestBoard.RtcInterrupt);
            yield return GuestCpu.Compute(1000);
            again = GuestCpu.Acknowledge() != FakeCpu.NoInterrupt;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_clocks_alarm_reaches_its_guest_whichever_vcpu_is_on(bool armsBeforeItGoes)
    {
        const ulong match = GuestBoard.Rtc + 4;
        const ulong mask = GuestBoard.Rtc + 16;
        const ulong router = GuestBoard.Distributor + 0x6000 + (GuestBoard.RtcInterrupt * 8);
        ulong rang = 0;
        using var board = new HostBoard(2, new HostArchive().Add("pair", First, Second));
        board.PowerOn();
        board.Command("vm start pair");
        board.Run(5 * SharingTests.Second);
        Assert.InRange(rang, 2 * SharingTests.Second, (2 * SharingTests.Second) + 50);

        IEnumerable<GuestStep> First(GuestCpu cpu)
        {
            foreach (GuestStep step in GuestInterrupts.Enable(cpu, GuestBoard.RtcInterrupt))
                yield return step;
            yield return cpu.Write(router, 1);
            yield return cpu.Call(0xC400_0003, 1, HostArchive.SecondEntryOf(1)); // CPU_ON
            if (armsBeforeItGoes)
            {
                yield return GuestCpu.Compute(1000); // the other waits for ever meanwhile
                yield return cpu.Write(match, 2);
                yield return cpu.Write(mask, 1);
            }
            yield return cpu.Call(0x8400_0002); // CPU_OFF
        }

        IEnumerable<GuestStep> Second(GuestCpu cpu)
        {
            GuestCpu.EnableInterrupts();
            if (!armsBeforeItGoes)
            {
                yield return GuestCpu.Compute(1000);
                yield return cpu.Write(match, 2);
                yield return cpu.Write(mask, 1);
            }
            while (GuestCpu.Acknowledge() != GuestBoard.RtcInterrupt)
                yield return GuestCpu.Wait();
            rang = BoardCpu.Current.Now;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void An_interrupt_from_one_vcpu_to_another_wakes_it_wherever_it_last_ran(int cpus)
    {
        const int rounds = 500;
        const uint ping = 3;
        const uint pong = 4;
        int seen = 0;
        using var board = new HostBoard((uint)cpus, new HostArchive().Add("pair", First, Second));
        board.PowerOn();
        board.Command("vm start pair");
        Assert.True(board.RunUntil(() => HostBoard.Vm("pair")->State == VmState.Stopped, SharingTests.Second), $"after {seen} of {rounds}");
        Assert.Equal(rounds, seen);
        Assert.InRange(HostBoard.Vm("pair")->VCpu(1).Halts, (ulong)rounds / 2, (ulong)rounds * 2);

        IEnumerable<GuestStep> First(GuestCpu cpu)
        {
            foreach (GuestStep step in GuestInterrupts.Enable(cpu, pong))
                yield return step;
            yield return cpu.Call(CpuOn, 1, HostArchive.SecondEntryOf(1));
            yield return GuestCpu.Compute(1000);
            for (int i = 0; i < rounds; i++)
            {
                yield return cpu.Write(SysReg.IccSgi1rEl1, ping << 24 | 0b10);
                while (GuestCpu.Acknowledge() != pong)
                    yield return GuestCpu.Wait();
                GuestCpu.EndOfInterrupt(pong);
                seen++;
            }
            yield return cpu.Call(0x8400_0008);
        }

        IEnumerable<GuestStep> Second(GuestCpu cpu)
        {
            foreach (GuestStep step in GuestInterrupts.Enable(cpu))
                yield return step;
            yield return cpu.Write(GuestBoard.Redistributors + GuestBoard.RedistributorSize + 0x1_0080, uint.MaxValue); // IGROUPR0
            yield return cpu.Write(GuestBoard.Redistributors + GuestBoard.RedistributorSize + 0x1_0100, 1u << (int)ping); // ISENABLER0
            while (true)
            {
                while (GuestCpu.Acknowledge() != ping)
                    yield return GuestCpu.Wait();
                GuestCpu.EndOfInterrupt(ping);
                yield return cpu.Write(SysReg.IccSgi1rEl1, pong << 24 | 0b01);
            }
        }
    }

    [Fact]
    public void A_vm_that_only_calls_the_hypervisor_does_not_keep_another_from_the_cpu()
    {
        using var board = new HostBoard(1, new HostArchive().Add("calls", Call).Add("busy", Busy));
        board.PowerOn();
        board.Command("vm start calls busy");
        board.Run(Second / 5);
        Assert.InRange(HostBoard.Vm("busy")->Scheduling.UsedTicks, Second * 9 / 100, Second * 11 / 100);

        static IEnumerable<GuestStep> Call(GuestCpu cpu)
        {
            while (true)
                yield return cpu.Call(77);
        }
    }

    [Fact]
    public void A_vm_that_restarts_all_the_time_does_not_keep_another_from_the_cpu()
    {
        using var board = new HostBoard(1, new HostArchive().Add("restarts", Restart).Add("busy", Busy)) { LoadTicks = 10 * Slice };
        board.PowerOn();
        board.Command("vm start restarts busy");
        ulong before = HostBoard.Vm("busy")->Scheduling.UsedTicks;
        board.Run(4 * Second);
        Assert.InRange(HostBoard.Vm("restarts")->Starts, 20UL, 50UL);
        Assert.InRange(HostBoard.Vm("busy")->Scheduling.UsedTicks - before, Second * 18 / 10, Second * 25 / 10);

        static IEnumerable<GuestStep> Restart(GuestCpu cpu)
        {
            yield return cpu.Call(0x8400_0009); // SYSTEM_RESET
        }
    }

    private static IEnumerable<GuestStep> Busy(GuestCpu cpu)
    {
        while (true)
            yield return GuestCpu.Compute(100 * Second);
    }

    private static GuestProgram StartSecond(int vm)
    {
        return Run;

        IEnumerable<GuestStep> Run(GuestCpu cpu)
        {
            yield return cpu.Call(CpuOn, 1, HostArchive.SecondEntryOf(vm));
            while (true)
                yield return GuestCpu.Compute(100 * Second);
        }
    }

    private static Action<VmConfig, ulong> Weighs(int weight) => (config, _) => config.Base.Weight = weight;
}
