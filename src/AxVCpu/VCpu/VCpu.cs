using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading;

namespace AxVCpu;

/// <summary>
/// A virtual CPU: the states, identity and exits that all architectures share, around the engine's part <typeparamref name="TArch"/>.
/// </summary>
/// <remarks>
/// <para>Every state change is one compare-and-swap; nothing is locked while the guest runs. A call in the wrong state is a
/// <see cref="Misuse"/> that leaves the vCPU as it was.</para>
/// <para>Any thread: <see cref="State"/>, <see cref="RequestExit"/>, <see cref="InjectInterrupt"/>, <see cref="SetInterruptLine"/>,
/// <see cref="Wake"/>. All else belongs to whoever bound the vCPU, or to its creator while it is not bound.</para>
/// <para>It is a mutable struct: keep it in one place and pass it by reference.</para>
/// </remarks>
/// <typeparam name="TArch">The engine's part.</typeparam>
public unsafe partial struct VCpu<TArch> : IExitCompletion
    where TArch : struct, IArchVCpu<TArch>
{
    /// <summary>Set beside the state while an operation that leaves it is under way, so that no second one starts.</summary>
    private const int Busy = 0x100;

    private int _state;
    private VCpuKick _kick;
    private uint _boundCpu;
    private uint _spuriousKicks;
    private bool _isSetUp;
    private EngineError _failure;
    private VCpuExitRecord _exit;
    private TArch _arch;

    private VCpu(uint vmId, uint id, uint? preferredPhysicalCpu, CpuSet physicalCpuSet, TArch arch)
    {
        VmId = vmId;
        Id = id;
        PreferredPhysicalCpu = preferredPhysicalCpu;
        PhysicalCpuSet = physicalCpuSet;
        _arch = arch;
        _state = (int)VCpuState.Created;
    }

    /// <summary>The VM that the vCPU belongs to.</summary>
    public uint VmId { get; }

    /// <summary>The vCPU's number in its VM.</summary>
    public uint Id { get; }

    /// <summary>Whether the vCPU is the one that boots: by convention number 0.</summary>
    public readonly bool IsBootstrap => Id == 0;

    /// <summary>The physical CPUs that may run the vCPU.</summary>
    public CpuSet PhysicalCpuSet { get; }

    /// <summary>The physical CPU that should run the vCPU when it can be chosen, or none.</summary>
    public uint? PreferredPhysicalCpu { get; }

    /// <summary>The present state. Any thread, at any time, also while the guest runs.</summary>
    public readonly VCpuState State => (VCpuState)(Volatile.Read(in _state) & ~Busy);

    /// <summary>Why the vCPU is <see cref="VCpuState.Invalid"/>; no error in every other state.</summary>
    public readonly EngineError Failure => _failure;

    /// <summary>How often the engine was left by a kick that belonged to an earlier run. A statistic.</summary>
    public readonly uint SpuriousKicks => _spuriousKicks;

    /// <summary>Whether an exit was requested and no run has consumed the request yet. Any thread.</summary>
    public readonly bool IsExitRequested => _kick.IsRequested;

    /// <summary>The engine's part, for what only this architecture has. The rules of <see cref="VCpu{TArch}"/> hold for it too.</summary>
    [UnscopedRef]
    public ref TArch Arch => ref _arch;

    /// <summary>Creates a vCPU in <see cref="VCpuState.Created"/>.</summary>
    /// <param name="vmId">The VM that the vCPU belongs to.</param>
    /// <param name="id">The vCPU's number in its VM.</param>
    /// <param name="preferredPhysicalCpu">The physical CPU that should run it, if one is better than the others.</param>
    /// <param name="physicalCpuSet">The physical CPUs that may run it.</param>
    /// <param name="config">What the engine fixes at creation.</param>
    /// <param name="vcpu">The vCPU, when the call succeeds.</param>
    /// <typeparam name="TConfig">The engine's type of <paramref name="config"/>.</typeparam>
    /// <typeparam name="TCreate">The engine's factory; normally <typeparamref name="TArch"/> itself.</typeparam>
    public static EngineError Create<TConfig, TCreate>(
        uint vmId, uint id, uint? preferredPhysicalCpu, CpuSet physicalCpuSet, in TConfig config, out VCpu<TArch> vcpu)
        where TCreate : IArchCreate<TArch, TConfig>
    {
        EngineError error = TCreate.Create(vmId, id, in config, out TArch arch);
        vcpu = error.IsNone ? new VCpu<TArch>(vmId, id, preferredPhysicalCpu, physicalCpuSet, arch) : default;
        return error;
    }

    /// <summary>Binds the vCPU to the current physical CPU (thread): Free to Ready. After an error it is still Free.</summary>
    public EngineError Bind()
    {
        Begin(VCpuState.Free);
        EngineError error = _arch.Bind();
        if (error.IsNone)
            _boundCpu = CpuLocal.Id;
        return End(VCpuState.Free, VCpuState.Ready, error);
    }

    /// <summary>Releases the vCPU from the current physical CPU (thread): Ready to Free.</summary>
    public EngineError Unbind()
    {
        RequireOwner(VCpuState.Ready);
        Begin(VCpuState.Ready);
        EngineError error = _arch.Unbind();
        if (!error.IsNone)
            return Fail(error);
        _boundCpu = 0;
        return End(VCpuState.Ready, VCpuState.Free, default);
    }

    /// <summary>
    /// Runs guest code until something happens that the caller must see: Ready to Running to Ready. The exit is valid until the next
    /// run. When the engine fails, the exit is <see cref="VCpuExitKind.InternalError"/> and the vCPU is Invalid.
    /// </summary>
    [UnscopedRef]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public VCpuExit Run() => RunHere();

    /// <summary>As <see cref="Run"/>, as a part of the caller: the way into the guest and back is one piece of code.</summary>
    [UnscopedRef]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal VCpuExit RunHere()
    {
        RequireOwner(VCpuState.Ready);
        if (CurrentVCpu.IsAny)
            Misuse.Throw(MisuseKind.NestedRun);
        Begin(VCpuState.Ready, (int)VCpuState.Running);
        CurrentScope<TArch> scope = default;
        scope.VCpu = ref Unsafe.AsRef(in this);
#pragma warning disable CS8500 // SAFETY: the scope is a local of this frame, and Leave runs before the frame ends.
        CurrentVCpu.Enter<TArch>(&scope);
#pragma warning restore CS8500
        EngineError error = RunEngine();
        CurrentVCpu.Leave();
        if (error.IsNone)
        {
            Volatile.Write(ref _state, (int)VCpuState.Ready);
        }
        else
        {
            FailRun(error);
        }

        return new VCpuExit(in _exit);
    }

    /// <summary>Makes the present or the next run end with <see cref="VCpuExitKind.Interrupted"/>, and a blocked vCPU Ready. Any thread.</summary>
    /// <returns>Whether this call made a blocked vCPU Ready, so that its sleeping owner must be woken.</returns>
    /// <remarks>Idempotent until a run has consumed it; never lost; one request ends one run.</remarks>
    public bool RequestExit()
    {
        if (_kick.Request())
            _arch.Kick();
        return Wake();
    }

    /// <summary>The exit that reports a failed operation around a run.</summary>
    [UnscopedRef]
    internal VCpuExit Failed(EngineError error)
    {
        _exit.SetInternalError(error.Code, (ulong)error.Errno);
        return new VCpuExit(in _exit);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FailRun(EngineError error)
    {
        _boundCpu = 0;
        Fail(error);
        _exit.SetInternalError(error.Code, (ulong)error.Errno);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private EngineError RunEngine()
    {
        while (true)
        {
            // Before TryEnter: a kick that arrives after TryEnter must survive (case 2 of VCpuKick).
            _arch.ClearKick();
            if (!_kick.TryEnter())
            {
                _exit.SetInterrupted();
                return default;
            }

            EngineError error = _arch.Run(ref _exit);
            bool wasKicked = error.IsNone && _exit.Kind == VCpuExitKind.Interrupted;
            if (_kick.Leave(consume: wasKicked) || !wasKicked)
                return error;
            _spuriousKicks++;
        }
    }
}
