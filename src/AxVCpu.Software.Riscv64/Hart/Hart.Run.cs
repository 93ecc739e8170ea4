using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

// Around the interpreter: entering and leaving it, and finding the block to run.
internal sealed unsafe partial class Hart
{
    /// <summary>So many faults without a poll make the loop poll: a guest that only faults retires nothing, and still must see its timer.</summary>
    private const uint FaultsPerPoll = 64;

    private readonly BlockCache _blocks;
    private uint _faults;

    /// <summary>Runs the guest until an exit, which is in <paramref name="exit"/> then. Owner thread.</summary>
    public void Run(ref VCpuExitRecord exit)
    {
        EnterRun();
        _exitPending = false;
        FinishPendingAccess();
        // A CSR of the VMM is read and then written: two exits of one instruction.
        if (!_exitPending)
            Go();
        LeaveRun();
        exit.Assign(in _exit);
        ClearKick();
    }

    private partial void ResetExecution()
    {
        _pending = default;
        _faults = 0;
        _s->FetchGeneration = 1;
        _s->Jumps = _blocks.Jumps;
        _s->MisalignedTarget = (_machine.Isa & IsaExtensions.C) != 0 ? 0UL : 2;
        _s->SlowPath = &SlowPath;
        _s->Self = GCHandle.ToIntPtr(_self);
        DropCode();
        FlushTranslations();
        EnterMode(PrivilegeMode.Machine);
    }

    /// <summary>
    /// The block at Pc when the jump cache does not know it. Null when the fetch trapped or an exit is pending. Blocks from before are dead.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private CodeBlock* FindBlock(ulong pc)
    {
        byte* code = FetchPointer(pc);
        if (code == null)
            return null;

        int available = (int)(PageSize - (pc & (PageSize - 1)));
        byte* second = null;
        if (available == 2 && Decoder.LengthOf(*(ushort*)code) == 4)
        {
            second = FetchPointer(pc + 2);
            if (second == null)
                return null;
        }
        else if (_tlb.Entry((int)_s->FetchClass, SoftTlb.FetchOffset, pc)->Tag != (pc & SoftTlb.PageMask))
        {
            // PMP draws a line through this page: one instruction at a time, all of its bytes checked.
            second = Decoder.LengthOf(*(ushort*)code) == 4 ? FetchPointer(pc + 2) : code;
            if (second == null)
                return null;
        }

        CodeBlock* block = _blocks.Find(pc, code, second);
        if (block == null)
        {
            ulong epoch = _blocks.Epoch;
            block = _blocks.Build(pc, code, available, second, _s->FetchGeneration);
            if (epoch != _blocks.Epoch)
                _translator?.Clear();
        }

        // What was looked at for this entry, up to two pages and PMP, holds as long as the context does.
        JumpEntry* jump = BlockCache.Jump(_blocks.Jumps, pc);
        jump->Pc = pc;
        jump->Context = _s->FetchContext;
        jump->Block = (nint)block;
        jump->Native = _noTrace;
        NoteJumpPage(pc);
        if (second != null)
            NoteJumpPage(pc + 2);
        return block;
    }

    /// <summary>The host address of code, for the rest of its page; null when the fetch trapped or an exit is pending.</summary>
    private byte* FetchPointer(ulong va)
    {
        TlbEntry* entry = _tlb.Entry((int)_s->FetchClass, SoftTlb.FetchOffset, va);
        if (entry->Tag == (va & SoftTlb.PageMask))
            return (byte*)(va + entry->Addend);
        if (FillTlb(va, 2, MemoryAccess.Fetch, out byte* host, out _) == TlbFill.Mapped)
            return host;
        NoteFault();
        return null;
    }

    /// <summary>
    /// Follows an edge of <paramref name="from"/> to Pc, and remembers it when both ends are in one page: whoever may execute the one may
    /// execute the other. Null when the fetch trapped or an exit is pending.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private CodeBlock* Follow(CodeBlock* from, bool taken)
    {
        ulong pc = _s->Pc;
        ulong epoch = _blocks.Epoch;
        JumpEntry* jump = BlockCache.Jump(_blocks.Jumps, pc);
        CodeBlock* to = jump->Pc == pc && jump->Context == _s->FetchContext ? (CodeBlock*)jump->Block : FindBlock(pc);
        if (to == null || epoch != _blocks.Epoch || ((pc ^ from->Pc) & SoftTlb.PageMask) != 0 || to->SecondCode != null || from->SecondCode != null)
            return to;
        if (taken)
            from->Taken = to;
        else
            from->Next = to;
        return to;
    }

    /// <summary>
    /// Brings a block of an older fetch generation up to date. False when its code has changed: it can not be found any more, and Pc is its address.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Revalidate(CodeBlock* block)
    {
        // Links lead to blocks that were current when the link was made; they may be out of date now, so they are found again.
        block->Taken = null;
        block->Next = null;
        if (BlockCache.IsCurrent(block))
        {
            block->Generation = _s->FetchGeneration;
            return true;
        }

        _s->Pc = block->Pc;
        _blocks.Remove(block);
        JumpEntry* jump = BlockCache.Jump(_blocks.Jumps, block->Pc);
        if (jump->Block == (nint)block)
            jump->Context = ulong.MaxValue;
        return false;
    }

    /// <summary>Takes back the instructions of a block that did not retire, from <paramref name="op"/> on.</summary>
    private void TakeBack(CodeBlock* block, Op* op)
    {
        int retired = (int)(op - CodeBlock.Ops(block));
        _s->InstRet -= block->Count - (ulong)retired;
        // An instruction that asks the VMM for something and is done (wfi, an SBI call) left Pc behind itself.
        if (_exitPending && _s->Pc != block->Pc + op->PcOffset)
            _s->InstRet++;
        NoteFault();
    }

    private void NoteFault()
    {
        if (++_faults % FaultsPerPoll == 0)
            Volatile.Write(ref _s->PollAt, 0);
    }
}
