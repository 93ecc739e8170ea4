namespace AxVCpu.Memory;

public unsafe partial struct NestedPageTable<TFormat, TFrames>
{
    /// <summary>The largest blocks of reserved memory: 2 MiB, because a block is cleared while its first user waits.</summary>
    private const int ReservedLevel = 1;

    /// <summary>Maps a range to contiguous host memory with the largest blocks that both addresses allow.</summary>
    /// <param name="start">First guest-physical address.</param>
    /// <param name="target">First host-physical address; may be above or below <paramref name="start"/>.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="flags">Access rights and memory kind, see <see cref="EffectiveFlags"/>.</param>
    /// <param name="tlb">Told only when a failure takes mappings back.</param>
    /// <returns>ZeroSize, Misaligned, OutOfRange, Overlap (a lazy marker counts), OutOfFrames; or None.</returns>
    public AddressSpaceError Map<TTlb>(GuestPhysAddr start, HostPhysAddr target, ulong size, MappingFlags flags, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator =>
        FillTo(start, target, size, new Filling { Flags = EffectiveFlags.Of(flags) }, ref tlb);

    /// <summary>
    /// As <see cref="Map"/>, but nobody gets in before <see cref="Reveal"/>: until then the entries are lazy and remember their frames.
    /// </summary>
    internal AddressSpaceError MapReserved<TTlb>(GuestPhysAddr start, HostPhysAddr target, ulong size, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator =>
        FillTo(start, target, size, new Filling { IsReserved = true }, ref tlb);

    private AddressSpaceError FillTo<TTlb>(GuestPhysAddr start, HostPhysAddr target, ulong size, Filling filling, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        if (!target.IsAligned(PageSize))
        {
            return AddressSpaceError.Misaligned;
        }

        // The last page survives a round trip through an entry: then the format can address all of the target.
        HostPhysAddr last = target + (size - PageSize);
        AddressSpaceError error = CheckRange(start.Value, size);
        if (error != AddressSpaceError.None)
        {
            return error;
        }

        if (last < target || NonPresentEntry.AddressOf(last.Value) != last
            || TFormat.AddressOf(TFormat.EncodeLeaf(last, MappingFlags.Read, 0)) != last)
        {
            return AddressSpaceError.OutOfRange;
        }

        // Unsigned wrap-around is meant: the offset works for targets below the start too.
        filling.Offset = unchecked(target.Value - start.Value);
        return FillRange(start.Value, size, filling, ref tlb);
    }

    /// <summary>Marks a range as lazily populated, at the largest granularity.</summary>
    /// <returns>As <see cref="Map"/>.</returns>
    public AddressSpaceError MapLazy<TTlb>(GuestPhysAddr start, ulong size, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator =>
        FillRange(start.Value, size, new Filling { IsLazy = true }, ref tlb);

    /// <summary>Replaces the lazy marker of one page by a mapping. Needs no TLB maintenance: a non-present entry is not cached, and a
    /// processor that does cache it (RISC-V without Svvptc) faults once more.</summary>
    /// <param name="page">A page-aligned guest-physical address in a lazy range.</param>
    /// <param name="frame">Its frame, already zeroed.</param>
    /// <param name="flags">Access rights and memory kind.</param>
    /// <param name="tlb">Told only when a failure takes new tables back.</param>
    /// <returns>NotMapped when the page is not lazy or has its frame, OutOfFrames when no table can be had; or None.</returns>
    public AddressSpaceError Populate<TTlb>(GuestPhysAddr page, HostPhysAddr frame, MappingFlags flags, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        HostPhysAddr table = _root;
        int splitLevel = 0;
        for (int level = NestedGeometry<TFormat>.RootLevel; ; level--)
        {
            ulong* slot = Entries(table) + NestedGeometry<TFormat>.Index(page.Value, level);
            ulong entry = *slot;
            if (IsLiveTable(entry, level))
            {
                table = TFormat.AddressOf(entry);
                continue;
            }

            if (!IsLazy(entry) || IsReserved(entry))
            {
                return AddressSpaceError.NotMapped;
            }

            if (level == 0)
            {
                Publish(slot, EncodeLeaf(frame, EffectiveFlags.Of(flags), 0));
                return AddressSpaceError.None;
            }

            if (!TryAllocTable(NonPresentEntry.Lazy, out HostPhysAddr child))
            {
                Rejoin(page.Value, splitLevel, ref tlb);
                return AddressSpaceError.OutOfFrames;
            }

            splitLevel = splitLevel == 0 ? level : splitLevel;
            Publish(slot, TFormat.EncodeTable(child));
            table = child;
        }
    }

    /// <summary>Replaces the reserved entry that holds <paramref name="page"/> by a mapping of its frames, which the caller has cleared.</summary>
    internal readonly void Reveal(GuestPhysAddr page, MappingFlags flags)
    {
        HostPhysAddr table = _root;
        for (int level = NestedGeometry<TFormat>.RootLevel; ; level--)
        {
            ulong* slot = Entries(table) + NestedGeometry<TFormat>.Index(page.Value, level);
            ulong entry = *slot;
            if (!IsLiveTable(entry, level))
            {
                if (IsReserved(entry))
                {
                    Publish(slot, EncodeLeaf(NonPresentEntry.AddressOf(entry), EffectiveFlags.Of(flags), level));
                }

                return;
            }

            table = TFormat.AddressOf(entry);
        }
    }

    /// <summary>Makes everything that is mapped in a range reserved again. The caller tells the TLBs.</summary>
    internal readonly void Conceal(GuestPhysAddr start, ulong size) =>
        ConcealEntries(_root, NestedGeometry<TFormat>.RootLevel, start.Value, start.Value + size);

    private readonly void ConcealEntries(HostPhysAddr table, int level, ulong start, ulong end)
    {
        ulong* entries = Entries(table);
        for (ulong at = start; at < end;)
        {
            ulong next = NestedGeometry<TFormat>.NextBoundary(at, level, end);
            ulong* slot = entries + NestedGeometry<TFormat>.Index(at, level);
            if (IsLiveTable(*slot, level))
            {
                ConcealEntries(TFormat.AddressOf(*slot), level - 1, at, next);
            }
            else if (IsLeaf(*slot, level))
            {
                Publish(slot, NonPresentEntry.Encode(NonPresentKind.Lazy, LeafAddress(*slot), MappingFlags.None));
            }

            at = next;
        }
    }

    /// <summary>What a range is filled with.</summary>
    private struct Filling
    {
        public ulong Offset;
        public MappingFlags Flags;
        public bool IsLazy;
        public bool IsReserved;

        /// <summary>Whether one entry at <paramref name="level"/> can cover the block at <paramref name="at"/>.</summary>
        public readonly bool FitsAt(ulong at, int level) => IsLazy
            || (level <= (IsReserved ? ReservedLevel : TFormat.MaxBlockLevel) && (unchecked(at + Offset) & (NestedGeometry<TFormat>.BlockSize(level) - 1)) == 0);

        public readonly ulong EntryAt(ulong at, int level) =>
            IsLazy ? NonPresentEntry.Lazy
            : IsReserved ? NonPresentEntry.Encode(NonPresentKind.Lazy, new HostPhysAddr(unchecked(at + Offset)), MappingFlags.None)
            : EncodeLeaf(new HostPhysAddr(unchecked(at + Offset)), Flags, level);
    }

    private AddressSpaceError FillRange<TTlb>(ulong start, ulong size, Filling filling, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        AddressSpaceError error = CheckRange(start, size);
        if (error != AddressSpaceError.None)
        {
            return error;
        }

        // Looked at before anything is written, so that what lies in the range after a failed fill is ours to take back.
        int root = NestedGeometry<TFormat>.RootLevel;
        if (!IsFree(_root, root, start, start + size))
        {
            return AddressSpaceError.Overlap;
        }

        if (Fill(_root, root, start, start + size, filling))
        {
            return AddressSpaceError.None;
        }

        Unmap(new GuestPhysAddr(start), size, releaseFrames: false, ref tlb);
        return AddressSpaceError.OutOfFrames;
    }

    private readonly bool IsFree(HostPhysAddr table, int level, ulong start, ulong end)
    {
        ulong* entries = Entries(table);
        for (ulong at = start; at < end;)
        {
            ulong next = NestedGeometry<TFormat>.NextBoundary(at, level, end);
            ulong entry = entries[NestedGeometry<TFormat>.Index(at, level)];
            bool isFree = IsLiveTable(entry, level) ? IsFree(TFormat.AddressOf(entry), level - 1, at, next) : IsEmpty(entry);
            if (!isFree)
            {
                return false;
            }

            at = next;
        }

        return true;
    }

    private bool Fill(HostPhysAddr table, int level, ulong start, ulong end, in Filling filling)
    {
        ulong* entries = Entries(table);
        for (ulong at = start; at < end;)
        {
            ulong next = NestedGeometry<TFormat>.NextBoundary(at, level, end);
            ulong* slot = entries + NestedGeometry<TFormat>.Index(at, level);
            if (IsEmpty(*slot) && next - at == NestedGeometry<TFormat>.BlockSize(level) && filling.FitsAt(at, level))
            {
                Publish(slot, filling.EntryAt(at, level));
            }
            else
            {
                if (IsEmpty(*slot))
                {
                    if (!TryAllocTable(0, out HostPhysAddr child))
                    {
                        return false;
                    }

                    Publish(slot, TFormat.EncodeTable(child));
                }

                if (!Fill(TFormat.AddressOf(*slot), level - 1, at, next, filling))
                {
                    return false;
                }
            }

            at = next;
        }

        return true;
    }
}
