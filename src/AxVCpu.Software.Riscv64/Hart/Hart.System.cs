using System.Runtime.CompilerServices;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

// Instructions that end a block because the machine may be another one behind them.
internal sealed unsafe partial class Hart
{
    /// <summary>Executes the instruction at Pc and moves Pc on. False when it trapped or an exit is pending.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ExecuteSystem(CodeBlock* block, Op* op)
    {
        switch (op->Code)
        {
            case OpCode.Csrrw:
                return ExecuteCsr(block, op, CsrOperation.Write, _s->X[op->Rs1], writes: true);
            case OpCode.Csrrs:
                return ExecuteCsr(block, op, CsrOperation.Set, _s->X[op->Rs1], op->Rs1 != 0);
            case OpCode.Csrrc:
                return ExecuteCsr(block, op, CsrOperation.Clear, _s->X[op->Rs1], op->Rs1 != 0);
            case OpCode.Csrrwi:
                return ExecuteCsr(block, op, CsrOperation.Write, op->Rs1, writes: true);
            case OpCode.Csrrsi:
                return ExecuteCsr(block, op, CsrOperation.Set, op->Rs1, op->Rs1 != 0);
            case OpCode.Csrrci:
                return ExecuteCsr(block, op, CsrOperation.Clear, op->Rs1, op->Rs1 != 0);
            case OpCode.Ecall:
                return ExecuteEcall();
            case OpCode.Ebreak:
                return ExecuteEbreak(op->Length == 2);
            case OpCode.Mret:
                return ExecuteMret();
            case OpCode.Sret:
                return ExecuteSret();
            case OpCode.Wfi:
                return ExecuteWfi();
            case OpCode.SfenceVma:
            case OpCode.SinvalVma:
                if (!ExecuteSfenceVma(_s->X[op->Rs1], op->Rs1 != 0, _s->X[op->Rs2], op->Rs2 != 0))
                    return RaiseIllegal(CodeBlock.Raw(block, op));
                break;
            case OpCode.SfenceWInval:
            case OpCode.SfenceInvalIr:
                if (_s->Mode == PrivilegeMode.User)
                    return RaiseIllegal(CodeBlock.Raw(block, op));
                break;
            case OpCode.FenceI:
                Interlocked.MemoryBarrier();
                FlushCode();
                break;
            case OpCode.WrsNto:
            case OpCode.WrsSto:
                // Waiting may end at any time; giving the processor away once is enough (Zawrs: implementations may time out).
                break;
            case CodeBlock.Stop:
                return StopAtBreakpoint();
            default:
                return RaiseIllegal(CodeBlock.Raw(block, op));
        }

        _s->Pc += op->Length;
        return true;
    }

    private bool ExecuteCsr(CodeBlock* block, Op* op, CsrOperation operation, ulong operand, bool writes)
    {
        if (_machine.IsVmmCsr(op->Imm))
            return CheckCsr(op->Imm, writes) ? BeginVmmCsr(block, op, operation, operand, writes) : RaiseIllegal(CodeBlock.Raw(block, op));
        if (!AccessCsr(op->Imm, operation, operand, writes, out ulong old))
            return RaiseIllegal(CodeBlock.Raw(block, op));
        _s->X[op->Rd] = old;
        _s->Pc += op->Length;
        return true;
    }
}
