namespace AxVCpu.Software.Translator.X64;

// Integer operations. Each reads all of its operands before it writes its result's register, whichever of them are the same.
internal sealed unsafe partial class X64Translator
{
    private void WriteInteger(in IrOp op)
    {
        bool isUnary = op.Code is IrOpcode.Move or >= IrOpcode.SignExtend8;
        if (TryConstant(op.A, op.Imm, out long a) & (isUnary | TryConstant(op.B, op.Imm, out long b)))
        {
            SetConstant(op.Dst, IrSemantics.Evaluate(in op, a, isUnary ? 0 : b));
            return;
        }

        var width = (IrWidth)op.Kind;
        bool wide = width == IrWidth.W64;
        switch (op.Code)
        {
            case IrOpcode.Move:
                WriteMove(in op, width);
                break;
            case IrOpcode.Add:
                WriteAdd(in op, width);
                break;
            case IrOpcode.Sub:
                WriteSubtract(in op, width);
                break;
            case IrOpcode.And:
                WriteCommutative(X64Alu.And, in op, width);
                break;
            case IrOpcode.Or:
                WriteCommutative(X64Alu.Or, in op, width);
                break;
            case IrOpcode.Xor:
                WriteCommutative(X64Alu.Xor, in op, width);
                break;
            case IrOpcode.AndNot:
                WriteAndNot(in op, width);
                break;
            case IrOpcode.OrNot:
                WriteNot(X64Alu.Or, in op, width);
                break;
            case IrOpcode.XorNot:
                WriteNot(X64Alu.Xor, in op, width);
                break;
            case IrOpcode.ShiftLeft:
                WriteShift(X64Shift.Shl, X64VexOpcode.Shlx, in op, width);
                break;
            case IrOpcode.ShiftRight:
                WriteShift(X64Shift.Shr, X64VexOpcode.Shrx, in op, width);
                break;
            case IrOpcode.ShiftRightSigned:
                WriteShift(X64Shift.Sar, X64VexOpcode.Sarx, in op, width);
                break;
            case IrOpcode.RotateLeft:
                WriteShift(X64Shift.Rol, 0, in op, width);
                break;
            case IrOpcode.RotateRight:
                WriteShift(X64Shift.Ror, 0, in op, width);
                break;
            case IrOpcode.AddShifted:
                WriteAddShifted(in op, width);
                break;
            case IrOpcode.Multiply:
                WriteMultiply(in op, width);
                break;
            case IrOpcode.MultiplyHighSigned:
            case IrOpcode.MultiplyHighUnsigned:
            case IrOpcode.MultiplyHighSignedUnsigned:
                WriteMultiplyHigh(in op, width);
                break;
            case IrOpcode.DivideSigned:
            case IrOpcode.RemainderSigned:
                WriteDivideSigned(in op, width);
                break;
            case IrOpcode.DivideUnsigned:
            case IrOpcode.RemainderUnsigned:
                WriteDivideUnsigned(in op, width);
                break;
            case IrOpcode.MinSigned:
                WriteSelect(X64Condition.Less, in op, width);
                break;
            case IrOpcode.MaxSigned:
                WriteSelect(X64Condition.Greater, in op, width);
                break;
            case IrOpcode.MinUnsigned:
                WriteSelect(X64Condition.Below, in op, width);
                break;
            case IrOpcode.MaxUnsigned:
                WriteSelect(X64Condition.Above, in op, width);
                break;
            case IrOpcode.Set:
                X64Condition condition = Compare(in op);
                _asm.Set(condition, X64Register.Rax);
                X64Register flag = _home[op.Dst] == X64Register.None ? X64Register.Rax : _home[op.Dst];
                _asm.Register(X64Opcode.Movzx8, (uint)flag, (uint)X64Register.Rax, wide: false);
                Finish(in op, flag, IrWidth.W64);
                break;
            case IrOpcode.ZeroIfZero:
                WriteZeroIf(X64Condition.Equal, in op);
                break;
            case IrOpcode.ZeroIfNotZero:
                WriteZeroIf(X64Condition.NotEqual, in op);
                break;
            default:
                WriteUnary(in op, width, wide);
                break;
        }
    }

