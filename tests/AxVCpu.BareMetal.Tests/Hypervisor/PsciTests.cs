using AxVCpu.BareMetal.Hypervisor;
using AxVCpu.BareMetal.Tests.Machine;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Tests.Hypervisor;

/// <summary>The power of a guest's CPUs by firmware calls (Arm DEN 0022, chapter 5), as its program sees it.</summary>
[Collection(HostBoardTests.Name)]
public sealed unsafe class PsciTests
{
    private const ulong PsciVersion = 0x8400_0000;
    private const ulong CpuSuspend = 0xC400_0001;
    private const ulong CpuOff = 0x8400_0002;
    private const ulong CpuOn = 0xC400_0003;
    private const ulong AffinityInfo = 0xC400_0004;
    private const ulong SystemOff = 0x8400_0008;
    private const ulong SystemReset = 0x8400_0009;
    private const ulong SystemReset2 = 0xC400_0012;
    private const ulong On = 0;
    private const ulong Off = 1;

    private static readonly ulong s_second = HostArchive.SecondEntryOf(1);

    [Fact]
    public void A_vcpu_is_switched_on_and_off_and_on_again()
    {
        var answers = new List<long>();
        var contexts = new List<ulong>();
        using var board = new HostBoard(2, new HostArchive().Add("one", First, Second));
        board.PowerOn();
        board.Command("vm start one");
        board.Run(100_000);
        Assert.Equal(
            [
                (long)Off, 0, (long)On, (long)PsciResult.ALREADY_ON, (long)PsciResult.ALREADY_ON, (long)PsciResult.INVALID_PARAMETERS, (long)PsciResult.INVALID_PARAMETERS,
                (long)Off, (long)PsciResult.INVALID_ADDRESS, 0,
            ],
            answers);
        Assert.Equal([7UL, 8], contexts);
        Assert.Equal(VmState.Stopped, HostBoard.Vm("one")->State);

        IEnumerable<GuestStep> First(GuestCpu cpu)
        {
            yield return cpu.Call(AffinityInfo, 1, 0);
            answers.Add((long)cpu.Result);
            yield return cpu.Call(CpuOn, 1, s_second, 7);
            answers.Add((long)cpu.Result);
            yield return cpu.Call(AffinityInfo, 1, 0);
            answers.Add((long)cpu.Result);
            yield return cpu.Call(CpuOn, 1, s_second, 9);
            answers.Add((long)cpu.Result);
            yield return cpu.Call(CpuOn, 0, s_second, 9); // itself
            answers.Add((long)cpu.Result);
            yield return cpu.Call(CpuOn, 2, s_second, 9);
            answers.Add((long)cpu.Result);
            yield return cpu.Call(AffinityInfo, 2, 0);
            answers.Add((long)cpu.Result);
            yield return GuestCpu.Compute(20_000); // the other has switched itself off
            yield return cpu.Call(AffinityInfo, 1, 0);
            answers.Add((long)cpu.Result);
            yield return cpu.Call(CpuOn, 1, 0x1000, 9); // no memory there
            answers.Add((long)cpu.Result);
            yield return cpu.Call(CpuOn, 1, s_second, 8);
            answers.Add((long)cpu.Result);
            yield return GuestCpu.Compute(20_000);
            yield return cpu.Call(SystemOff);
        }

        IEnumerable<GuestStep> Second(GuestCpu cpu)
        {
            contexts.Add(cpu.Result);
            yield return GuestCpu.Compute(10_000);
            yield return cpu.Call(CpuOff);
            Assert.Fail("CPU_OFF has returned");
        }
    }

    [Fact]
    public void The_vm_ends_when_any_vcpu_says_so_and_all_are_off_then()
    {
        using var board = new HostBoard(2, new HostArchive().Add("one", First, Second));
        board.PowerOn();
        board.Command("vm start one");
        board.Run(10_000);
        Vm* vm = HostBoard.Vm("one");
        Assert.Equal((VmState.Stopped, VmEnd.GuestPowerOff), (vm->State, vm->End));
        Assert.True(vm->VCpu(0).IsParked && vm->VCpu(1).IsParked);
        board.Command("vm start one");
        board.Run(10_000);
        Assert.Equal((VmState.Stopped, 2UL), (vm->State, vm->Starts));

        static IEnumerable<GuestStep> First(GuestCpu cpu)
        {
            yield return cpu.Call(CpuOn, 1, s_second, 7);
            while (true)
                yield return GuestCpu.Compute(1_000_000);
        }

        static IEnumerable<GuestStep> Second(GuestCpu cpu)
        {
            yield return cpu.Call(SystemOff);
        }
    }

