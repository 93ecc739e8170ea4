namespace AxVCpu.Tests;

public sealed class StateMachineTests
{
    [Fact]
    public void A_new_vcpu_knows_its_identity_and_is_Created()
    {
        VCpu<ScriptedArch> vcpu = Scripted.Create(new Script());
        Assert.Equal((7u, 0u, true, VCpuState.Created), (vcpu.VmId, vcpu.Id, vcpu.IsBootstrap, vcpu.State));
        Assert.Equal(3u, vcpu.PreferredPhysicalCpu);
        Assert.True(vcpu.PhysicalCpuSet.Contains(1));
        Assert.False(vcpu.PhysicalCpuSet.Contains(0));
        Assert.False(Scripted.Create(new Script(), id: 1).IsBootstrap);
    }

    [Fact]
    public void State_numbers_are_those_of_the_original()
    {
        Assert.Equal([0, 1, 2, 3, 4, 5], Enum.GetValues<VCpuState>().Select(state => (int)state));
        Assert.Equal(VCpuState.Invalid, default);
    }

    [Fact]
    public void Creation_that_fails_leaves_no_vcpu()
    {
        var script = new Script { Failures = { [EngineOperation.Create] = EngineErrorCode.OutOfResources } };
        EngineError error = VCpuSetup.Create<ScriptedArch, Script>(1, 0, null, default, in script, out VCpu<ScriptedArch> vcpu);
        Assert.Equal((EngineOperation.Create, EngineErrorCode.OutOfResources, 5), (error.Operation, error.Code, error.Errno));
        Assert.Equal(VCpuState.Invalid, vcpu.State);
    }

    [Fact]
    public void The_life_of_a_vcpu_calls_the_engine_in_order()
    {
        var script = new Script();
        VCpu<ScriptedArch> vcpu = Scripted.SetUp(script);
        Assert.Equal(VCpuState.Free, vcpu.State);
        Assert.True(vcpu.Bind().IsNone);
        Assert.Equal(VCpuState.Ready, vcpu.State);
        Assert.Equal(VCpuExitKind.Hypercall, vcpu.Run().Kind);
        Assert.Equal(VCpuState.Ready, vcpu.State);
        Assert.True(vcpu.Unbind().IsNone);
        Assert.Equal(VCpuState.Free, vcpu.State);
        Assert.Equal(["Create", "SetEntry", "SetNestedRoot", "Setup", "Bind", "Unbind"], script.Log);
    }

    /// <summary>The original poisons a vCPU for ever when it is called in the wrong state, and names the wrong state in the message.</summary>
    [Fact]
    public void A_call_in_the_wrong_state_names_both_states_and_changes_nothing()
    {
        var script = new Script();
        VCpu<ScriptedArch> vcpu = Scripted.SetUp(script);
        vcpu.Bind();
        MisuseException misuse = AssertMisuse(MisuseKind.WrongState, ref vcpu, (ref VCpu<ScriptedArch> v) => v.Bind());
        Assert.Contains("Ready", misuse.Message, StringComparison.Ordinal);
        Assert.Contains("Free", misuse.Message, StringComparison.Ordinal);
        Assert.Equal(VCpuState.Ready, vcpu.State);
        Assert.Equal(VCpuExitKind.Hypercall, vcpu.Run().Kind);
        vcpu.Unbind();
        AssertMisuse(MisuseKind.WrongState, ref vcpu, (ref VCpu<ScriptedArch> v) => v.Unbind());
        AssertMisuse(MisuseKind.WrongState, ref vcpu, (ref VCpu<ScriptedArch> v) => _ = v.Run());
        AssertMisuse(MisuseKind.WrongState, ref vcpu, (ref VCpu<ScriptedArch> v) => v.Setup(default, default, 0UL));
        Assert.Equal(VCpuState.Free, vcpu.State);
    }

    [Theory]
    [InlineData(EngineOperation.SetEntry)]
    [InlineData(EngineOperation.SetNestedRoot)]
    [InlineData(EngineOperation.Setup)]
    public void A_failed_set_up_can_be_repeated(EngineOperation operation)
    {
        var script = new Script { Failures = { [operation] = EngineErrorCode.InvalidConfiguration } };
        VCpu<ScriptedArch> vcpu = Scripted.Create(script);
        Assert.Equal(operation, vcpu.Setup(default, default, 0UL).Operation);
        Assert.Equal(VCpuState.Created, vcpu.State);
        script.Failures.Clear();
        Assert.True(vcpu.Setup(default, default, 0UL).IsNone);
        Assert.Equal(VCpuState.Free, vcpu.State);
    }