    private void WriteMove(in IrOp op, IrWidth width)
    {
        X64Register from = Source(op.A, op.Imm, X64Register.Rax);
        if (width == IrWidth.W32Zero)
        {
            X64Register to = _home[op.Dst] == X64Register.None ? X64Register.Rax : _home[op.Dst];
            _asm.Mov(to, from, wide: false);
            from = to;
        }

        Finish(in op, from, width);
    }

    private void WriteAdd(in IrOp op, IrWidth width)
    {
        bool wide = width == IrWidth.W64;
        byte a = op.A;
        byte b = op.B;
        if (TryConstant(a, op.Imm, out _))
            (a, b) = (b, a);
        X64Register target = _home[op.Dst] == X64Register.None ? X64Register.Rax : _home[op.Dst];
        if (TryImmediate(b, op.Imm, out int immediate))
        {
            if (wide && a == op.Dst && _home[a] == X64Register.None && !IsInRax(a))
            {
                Forget(op.Dst);
                _asm.Alu(X64Alu.Add, Slot(a), immediate);
                RememberFlags(op.Dst, width);
                return;
            }

            X64Register from = Source(a, op.Imm, X64Register.Rax);
            if (immediate == 0 && wide)
            {
                target = from;
            }
            else if (from == target)
            {
                _asm.Alu(X64Alu.Add, target, immediate, wide);
                Finish(in op, target, width);
                RememberFlags(op.Dst, width);
                return;
            }
            else
            {
                _asm.Lea(target, new X64Address(from, immediate), wide);
            }
        }
        else if (_home[a] != X64Register.None && _home[b] != X64Register.None && !TryConstant(b, op.Imm, out _)
            && _home[a] != target && _home[b] != target)
        {
            _asm.Lea(target, new X64Address(_home[a], _home[b], 0, 0), wide);
        }
        else
        {
            WriteCommutative(X64Alu.Add, in op, width);
            return;
        }

        Finish(in op, target, width);
    }

    private void WriteCommutative(X64Alu operation, in IrOp op, IrWidth width)
    {
        bool wide = width == IrWidth.W64;
        byte a = op.A;
        byte b = op.B;
        if (b == op.Dst || TryConstant(a, op.Imm, out _))
            (a, b) = (b, a);
        X64Register target = _home[op.Dst];
        if (target == X64Register.None || (b == op.Dst && a != b))
            target = X64Register.Rax;
        if (wide && a == op.Dst && _home[a] == X64Register.None && !IsInRax(a) && !TryConstant(a, op.Imm, out _))
        {
            if (TryImmediate(b, op.Imm, out int immediate))
                _asm.Alu(operation, Slot(a), immediate);
            else
                _asm.Alu(operation, Slot(a), Source(b, op.Imm, X64Register.Rax));
            Forget(op.Dst);
            RememberFlags(op.Dst, width);
            return;
        }

        LoadTo(target, a, op.Imm, wide);
        Alu(operation, target, b, op.Imm, wide);
        Finish(in op, target, width);
        RememberFlags(op.Dst, width);
    }

    private void WriteSubtract(in IrOp op, IrWidth width)
    {
        bool wide = width == IrWidth.W64;
        X64Register target = Target(in op);
        if (TryConstant(op.A, op.Imm, out long zero) && zero == 0)
        {
            target = _home[op.Dst] == X64Register.None ? X64Register.Rax : _home[op.Dst];
            LoadTo(target, op.B, op.Imm, wide);
            _asm.Unary(X64Unary.Neg, target, wide);
        }
        else
        {
            LoadTo(target, op.A, op.Imm, wide);
            Alu(X64Alu.Sub, target, op.B, op.Imm, wide);
        }

        Finish(in op, target, width);
        RememberFlags(op.Dst, width);
    }

    private void WriteAndNot(in IrOp op, IrWidth width)
    {
        bool wide = width == IrWidth.W64;
        if (_hasBmi1 && !TryConstant(op.B, op.Imm, out _))
        {
            X64Register to = _home[op.Dst] == X64Register.None ? X64Register.Rax : _home[op.Dst];
            X64Register mask = Source(op.B, op.Imm, X64Register.Rcx);
            X64Register value = Source(op.A, op.Imm, X64Register.Rax);
            _asm.Vex(X64VexOpcode.Andn, (uint)to, (uint)mask, (uint)value, wide);
            Finish(in op, to, width);
            return;
        }

        WriteNot(X64Alu.And, in op, width);
    }