    [Fact]
    public void A_suspended_vcpu_wakes_with_its_timer_and_wrong_states_are_refused()
    {
        var answers = new List<long>();
        ulong slept = 0;
        using var board = new HostBoard(1, new HostArchive().Add("one", Program));
        board.PowerOn();
        board.Command("vm start one");
        board.Run(10_000);
        Assert.Equal([0, (long)PsciResult.INVALID_PARAMETERS, (long)PsciResult.INVALID_ADDRESS, (long)PsciResult.INVALID_PARAMETERS], answers);
        Assert.InRange(slept, 1000UL, 1050UL);
        Assert.Equal(VmState.Stopped, HostBoard.Vm("one")->State);

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            foreach (GuestStep step in GuestInterrupts.Enable(cpu, Aarch64.HostGic.VirtualTimerPpi))
                yield return step;
            ulong start = cpu.Counter;
            GuestCpu.SetTimer(start + 1000);
            yield return cpu.Call(CpuSuspend, 0);
            answers.Add((long)cpu.Result);
            slept = cpu.Counter - start;
            Assert.Equal(Aarch64.HostGic.VirtualTimerPpi, GuestCpu.Acknowledge());
            GuestCpu.SetTimer(0, isOn: false);
            GuestCpu.EndOfInterrupt(Aarch64.HostGic.VirtualTimerPpi);
            yield return cpu.Call(CpuSuspend, 0x0200_0000); // a power level that there is not
            answers.Add((long)cpu.Result);
            yield return cpu.Call(CpuSuspend, 1 << 16, 0x1000); // to power-down, and from there to no memory
            answers.Add((long)cpu.Result);
            yield return cpu.Call(SystemReset2, 1);
            answers.Add((long)cpu.Result);
            yield return cpu.Call(SystemOff);
        }
    }

    [Fact]
    public void A_vcpu_in_a_power_down_state_starts_anew_when_an_interrupt_wakes_it_and_a_restart_begins_where_it_always_does()
    {
        var wakes = new List<(ulong Context, ulong Slept, uint Interrupt)>();
        ulong start = 0;
        int begins = 0;
        using var board = new HostBoard(1, new HostArchive().Add("one", Program, Resumed));
        board.PowerOn();
        board.Command("vm start one");
        board.Run(20_000);
        Vm* vm = HostBoard.Vm("one");
        Assert.Equal((VmState.Stopped, VmEnd.GuestPowerOff, 2), (vm->State, vm->End, begins));
        Assert.Equal([42UL, 42], wakes.Select(wake => wake.Context));
        Assert.All(wakes, wake => Assert.InRange(wake.Slept, 1000UL, 1100UL));
        // The CPU interface is as after a reset: until it is set up, the interrupt that woke the vCPU is not to be had.
        Assert.All(wakes, wake => Assert.Equal(Aarch64.HostGic.VirtualTimerPpi, wake.Interrupt));

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            begins++;
            foreach (GuestStep step in GuestInterrupts.Enable(cpu, Aarch64.HostGic.VirtualTimerPpi))
                yield return step;
            BoardCpu.Current.Vgic.Vmcr = 0; // as an idle driver does: the interrupt wakes nevertheless
            start = cpu.Counter;
            GuestCpu.SetTimer(start + 1000);
            yield return cpu.Call(CpuSuspend, 1 << 16, s_second, 42);
            Assert.Fail("CPU_SUSPEND to a power-down state has returned");
        }

        IEnumerable<GuestStep> Resumed(GuestCpu cpu)
        {
            ulong context = cpu.Result;
            ulong slept = cpu.Counter - start;
            Assert.Equal(0x3C5UL, cpu.Pstate);
            GuestCpu.EnableInterrupts();
            yield return GuestCpu.Compute(10);
            yield return cpu.Call(PsciVersion);
            wakes.Add((context, slept, GuestCpu.Acknowledge()));
            yield return begins == 1 ? cpu.Call(SystemReset) : cpu.Call(SystemOff);
        }
    }

    [Theory]
    [InlineData(0x8400_0000, 0x1_0001)] // PSCI_VERSION
    [InlineData(0x8000_0000, 0x1_0001)] // SMCCC_VERSION
    [InlineData(0x8400_000A, 0, 0xC400_0003)] // PSCI_FEATURES: CPU_ON
    [InlineData(0x8400_000A, -1, 0xC400_0014)] // SYSTEM_SUSPEND is not there
    [InlineData(0x8400_0006, 2)] // MIGRATE_INFO_TYPE
    [InlineData(0xC400_0014, -1)]
    [InlineData(0x8200_0000, -1)] // of a platform
    [InlineData(0xBF00_FF01, -1)] // of a trusted system
    public void Calls_that_only_answer(ulong function, long answer, ulong argument = 0)
    {
        var answers = new List<long>();
        using var board = new HostBoard(1, new HostArchive().Add("one", Program));
        board.PowerOn();
        board.Command("vm start one");
        board.Run(1000);
        Assert.Equal([answer], answers);

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            yield return cpu.Call(function, argument);
            answers.Add((long)cpu.Result);
        }
    }
}
