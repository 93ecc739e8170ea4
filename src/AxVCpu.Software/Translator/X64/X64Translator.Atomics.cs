namespace AxVCpu.Software.Translator.X64;

// Guest atomics are host atomics: locked instructions are sequentially consistent, so acquire and release need nothing more.
internal sealed unsafe partial class X64Translator
{
    /// <summary>Translates the aligned address in A: rax holds the host address afterwards.</summary>
    private void WriteAligned(in IrOp op, int size, int array)
    {
        EndGroup();
        FlushConstants();
        LoadTo(X64Register.Rax, op.A, 0);
        WriteEntry(X64Register.Rax);
        _asm.Mov(X64Register.Rdx, X64Register.Rax);
        _asm.Alu(X64Alu.And, X64Register.Rdx, -PageBytes | (size - 1));
        _asm.Alu(X64Alu.Cmp, X64Register.Rdx, new X64Address(X64Register.Rcx, array));
        AddSlow(_asm.JumpNear(X64Condition.NotEqual), op.Guest);
        _asm.Alu(X64Alu.Add, X64Register.Rax, new X64Address(X64Register.Rcx, array + 8));
    }

    private void WriteAtomic(in IrOp op)
    {
        int size = SizeOf(in op);
        bool wide = size == 8;
        WriteAligned(in op, size, SoftTlb.StoreOffset);
        X64Register result = X64Register.Rcx;
        var at = new X64Address(X64Register.Rax, 0);
        bool isWanted = op.Dst != GuestRegister.None && !IsZero(op.Dst);
        switch ((IrAtomic)op.C)
        {
            case IrAtomic.Exchange:
                LoadTo(X64Register.Rcx, op.B, 0, wide);
                _asm.Memory(X64Opcode.Xchg, (uint)X64Register.Rcx, at, wide);
                break;
            case IrAtomic.Add:
                LoadTo(X64Register.Rcx, op.B, 0, wide);
                _asm.Memory(Locked(X64Opcode.LockXadd), (uint)X64Register.Rcx, at, wide);
                break;
            case IrAtomic.And when !isWanted:
                WriteUpdate(X64Alu.And, at, Source(op.B, 0, X64Register.Rcx), wide);
                break;
            case IrAtomic.Or when !isWanted:
                WriteUpdate(X64Alu.Or, at, Source(op.B, 0, X64Register.Rcx), wide);
                break;
            case IrAtomic.Xor when !isWanted:
                WriteUpdate(X64Alu.Xor, at, Source(op.B, 0, X64Register.Rcx), wide);
                break;
            default:
                WriteExchangeLoop(in op, wide);
                result = X64Register.Rax;
                break;
        }

        if (isWanted)
            Finish(in op, result, wide ? IrWidth.W64 : IrWidth.W32Signed);
    }

    private void WriteUpdate(X64Alu operation, X64Address at, X64Register operand, bool wide)
    {
        if (_layout.IsAlone)
            _asm.Alu(operation, at, operand, wide);
        else
            _asm.LockAlu(operation, at, operand, wide);
    }

    /// <summary>Without the lock prefix where nobody else runs: still one instruction, which no interrupt divides.</summary>
    private X64Opcode Locked(X64Opcode opcode) => _layout.IsAlone ? (X64Opcode)((uint)opcode & ~X64Assembler.LockPrefix) : opcode;

