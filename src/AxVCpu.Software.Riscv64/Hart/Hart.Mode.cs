using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

// What follows from the privilege mode: the MMU classes of fetches and data, and the identity of fetched code.
internal sealed unsafe partial class Hart
{
    /// <summary>The low bits of <see cref="HartState.FetchContext"/> hold the fetch class.</summary>
    private const ulong FetchClassMask = 3;

    private const int JumpPageBits = 4096;

    /// <summary>The first fetch context behind the last flush of translations.</summary>
    private ulong _translatedSince;

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

    /// <summary>
    /// fence.i: code is compared with guest memory before it runs again. The jump cache must not lead to it unseen, but what it says of
    /// translations still holds (<see cref="IsTranslated"/>).
    /// </summary>
    private void FlushCode()
    {
        _s->FetchGeneration++;
        _s->FetchContext += FetchClassMask + 1;
    }

    /// <summary>Whether an entry's address still means the same code: no translation was forgotten since, and the class is the current one.</summary>
    private bool IsTranslated(JumpEntry* jump) =>
        jump->Context >= _translatedSince && jump->Context <= (_s->FetchContext | FetchClassMask) && ((jump->Context ^ _s->FetchContext) & FetchClassMask) == 0;

    /// <summary>Makes every entry of the jump cache stale at once.</summary>
    private void FlushJumpCache()
    {
        _s->FetchContext += FetchClassMask + 1;
        _translatedSince = _s->FetchContext & ~FetchClassMask;
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
