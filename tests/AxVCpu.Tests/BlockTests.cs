using System.Diagnostics;

namespace AxVCpu.Tests;

public sealed class BlockTests
{
    [Fact]
    public void A_pending_interrupt_or_request_keeps_a_halted_vcpu_Ready()
    {
        var script = new Script();
        VCpu<ScriptedArch> vcpu = Scripted.Bound(script);
        vcpu.InjectInterrupt(3, out bool woken);
        Assert.False(woken);
        Assert.False(vcpu.Block());
        Assert.Equal(VCpuState.Ready, vcpu.State);
        script.Pending = 0;
        vcpu.RequestExit();
        Assert.False(vcpu.Block());
        Assert.Equal(VCpuExitKind.Interrupted, vcpu.Run().Kind);
        Assert.True(vcpu.Block());
        Assert.Equal(VCpuState.Blocked, vcpu.State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_interrupt_or_a_request_wakes_a_blocked_vcpu(bool request)
    {
        var script = new Script();
        VCpu<ScriptedArch> vcpu = Scripted.Bound(script);
        Assert.True(vcpu.Block());
        bool woken;
        if (request)
            woken = vcpu.RequestExit();
        else
            vcpu.SetInterruptLine(2, level: true, out woken);
        Assert.True(woken);
        Assert.Equal(VCpuState.Ready, vcpu.State);
    }

    [Fact]
    public void A_line_that_goes_low_wakes_nobody()
    {
        VCpu<ScriptedArch> vcpu = Scripted.Bound(new Script());
        Assert.True(vcpu.Block());
        vcpu.SetInterruptLine(2, level: false, out bool woken);
        Assert.False(woken);
        Assert.Equal(VCpuState.Blocked, vcpu.State);
    }

    [Fact]
    public void An_interrupt_that_does_not_exist_is_an_error_and_changes_nothing()
    {
        VCpu<ScriptedArch> vcpu = Scripted.Bound(new Script());
        Assert.Equal(EngineErrorCode.InvalidArgument, vcpu.InjectInterrupt(99, out bool woken).Code);
        Assert.False(woken);
    }

    [Fact]
    public void A_sleep_ends_at_its_timeout()
    {
        using var cpu = new VirtualCpu<ScriptedArch>(Scripted.SetUp(new Script()));
        cpu.Bind();
        long start = Stopwatch.GetTimestamp();
        cpu.Block(TimeSpan.FromMilliseconds(20));
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(19));
        Assert.Equal(VCpuState.Ready, cpu.State);
    }

    /// <summary>An interrupt at the very moment of falling asleep is not missed.</summary>
    [Fact]
    public void No_wake_up_is_lost_in_a_race()
    {
        const int Rounds = 20_000;
        using var cpu = new VirtualCpu<ScriptedArch>(Scripted.SetUp(new Script()));
        Script script = cpu.Inner.Arch.Script;
        int round = 0;
        var owner = new Thread(() =>
        {
            cpu.Bind();
            for (int i = 0; i < Rounds; i++)
            {
                while (Volatile.Read(ref script.Pending) == 0)
                    cpu.Block(Timeout.InfiniteTimeSpan);
                Volatile.Write(ref script.Pending, 0);
                Volatile.Write(ref round, i + 1);
            }
        });
        owner.Start();
        var spin = new SpinWait();
        for (int i = 0; i < Rounds; i++)
        {
            cpu.InjectInterrupt(1);
            while (Volatile.Read(ref round) <= i)
                spin.SpinOnce(sleep1Threshold: -1);
        }

        Assert.True(owner.Join(TimeSpan.FromSeconds(60)), "the vCPU slept through an interrupt");
    }
}
