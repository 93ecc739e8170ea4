using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

// Both tiers at once, to find where they part: a trace is interpreted, taken back, run as host code, and the two results are compared.
internal sealed unsafe partial class Hart
{
    private LockstepLog? _lockstep;

    /// <summary>Where the tiers parted, when Run ended with an InternalError for that.</summary>
    public string? Divergence { get; private set; }

    /// <summary>
    /// Runs the trace of a block in both tiers. Both stop at its end: the poll word lets translated code into no other trace. A system
    /// instruction is no part of a trace here: it may read the time or tell others something, so that it cannot be done twice.
    /// </summary>
    private void RunLockstep(CodeBlock* block)
    {
        nint native = Enter(block);
        if (native == 0)
            return;
        CodeBlock* trace = block->Trace;
        LockstepLog log = _lockstep ??= new LockstepLog();
        var pending = _pending;
        Interpret(trace, log);
        bool interpretedExit = _exitPending;
        VCpuExitRecord expected = _exit;
        log.UndoStores();
        Restore(log.State(0));
        _exitPending = false;
        _pending = pending;

        ulong end = _s->InstRet + 1;
        ulong pollAt = Interlocked.Exchange(ref _s->PollAt, end);
        PrepareFloat();
        TraceExit left = _translator!.Run((byte*)_s, native);
        TakeHostFloatFlags();
        if (left == TraceExit.Unlinked)
            _s->Pc = ((TraceEdge*)_blocks.FromToken(_s->Edge))->Target;
        // Unless somebody asked for a poll meanwhile, the next one is when it was to be.
        Interlocked.CompareExchange(ref _s->PollAt, pollAt, end);

        int step = log.FindStep(_s->InstRet, _s->Pc);
        LockstepDifference? difference = step < 0
            ? log.CompareRegisters(log.Count - 1, _s)
            : log.CompareRegisters(step, _s) ?? log.CompareMemory(step);
        if (difference is null && step == log.Count - 1 && (interpretedExit != _exitPending || (interpretedExit && expected.Kind != _exit.Kind)))
            difference = new LockstepDifference(LockstepDifference.Memory + 1, "the exit", (ulong)expected.Kind, (ulong)_exit.Kind);
        if (difference is null)
            return;
        Divergence = difference.Describe(trace, _machine.Isa);
        _exit.SetInternalError(EngineErrorCode.Inconsistent, trace->Pc, (ulong)difference.Index, difference.Interpreted, difference.Translated);
        _exitPending = true;
    }

    /// <summary>Interprets a trace from its start to where control leaves it, and logs every step.</summary>
    private void Interpret(CodeBlock* trace, LockstepLog log)
    {
        ulong before = _s->InstRet;
        log.Begin(_s);
        Op* ops = CodeBlock.Ops(trace);
        for (uint i = 0; i < trace->Count && !_exitPending; i++)
        {
            Op* op = ops + i;
            ulong next = trace->Pc + op->PcOffset + op->Length;
            KeepOldBytes(op, log);
            PrepareFloat();
            // As in a trace: all of it counts as retired, and what leaves it takes back the rest.
            _s->InstRet = before + trace->Count;
            if (ExecuteOne(trace, op))
            {
                _s->InstRet = before + i + 1;
                _s->Pc = next;
            }

            log.Record(_s);
            if (_s->Pc != next || _s->InstRet != before + i + 1)
                return;
        }
    }

    /// <summary>Logs the bytes that an instruction is going to write, if it does.</summary>
    private void KeepOldBytes(Op* op, LockstepLog log)
    {
        uint size = op->Code switch
        {
            OpCode.Sb => 1,
            OpCode.Sh or OpCode.Fsh => 2,
            OpCode.Sw or OpCode.Fsw => 4,
            OpCode.Sd or OpCode.Fsd => 8,
            >= OpCode.ScW and <= OpCode.AmomaxuW => 4,
            >= OpCode.ScD and <= OpCode.AmomaxuD => 8,
            >= OpCode.AmoswapB and <= OpCode.AmocasQ => MoreAtomicSize(op->Code),
            OpCode.CboZero => CacheBlockBytes,
            _ => 0,
        };
        if (size == 0)
            return;
        ulong va = _s->X[op->Rs1] + (op->Code is >= OpCode.ScW and <= OpCode.AmomaxuD or OpCode.CboZero ? 0 : (ulong)(long)op->Imm);
        if (op->Code == OpCode.CboZero)
            va &= ~(ulong)(CacheBlockBytes - 1);
        uint inPage = (uint)ulong.Min(size, PageSize - (va & (PageSize - 1)));
        KeepOldBytes(va, inPage, log);
        if (inPage < size)
            KeepOldBytes(va + inPage, size - inPage, log);
    }

    /// <summary>Logs bytes of one page, if they can be written; a fault is not taken.</summary>
    private void KeepOldBytes(ulong va, uint size, LockstepLog log)
    {
        TlbEntry* entry = (TlbEntry*)(_s->DataTlb + SoftTlb.StoreOffset + ((va >> SoftTlb.IndexShift) & SoftTlb.IndexMask));
        if (entry->Tag == (va & SoftTlb.PageMask))
        {
            log.KeepOld((byte*)(va + entry->Addend), size);
            return;
        }

        HartState saved = *_s;
        if (FillTlb(va, size, MemoryAccess.Store, out byte* host, out _) == TlbFill.Mapped)
            log.KeepOld(host, size);
        else
            Restore(&saved);
        _exitPending = false;
    }

    /// <summary>Brings back what guest code and traps change; other threads may be writing the rest.</summary>
    private void Restore(HartState* saved)
    {
        HartState* to = _s;
        for (int i = 0; i < 32; i++)
        {
            to->X[i] = saved->X[i];
            to->F[i] = saved->F[i];
        }

        to->Pc = saved->Pc;
        to->InstRet = saved->InstRet;
        to->DataTlb = saved->DataTlb;
        to->FetchContext = saved->FetchContext;
        to->Mode = saved->Mode;
        to->DataClass = saved->DataClass;
        to->FetchClass = saved->FetchClass;
        to->Fflags = saved->Fflags;
        to->Frm = saved->Frm;
        to->ReservationHost = saved->ReservationHost;
        to->ReservationAddress = saved->ReservationAddress;
        to->ReservationValue = saved->ReservationValue;
        to->Mstatus = saved->Mstatus;
        to->Mepc = saved->Mepc;
        to->Mcause = saved->Mcause;
        to->Mtval = saved->Mtval;
        to->Sepc = saved->Sepc;
        to->Scause = saved->Scause;
        to->Stval = saved->Stval;
    }

    /// <summary>Ends a trace in front of its first system instruction. False when it begins with one.</summary>
    private static bool CutBeforeSystem(CodeBlock* trace)
    {
        Op* ops = CodeBlock.Ops(trace);
        for (uint i = 0; i < trace->Count; i++)
        {
            if (ops[i].Code is not (CodeBlock.Stop or OpCode.Illegal or OpCode.FenceI or >= OpCode.Csrrw and <= OpCode.WrsSto and not OpCode.Pause))
                continue;
            if (i == 0)
                return false;
            byte* copy = CodeBlock.Copy(trace);
            Op end = default;
            end.Code = CodeBlock.BlockEnd;
            end.PcOffset = ops[i].PcOffset;
            end.Extra = (ushort)i;
            ops[i] = end;
            trace->Count = i;
            trace->Length = end.PcOffset;
            Buffer.MemoryCopy(copy, CodeBlock.Copy(trace), trace->Length, trace->Length);
            return true;
        }

        return true;
    }
}
