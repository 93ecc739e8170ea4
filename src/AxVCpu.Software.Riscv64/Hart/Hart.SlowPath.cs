using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

// What a trace calls for the instructions it cannot do itself: TLB misses, CSR accesses, rare floats. The interpreter's methods do them.
internal sealed unsafe partial class Hart
{
    /// <summary>Called by generated code; see <see cref="Translator.StateLayout.SlowPath"/>.</summary>
    [UnmanagedCallersOnly]
    [SuppressMessage("Design", "CA1031", Justification = "an exception cannot pass through generated code")]
    private static uint SlowPath(byte* state, uint token, uint count)
    {
        // The hart runs, so it is alive.
        var hart = Unsafe.As<Hart>(GCHandle.FromIntPtr(((HartState*)state)->Self).Target!);
        try
        {
            return hart.ExecuteSlow((Op*)hart._blocks.FromToken(token), count) ? 0u : 1u;
        }
        catch (Exception failure)
        {
            Environment.FailFast("the slow path of a trace threw", failure);
            return 1;
        }
    }

    /// <summary>
    /// Executes <paramref name="count"/> instructions of a trace from <paramref name="op"/>. InstRet counts the whole trace. False when the
    /// trace must be left; Pc and InstRet are right then.
    /// </summary>
    private bool ExecuteSlow(Op* op, uint count)
    {
        SlowPaths++;
        TakeHostFloatFlags();
        CodeBlock* trace = CodeBlock.Of(op);
        bool goesOn = count == 1 ? ExecuteOne(trace, op) : ExecuteRange(op, count);
        PrepareFloat();
        return goesOn;
    }

    private bool ExecuteOne(CodeBlock* trace, Op* op)
    {
        _s->Pc = trace->Pc + op->PcOffset;
        bool done;
        switch (op->Code)
        {
            case >= OpCode.Ld and <= OpCode.Sw or >= OpCode.Lbu and <= OpCode.Sh:
                done = op->Code is OpCode.Sd or OpCode.Sw or OpCode.Sb or OpCode.Sh ? StoreSlow(op) : LoadSlow(op);
                break;
            case >= OpCode.LrW and <= OpCode.AmomaxuD:
                done = ExecuteAtomic(op);
                break;
            case >= OpCode.Flw and <= OpCode.Fsd:
                return ExecuteFloatSlow(trace, op, ExecuteFloatMemory(trace, op));
            case >= OpCode.FmvXW and <= OpCode.FcvtDS:
                return ExecuteFloatSlow(trace, op, ExecuteFloat(trace, op));
            case >= OpCode.AmoswapB and <= OpCode.AmocasQ:
                done = ExecuteMoreAtomic(op);
                break;
            case >= OpCode.Pack and <= OpCode.Sm4ks or >= OpCode.Clmul and <= OpCode.Clmulr:
                ExecuteComputation(op);
                return true;
            case OpCode.Flh or OpCode.Fsh:
                done = ExecuteFloatMemory(trace, op);
                break;
            case >= OpCode.FmvXH and <= OpCode.FcvtmodWD:
                done = ExecuteFloat(trace, op);
                break;
            case >= OpCode.CboInval and <= OpCode.CboZero:
                done = ExecuteCacheBlock(trace, op);
                break;
            case >= OpCode.Beq and <= OpCode.Jalr or CodeBlock.MisalignedJump:
                return ExecuteJump(trace, op);
            case CodeBlock.Stop or OpCode.Illegal or >= OpCode.Csrrw and <= OpCode.SfenceInvalIr or OpCode.FenceI or OpCode.WrsNto or OpCode.WrsSto:
                return ExecuteSystemSlow(trace, op);
            default:
                return ExecuteRange(op, 1);
        }

        if (!done)
            TakeBack(trace, op);
        return done;
    }

    /// <summary>Runs simple instructions in the interpreter.</summary>
    private bool ExecuteRange(Op* op, uint count)
    {
        Op* end = op + count;
        OpCode saved = end->Code;
        end->Code = CodeBlock.ReturnToTrace;
        bool done = Execute(op);
        end->Code = saved;
        return done;
    }

    /// <summary>After a float instruction: behind a float guard that failed, the rest of the trace cannot be run by the host's float unit.</summary>
    private bool ExecuteFloatSlow(CodeBlock* trace, Op* op, bool done)
    {
        if (!done)
        {
            TakeBack(trace, op);
            return false;
        }

        if (_s->FloatReady != 0)
            return true;
        LeaveBehind(trace, op);
        _s->Pc += op->Length;
        return false;
    }

    private bool ExecuteSystemSlow(CodeBlock* trace, Op* op)
    {
        ulong whole = _s->InstRet;
        ulong context = _s->FetchContext;
        // A CSR access sees the instructions up to itself as retired.
        LeaveBehind(trace, op);
        ulong retired = _s->InstRet;
        if (!ExecuteSystem(trace, op))
        {
            _s->InstRet = whole;
            TakeBack(trace, op);
            return false;
        }

        // fence.i changes nothing for a page whose code is as it was.
        bool isSame = _s->FetchContext == context
            || (op->Code == OpCode.FenceI && trace->Page != null && BlockCache.Validate(trace->Page, _s->FetchGeneration));
        if (!isSame || _s->Pc != trace->Pc + op->PcOffset + op->Length || retired >= Volatile.Read(ref _s->PollAt))
            return false;
        _s->InstRet = whole;
        return true;
    }

    /// <summary>Takes back what is behind an instruction that retires.</summary>
    private void LeaveBehind(CodeBlock* trace, Op* op) => _s->InstRet -= trace->Count - op->Extra - 1u;

    /// <summary>Says whether generated code may compute floats.</summary>
    private void PrepareFloat() => _s->FloatReady = (_s->Mstatus & StatusBits.FS) != 0 && _s->Frm == 0 ? (byte)1 : (byte)0;

    /// <summary>Takes over the exceptions that the host's float unit met for the guest.</summary>
    private void TakeHostFloatFlags()
    {
        uint host = _s->HostFloatFlags;
        if (host == 0)
            return;
        _s->HostFloatFlags = 0;
        uint flags = (uint)_translator!.FloatFlagsOf(host);
        if (flags == 0)
            return;
        _s->Fflags |= flags;
        _s->Mstatus |= StatusBits.FS;
    }
}
