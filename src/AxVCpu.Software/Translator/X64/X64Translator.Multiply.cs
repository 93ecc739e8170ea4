namespace AxVCpu.Software.Translator.X64;

// Multiplication and division. The double-width forms work in rdx and rax, so that no translation survives them there.
internal sealed unsafe partial class X64Translator
{
    private void WriteMultiply(in IrOp op, IrWidth width)
    {
        bool wide = width == IrWidth.W64;
        byte a = op.A;
        byte b = op.B;
        if (b == op.Dst || TryConstant(a, op.Imm, out _))
            (a, b) = (b, a);
        X64Register target = _home[op.Dst];
        if (target == X64Register.None || (b == op.Dst && a != b))
            target = X64Register.Rax;
        if (TryImmediate(b, op.Imm, out int immediate))
        {
            _asm.Imul(target, Source(a, op.Imm, X64Register.Rax), immediate, wide);
        }
        else
        {
            LoadTo(target, a, op.Imm, wide);
            if (TryConstant(b, op.Imm, out _) || _home[b] != X64Register.None)
                _asm.Imul(target, Source(b, op.Imm, X64Register.Rcx), wide);
            else
                _asm.Imul(target, Slot(b), wide);
        }

        Finish(in op, target, width);
    }

    private void WriteMultiplyHigh(in IrOp op, IrWidth width)
    {
        EndGroup();
        LoadTo(X64Register.Rax, op.A, op.Imm, wide: width == IrWidth.W64);
        if (width == IrWidth.W64)
        {
            X64Register by = Source(op.B, op.Imm, X64Register.Rcx);
            _asm.Unary(op.Code == IrOpcode.MultiplyHighSigned ? X64Unary.Imul : X64Unary.Mul, by);
            if (op.Code == IrOpcode.MultiplyHighSignedUnsigned)
            {
                // As unsigned a negative A is 2^64 too large.
                LoadTo(X64Register.Rax, op.A, op.Imm);
                _asm.Shift(X64Shift.Sar, X64Register.Rax, 63);
                _asm.Alu(X64Alu.And, X64Register.Rax, by);
                _asm.Alu(X64Alu.Sub, X64Register.Rdx, X64Register.Rax);
            }

            Finish(in op, X64Register.Rdx, width);
            return;
        }

        LoadTo(X64Register.Rcx, op.B, op.Imm, wide: false);
        if (op.Code != IrOpcode.MultiplyHighUnsigned)
            _asm.Movsxd(X64Register.Rax, X64Register.Rax);
        if (op.Code == IrOpcode.MultiplyHighSigned)
            _asm.Movsxd(X64Register.Rcx, X64Register.Rcx);
        _asm.Imul(X64Register.Rax, X64Register.Rcx);
        _asm.Shift(X64Shift.Shr, X64Register.Rax, 32);
        Finish(in op, X64Register.Rax, width);
    }

    // The processor traps for x / 0 and min / -1: those two divisors are told apart first.
    private void WriteDivideSigned(in IrOp op, IrWidth width)
    {
        EndGroup();
        bool wide = width == IrWidth.W64;
        bool isRemainder = op.Code == IrOpcode.RemainderSigned;
        bool isKnown = TryConstant(op.B, op.Imm, out long divisor);
        divisor = wide ? divisor : (int)divisor;
        LoadTo(X64Register.Rcx, op.B, op.Imm, wide);
        LoadTo(X64Register.Rax, op.A, op.Imm, wide);
        byte* done = null;
        if (!isKnown || divisor is 0 or -1)
        {
            _asm.Lea(X64Register.Rdx, new X64Address(X64Register.Rcx, 1), wide);
            _asm.Alu(X64Alu.Cmp, X64Register.Rdx, 1, wide);
            byte* usual = _asm.JumpShort(X64Condition.Above);
            byte* keep;
            if (isRemainder)
            {
                _asm.Test(X64Register.Rcx, X64Register.Rcx, wide);
                keep = _asm.JumpShort(X64Condition.Equal);
                _asm.MovImmediate(X64Register.Rax, 0);
            }
            else
            {
                _asm.Unary(X64Unary.Neg, X64Register.Rax, wide);
                _asm.Test(X64Register.Rcx, X64Register.Rcx, wide);
                keep = _asm.JumpShort(X64Condition.NotEqual);
                _asm.MovImmediate(X64Register.Rax, wide ? -1 : uint.MaxValue);
            }

            _asm.BindShort(keep);
            done = _asm.JumpShort();
            _asm.BindShort(usual);
        }

        _asm.SignToDx(wide);
        _asm.Unary(X64Unary.Idiv, X64Register.Rcx, wide);
        if (isRemainder)
            _asm.Mov(X64Register.Rax, X64Register.Rdx, wide);
        if (done != null)
            _asm.BindShort(done);
        Finish(in op, X64Register.Rax, width);
    }

    private void WriteDivideUnsigned(in IrOp op, IrWidth width)
    {
        EndGroup();
        bool wide = width == IrWidth.W64;
        bool isRemainder = op.Code == IrOpcode.RemainderUnsigned;
        LoadTo(X64Register.Rcx, op.B, op.Imm, wide);
        LoadTo(X64Register.Rax, op.A, op.Imm, wide);
        _asm.Test(X64Register.Rcx, X64Register.Rcx, wide);
        byte* usual = _asm.JumpShort(X64Condition.NotEqual);
        if (!isRemainder)
            _asm.MovImmediate(X64Register.Rax, wide ? -1 : uint.MaxValue);
        byte* done = _asm.JumpShort();
        _asm.BindShort(usual);
        _asm.Alu(X64Alu.Xor, X64Register.Rdx, X64Register.Rdx, wide: false);
        _asm.Unary(X64Unary.Div, X64Register.Rcx, wide);
        if (isRemainder)
            _asm.Mov(X64Register.Rax, X64Register.Rdx, wide);
        _asm.BindShort(done);
        Finish(in op, X64Register.Rax, width);
    }
}
