namespace AxVCpu.Tests;

/// <summary>What a scripted engine does and has seen; shared with the test.</summary>
internal sealed class Script
{
    /// <summary>Fills the exit of one run; the default is a hypercall.</summary>
    public Func<Script, EngineError>? OnRun { get; set; }

    public List<string> Log { get; } = [];

    public Dictionary<EngineOperation, EngineErrorCode> Failures { get; } = [];

    public VCpuExitRecord Exit;

    public ulong[] Gpr { get; } = new ulong[16];

    public ulong? Completed { get; set; }

    public int Completions { get; set; }

    public bool Failed { get; set; }

    public int Kicks;

    public int Pending;

    public EngineError Do(EngineOperation operation)
    {
        Log.Add(operation.ToString());
        return Failures.TryGetValue(operation, out EngineErrorCode code) ? new EngineError(operation, code, 5) : default;
    }
}

/// <summary>An engine that follows a <see cref="Script"/>: every operation is logged, can fail, and every exit can be produced.</summary>
internal struct ScriptedArch : IArchVCpu<ScriptedArch>, IArchCreate<ScriptedArch, Script>, IArchSetup<ulong>
{
    private Script _script;

    public static int GprCount => 16;

    public ulong ProgramCounter { get; set; }

    public readonly Script Script => _script;

    public readonly bool HasPendingInterrupt => Volatile.Read(ref _script.Pending) != 0;

    public static EngineError Create(uint vmId, uint id, in Script config, out ScriptedArch arch)
    {
        arch = new ScriptedArch { _script = config };
        return config.Do(EngineOperation.Create);
    }

    public EngineError SetEntry(GuestPhysAddr entry)
    {
        ProgramCounter = entry.Value;
        return _script.Do(EngineOperation.SetEntry);
    }

    public readonly EngineError SetNestedRoot(HostPhysAddr root) => _script.Do(EngineOperation.SetNestedRoot);

    public readonly EngineError Setup(in ulong config) => _script.Do(EngineOperation.Setup);

    public readonly EngineError Bind() => _script.Do(EngineOperation.Bind);

    public readonly EngineError Unbind() => _script.Do(EngineOperation.Unbind);

    public readonly EngineError Run(ref VCpuExitRecord exit)
    {
        if (_script.OnRun is null)
            exit.SetHypercall(1, 2, 3, 4, 5, 6, 7);
        else
        {
            EngineError error = _script.OnRun(_script);
            exit = _script.Exit;
            return error;
        }

        return default;
    }

    public readonly void Kick() => Volatile.Write(ref _script.Kicks, 1);

    public readonly void ClearKick() => Volatile.Write(ref _script.Kicks, 0);

    public readonly ulong GetGpr(int index) => _script.Gpr[index];

    public readonly void SetGpr(int index, ulong value) => _script.Gpr[index] = value;

    public readonly void SetReturnValue(ulong value) => _script.Gpr[0] = value;

    public readonly bool CompleteRead(ulong value)
    {
        if (_script.Exit.Kind is not (VCpuExitKind.MmioRead or VCpuExitKind.IoRead or VCpuExitKind.SysRegRead))
            return false;
        _script.Completed = value;
        _script.Completions++;
        return true;
    }

    public readonly bool FailAccess()
    {
        if (_script.Exit.Kind is not (VCpuExitKind.MmioRead or VCpuExitKind.MmioWrite or VCpuExitKind.NestedPageFault
            or VCpuExitKind.SysRegRead or VCpuExitKind.SysRegWrite))
            return false;
        _script.Failed = true;
        return true;
    }

    public readonly EngineError InjectInterrupt(uint vector)
    {
        if (vector >= 32)
            return new EngineError(EngineOperation.InjectInterrupt, EngineErrorCode.InvalidArgument);
        Interlocked.Or(ref _script.Pending, 1 << (int)vector);
        return default;
    }

    public readonly EngineError SetInterruptLine(uint vector, bool level)
    {
        if (level)
            return InjectInterrupt(vector);
        Interlocked.And(ref _script.Pending, ~(1 << (int)vector));
        return default;
    }

    public readonly EngineError Reset() => _script.Do(EngineOperation.Reset);
}

internal static class Scripted
{
    /// <summary>A vCPU in state Created.</summary>
    public static VCpu<ScriptedArch> Create(Script script, uint id = 0)
    {
        Assert.True(VCpuSetup.Create<ScriptedArch, Script>(7, id, 3, CpuSet.FromMask(0b1010), in script, out VCpu<ScriptedArch> vcpu).IsNone);
        return vcpu;
    }

    /// <summary>A vCPU in state Free.</summary>
    public static VCpu<ScriptedArch> SetUp(Script script)
    {
        VCpu<ScriptedArch> vcpu = Create(script);
        Assert.True(vcpu.Setup(new GuestPhysAddr(0x8000_0000), new HostPhysAddr(0x1000), 0UL).IsNone);
        return vcpu;
    }

    /// <summary>A vCPU in state Ready on the calling thread.</summary>
    public static VCpu<ScriptedArch> Bound(Script script)
    {
        VCpu<ScriptedArch> vcpu = SetUp(script);
        Assert.True(vcpu.Bind().IsNone);
        return vcpu;
    }
}
