using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

/// <summary>Where the value of a device read goes.</summary>
internal readonly record struct MmioTarget(byte Register, bool IsFloat, bool SignExtend);

/// <summary>What the VMM still owes the guest; Pc stays at the instruction until the next Run.</summary>
internal enum PendingKind : byte
{
    None,
    MmioRead,
    MmioWrite,
    SysRegRead,
    SysRegWrite,
    NestedFault,
    Breakpoint,
}

// Device accesses: they leave Run in front of the instruction and are finished by the next Run.
internal sealed unsafe partial class Hart
{
    private PendingAccess _pending;

    /// <summary>One access that the VMM serves.</summary>
    private struct PendingAccess
    {
        public PendingKind Kind;
        public byte Length;
        public byte Size;
        public bool Failed;
        public bool Writes;
        public CsrOperation Operation;
        public MmioTarget Target;
        public ulong Address;
        public ulong Value;
        public ulong Operand;
        public int Csr;
    }

    /// <summary>
    /// The answer to a pending read; only the bytes that were read count. Until then the answer is zero. False when no read is pending.
    /// </summary>
    public bool CompleteRead(ulong value)
    {
        if (_pending.Kind is not (PendingKind.MmioRead or PendingKind.SysRegRead))
            return false;
        _pending.Value = value;
        return true;
    }

    /// <summary>The next Run raises an access fault instead of finishing the access. False when none is pending.</summary>
    public bool FailAccess()
    {
        if (_exitPending && _exit.Kind == VCpuExitKind.NestedPageFault)
            _pending.Kind = PendingKind.NestedFault;
        if (_pending.Kind == PendingKind.None)
            return false;
        _pending.Failed = true;
        return true;
    }

    private bool BeginMmioRead(Op* op, ulong va, ulong gpa, uint size, MmioTarget target)
    {
        if ((va & (size - 1)) != 0)
        {
            RaiseException(ExceptionCause.LoadAccessFault, va);
            return false;
        }

        BeginAccess(PendingKind.MmioRead, op, va, size);
        _pending.Target = target;
        _pending.Value = 0;
        _exit.SetMmioRead(new GuestPhysAddr(gpa), (AccessWidth)size, target.Register, AccessWidth.Qword, target.SignExtend);
        _exitPending = true;
        return false;
    }

    /// <summary>
    /// Begins a CSR instruction on a register of the VMM: first the read, unless rd is x0 and the operation is a plain write, then the write,
    /// if there is one. Always false.
    /// </summary>
    private bool BeginVmmCsr(CodeBlock* block, Op* op, CsrOperation operation, ulong operand, bool writes)
    {
        _pending = new PendingAccess
        {
            Kind = PendingKind.SysRegRead,
            Length = op->Length,
            Target = new MmioTarget(op->Rd, IsFloat: false, SignExtend: false),
            Address = CodeBlock.Raw(block, op),
            Operation = operation,
            Operand = operand,
            Writes = writes,
            Csr = op->Imm,
        };
        if (operation == CsrOperation.Write && op->IsRdZero)
            BeginVmmCsrWrite(operand);
        else
            _exit.SetSysRegRead((ulong)op->Imm, op->Rd);
        _exitPending = true;
        return false;
    }

    private void BeginVmmCsrWrite(ulong value)
    {
        _pending.Kind = PendingKind.SysRegWrite;
        _exit.SetSysRegWrite((ulong)_pending.Csr, value);
        _exitPending = true;
    }

    private bool BeginMmioWrite(Op* op, ulong va, ulong gpa, uint size, ulong value)
    {
        if ((va & (size - 1)) != 0)
        {
            RaiseException(ExceptionCause.StoreAccessFault, va);
            return false;
        }

        BeginAccess(PendingKind.MmioWrite, op, va, size);
        _exit.SetMmioWrite(new GuestPhysAddr(gpa), (AccessWidth)size, size == 8 ? value : value & ((1UL << (int)(8 * size)) - 1));
        _exitPending = true;
        return false;
    }

    // Field by field: a structure built elsewhere would be copied by loads that are wider than the stores before them.
    private void BeginAccess(PendingKind kind, Op* op, ulong va, uint size)
    {
        _pending.Kind = kind;
        _pending.Length = op->Length;
        _pending.Size = (byte)size;
        _pending.Failed = false;
        _pending.Address = va;
    }

    /// <summary>Finishes what the last exit left open.</summary>
    private void FinishPendingAccess()
    {
        PendingKind kind = _pending.Kind;
        if (kind == PendingKind.None)
            return;
        _pending.Kind = PendingKind.None;
        if (_pending.Failed)
        {
            _pending.Failed = false;
            FailPendingAccess(kind);
            return;
        }

        if (kind == PendingKind.MmioRead)
        {
            MmioTarget target = _pending.Target;
            ulong value = _pending.Value;
            uint size = _pending.Size;
            if (size < 8)
                value &= (1UL << (int)(8 * size)) - 1;
            if (target.IsFloat)
            {
                _s->F[target.Register] = Box(value, size);
                _s->Mstatus |= StatusBits.FS;
            }
            else
            {
                _s->X[target.Register] = target.SignExtend ? SignExtend(value, size) : value;
            }
        }
        else if (kind == PendingKind.SysRegRead && _pending.Writes)
        {
            BeginVmmCsrWrite(_pending.Operation switch
            {
                CsrOperation.Set => _pending.Value | _pending.Operand,
                CsrOperation.Clear => _pending.Value & ~_pending.Operand,
                _ => _pending.Operand,
            });
            return;
        }
        else if (kind is PendingKind.SysRegRead or PendingKind.SysRegWrite)
        {
            _s->X[_pending.Target.Register] = _pending.Value;
        }
        else if (kind is PendingKind.NestedFault or PendingKind.Breakpoint)
        {
            return;
        }

        _s->Pc += _pending.Length;
        _s->InstRet++;
    }

    private void FailPendingAccess(PendingKind kind)
    {
        switch (kind)
        {
            case PendingKind.MmioRead:
                RaiseException(ExceptionCause.LoadAccessFault, _pending.Address);
                break;
            case PendingKind.MmioWrite:
                RaiseException(ExceptionCause.StoreAccessFault, _pending.Address);
                break;
            case PendingKind.NestedFault:
                RaiseAccessFault(_faultAddress, _faultAccess);
                break;
            case PendingKind.Breakpoint:
                RaiseException(ExceptionCause.Breakpoint, _s->Pc);
                break;
            default:
                RaiseException(ExceptionCause.IllegalInstruction, _pending.Address);
                break;
        }
    }
}
