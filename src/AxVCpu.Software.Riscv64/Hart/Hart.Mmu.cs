using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

/// <summary>How a translation ended.</summary>
internal enum TlbFill : byte
{
    /// <summary>Host memory; the TLB has the page now unless accesses to it must be checked one by one.</summary>
    Mapped,
    /// <summary>A guest-physical address without memory behind it.</summary>
    Mmio,
    /// <summary>An exception was taken.</summary>
    Trapped,
    /// <summary>An exit is pending; the instruction runs again afterwards.</summary>
    Exit,
}

// Address translation (Privileged ISA 10.3.2): the guest's page table, then PMP, then the nested table.
internal sealed unsafe partial class Hart
{
    private const int PageShift = 12;
    private const ulong PageSize = 1UL << PageShift;

    /// <summary>log2 of the bytes that the lowest level of a page table maps.</summary>
    private const int RegionShift = PageShift + 9;

    private const int WalkCacheEntries = 64;

    private readonly WalkCacheEntry[] _walkCache = new WalkCacheEntry[WalkCacheEntries];

    /// <summary>Physical addresses have 56 bits; nothing is above.</summary>
    private const int PhysicalAddressBits = 56;

    /// <summary>Virtual ranges of superpages that the TLB holds pieces of, one per half of the address space: [0] low, [1] high addresses.</summary>
    private readonly ulong[] _superpageFirst = [ulong.MaxValue, ulong.MaxValue];
    private readonly ulong[] _superpageLast = [0, 0];

    /// <summary>
    /// Translates an access of the instruction at Pc that lies inside one page, and fills the TLB. On anything but Mapped and Mmio the
    /// instruction is over: an exception was taken or an exit is pending.
    /// </summary>
    /// <param name="va">The virtual address.</param>
    /// <param name="size">Bytes accessed; the access does not cross a page.</param>
    /// <param name="access">Store for AMO and SC, too.</param>
    /// <param name="host">The host address for <see cref="TlbFill.Mapped"/>.</param>
    /// <param name="gpa">The guest-physical address for Mapped and <see cref="TlbFill.Mmio"/>.</param>
    public TlbFill FillTlb(ulong va, uint size, MemoryAccess access, out byte* host, out ulong gpa)
    {
        host = null;
        _tlbMisses++;
        MmuClass mmuClass = access == MemoryAccess.Fetch ? _s->FetchClass : _s->DataClass;
        PrivilegeMode mode = mmuClass switch
        {
            MmuClass.User => PrivilegeMode.User,
            MmuClass.Machine => PrivilegeMode.Machine,
            _ => PrivilegeMode.Supervisor,
        };

        if (mode == PrivilegeMode.Machine || _s->Satp >> SatpModeShift == 0)
        {
            gpa = va;
            if (va >> PhysicalAddressBits != 0)
                return RaiseAccessFault(va, access);
        }
        else
        {
            TlbFill walked = WalkPageTable(va, access, mode, mmuClass, out gpa);
            if (walked != TlbFill.Mapped)
                return walked;
        }

        byte need = access switch
        {
            MemoryAccess.Load => Pmp.R,
            MemoryAccess.Store => Pmp.W,
            _ => Pmp.X,
        };
        PmpVerdict verdict = _s->Pmp.CheckRange(gpa & ~(PageSize - 1), PageSize, need, mode);
        if (verdict == PmpVerdict.Denied || (verdict == PmpVerdict.Mixed && !_s->Pmp.Check(gpa, size, need, mode)))
            return RaiseAccessFault(va, access);

        TlbFill nested = TranslateNested(gpa, access, va, access, out host);
        if (nested == TlbFill.Mapped && verdict == PmpVerdict.Allowed)
        {
            int array = access switch
            {
                MemoryAccess.Load => SoftTlb.LoadOffset,
                MemoryAccess.Store => SoftTlb.StoreOffset,
                _ => SoftTlb.FetchOffset,
            };
            _tlb.Fill((int)mmuClass, array, va, (ulong)host & ~(PageSize - 1));
        }
        else if (nested == TlbFill.Mmio)
        {
            if (access == MemoryAccess.Fetch)
                return RaiseAccessFault(va, access);
            if (verdict == PmpVerdict.Allowed)
                NoteDevicePage(va, gpa, access);
        }

        return nested;
    }

    /// <summary>Takes the page fault of an access; always Trapped.</summary>
    private TlbFill RaisePageFault(ulong va, MemoryAccess access)
    {
        RaiseException(
            access switch
            {
                MemoryAccess.Load when !_loadsFaultAsStores => ExceptionCause.LoadPageFault,
                MemoryAccess.Fetch => ExceptionCause.InstructionPageFault,
                _ => ExceptionCause.StorePageFault,
            },
            va);
        return TlbFill.Trapped;
    }

