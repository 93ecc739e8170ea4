namespace AxVCpu.Software.Translator.X64;

// Floating point.
internal sealed unsafe partial class X64Translator
{
    private void WriteFloat(in IrOp op)
    {
        FlushConstants();
        switch (op.Code)
        {
            case IrOpcode.FloatGuard:
                EndGroup();
                _asm.CompareByte(Field(_layout.FloatReady), 0);
                AddSlow(_asm.JumpNear(X64Condition.Equal), op.Guest);
                return;
            case IrOpcode.FloatDirty:
                _asm.Alu(X64Alu.Or, Field(_layout.FloatDirty), (int)op.Imm);
                return;
        }

        EndGroup();
        AddSlow(_asm.JumpNear(), op.Guest);
        Forget(op.Dst);
    }
}
