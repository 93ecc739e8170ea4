namespace AxVCpu;

/// <summary>
/// A vCPU of an engine that is chosen at run time: <see cref="VCpu{TArch}"/> behind virtual calls, with engine failures as
/// <see cref="EngineException"/> and a sleep for a halted guest.
/// </summary>
/// <remarks>The rules for threads and states are those of <see cref="VCpu{TArch}"/>.</remarks>
public abstract class VirtualCpu : IExitCompletion, IDisposable
{
    private readonly Lock _wakeGate = new();
    private readonly ManualResetEventSlim _wake = new(false, spinCount: 0);

    /// <summary>The VM that the vCPU belongs to.</summary>
    public abstract uint VmId { get; }

    /// <summary>The vCPU's number in its VM.</summary>
    public abstract uint Id { get; }

    /// <summary>Whether the vCPU is the one that boots.</summary>
    public bool IsBootstrap => Id == 0;

    /// <summary>The present state.</summary>
    public abstract VCpuState State { get; }

    /// <summary>Why the vCPU is Invalid.</summary>
    public abstract EngineError Failure { get; }

    /// <summary>The guest-virtual address of the next instruction.</summary>
    public abstract ulong ProgramCounter { get; set; }

    /// <summary>How many general-purpose registers there are.</summary>
    public abstract int GprCount { get; }

    /// <summary>How often the engine was left by a kick of an earlier run.</summary>
    public abstract uint SpuriousKicks { get; }

    /// <summary>Free to Ready, on the calling thread.</summary>
    public abstract void Bind();

    /// <summary>Ready to Free.</summary>
    public abstract void Unbind();

    /// <summary>Runs the guest until the next exit.</summary>
    public abstract VCpuExit Run();

    /// <summary>Sets where the vCPU starts or goes on.</summary>
    public abstract void SetEntry(GuestPhysAddr entry);

    /// <summary>Reads a general-purpose register.</summary>
    public abstract ulong GetGpr(int index);

    /// <summary>Writes a general-purpose register.</summary>
    public abstract void SetGpr(int index, ulong value);

    /// <summary>Sets the result of the pending hypercall.</summary>
    public abstract void SetReturnValue(ulong value);

    /// <inheritdoc/>
    public abstract void CompleteRead(ulong value);

    /// <inheritdoc/>
    public abstract void FailAccess();

    /// <summary>Returns to the state after set-up.</summary>
    public abstract void Reset();

    /// <summary>Makes an interrupt pending. Any thread.</summary>
    public void InjectInterrupt(uint vector)
    {
        if (InjectCore(vector))
            SignalWake();
    }

    /// <summary>Drives a level-triggered interrupt input. Any thread.</summary>
    public void SetInterruptLine(uint vector, bool level)
    {
        if (SetLineCore(vector, level))
            SignalWake();
    }

    /// <summary>Makes the present or the next run end with <see cref="VCpuExitKind.Interrupted"/>, and ends a sleep. Any thread.</summary>
    public void RequestExit()
    {
        if (RequestExitCore())
            SignalWake();
    }

    /// <summary>
    /// Sleeps in <see cref="VCpuState.Blocked"/> after a halt until an interrupt is pending, an exit is requested or
    /// <paramref name="timeout"/> is over; then the vCPU is Ready. Returns at once when something is pending already. Owner only.
    /// </summary>
    /// <param name="timeout">How long at most; <see cref="Timeout.InfiniteTimeSpan"/> without a limit. Rounded up to a millisecond.</param>
    public void Block(TimeSpan timeout)
    {
        _wake.Reset();
        if (!BlockCore())
            return;
        int milliseconds = timeout == Timeout.InfiniteTimeSpan
            ? Timeout.Infinite
            : (int)Math.Min(int.MaxValue, Math.Ceiling(timeout.TotalMilliseconds));
        while (State == VCpuState.Blocked && _wake.Wait(milliseconds))
        {
            // A signal that belongs to an earlier sleep leaves the state Blocked: wait on.
            lock (_wakeGate)
            {
                if (State == VCpuState.Blocked)
                    _wake.Reset();
            }
        }

        WakeCore();
    }

