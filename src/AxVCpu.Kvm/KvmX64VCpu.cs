using System.Runtime.CompilerServices;
using AxVCpu.X64;

namespace AxVCpu.Kvm;

/// <summary>What is fixed when a vCPU is created.</summary>
/// <param name="machine">The machine that it is of.</param>
/// <param name="apicId">The id of its local APIC, below the machine's CPU count.</param>
public readonly struct KvmX64CreateConfig(KvmX64Machine machine, uint apicId)
{
    /// <summary>The machine that it is of.</summary>
    public KvmX64Machine Machine { get; } = machine;

    /// <summary>The id of its local APIC, below the machine's CPU count.</summary>
    public uint ApicId { get; } = apicId;
}

/// <summary>An x86-64 vCPU of KVM: what <see cref="VCpu{TArch}"/> drives.</summary>
/// <remarks>
/// A port or device that nobody serves reads as ones and swallows writes, as on a PC's bus; a model-specific register that nobody serves is a
/// general-protection fault. Instructions that the kernel cannot execute are <see cref="VCpuExitKind.InternalError"/> with the kernel's
/// sub-error and data; the vCPU stays Ready.
/// </remarks>
public partial struct KvmX64VCpu :
    IArchVCpu<KvmX64VCpu>,
    IArchCreate<KvmX64VCpu, KvmX64CreateConfig>,
    IArchSetup<X64RealModeSetup>,
    IArchSetup<X64ProtectedModeSetup>,
    IArchSetup<X64LongModeSetup>,
    IDisposable
{
    private readonly KvmX64Machine _machine;
    private readonly Processor _processor;
    private X64Start _start;
    private bool _isSetUp;

    private KvmX64VCpu(KvmX64Machine machine, Processor processor)
    {
        _machine = machine;
        _processor = processor;
    }

    /// <summary>The general-purpose registers by <see cref="X64Register"/>; rip is <see cref="ProgramCounter"/>.</summary>
    public static int GprCount => X64GeneralRegisters.Count;

    /// <inheritdoc/>
    public static EngineError Create(uint vmId, uint id, in KvmX64CreateConfig config, out KvmX64VCpu arch)
    {
        arch = default;
        if (config.Machine is null || config.ApicId >= (uint)config.Machine.CpuCount)
            return new EngineError(EngineOperation.Create, EngineErrorCode.InvalidConfiguration);
        Processor processor;
        try
        {
            processor = new Processor(config.Machine, config.ApicId);
        }
        catch (EngineException refused)
        {
            return new EngineError(EngineOperation.Create, EngineErrorCode.HostFailure, refused.Errno);
        }

        if (!config.Machine.Add(processor))
        {
            processor.Dispose();
            return new EngineError(EngineOperation.Create, EngineErrorCode.InvalidConfiguration);
        }

        arch = new KvmX64VCpu(config.Machine, processor);
        return default;
    }

    /// <summary>Where the vCPU starts: guest-physical in real and protected mode, linear in long mode.</summary>
    /// <inheritdoc/>
    public EngineError SetEntry(GuestPhysAddr entry)
    {
        _start.Entry = entry.Value;
        return _isSetUp ? Live.Start(in _start) : default;
    }

    /// <summary>KVM has its own nested table: the root is not used, the machine's memory is.</summary>
    /// <inheritdoc/>
    public readonly EngineError SetNestedRoot(HostPhysAddr root) => default;

    /// <summary>Starts in real mode.</summary>
    public EngineError Setup(in X64RealModeSetup config) => Setup(new X64Start { Mode = X64Mode.Real, Registers = config.Registers });

    /// <summary>Starts in protected mode.</summary>
    public EngineError Setup(in X64ProtectedModeSetup config) => Setup(new X64Start { Mode = X64Mode.Protected, Registers = config.Registers });

    /// <summary>Starts in long mode.</summary>
    public EngineError Setup(in X64LongModeSetup config) => Setup(new X64Start { Mode = X64Mode.Long, Registers = config.Registers, Long = config });

    /// <inheritdoc/>
    public readonly EngineError Bind() => Live.Bind();

    /// <inheritdoc/>
    public readonly EngineError Unbind() => Live.Unbind();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly EngineError Run(ref VCpuExitRecord exit) => _processor.Run(ref exit);

    /// <inheritdoc/>
    public readonly void Kick() => _processor.Kick();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void ClearKick() => _processor.ClearKick();

    /// <inheritdoc/>
    public readonly ulong GetGpr(int index) => Live.GetRegister(index);

    /// <inheritdoc/>
    public readonly void SetGpr(int index, ulong value) => Live.SetRegister(index, value);

    /// <summary>Sets rax, the result of a hypercall.</summary>
    /// <inheritdoc/>
    public readonly void SetReturnValue(ulong value) => Live.SetReturnValue(value);

    /// <summary>The instruction pointer. Writing it commits a pending access first.</summary>
    /// <inheritdoc/>
    public readonly ulong ProgramCounter
    {
        get => Live.ProgramCounter;
        set => Live.ProgramCounter = value;
    }

    /// <inheritdoc/>
    public readonly bool CompleteRead(ulong value) => Live.CompleteRead(value);

    /// <inheritdoc/>
    public readonly bool FailAccess() => Live.FailAccess();

    /// <summary>
    /// Makes a vector (0 to 255) or <see cref="X64InterruptInput.Nmi"/> pending. Any thread. With local APICs in the kernel only the latter
    /// exists; vectors are messages to the machine then.
    /// </summary>
    /// <inheritdoc/>
    public readonly EngineError InjectInterrupt(uint vector) => _processor.InjectInterrupt(vector)
        ? default
        : new EngineError(EngineOperation.InjectInterrupt, EngineErrorCode.InvalidArgument);

    /// <summary>Drives <see cref="X64InterruptInput.Intr"/>. Any thread. Without local APICs in the kernel.</summary>
    /// <inheritdoc/>
    public readonly EngineError SetInterruptLine(uint vector, bool level) => _processor.SetInterruptLine(vector, level)
        ? default
        : new EngineError(EngineOperation.InjectInterrupt, EngineErrorCode.InvalidArgument);

    /// <inheritdoc/>
    public readonly bool HasPendingInterrupt => _processor.HasPendingInterrupt;

    /// <summary>
    /// The task priority that the guest has in CR8, 0 to 15, for a local APIC that is not in the kernel: look at it before the APIC is asked for
    /// a vector, and write it when the guest writes the APIC's own register. With local APICs in the kernel a write has no effect. Not while
    /// the vCPU runs.
    /// </summary>
    /// <remarks>
    /// A guest that lowers it leaves with <see cref="X64Exit.TaskPriority"/>: at once on a processor with virtualization, before its next exit
    /// where the kernel emulates it.
    /// </remarks>
    public readonly byte TaskPriority
    {
        get => Live.TaskPriority;
        set => Live.TaskPriority = value;
    }

    /// <summary>Reads the guest's time-stamp counter. Not while the vCPU runs.</summary>
    public readonly EngineError ReadTimeStamp(out ulong value) => Live.ReadTimeStamp(out value);

    /// <inheritdoc/>
    public readonly EngineError Reset() => Live.Reset(in _start);

    /// <summary>
    /// Commits what the last exit left open (the value of a completed read, the step over an instruction), so that the registers are those of
    /// an instruction boundary. Reading a group of registers does it too, when nothing that the exit asked for is missing. Not while the vCPU
    /// runs.
    /// </summary>
    /// <returns>InvalidArgument when parts of an access were not shown yet: run on first.</returns>
    public readonly EngineError CompletePending() => Live.CompletePending();

    /// <summary>Asks for <see cref="VCpuExitKind.Debug"/> exits. Replaces the request before. Not while the vCPU runs.</summary>
    /// <remarks>The module kvm_pvm steps and breaks only in code that it emulates: outside of ring 3.</remarks>
    /// <returns>NotSupported for breakpoint instructions and data breakpoints with kvm_pvm; InvalidArgument for an impossible request.</returns>
    public readonly EngineError SetDebug(in X64DebugRequest request) => Live.SetDebug(in request);

    /// <summary>Frees the vCPU. It must not be used any more.</summary>
    public readonly void Dispose()
    {
        if (_processor is null)
            return;
        _machine.Remove(_processor);
        _processor.Dispose();
    }

    /// <summary>The processor, which a disposed vCPU has no more.</summary>
    internal readonly Processor Live
    {
        get
        {
            if (_processor.IsDisposed)
                Misuse.WrongState(VCpuState.Invalid, VCpuState.Free);
            return _processor;
        }
    }

    private EngineError Setup(X64Start start)
    {
        start.Entry = _start.Entry;
        _start = start;
        EngineError error = Live.Start(in _start);
        _isSetUp = error.IsNone;
        return error;
    }
}