    private void WriteNot(X64Alu operation, in IrOp op, IrWidth width)
    {
        bool wide = width == IrWidth.W64;
        LoadTo(X64Register.Rax, op.B, op.Imm, wide);
        _asm.Unary(X64Unary.Not, X64Register.Rax, wide);
        Alu(operation, X64Register.Rax, op.A, op.Imm, wide);
        Finish(in op, X64Register.Rax, width);
    }

    private void WriteShift(X64Shift operation, X64VexOpcode vex, in IrOp op, IrWidth width)
    {
        bool wide = width == IrWidth.W64;
        if (TryConstant(op.B, op.Imm, out long count))
        {
            X64Register target = _home[op.Dst] == X64Register.None ? X64Register.Rax : _home[op.Dst];
            LoadTo(target, op.A, op.Imm, wide);
            int bits = (int)count & (wide ? 63 : 31);
            if (bits != 0)
                _asm.Shift(operation, target, bits, wide);
            else if (!wide)
                _asm.Mov(target, target, wide: false);
            Finish(in op, target, width);
        }
        else if (vex != 0 && _hasBmi2)
        {
            X64Register by = Source(op.B, op.Imm, X64Register.Rcx);
            X64Register target = _home[op.Dst] == X64Register.None ? X64Register.Rax : _home[op.Dst];
            X64Register from = Source(op.A, op.Imm, X64Register.Rax);
            _asm.Vex(vex, (uint)target, (uint)by, (uint)from, wide);
            Finish(in op, target, width);
        }
        else
        {
            LoadTo(X64Register.Rcx, op.B, op.Imm, wide: false);
            X64Register target = Target(in op);
            LoadTo(target, op.A, op.Imm, wide);
            _asm.ShiftByCl(operation, target, wide);
            Finish(in op, target, width);
        }
    }

    private void WriteAddShifted(in IrOp op, IrWidth width)
    {
        X64Register shifted = X64Register.Rax;
        if (width == IrWidth.W64)
        {
            if (op.C <= 3)
                shifted = Source(op.A, op.Imm, X64Register.Rax);
            else
                LoadTo(shifted, op.A, op.Imm);
        }
        else
        {
            LoadTo(shifted, op.A, op.Imm, wide: false);
            if (width == IrWidth.W32Signed)
                _asm.Movsxd(shifted, shifted);
        }

        X64Register target = _home[op.Dst] == X64Register.None ? X64Register.Rax : _home[op.Dst];
        if (op.C <= 3 && !TryConstant(op.B, op.Imm, out _))
        {
            _asm.Lea(target, new X64Address(Source(op.B, op.Imm, X64Register.Rcx), shifted, op.C, 0));
        }
        else
        {
            target = X64Register.Rax;
            if (shifted != target)
                _asm.Mov(target, shifted);
            if (op.C != 0)
                _asm.Shift(X64Shift.Shl, target, op.C);
            if (!(TryConstant(op.B, op.Imm, out long addend) && addend == 0))
                Alu(X64Alu.Add, target, op.B, op.Imm, wide: true);
        }

        Finish(in op, target, IrWidth.W64);
    }

    // Dst = A condition B ? A : B.
    private void WriteSelect(X64Condition condition, in IrOp op, IrWidth width)
    {
        bool wide = width == IrWidth.W64;
        X64Register target = Target(in op);
        X64Register other = Source(op.B, op.Imm, X64Register.Rcx);
        LoadTo(target, op.A, op.Imm, wide);
        _asm.Alu(X64Alu.Cmp, target, other, wide);
        _asm.Cmov(condition ^ (X64Condition)1, target, other, wide);
        Finish(in op, target, width);
    }

    private void WriteZeroIf(X64Condition condition, in IrOp op)
    {
        X64Register target = Target(in op);
        X64Register tested = Source(op.B, op.Imm, X64Register.Rcx);
        LoadTo(target, op.A, op.Imm);
        _asm.Test(tested, tested);
        _asm.MovConstant(X64Register.Rcx, 0);
        _asm.Cmov(condition, target, X64Register.Rcx);
        Finish(in op, target, IrWidth.W64);
    }