    /// <summary>Takes the access fault of an access; always Trapped.</summary>
    private TlbFill RaiseAccessFault(ulong va, MemoryAccess access)
    {
        RaiseException(
            access switch
            {
                MemoryAccess.Load when !_loadsFaultAsStores => ExceptionCause.LoadAccessFault,
                MemoryAccess.Fetch => ExceptionCause.InstructionAccessFault,
                _ => ExceptionCause.StoreAccessFault,
            },
            va);
        return TlbFill.Trapped;
    }

    private TlbFill WalkPageTable(ulong va, MemoryAccess access, PrivilegeMode mode, MmuClass mmuClass, out ulong gpa)
    {
        gpa = 0;
        int levels = (int)(_s->Satp >> SatpModeShift) - 5;
        int unused = 64 - (PageShift + (9 * levels));
        if ((ulong)(((long)va << unused) >> unused) != va)
            return RaisePageFault(va, access);

        ref WalkCacheEntry cached = ref _walkCache[(int)(va >> RegionShift) & (WalkCacheEntries - 1)];

    again:
        ulong table = (_s->Satp & PageTableEntry.PpnMask) << PageShift;
        int level = levels - 1;
        bool isCached = cached.Region == va >> RegionShift;
        if (isCached)
        {
            table = cached.Table;
            level = 0;
        }

        for (; level >= 0; level--)
        {
            ulong slot = table + (((va >> (PageShift + (9 * level))) & 0x1FF) * 8);
            TlbFill found = TlbFill.Mapped;
            byte* host;
            if (isCached)
            {
                host = cached.Host + (slot - table);
            }
            else
            {
                if (!_s->Pmp.Check(slot, 8, Pmp.R, PrivilegeMode.Supervisor))
                    return RaiseAccessFault(va, access);
                found = TranslateNested(slot, MemoryAccess.Load, va, access, out host);
                if (found != TlbFill.Mapped)
                    return found == TlbFill.Mmio ? RaiseAccessFault(va, access) : found;
                // One entry of PMP for all of memory: what holds for this slot holds for the whole table.
                if (level == 0 && _s->Pmp.IsUniform)
                    cached = new WalkCacheEntry { Region = va >> RegionShift, Table = table, Host = host - (slot - table) };
            }

            // SAFETY: host points into a mapped guest page at an 8-byte aligned offset.
            ulong entry = Volatile.Read(ref *(ulong*)host);
            if (!IsEntryValid(entry))
                return RaisePageFault(va, access);
            if ((entry & (PageTableEntry.R | PageTableEntry.X)) == 0)
            {
                if ((entry & (PageTableEntry.D | PageTableEntry.A | PageTableEntry.U | PageTableEntry.N | PageTableEntry.PBMT)) != 0)
                    return RaisePageFault(va, access);
                table = PageTableEntry.AddressOf(entry);
                continue;
            }

            ulong address = PageTableEntry.AddressOf(entry);
            ulong offsetMask = (PageSize << (9 * level)) - 1;
            if ((entry & PageTableEntry.N) != 0)
            {
                if (level != 0 || ((address >> PageShift) & PageTableEntry.NapotMask) != PageTableEntry.NapotPattern)
                    return RaisePageFault(va, access);
                offsetMask = (PageSize << 4) - 1;
                address &= ~offsetMask;
            }

            if (!IsPermitted(entry, access, mode, mmuClass) || (address & offsetMask) != 0)
                return RaisePageFault(va, access);

            ulong wanted = entry | PageTableEntry.A | (access == MemoryAccess.Store ? PageTableEntry.D : 0);
            if (wanted != entry)
            {
                if ((_s->Menvcfg & EnvironmentBits.ADUE) == 0)
                    return RaisePageFault(va, access);
                if (!_s->Pmp.Check(slot, 8, Pmp.W, PrivilegeMode.Supervisor))
                    return RaiseAccessFault(va, access);
                found = TranslateNested(slot, MemoryAccess.Store, va, access, out host);
                if (found != TlbFill.Mapped)
                    return found == TlbFill.Mmio ? RaiseAccessFault(va, access) : found;
                // SAFETY: as above. Someone else changed the entry: walk again, which is what hardware must do (10.3.2, step 9). The
                // loop ends because the other writer, a hart, makes progress with each failure of ours.
                if (Interlocked.CompareExchange(ref *(ulong*)host, wanted, entry) != entry)
                    goto again;
            }

            if (offsetMask >= PageSize)
                NoteSuperpage(va & ~offsetMask, va | offsetMask);
            gpa = address | (va & offsetMask);
            return TlbFill.Mapped;
        }

        return RaisePageFault(va, access);
    }