    // In: the host address in rax. Out: the value before in rax.
    private void WriteExchangeLoop(in IrOp op, bool wide)
    {
        var at = new X64Address(X64Register.Rdx, 0);
        _asm.Mov(X64Register.Rdx, X64Register.Rax);
        _asm.Mov(X64Register.Rax, at, wide);
        byte* again = _asm.Next;
        switch ((IrAtomic)op.C)
        {
            case IrAtomic.And:
                WriteAtomicAlu(X64Alu.And, in op, wide);
                break;
            case IrAtomic.Or:
                WriteAtomicAlu(X64Alu.Or, in op, wide);
                break;
            case IrAtomic.Xor:
                WriteAtomicAlu(X64Alu.Xor, in op, wide);
                break;
            default:
                LoadTo(X64Register.Rcx, op.B, 0, wide);
                _asm.Alu(X64Alu.Cmp, X64Register.Rax, X64Register.Rcx, wide);
                X64Condition keepsOld = (IrAtomic)op.C switch
                {
                    IrAtomic.MinSigned => X64Condition.Less,
                    IrAtomic.MaxSigned => X64Condition.Greater,
                    IrAtomic.MinUnsigned => X64Condition.Below,
                    _ => X64Condition.Above,
                };
                _asm.Cmov(keepsOld, X64Register.Rcx, X64Register.Rax, wide);
                break;
        }

        _asm.Memory(Locked(X64Opcode.LockCmpxchg), (uint)X64Register.Rcx, at, wide);
        _asm.Jump(X64Condition.NotEqual, again);
    }

    private void WriteAtomicAlu(X64Alu operation, in IrOp op, bool wide)
    {
        LoadTo(X64Register.Rcx, op.B, 0, wide);
        _asm.Alu(operation, X64Register.Rcx, X64Register.Rax, wide);
    }

    private void WriteLoadReserved(in IrOp op)
    {
        int size = SizeOf(in op);
        bool wide = size == 8;
        WriteAligned(in op, size, SoftTlb.LoadOffset);
        _asm.Mov(X64Register.Rcx, new X64Address(X64Register.Rax, 0), wide);
        _asm.Mov(Field(_layout.ReservationValue), X64Register.Rcx);
        if (wide)
            _asm.Alu(X64Alu.Or, X64Register.Rax, 1);
        _asm.Mov(Field(_layout.ReservationHost), X64Register.Rax);
        if (op.Dst != GuestRegister.None && !IsZero(op.Dst))
            Finish(in op, X64Register.Rcx, wide ? IrWidth.W64 : IrWidth.W32Signed);
    }

    // The compare-and-swap succeeds only where the value that LoadReserved saw is still there. A machine of one hart compares and branches
    // instead: the branch is predicted, so that what follows does not wait for the reservation to come back from memory. Devices may write
    // between the two, as they may during the compare-and-swap without the lock.
    private void WriteStoreConditional(in IrOp op)
    {
        int size = SizeOf(in op);
        bool wide = size == 8;
        WriteAligned(in op, size, SoftTlb.StoreOffset);
        _asm.Mov(X64Register.Rdx, X64Register.Rax);
        if (wide)
            _asm.Alu(X64Alu.Or, X64Register.Rax, 1);
        _asm.Mov(X64Register.Rcx, Field(_layout.ReservationHost));
        _asm.StoreImmediate(Field(_layout.ReservationHost), 0, 8);
        _asm.Alu(X64Alu.Cmp, X64Register.Rcx, X64Register.Rax);
        byte* fail = _asm.JumpShort(X64Condition.NotEqual);
        _asm.Mov(X64Register.Rax, Field(_layout.ReservationValue));
        X64Register value = Source(op.B, 0, X64Register.Rcx);
        var at = new X64Address(X64Register.Rdx, 0);
        if (_layout.IsAlone)
        {
            _asm.Alu(X64Alu.Cmp, X64Register.Rax, at, wide);
            byte* changed = _asm.JumpShort(X64Condition.NotEqual);
            _asm.Store(at, value, size);
            _asm.BindShort(changed);
        }
        else
        {
            _asm.Memory(X64Opcode.LockCmpxchg, (uint)value, at, wide);
        }

        _asm.BindShort(fail);
        if (op.Dst == GuestRegister.None || IsZero(op.Dst))
            return;
        _asm.Set(X64Condition.NotEqual, X64Register.Rax);
        _asm.Register(X64Opcode.Movzx8, (uint)X64Register.Rax, (uint)X64Register.Rax, wide: false);
        Finish(in op, X64Register.Rax, IrWidth.W64);
    }
}