    private void WriteUnary(in IrOp op, IrWidth width, bool wide)
    {
        X64Register target = _home[op.Dst] == X64Register.None ? X64Register.Rax : _home[op.Dst];
        X64Register from = Source(op.A, op.Imm, X64Register.Rcx);
        switch (op.Code)
        {
            case IrOpcode.SignExtend8:
                // rcx: its low byte needs no prefix, other registers' would.
                if (from != X64Register.Rcx)
                    _asm.Mov(X64Register.Rcx, from, wide: false);
                _asm.Register(X64Opcode.Movsx8, (uint)target, (uint)X64Register.Rcx, width != IrWidth.W32Zero);
                break;
            case IrOpcode.SignExtend16:
                _asm.Register(X64Opcode.Movsx16, (uint)target, (uint)from, width != IrWidth.W32Zero);
                break;
            case IrOpcode.ZeroExtend16:
                _asm.Register(X64Opcode.Movzx16, (uint)target, (uint)from, wide: false);
                break;
            case IrOpcode.CountLeadingZeros when _hasLzcnt:
                _asm.Register(X64Opcode.Lzcnt, (uint)target, (uint)from, wide);
                break;
            case IrOpcode.CountTrailingZeros when _hasBmi1:
                _asm.Register(X64Opcode.Tzcnt, (uint)target, (uint)from, wide);
                break;
            case IrOpcode.PopulationCount when _hasPopcnt:
                _asm.Register(X64Opcode.Popcnt, (uint)target, (uint)from, wide);
                break;
            case IrOpcode.ReverseBytes:
                if (from != target)
                    _asm.Mov(target, from, wide);
                _asm.Bswap(target, wide);
                Finish(in op, target, width);
                return;
            default:
                target = WriteBitCount(in op, from, wide);
                break;
        }

        Finish(in op, target, IrWidth.W64);
    }

    /// <summary>Counts bits on processors that lack the instruction; the result is in rax.</summary>
    private X64Register WriteBitCount(in IrOp op, X64Register from, bool wide)
    {
        int bits = wide ? 64 : 32;
        if (from != X64Register.Rcx)
            _asm.Mov(X64Register.Rcx, from, wide);
        if (op.Code == IrOpcode.PopulationCount)
        {
            // One bit a turn: clears the lowest until none is left.
            EndGroup();
            _asm.MovImmediate(X64Register.Rax, 0);
            byte* top = _asm.Next;
            _asm.Test(X64Register.Rcx, X64Register.Rcx, wide);
            byte* done = _asm.JumpShort(X64Condition.Equal);
            _asm.Lea(X64Register.Rdx, new X64Address(X64Register.Rcx, -1), wide);
            _asm.Alu(X64Alu.And, X64Register.Rcx, X64Register.Rdx, wide);
            _asm.Alu(X64Alu.Add, X64Register.Rax, 1, wide: false);
            _asm.Jump(top);
            _asm.BindShort(done);
            return X64Register.Rax;
        }

        // The bit scans leave their destination undefined for zero.
        bool isLeading = op.Code == IrOpcode.CountLeadingZeros;
        _asm.MovConstant(X64Register.Rax, isLeading ? 2 * bits - 1 : bits);
        _asm.Test(X64Register.Rcx, X64Register.Rcx, wide);
        byte* zero = _asm.JumpShort(X64Condition.Equal);
        _asm.Register(isLeading ? X64Opcode.Bsr : X64Opcode.Bsf, (uint)X64Register.Rax, (uint)X64Register.Rcx, wide);
        _asm.BindShort(zero);
        if (isLeading)
            _asm.Alu(X64Alu.Xor, X64Register.Rax, bits - 1, wide: false);
        return X64Register.Rax;
    }

    private void WriteLoadState(in IrOp op)
    {
        X64Register to = _home[op.Dst] == X64Register.None ? X64Register.Rax : _home[op.Dst];
        _asm.Mov(to, Field((int)op.Imm));
        Finish(in op, to, IrWidth.W64);
    }
}
