namespace AxVCpu.BareMetal.Aarch64;

/// <summary>The general and vector registers of a vCPU as one group.</summary>
internal struct Aarch64CoreRegisters
{
    /// <summary>X0 to X30.</summary>
    public GeneralRegisters X;

    /// <summary>SP_EL0.</summary>
    public ulong SpEl0;

    /// <summary>SP_EL1.</summary>
    public ulong SpEl1;

    /// <summary>The address of the next instruction.</summary>
    public ulong Pc;

    /// <summary>PSTATE in the format of SPSR_ELx.</summary>
    public ulong Pstate;

    /// <summary>V0 to V31.</summary>
    public VectorRegisters V;

    /// <summary>FPSR.</summary>
    public ulong Fpsr;

    /// <summary>FPCR.</summary>
    public ulong Fpcr;
}

/// <content>Registers, and the answers to exits.</content>
internal unsafe partial struct Aarch64VCpu : IArchRegisters<Aarch64CoreRegisters>, IArchRegisters<SystemRegisters>
{
    private const int ZeroRegister = 31;
    private const ulong PstateSp = 1;                   // PSTATE.SP
    private const ulong PstateModes = 0x1F;

    /// <summary>X0 to X30, and the zero register.</summary>
    public static int GprCount => ZeroRegister + 1;

    /// <inheritdoc/>
    public ulong ProgramCounter
    {
        readonly get => _registers.Pc;
        set => _registers.Pc = value;
    }

    /// <summary>
    /// Whether the IRQ or FIQ input is high. With a modelled interrupt controller the lines say only that it has something to deliver.
    /// </summary>
    public readonly bool HasPendingInterrupt => Volatile.Read(in _lines) != 0;

    /// <inheritdoc/>
    public readonly ulong GetGpr(int index) => index == ZeroRegister ? 0 : _registers.X[index];

    /// <inheritdoc/>
    public void SetGpr(int index, ulong value)
    {
        if (index != ZeroRegister)
            _registers.X[index] = value;
    }

    /// <inheritdoc/>
    public void SetReturnValue(ulong value) => _registers.X[0] = value;

    /// <summary>There is no interrupt by number here: a modelled interrupt controller takes those.</summary>
    public readonly EngineError InjectInterrupt(uint vector) => new(EngineOperation.InjectInterrupt, EngineErrorCode.InvalidArgument);

    /// <summary>Drives the IRQ (0) or FIQ (1) input.</summary>
    public EngineError SetInterruptLine(uint vector, bool level)
    {
        if (vector > 1)
            return new EngineError(EngineOperation.InjectInterrupt, EngineErrorCode.InvalidArgument);
        int bit = 1 << (int)vector;
        if (level)
            Interlocked.Or(ref _lines, bit);
        else
            Interlocked.And(ref _lines, ~bit);
        return default;
    }

    /// <inheritdoc/>
    public bool CompleteRead(ulong value)
    {
        switch (_pending.Kind)
        {
            case PendingKind.Mmio when _pending.Access.IsLoad && !_pending.IsPartDone:
                StorePart(value);
                _pending.IsPartDone = true;
                return true;
            case PendingKind.SysRegRead:
                SetGpr(_pending.Register, value);
                Advance();
                _pending.Kind = PendingKind.None;
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    public bool FailAccess()
    {
        PendingKind kind = _pending.Kind;
        _pending.Kind = PendingKind.None;
        switch (kind)
        {
            case PendingKind.Mmio:
                InjectAbort(
                    isFetch: false, _pending.Address + (ulong)(_pending.Part * _pending.PartBytes), Syndrome.ExternalAbort, !_pending.Access.IsLoad);
                return true;
            case PendingKind.NestedFault:
                InjectAbort(_pending.IsFetch, _registers.Far, Syndrome.ExternalAbort, !_pending.Access.IsLoad);
                return true;
            case PendingKind.SysRegRead or PendingKind.SysRegWrite:
                InjectUndefined();
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    public EngineError Read(out Aarch64CoreRegisters group)
    {
        RefreshSystem();
        group = new Aarch64CoreRegisters
        {
            X = _registers.X,
            SpEl0 = _system.SpEl0,
            SpEl1 = _system.SpEl1,
            Pc = _registers.Pc,
            Pstate = _registers.Pstate,
            V = _registers.V,
            Fpsr = _registers.Fpsr,
            Fpcr = _registers.Fpcr,
        };
        return default;
    }

    /// <summary>Writes the group. PSTATE must name EL0 or EL1 in AArch64.</summary>
    public EngineError Write(in Aarch64CoreRegisters group)
    {
        if ((group.Pstate & PstateModes) is not (0b00000 or 0b00100 or 0b00101))
            return new EngineError(EngineOperation.Registers, EngineErrorCode.InvalidArgument);
        RefreshSystem();
        _registers.X = group.X;
        _system.SpEl0 = group.SpEl0;
        _system.SpEl1 = group.SpEl1;
        _registers.Pc = group.Pc;
        _registers.Pstate = group.Pstate;
        _registers.V = group.V;
        _registers.Fpsr = group.Fpsr;
        _registers.Fpcr = group.Fpcr;
        ReloadSystem();
        return default;
    }

    /// <inheritdoc/>
    public EngineError Read(out SystemRegisters group)
    {
        RefreshSystem();
        group = _system;
        return default;
    }

    /// <inheritdoc/>
    public EngineError Write(in SystemRegisters group)
    {
        _system = group;
        ReloadSystem();
        return default;
    }

    private ulong StackPointer()
    {
        RefreshSystem();
        return (_registers.Pstate & PstateSp) != 0 ? _system.SpEl1 : _system.SpEl0;
    }

    private void SetStackPointer(ulong value)
    {
        RefreshSystem();
        if ((_registers.Pstate & PstateSp) != 0)
            _system.SpEl1 = value;
        else
            _system.SpEl0 = value;
        ReloadSystem();
    }
}
