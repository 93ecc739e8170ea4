namespace AxVCpu.Tests;

public sealed class CurrentVCpuTests
{
    [Fact]
    public void The_running_vcpu_is_found_by_its_architecture_and_only_while_it_runs()
    {
        using var cpu = new VirtualCpu<ScriptedArch>(Scripted.SetUp(new Script()));
        (bool any, bool mine, uint vm, bool elsewhere) seen = default;
        cpu.Inner.Arch.Script.OnRun = s =>
        {
            GC.Collect();
            seen = (CurrentVCpu.IsAny, CurrentVCpu.Is<ScriptedArch>(), CurrentVCpu.Get<ScriptedArch>().VmId,
                OnAnotherThread(() => CurrentVCpu.IsAny));
            s.Exit.SetNothing();
            return default;
        };
        cpu.Bind();
        cpu.Run();
        Assert.Equal((true, true, 7u, false), seen);
        Assert.False(CurrentVCpu.IsAny);
        Assert.Equal(MisuseKind.NestedRun, Assert.Throws<MisuseException>(() => CurrentVCpu.Get<ScriptedArch>()).Kind);
    }

    /// <summary>In the original an error leaves the vCPU published; a nested run panics.</summary>
    [Fact]
    public void A_nested_run_is_refused_and_an_engine_failure_unpublishes()
    {
        using var inner = new VirtualCpu<ScriptedArch>(Scripted.SetUp(new Script()));
        using var outer = new VirtualCpu<ScriptedArch>(Scripted.SetUp(new Script()));
        MisuseKind? refused = null;
        inner.Bind();
        outer.Bind();
        outer.Inner.Arch.Script.OnRun = _ =>
        {
            refused = Assert.Throws<MisuseException>(() => inner.Run()).Kind;
            return new EngineError(EngineOperation.Run, EngineErrorCode.HostFailure);
        };
        outer.Run();
        Assert.Equal(MisuseKind.NestedRun, refused);
        Assert.Equal(VCpuState.Ready, inner.State);
        Assert.False(CurrentVCpu.IsAny);
        Assert.Equal(VCpuExitKind.Hypercall, inner.Run().Kind);
    }

    private static bool OnAnotherThread(Func<bool> look)
    {
        bool seen = false;
        var thread = new Thread(() => seen = look());
        thread.Start();
        thread.Join();
        return seen;
    }
}
