using System.Runtime.CompilerServices;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

// Single steps and breakpoints of the VMM. A breakpoint is a place where decoding stops, so it costs nothing elsewhere, in either tier.
internal sealed unsafe partial class Hart
{
    /// <summary>No instruction has an odd address.</summary>
    private const ulong Nowhere = 1;

    private bool _singleSteps;

    /// <summary>The breakpoint that ended the last Run; the next Run goes past it.</summary>
    private ulong _stoppedAt = Nowhere;

    /// <summary>Sets what ends a Run with a Debug exit. Owner thread.</summary>
    public void SetDebug(bool singleSteps, ReadOnlySpan<ulong> breakpoints)
    {
        _singleSteps = singleSteps;
        if (breakpoints.SequenceEqual(_blocks.Breakpoints))
            return;
        _blocks.Breakpoints = breakpoints.ToArray();
        DropCode();
    }

    /// <summary>Runs until an exit is pending.</summary>
    private void Go()
    {
        if (!_singleSteps && _stoppedAt == Nowhere)
        {
            if (!Resume())
                Execute(null);
            return;
        }

        if (_s->InstRet >= Volatile.Read(ref _s->PollAt) && !PollInterrupts())
            return;
        bool passes = _stoppedAt == _s->Pc;
        _stoppedAt = Nowhere;
        if (!passes && _blocks.IsBreakpoint(_s->Pc))
        {
            StopAtBreakpoint();
            return;
        }

        Step();
        if (_exitPending)
            return;
        if (_singleSteps)
        {
            _exit.SetDebug(_s->Pc, DebugReason.SingleStep);
            _exitPending = true;
        }
        else
        {
            Execute(null);
        }
    }

    /// <summary>Executes the instruction at Pc, or takes the trap that it is.</summary>
    private void Step()
    {
        ulong pc = _s->Pc;
        byte* code = FetchPointer(pc);
        if (code == null)
            return;
        byte* second = code + 2;
        if (Decoder.LengthOf(*(ushort*)code) == 4 && (second = FetchPointer(pc + 2)) == null)
            return;

        CodeBlock* block = _blocks.DecodeAlone(pc, code, second, _s->FetchGeneration);
        Op* op = CodeBlock.Ops(block);
        PrepareFloat();
        _s->InstRet++;
        if (ExecuteOne(block, op))
            _s->Pc = pc + op->Length;
    }

    /// <summary>Ends the Run in front of a breakpoint; always false.</summary>
    private bool StopAtBreakpoint()
    {
        _stoppedAt = _s->Pc;
        _exit.SetDebug(_s->Pc, DebugReason.Breakpoint);
        _exitPending = true;
        return false;
    }

    /// <summary>
    /// A branch or jump of a trace that is left to the slow path, because its target may not be an instruction's. InstRet counts the whole
    /// trace. Always false: Pc is the target, or the trap's handler.
    /// </summary>
    private bool ExecuteJump(CodeBlock* trace, Op* op)
    {
        ulong a = _s->X[op->Rs1];
        ulong b = _s->X[op->Rs2];
        ulong next = _s->Pc + op->Length;
        ulong target = op->Code == OpCode.Jalr ? (a + (ulong)(long)op->Imm) & ~1UL : _s->Pc + (ulong)(long)op->Imm;
        bool isTaken = op->Code switch
        {
            OpCode.Beq => a == b,
            OpCode.Bne => a != b,
            OpCode.Blt => (long)a < (long)b,
            OpCode.Bge => (long)a >= (long)b,
            OpCode.Bltu => a < b,
            OpCode.Bgeu => a >= b,
            _ => true,
        };
        if (isTaken && (target & _s->MisalignedTarget) != 0)
        {
            RaiseException(ExceptionCause.InstructionAddressMisaligned, target);
            TakeBack(trace, op);
            return false;
        }

        if (op->Code is OpCode.Jal or OpCode.Jalr)
            _s->X[op->Rd] = next;
        _s->Pc = isTaken ? target : next;
        LeaveBehind(trace, op);
        return false;
    }
}
