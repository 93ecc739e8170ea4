using System.Threading;

namespace AxVCpu;

/// <content>The state machine.</content>
public unsafe partial struct VCpu<TArch>
{
    /// <summary>Moves from one state to another without telling the engine. A misuse when the vCPU is in another state.</summary>
    public void TransitionState(VCpuState from, VCpuState to)
    {
        if (Interlocked.CompareExchange(ref _state, (int)to, (int)from) != (int)from)
            Misuse.WrongState(State, from);
    }

    /// <summary>Overwrites the state. The caller answers for the engine being in that state.</summary>
    public void SetState(VCpuState state) => Interlocked.Exchange(ref _state, (int)state);

    /// <summary>
    /// Ready to Blocked, after a halt. Owner only. The caller then sleeps until <see cref="State"/> is no longer Blocked.
    /// </summary>
    /// <returns>False when an interrupt or a request to exit is pending: the vCPU stays Ready.</returns>
    public bool Block()
    {
        RequireOwner(VCpuState.Ready);
        TransitionState(VCpuState.Ready, VCpuState.Blocked);
        // Whoever makes an interrupt or a request pending does so before it looks for Blocked; this looks after setting Blocked.
        if (!_kick.IsRequested && !_arch.HasPendingInterrupt)
            return true;
        Wake();
        return false;
    }

    /// <summary>Blocked to Ready; does nothing in another state. Any thread; also the owner, when its timeout is over.</summary>
    /// <returns>Whether this call made the change.</returns>
    public bool Wake()
    {
        // A plain read would be allowed to pass the caller's store of what is pending.
        return Interlocked.CompareExchange(ref _state, (int)VCpuState.Ready, (int)VCpuState.Blocked) == (int)VCpuState.Blocked;
    }

    /// <summary>
    /// Returns to the state after set-up (Free), or after creation (Created) when set-up never succeeded, from every state but Running.
    /// Forgets a request to exit. The only way out of Invalid.
    /// </summary>
    public EngineError Reset()
    {
        VCpuState state = State;
        if (state is VCpuState.Running)
            Misuse.WrongState(state, VCpuState.Free);
        if (state is VCpuState.Ready or VCpuState.Blocked)
            RequireOwner(state);
        Begin(state);
        EngineError error = state is VCpuState.Ready or VCpuState.Blocked ? _arch.Unbind() : default;
        if (error.IsNone)
            error = _arch.Reset();
        if (!error.IsNone)
            return Fail(error);
        _kick.Clear();
        _boundCpu = 0;
        _failure = default;
        _exit = default;
        return End(state, _isSetUp ? VCpuState.Free : VCpuState.Created, default);
    }

    /// <summary>Applies entry, nested root and configuration, in this order. After an error the vCPU is still Created.</summary>
    internal EngineError SetUp<TConfig, TSetup>(GuestPhysAddr entry, HostPhysAddr nestedRoot, in TConfig config)
        where TSetup : struct, IVCpuSetup<TArch, TConfig>
    {
        Begin(VCpuState.Created);
        EngineError error = _arch.SetEntry(entry);
        if (error.IsNone)
            error = _arch.SetNestedRoot(nestedRoot);
        if (error.IsNone)
            error = TSetup.Setup(ref _arch, in config);
        _isSetUp = error.IsNone;
        return End(VCpuState.Created, VCpuState.Free, error);
    }

    private void Begin(VCpuState from) => Begin(from, (int)from | Busy);

    private void Begin(VCpuState from, int to)
    {
        if (Interlocked.CompareExchange(ref _state, to, (int)from) != (int)from)
            Misuse.WrongState(State, from);
    }

    private EngineError End(VCpuState from, VCpuState to, EngineError error)
    {
        if (error.Code == EngineErrorCode.Inconsistent)
            return Fail(error);
        Volatile.Write(ref _state, (int)(error.IsNone ? to : from));
        return error;
    }

    private EngineError Fail(EngineError error)
    {
        _failure = error;
        Volatile.Write(ref _state, (int)VCpuState.Invalid);
        return error;
    }

    /// <summary>Refuses a call that needs <paramref name="state"/> and comes from another CPU than the vCPU is bound to.</summary>
    private readonly void RequireOwner(VCpuState state)
    {
        int actual = Volatile.Read(in _state);
        if (actual != (int)state)
            Misuse.WrongState(State, state);
        if (_boundCpu != CpuLocal.Id)
            Misuse.Throw(MisuseKind.WrongCpu);
    }

    /// <summary>Refuses access to registers while the guest runs, before there are any, or from a CPU that the vCPU is not bound to.</summary>
    private readonly void RequireStopped()
    {
        VCpuState state = State;
        if (state is VCpuState.Running or VCpuState.Invalid)
            Misuse.WrongState(state, VCpuState.Ready);
        if (state is VCpuState.Ready or VCpuState.Blocked && _boundCpu != CpuLocal.Id)
            Misuse.Throw(MisuseKind.WrongCpu);
    }
}