    [Fact]
    public void A_failed_bind_leaves_the_vcpu_Free()
    {
        var script = new Script();
        VCpu<ScriptedArch> vcpu = Scripted.SetUp(script);
        script.Failures[EngineOperation.Bind] = EngineErrorCode.HostFailure;
        Assert.Equal(EngineErrorCode.HostFailure, vcpu.Bind().Code);
        Assert.Equal(VCpuState.Free, vcpu.State);
    }

    [Fact]
    public void An_engine_that_fails_half_way_makes_the_vcpu_Invalid_with_the_reason_and_Reset_leaves_it()
    {
        var script = new Script { OnRun = _ => new EngineError(EngineOperation.Run, EngineErrorCode.HostFailure, 14) };
        VCpu<ScriptedArch> vcpu = Scripted.Bound(script);
        VCpuExit exit = vcpu.Run();
        Assert.Equal(VCpuExitKind.InternalError, exit.Kind);
        Assert.Equal((EngineErrorCode.HostFailure, 14UL), (exit.InternalError.Code, exit.InternalError.Data0));
        Assert.Equal(VCpuState.Invalid, vcpu.State);
        Assert.Equal((EngineOperation.Run, 14), (vcpu.Failure.Operation, vcpu.Failure.Errno));
        AssertMisuse(MisuseKind.WrongState, ref vcpu, (ref VCpu<ScriptedArch> v) => v.Bind());
        AssertMisuse(MisuseKind.WrongState, ref vcpu, (ref VCpu<ScriptedArch> v) => v.GetGpr(0));
        Assert.True(vcpu.Reset().IsNone);
        Assert.Equal(VCpuState.Free, vcpu.State);
        Assert.True(vcpu.Failure.IsNone);
        script.OnRun = null;
        vcpu.Bind();
        Assert.Equal(VCpuExitKind.Hypercall, vcpu.Run().Kind);
    }

    [Fact]
    public void A_failed_unbind_is_Invalid_because_the_state_is_half_on_the_cpu()
    {
        var script = new Script();
        VCpu<ScriptedArch> vcpu = Scripted.Bound(script);
        script.Failures[EngineOperation.Unbind] = EngineErrorCode.HostFailure;
        Assert.False(vcpu.Unbind().IsNone);
        Assert.Equal(VCpuState.Invalid, vcpu.State);
    }

    /// <summary>In the original reading the state during a run fails, because the run holds a borrow.</summary>
    [Fact]
    public void The_state_can_be_read_while_the_guest_runs()
    {
        using var cpu = new VirtualCpu<ScriptedArch>(Scripted.SetUp(new Script()));
        Script script = cpu.Inner.Arch.Script;
        VCpuState seen = default;
        bool registersRefused = false;
        script.OnRun = s =>
        {
            seen = Task.Run(() => cpu.State, TestContext.Current.CancellationToken).Result;
            registersRefused = Assert.Throws<MisuseException>(() => cpu.GetGpr(0)).Kind == MisuseKind.WrongState;
            s.Exit.SetNothing();
            return default;
        };
        cpu.Bind();
        cpu.Run();
        Assert.Equal(VCpuState.Running, seen);
        Assert.True(registersRefused);
    }

    [Fact]
    public void Only_the_thread_that_bound_may_run_touch_or_unbind()
    {
        using var cpu = new VirtualCpu<ScriptedArch>(Scripted.SetUp(new Script()));
        cpu.Bind();
        foreach (Action call in new Action[] { () => cpu.Run(), cpu.Unbind, () => cpu.SetGpr(1, 1), cpu.Reset, () => cpu.Block(TimeSpan.Zero) })
        {
            MisuseException? misuse = null;
            var thread = new Thread(() => misuse = Record.Exception(call) as MisuseException);
            thread.Start();
            thread.Join();
            Assert.Equal(MisuseKind.WrongCpu, misuse?.Kind);
        }

        Assert.Equal(VCpuState.Ready, cpu.State);
        cpu.Unbind();
    }

