namespace AxVCpu.Software.Translator.X64;

// What goes between float and integer registers: comparisons, conversions and bits.
internal sealed unsafe partial class X64Translator
{
    // comis signals for every NaN and ucomis for signaling ones only, just as the guest's; an unordered pair sets carry, zero and parity.
    private void WriteFloatSet(in IrOp op, bool isDouble)
    {
        CheckBoxes(in op, isDouble);
        var condition = (IrCondition)op.C;
        if (condition == IrCondition.Equal)
        {
            LoadVector(First, op.A, isDouble);
            Vector(isDouble ? X64Opcode.Ucomisd : X64Opcode.Ucomiss, First, op.B);
            _asm.Set(X64Condition.NoParity, X64Register.Rcx);
            _asm.Set(X64Condition.Equal, X64Register.Rax);
            _asm.Alu(X64Alu.And, X64Register.Rax, X64Register.Rcx, wide: false);
        }
        else
        {
            LoadVector(First, op.B, isDouble);
            Vector(isDouble ? X64Opcode.Comisd : X64Opcode.Comiss, First, op.A);
            _asm.Set(condition == IrCondition.LessSigned ? X64Condition.Above : X64Condition.AboveOrEqual, X64Register.Rax);
        }

        if (op.Dst == GuestRegister.None || IsZero(op.Dst))
            return;
        _asm.Register(X64Opcode.Movzx8, (uint)X64Register.Rax, (uint)X64Register.Rax, wide: false);
        Finish(in op, X64Register.Rax, IrWidth.W64);
    }

    private void WriteFloatToInteger(in IrOp op, bool isDouble)
    {
        CheckBox(op.A, in op, isDouble);
        LoadVector(First, op.A, isDouble);
        X64Opcode convert = isDouble ? X64Opcode.Cvttsd2si : X64Opcode.Cvttss2si;
        var integer = (IrInteger)op.C;
        if (integer is IrInteger.Int32 or IrInteger.Int64)
        {
            // What does not fit raises invalid and gives the least integer. That, less one, is the only one to overflow.
            bool wide = integer == IrInteger.Int64;
            _asm.Register(convert, (uint)X64Register.Rax, (uint)First, wide);
            _asm.Alu(X64Alu.Cmp, X64Register.Rax, 1, wide);
            AddSlow(_asm.JumpNear(X64Condition.Overflow), op.Guest);
        }
        else
        {
            // The signed conversion has more room, and would call inexact what the guest calls invalid: the range is checked first.
            long limit = integer == IrInteger.UInt32
                ? isDouble ? BitConverter.DoubleToInt64Bits(4294967296.0) : BitConverter.SingleToInt32Bits(4294967296f)
                : isDouble ? BitConverter.DoubleToInt64Bits(9223372036854775808.0) : BitConverter.SingleToInt32Bits(9223372036854775808f);
            CompareWith(isDouble ? BitConverter.DoubleToInt64Bits(-1) : (uint)BitConverter.SingleToInt32Bits(-1), isDouble);
            AddSlow(_asm.JumpNear(X64Condition.BelowOrEqual), op.Guest);
            CompareWith(limit, isDouble);
            AddSlow(_asm.JumpNear(X64Condition.AboveOrEqual), op.Guest);
            _asm.Register(convert, (uint)X64Register.Rax, (uint)First, wide: true);
        }

        if (op.Dst != GuestRegister.None && !IsZero(op.Dst))
            Finish(in op, X64Register.Rax, integer is IrInteger.Int32 or IrInteger.UInt32 ? IrWidth.W32Signed : IrWidth.W64);
    }

    // Quiet: a NaN is seen by the conversion or the slow path.
    private void CompareWith(long bits, bool isDouble)
    {
        _asm.MovConstant(X64Register.Rax, bits);
        _asm.Register(X64Opcode.MovdToVector, (uint)Second, (uint)X64Register.Rax, isDouble);
        _asm.Vector(isDouble ? X64Opcode.Ucomisd : X64Opcode.Ucomiss, First, Second);
    }

    private void WriteIntegerToFloat(in IrOp op, bool isDouble)
    {
        var integer = (IrInteger)op.C;
        X64Register from = Source(op.A, 0, X64Register.Rax);
        if (integer == IrInteger.UInt32)
        {
            _asm.Mov(X64Register.Rax, from, wide: false);
            from = X64Register.Rax;
        }
        else if (integer == IrInteger.UInt64)
        {
            // There is no instruction for the upper half of the range.
            _asm.Test(from, from);
            AddSlow(_asm.JumpNear(X64Condition.Sign), op.Guest);
        }

        WriteFreshVector(isDouble);
        _asm.Register(isDouble ? X64Opcode.Cvtsi2sd : X64Opcode.Cvtsi2ss, (uint)First, (uint)from, integer != IrInteger.Int32);
        StoreVector(op.Dst, isDouble, isBoxed: true);
    }

    private void WriteBitsToFloat(in IrOp op, bool isDouble)
    {
        X64Register bits = Source(op.A, 0, X64Register.Rax);
        if (_vectorHome[op.Dst] != X64Vector.None)
        {
            _asm.Register(X64Opcode.MovdToVector, (uint)_vectorHome[op.Dst], (uint)bits, isDouble);
            FinishInHome(op.Dst, isDouble);
            return;
        }

        bool wasBoxed = IsBoxed(op.Dst);
        Forget(op.Dst);
        WriteFloatSlot(op.Dst, bits, isDouble, wasBoxed);
    }

    private void WriteFloatToBits(in IrOp op, bool isDouble)
    {
        if (op.Dst == GuestRegister.None || IsZero(op.Dst))
            return;
        X64Register to = _home[op.Dst] == X64Register.None ? X64Register.Rax : _home[op.Dst];
        if (_vectorHome[op.A] == X64Vector.None)
        {
            _asm.Memory(isDouble ? X64Opcode.MovLoad : X64Opcode.Movsxd, (uint)to, Slot(op.A), wide: true);
            Finish(in op, to, IrWidth.W64);
            return;
        }

        _asm.Register(X64Opcode.MovdFromVector, (uint)_vectorHome[op.A], (uint)to, isDouble);
        Finish(in op, to, isDouble ? IrWidth.W64 : IrWidth.W32Signed);
    }
}
