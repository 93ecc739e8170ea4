namespace AxVCpu.Tests;

public sealed class KickTests
{
    /// <summary>An engine that stays in the guest until it is kicked.</summary>
    private static EngineError UntilKicked(Script script)
    {
        var spin = new SpinWait();
        while (Volatile.Read(ref script.Kicks) == 0)
            spin.SpinOnce(sleep1Threshold: -1);
        script.Exit.SetInterrupted();
        return default;
    }

    [Fact]
    public void A_request_before_the_run_ends_it_without_entering_the_guest()
    {
        int runs = 0;
        var script = new Script();
        script.OnRun = s =>
        {
            runs++;
            s.Exit.SetNothing();
            return default;
        };
        VCpu<ScriptedArch> vcpu = Scripted.Bound(script);
        vcpu.RequestExit();
        vcpu.RequestExit();
        Assert.Equal((VCpuExitKind.Interrupted, 0), (vcpu.Run().Kind, runs));
        Assert.Equal((VCpuExitKind.Nothing, 1), (vcpu.Run().Kind, runs));
    }

    [Fact]
    public void A_request_that_loses_against_an_exit_ends_the_next_run()
    {
        using var cpu = new VirtualCpu<ScriptedArch>(Scripted.SetUp(new Script()));
        cpu.Inner.Arch.Script.OnRun = s =>
        {
            cpu.RequestExit();
            s.Exit.SetHypercall(4, 0, 0, 0, 0, 0, 0);
            return default;
        };
        cpu.Bind();
        Assert.Equal(VCpuExitKind.Hypercall, cpu.Run().Kind);
        Assert.Equal(VCpuExitKind.Interrupted, cpu.Run().Kind);
        Assert.False(cpu.Inner.IsExitRequested);
    }

    [Fact]
    public void A_kick_that_belongs_to_nobody_is_counted_and_hidden()
    {
        int runs = 0;
        var script = new Script();
        script.OnRun = s =>
        {
            if (++runs < 3)
                s.Exit.SetInterrupted();
            else
                s.Exit.SetHalt();
            return default;
        };
        VCpu<ScriptedArch> vcpu = Scripted.Bound(script);
        Assert.Equal(VCpuExitKind.Halt, vcpu.Run().Kind);
        Assert.Equal(2u, vcpu.SpuriousKicks);
    }

    [Fact]
    public void Reset_forgets_a_request()
    {
        VCpu<ScriptedArch> vcpu = Scripted.SetUp(new Script());
        vcpu.RequestExit();
        vcpu.Reset();
        vcpu.Bind();
        Assert.Equal(VCpuExitKind.Hypercall, vcpu.Run().Kind);
    }

    /// <summary>10^5 requests against a running vCPU: each ends exactly one run, none is lost, none ends a second one.</summary>
    [Fact]
    public void Every_request_of_a_race_ends_exactly_one_run()
    {
        const int Requests = 100_000;
        using var cpu = new VirtualCpu<ScriptedArch>(Scripted.SetUp(new Script { OnRun = UntilKicked }));
        int interrupted = 0;
        var owner = new Thread(() =>
        {
            cpu.Bind();
            while (Volatile.Read(ref interrupted) < Requests)
            {
                if (cpu.Run().Kind == VCpuExitKind.Interrupted)
                    Interlocked.Increment(ref interrupted);
            }

            cpu.Unbind();
        });
        owner.Start();
        var spin = new SpinWait();
        for (int request = 1; request <= Requests; request++)
        {
            cpu.RequestExit();
            while (Volatile.Read(ref interrupted) < request)
                spin.SpinOnce(sleep1Threshold: -1);
            Assert.True(Volatile.Read(ref interrupted) == request, $"request {request} ended {interrupted - request + 1} runs");
        }

        Assert.True(owner.Join(TimeSpan.FromSeconds(60)), "the vCPU thread did not end");
        Assert.Equal(Requests, interrupted);
    }

    /// <summary>Requests from several threads while the engine also exits by itself: the last request is always seen.</summary>
    [Fact]
    public void No_request_is_lost_among_other_exits()
    {
        int exits = 0;
        using var cpu = new VirtualCpu<ScriptedArch>(Scripted.SetUp(new Script()));
        cpu.Inner.Arch.Script.OnRun = s =>
        {
            if (Volatile.Read(ref s.Kicks) != 0)
                s.Exit.SetInterrupted();
            else
                s.Exit.SetHypercall((ulong)++exits, 0, 0, 0, 0, 0, 0);
            return default;
        };
        bool stop = false;
        int interrupted = 0;
        var owner = new Thread(() =>
        {
            cpu.Bind();
            while (!Volatile.Read(ref stop) || cpu.Inner.IsExitRequested)
            {
                if (cpu.Run().Kind == VCpuExitKind.Interrupted)
                    interrupted++;
            }
        });
        owner.Start();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref exits) > 0, TimeSpan.FromSeconds(60)), "the vCPU thread did not start");
        Thread[] kickers = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 20_000; i++)
                cpu.RequestExit();
        }))];
        Array.ForEach(kickers, thread => thread.Start());
        Array.ForEach(kickers, thread => thread.Join());
        cpu.RequestExit();
        Volatile.Write(ref stop, true);
        Assert.True(owner.Join(TimeSpan.FromSeconds(60)), "the vCPU thread did not end");
        Assert.False(cpu.Inner.IsExitRequested);
        Assert.InRange(interrupted, 1, 60_001);
    }
}