    [Fact]
    public void The_entry_may_be_set_again_after_set_up()
    {
        VCpu<ScriptedArch> vcpu = Scripted.SetUp(new Script());
        Assert.True(vcpu.SetEntry(new GuestPhysAddr(0x9000)).IsNone);
        Assert.Equal(0x9000UL, vcpu.ProgramCounter);
    }

    [Fact]
    public void Registers_are_checked_by_index()
    {
        VCpu<ScriptedArch> vcpu = Scripted.SetUp(new Script());
        vcpu.SetGpr(5, 0xdeadbeef);
        vcpu.SetReturnValue(42);
        Assert.Equal((0xdeadbeefUL, 42UL), (vcpu.GetGpr(5), vcpu.GetGpr(0)));
        AssertMisuse(MisuseKind.Argument, ref vcpu, (ref VCpu<ScriptedArch> v) => v.GetGpr(16));
        AssertMisuse(MisuseKind.Argument, ref vcpu, (ref VCpu<ScriptedArch> v) => v.SetGpr(-1, 0));
    }

    [Fact]
    public void Explicit_transitions_are_checked_and_the_unsafe_one_is_not()
    {
        VCpu<ScriptedArch> vcpu = Scripted.SetUp(new Script());
        vcpu.TransitionState(VCpuState.Free, VCpuState.Ready);
        AssertMisuse(MisuseKind.WrongState, ref vcpu, (ref VCpu<ScriptedArch> v) => v.TransitionState(VCpuState.Free, VCpuState.Ready));
        Assert.Equal(VCpuState.Ready, vcpu.State);
        vcpu.SetState(VCpuState.Blocked);
        Assert.Equal(VCpuState.Blocked, vcpu.State);
    }

    /// <summary>Random calls against a model that knows only the states of the design.</summary>
    [Fact]
    public void Random_calls_follow_the_model()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        var script = new Script();
        VCpu<ScriptedArch> vcpu = Scripted.Create(script);
        VCpuState model = VCpuState.Created;
        for (int step = 0; step < 5000; step++)
        {
            int call = random.Next(8);
            VCpuState? expected = (call, model) switch
            {
                (0, VCpuState.Created) => VCpuState.Free,
                (1, VCpuState.Free) => VCpuState.Ready,
                (2, VCpuState.Ready) => VCpuState.Ready,
                (3, VCpuState.Ready) => VCpuState.Free,
                (4, VCpuState.Ready) => VCpuState.Blocked,
                (5, VCpuState.Blocked) => VCpuState.Ready,
                (5, _) => model,
                (6, VCpuState.Created) => VCpuState.Created,
                (6, _) => VCpuState.Free,
                (7, VCpuState.Blocked) => VCpuState.Ready,
                (7, VCpuState.Free or VCpuState.Ready) => model,
                _ => null,
            };
            MisuseException? misuse = null;
            try
            {
                switch (call)
                {
                    case 0: vcpu.Setup(default, default, 0UL); break;
                    case 1: vcpu.Bind(); break;
                    case 2: _ = vcpu.Run(); break;
                    case 3: vcpu.Unbind(); break;
                    case 4: vcpu.Block(); break;
                    case 5: vcpu.Wake(); break;
                    case 6: vcpu.Reset(); break;
                    default:
                        vcpu.InjectInterrupt(1, out _);
                        script.Pending = 0;
                        break;
                }
            }
            catch (MisuseException e)
            {
                misuse = e;
            }

            Assert.True((expected is null) == (misuse is not null), $"seed {seed}, step {step}: call {call} in {model}: {misuse?.Message}");
            model = expected ?? model;
            Assert.True(vcpu.State == model, $"seed {seed}, step {step}: call {call} led to {vcpu.State}, not {model}");
        }
    }

    internal delegate void VCpuCall(ref VCpu<ScriptedArch> vcpu);

    internal static MisuseException AssertMisuse(MisuseKind kind, ref VCpu<ScriptedArch> vcpu, VCpuCall call)
    {
        MisuseException? misuse = null;
        try
        {
            call(ref vcpu);
        }
        catch (MisuseException e)
        {
            misuse = e;
        }

        Assert.NotNull(misuse);
        Assert.Equal(kind, misuse.Kind);
        return misuse;
    }
}
