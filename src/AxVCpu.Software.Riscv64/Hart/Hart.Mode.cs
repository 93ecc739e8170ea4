namespace AxVCpu.Software.Riscv64;

// What follows from the privilege mode: the MMU classes of fetches and data, and the identity of fetched code.
internal sealed unsafe partial class Hart
{
    /// <summary>The low bits of <see cref="HartState.FetchContext"/> hold the fetch class.</summary>
    private const ulong FetchClassMask = 3;

    private const int JumpPageBits = 4096;

    /// <summary>A bit for each page, by the low bits of its number, that an entry of the jump cache depends on.</summary>
    private readonly ulong[] _jumpPages = new ulong[JumpPageBits / 64];

    private void EnterMode(PrivilegeMode mode)
    {
        MmuClass fetchClass = mode switch
        {
            PrivilegeMode.User => MmuClass.User,
            PrivilegeMode.Supervisor => MmuClass.Supervisor,
            _ => MmuClass.Machine,
        };
        _s->Mode = mode;
        _s->FetchClass = fetchClass;
        _s->FetchContext = (_s->FetchContext & ~FetchClassMask) | (ulong)fetchClass;
        UpdateDataClass();
    }

    /// <summary>After a change of the mode, MPRV, MPP or SUM.</summary>
    private void UpdateDataClass()
    {
        ulong status = _s->Mstatus;
        // MPRV is only ever set in M mode: every return to a lower mode clears it.
        PrivilegeMode effective = (status & StatusBits.MPRV) != 0
            ? (PrivilegeMode)((status & StatusBits.MPP) >> StatusBits.MPPShift)
            : _s->Mode;
        MmuClass dataClass = effective switch
        {
            PrivilegeMode.User => MmuClass.User,
            PrivilegeMode.Supervisor => (status & StatusBits.SUM) != 0 ? MmuClass.SupervisorSum : MmuClass.Supervisor,
            _ => MmuClass.Machine,
        };
        _s->DataClass = dataClass;
        _s->DataTlb = _tlb.ClassBase((int)dataClass);
    }

    /// <summary>fence.i: code is compared with guest memory before it runs again.</summary>
    private void FlushCode()
    {
        _s->FetchGeneration++;
        FlushJumpCache();
    }

    /// <summary>Makes every entry of the jump cache stale at once.</summary>
    private void FlushJumpCache()
    {
        _s->FetchContext += FetchClassMask + 1;
        _jumpPages.AsSpan().Clear();
    }

    /// <summary>Makes the entries stale that depend on the page of <paramref name="va"/>; most fences are about pages without code.</summary>
    private void FlushJumps(ulong va)
    {
        if ((_jumpPages[JumpPageWord(va)] & JumpPageBit(va)) != 0)
            FlushJumpCache();
    }

    private void NoteJumpPage(ulong va) => _jumpPages[JumpPageWord(va)] |= JumpPageBit(va);

    private static int JumpPageWord(ulong va) => (int)(va >> (PageShift + 6)) & ((JumpPageBits / 64) - 1);

    private static ulong JumpPageBit(ulong va) => 1UL << (int)(va >> PageShift);
}