    private bool IsEntryValid(ulong entry)
    {
        if ((entry & PageTableEntry.V) == 0 || (entry & (PageTableEntry.R | PageTableEntry.W)) == PageTableEntry.W)
            return false;
        if ((entry & (PageTableEntry.Reserved | PageTableEntry.PBMT | PageTableEntry.N)) == 0)
            return true;
        return (entry & PageTableEntry.Reserved) == 0
            && ((entry & PageTableEntry.N) == 0 || _machine.Isa.HasFlag(IsaExtensions.Svnapot))
            && ((entry & PageTableEntry.PBMT) == 0
                || ((_s->Menvcfg & EnvironmentBits.PBMTE) != 0 && (entry & PageTableEntry.PBMT) != PageTableEntry.PBMT));
    }

    private bool IsPermitted(ulong entry, MemoryAccess access, PrivilegeMode mode, MmuClass mmuClass)
    {
        bool isUserPage = (entry & PageTableEntry.U) != 0;
        if (mode == PrivilegeMode.User)
        {
            if (!isUserPage)
                return false;
        }
        else if (isUserPage && (access == MemoryAccess.Fetch || mmuClass != MmuClass.SupervisorSum))
        {
            return false;
        }

        return access switch
        {
            MemoryAccess.Load => (entry & PageTableEntry.R) != 0
                || ((entry & PageTableEntry.X) != 0 && (_s->Mstatus & StatusBits.MXR) != 0),
            MemoryAccess.Store => (entry & PageTableEntry.W) != 0,
            _ => (entry & PageTableEntry.X) != 0,
        };
    }

    /// <summary>Where the lowest page table of a region is; its upper levels need not be walked again before the next fence.</summary>
    private struct WalkCacheEntry
    {
        public ulong Region;
        public ulong Table;
        public byte* Host;
    }

    private void FlushWalkCache() => Array.Fill(_walkCache, new WalkCacheEntry { Region = ulong.MaxValue });

    // The TLB holds 4 KiB pieces. A fence for one address must drop every piece of the superpage that maps it (4.2.1), whose size the
    // changed entry no longer tells; so a fence that hits the noted range flushes everything.
    private void NoteSuperpage(ulong first, ulong last)
    {
        int half = (int)(first >> 63);
        if (first < _superpageFirst[half])
            _superpageFirst[half] = first;
        if (last > _superpageLast[half])
            _superpageLast[half] = last;
    }

    /// <summary>
    /// sfence.vma at Pc, and sinval.vma. False when it is illegal in this mode; the caller raises that with the instruction's bits.
    /// </summary>
    /// <param name="va">rs1's value.</param>
    /// <param name="hasVa">Whether rs1 is not x0.</param>
    /// <param name="asid">rs2's value; more is flushed than asked, every address space.</param>
    /// <param name="hasAsid">Whether rs2 is not x0.</param>
    public bool ExecuteSfenceVma(ulong va, bool hasVa, ulong asid, bool hasAsid)
    {
        _ = asid;
        _ = hasAsid;
        if (_s->Mode == PrivilegeMode.User || (_s->Mode == PrivilegeMode.Supervisor && (_s->Mstatus & StatusBits.TVM) != 0))
            return false;
        if (hasVa)
            FlushTranslation(va);
        else
            FlushTranslations();
        return true;
    }

    /// <summary>Forgets the translation of one address, by the guest's tables. Owner thread.</summary>
    private void FlushTranslation(ulong va)
    {
        int half = (int)(va >> 63);
        if (va >= _superpageFirst[half] && va <= _superpageLast[half])
        {
            FlushTranslations();
            return;
        }

        _tlb.FlushPage(va);
        FlushDevicePage(va);
        _walkCache[(int)(va >> RegionShift) & (WalkCacheEntries - 1)].Region = ulong.MaxValue;
        FlushJumps(va);
    }

    /// <summary>Forgets every translation by the guest's tables. Owner thread.</summary>
    private void FlushTranslations()
    {
        _tlb.FlushAll();
        FlushDevicePages();
        FlushWalkCache();
        FlushJumpCache();
        _superpageFirst.AsSpan().Fill(ulong.MaxValue);
        _superpageLast.AsSpan().Clear();
    }
}
