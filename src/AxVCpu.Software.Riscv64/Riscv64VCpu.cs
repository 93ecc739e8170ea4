namespace AxVCpu.Software.Riscv64;

/// <summary>What is fixed when a vCPU is created.</summary>
/// <param name="machine">The machine whose hart it is.</param>
/// <param name="hartId">The value of mhartid, below the machine's hart count.</param>
public readonly struct Riscv64CreateConfig(Riscv64Machine machine, ulong hartId)
{
    /// <summary>The machine whose hart it is.</summary>
    public Riscv64Machine Machine { get; } = machine;

    /// <summary>The value of mhartid, below the machine's hart count.</summary>
    public ulong HartId { get; } = hartId;
}

/// <summary>What is fixed when a vCPU is set up, and holds again after a reset.</summary>
public readonly struct Riscv64SetupConfig
{
    /// <summary>What a1 holds at the start: by the boot protocols the guest-physical address of the device tree. a0 holds the hart id.</summary>
    public ulong DeviceTreeAddress { get; init; }
}

/// <summary>Reasons of <see cref="VCpuExitKind.FailEntry"/>.</summary>
public enum RiscvFailEntry : ulong
{
    /// <summary>The entry is not a multiple of the instruction alignment.</summary>
    Misaligned = 1,

    /// <summary>The entry is not executable guest memory.</summary>
    NotMapped = 2,
}

/// <summary>Which debug events end a run. The default value: none. For ebreak see <see cref="Riscv64MachineConfig.BreakpointExits"/>.</summary>
public ref struct Riscv64DebugRequest
{
    /// <summary>After every instruction, and after every trap that an instruction takes.</summary>
    public bool SingleStep { get; set; }

    /// <summary>Guest virtual addresses of instructions in front of which a run ends. The next run goes past.</summary>
    public ReadOnlySpan<ulong> Breakpoints { get; set; }
}

/// <summary>A riscv64 vCPU of the software engine: the hart that <see cref="VCpu{TArch}"/> drives.</summary>
public partial struct Riscv64VCpu : IArchVCpu<Riscv64VCpu>, IArchCreate<Riscv64VCpu, Riscv64CreateConfig>, IArchSetup<Riscv64SetupConfig>, IDisposable
{
    private const int ReturnValueRegister = 10;

    private readonly Riscv64Machine _machine;
    private readonly Hart _hart;
    private GuestPhysAddr _entry;
    private ulong _argument;
    private bool _isEntryUnchecked;

    private Riscv64VCpu(Riscv64Machine machine, Hart hart)
    {
        _machine = machine;
        _hart = hart;
    }

    /// <inheritdoc/>
    public static int GprCount => 32;

    /// <summary>The general-purpose registers are x0 to x31; pc is <see cref="ProgramCounter"/>.</summary>
    /// <inheritdoc/>
    public static EngineError Create(uint vmId, uint id, in Riscv64CreateConfig config, out Riscv64VCpu arch)
    {
        arch = default;
        if (config.Machine is null || config.HartId >= (ulong)config.Machine.HartCount)
            return new EngineError(EngineOperation.Create, EngineErrorCode.InvalidConfiguration);
        var hart = new Hart(config.Machine, config.HartId);
        if (!hart.PrepareTier())
        {
            hart.Dispose();
            return new EngineError(EngineOperation.Create, EngineErrorCode.NotSupported);
        }

        if (!config.Machine.AddHart(hart))
        {
            hart.Dispose();
            return new EngineError(EngineOperation.Create, EngineErrorCode.InvalidConfiguration);
        }

        arch = new Riscv64VCpu(config.Machine, hart);
        return default;
    }

    /// <inheritdoc/>
    public EngineError SetEntry(GuestPhysAddr entry)
    {
        _entry = entry;
        _isEntryUnchecked = true;
        _hart.SetPc(entry.Value);
        return default;
    }

    /// <inheritdoc/>
    public readonly EngineError SetNestedRoot(HostPhysAddr root)
    {
        _machine.NestedRoot = root;
        return default;
    }

    /// <inheritdoc/>
    public EngineError Setup(in Riscv64SetupConfig config)
    {
        _argument = config.DeviceTreeAddress;
        PassArguments();
        return default;
    }

    /// <inheritdoc/>
    public readonly EngineError Bind() => default;

    /// <inheritdoc/>
    public readonly EngineError Unbind() => default;

    /// <inheritdoc/>
    public EngineError Run(ref VCpuExitRecord exit)
    {
        if (_isEntryUnchecked)
        {
            if (!_hart.CheckEntry(out RiscvFailEntry reason))
            {
                exit.SetFailEntry((ulong)reason);
                return default;
            }

            _isEntryUnchecked = false;
        }

        _hart.Run(ref exit);
        return default;
    }

    /// <summary>
    /// Sets which debug events end a run with <see cref="VCpuExitKind.Debug"/>, the program counter in front of the instruction that is to
    /// come. Holds until the next call; a reset does not change it. Owner thread, not during a run.
    /// </summary>
    public readonly void SetDebug(Riscv64DebugRequest request) => _hart.SetDebug(request.SingleStep, request.Breakpoints);

    /// <inheritdoc/>
    public readonly void Kick() => _hart.RequestPoll(HartRequests.Kick);

    /// <inheritdoc/>
    public readonly void ClearKick() => _hart.ClearKick();

    /// <inheritdoc/>
    public readonly ulong GetGpr(int index) => _hart.GetRegister(index);

    /// <inheritdoc/>
    public readonly void SetGpr(int index, ulong value) => _hart.SetRegister(index, value);

    /// <inheritdoc/>
    public readonly void SetReturnValue(ulong value)
    {
        if (value != 0)
            _hart.CancelHartStart();
        _hart.SetRegister(ReturnValueRegister, value);
    }

    /// <inheritdoc/>
    public ulong ProgramCounter
    {
        readonly get => _hart.GetPc();
        set
        {
            _isEntryUnchecked = false;
            _hart.SetPc(value);
        }
    }

    /// <inheritdoc/>
    public readonly bool CompleteRead(ulong value) => _hart.CompleteRead(value);

    /// <inheritdoc/>
    public readonly bool FailAccess() => _hart.FailAccess();

    /// <summary>Makes an interrupt pending once, by its bit number in mip. Any thread.</summary>
    /// <inheritdoc/>
    public readonly EngineError InjectInterrupt(uint vector) => _hart.InjectInterrupt(vector)
        ? default
        : new EngineError(EngineOperation.InjectInterrupt, EngineErrorCode.InvalidArgument);

    /// <summary>Drives an interrupt input, by its bit number in mip. Any thread.</summary>
    /// <inheritdoc/>
    public readonly EngineError SetInterruptLine(uint vector, bool level) => _hart.SetInterruptLine(vector, level)
        ? default
        : new EngineError(EngineOperation.InjectInterrupt, EngineErrorCode.InvalidArgument);

    /// <inheritdoc/>
    public readonly bool HasPendingInterrupt => _hart.HasPendingInterrupt;

    /// <inheritdoc/>
    public EngineError Reset()
    {
        _hart.Reset();
        SetEntry(_entry);
        PassArguments();
        return default;
    }

    /// <summary>Frees the hart's memory. The vCPU must not be used any more.</summary>
    public readonly void Dispose()
    {
        if (_hart is null)
            return;
        _machine.RemoveHart(_hart);
        _hart.Dispose();
    }

    private readonly void PassArguments()
    {
        _hart.SetRegister(10, _hart.HartId);
        _hart.SetRegister(11, _argument);
    }
}