    /// <summary>Frees what the engine holds for the vCPU. Not while it runs. Interrupts and requests that come later are ignored.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the engine holds for the vCPU.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            _wake.Dispose();
    }

    private protected abstract bool InjectCore(uint vector);

    private protected abstract bool SetLineCore(uint vector, bool level);

    private protected abstract bool RequestExitCore();

    private protected abstract bool BlockCore();

    private protected abstract bool WakeCore();

    private void SignalWake()
    {
        lock (_wakeGate)
            _wake.Set();
    }
}

/// <summary>The <see cref="VirtualCpu"/> of one engine. Engines create it; VMs see the base class.</summary>
/// <typeparam name="TArch">The engine's part.</typeparam>
public sealed class VirtualCpu<TArch> : VirtualCpu
    where TArch : struct, IArchVCpu<TArch>
{
    private readonly Action<VirtualCpu<TArch>>? _release;
    private VCpu<TArch> _vcpu;
    private int _isDisposed;

    /// <summary>Takes over a vCPU.</summary>
    /// <param name="vcpu">The vCPU; the caller's copy must not be used any more.</param>
    /// <param name="release">Frees what the engine holds; called once by <c>Dispose</c>.</param>
    public VirtualCpu(in VCpu<TArch> vcpu, Action<VirtualCpu<TArch>>? release = null)
    {
        _vcpu = vcpu;
        _release = release;
    }

    /// <summary>The vCPU itself, for what only this architecture has.</summary>
    public ref VCpu<TArch> Inner => ref _vcpu;

    /// <inheritdoc/>
    public override uint VmId => _vcpu.VmId;

    /// <inheritdoc/>
    public override uint Id => _vcpu.Id;

    /// <inheritdoc/>
    public override VCpuState State => _vcpu.State;

    /// <inheritdoc/>
    public override EngineError Failure => _vcpu.Failure;

    /// <inheritdoc/>
    public override int GprCount => TArch.GprCount;

    /// <inheritdoc/>
    public override uint SpuriousKicks => _vcpu.SpuriousKicks;

    /// <inheritdoc/>
    public override ulong ProgramCounter
    {
        get => _vcpu.ProgramCounter;
        set => _vcpu.ProgramCounter = value;
    }

    /// <inheritdoc/>
    public override void Bind() => EngineException.ThrowIfFailed(_vcpu.Bind());

    /// <inheritdoc/>
    public override void Unbind() => EngineException.ThrowIfFailed(_vcpu.Unbind());

    /// <inheritdoc/>
    public override VCpuExit Run() => _vcpu.RunHere();

    /// <inheritdoc/>
    public override void SetEntry(GuestPhysAddr entry) => EngineException.ThrowIfFailed(_vcpu.SetEntry(entry));

    /// <inheritdoc/>
    public override ulong GetGpr(int index) => _vcpu.GetGpr(index);

    /// <inheritdoc/>
    public override void SetGpr(int index, ulong value) => _vcpu.SetGpr(index, value);

    /// <inheritdoc/>
    public override void SetReturnValue(ulong value) => _vcpu.SetReturnValue(value);

    /// <inheritdoc/>
    public override void CompleteRead(ulong value) => _vcpu.CompleteRead(value);

    /// <inheritdoc/>
    public override void FailAccess() => _vcpu.FailAccess();

    /// <inheritdoc/>
    public override void Reset() => EngineException.ThrowIfFailed(_vcpu.Reset());

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _vcpu.State == VCpuState.Running)
            Misuse.WrongState(VCpuState.Running, VCpuState.Free);
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        if (disposing)
        {
            // What is not for any thread is refused from here on, as for every vCPU in this state.
            _vcpu.SetState(VCpuState.Invalid);
            _release?.Invoke(this);
        }

        base.Dispose(disposing);
    }

    private protected override bool InjectCore(uint vector)
    {
        if (Volatile.Read(ref _isDisposed) != 0)
            return false;
        EngineException.ThrowIfFailed(_vcpu.InjectInterrupt(vector, out bool woken));
        return woken;
    }

    private protected override bool SetLineCore(uint vector, bool level)
    {
        if (Volatile.Read(ref _isDisposed) != 0)
            return false;
        EngineException.ThrowIfFailed(_vcpu.SetInterruptLine(vector, level, out bool woken));
        return woken;
    }

    private protected override bool RequestExitCore() => _vcpu.RequestExit();

    private protected override bool BlockCore() => _vcpu.Block();

    private protected override bool WakeCore() => _vcpu.Wake();
}
