namespace AxVCpu.Memory;

public unsafe partial struct NestedPageTable<TFormat, TFrames>
{
    /// <summary>
    /// Changes the flags of what is mapped in a range; holes and lazy markers stay. Blocks that reach over its ends are split, and tables
    /// inside it that became uniform are merged.
    /// </summary>
    /// <param name="start">First guest-physical address.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="flags">The new flags; without any access right the mapping keeps its frames but nobody gets in.</param>
    /// <param name="tlb">Told about the range when an entry changed.</param>
    /// <returns>ZeroSize, Misaligned, OutOfRange, OutOfFrames (no table for a split); or None.</returns>
    public AddressSpaceError Protect<TTlb>(GuestPhysAddr start, ulong size, MappingFlags flags, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        AddressSpaceError error = CheckRange(start.Value, size);
        if (error == AddressSpaceError.None)
        {
            error = SplitEnds(start.Value, size, ref tlb);
        }

        if (error != AddressSpaceError.None)
        {
            return error;
        }

        ulong end = start.Value + size;
        if (Rewrite(_root, NestedGeometry<TFormat>.RootLevel, start.Value, end, EffectiveFlags.Of(flags), ref tlb))
        {
            Invalidate(start.Value, size, ref tlb);
        }

        TryMerge(start, size, ref tlb);
        return AddressSpaceError.None;
    }

    /// <summary>
    /// Joins tables inside a range that map one aligned block uniformly (or lazily throughout, or nothing) back into a single entry.
    /// </summary>
    /// <param name="start">First guest-physical address.</param>
    /// <param name="size">Bytes; blocks that reach over the ends of the range are left alone.</param>
    /// <param name="tlb">Told about every block that was merged, before the table is freed.</param>
    /// <returns>How many table frames were freed.</returns>
    public ulong TryMerge<TTlb>(GuestPhysAddr start, ulong size, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        ulong before = _tableFrames;
        if (CheckRange(start.Value, size) == AddressSpaceError.None)
        {
            Merge(_root, NestedGeometry<TFormat>.RootLevel, start.Value, start.Value + size, ref tlb);
        }

        return before - _tableFrames;
    }

    /// <summary>Splits the blocks that reach over the ends of a range, both or none, so that a change of the range cannot fail.</summary>
    internal AddressSpaceError Split<TTlb>(GuestPhysAddr start, ulong size, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator => SplitEnds(start.Value, size, ref tlb);

    /// <summary>
    /// Takes the right to write from the page or block that holds <paramref name="page"/>. The caller tells the TLBs, once for many.
    /// </summary>
    /// <returns>Whether there was such a right.</returns>
    internal readonly bool DropWrite(GuestPhysAddr page)
    {
        HostPhysAddr table = _root;
        for (int level = NestedGeometry<TFormat>.RootLevel; ; level--)
        {
            ulong* slot = Entries(table) + NestedGeometry<TFormat>.Index(page.Value, level);
            ulong entry = *slot;
            if (IsLiveTable(entry, level))
            {
                table = TFormat.AddressOf(entry);
                continue;
            }

            if (!IsLeaf(entry, level) || (LeafFlags(entry) & MappingFlags.Write) == 0)
            {
                return false;
            }

            Publish(slot, EncodeLeaf(LeafAddress(entry), LeafFlags(entry) & ~MappingFlags.Write, level));
            return true;
        }
    }

    /// <summary>Changes the flags of one page or, when <paramref name="wholeBlock"/>, of the block that holds it, without merging.</summary>
    /// <returns>NotMapped, OutOfFrames (the page is part of a block and no table is left); or None.</returns>
    internal AddressSpaceError SetFlagsAt<TTlb>(GuestPhysAddr page, MappingFlags flags, bool wholeBlock, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        ulong start = page.Value;
        ulong size = PageSize;
        if (Walk(page, out NestedTranslation translation) != NestedWalkStatus.Mapped)
        {
            return AddressSpaceError.NotMapped;
        }

        if (wholeBlock)
        {
            size = translation.BlockSize;
            start &= ~(size - 1);
        }

        AddressSpaceError error = SplitEnds(start, size, ref tlb);
        if (error == AddressSpaceError.None
            && Rewrite(_root, NestedGeometry<TFormat>.RootLevel, start, start + size, EffectiveFlags.Of(flags), ref tlb))
        {
            Invalidate(start, size, ref tlb);
        }

        return error;
    }

    /// <summary>Splits the blocks that reach over the ends of a range, both or none.</summary>
    private AddressSpaceError SplitEnds<TTlb>(ulong start, ulong size, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        ulong end = start + size;
        if (!SplitAt(start, out int startLevel, ref tlb))
        {
            Rejoin(start, startLevel, ref tlb);
            return AddressSpaceError.OutOfFrames;
        }

        if (end != NestedGeometry<TFormat>.AddressLimit && !SplitAt(end, out int endLevel, ref tlb))
        {
            Rejoin(end, endLevel, ref tlb);
            Rejoin(start, startLevel, ref tlb);
            return AddressSpaceError.OutOfFrames;
        }

        return AddressSpaceError.None;
    }

    /// <summary>Makes sure that no block, mapped or lazy, reaches over <paramref name="boundary"/>.</summary>
    /// <param name="boundary">A page-aligned guest-physical address.</param>
    /// <param name="splitLevel">The level of the block that was split, 0 when none was: all tables below it are new.</param>
    /// <param name="tlb">Told about the block.</param>
    private bool SplitAt<TTlb>(ulong boundary, out int splitLevel, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        splitLevel = 0;
        HostPhysAddr table = _root;
        for (int level = NestedGeometry<TFormat>.RootLevel; level > 0; level--)
        {
            ulong size = NestedGeometry<TFormat>.BlockSize(level);
            ulong* slot = Entries(table) + NestedGeometry<TFormat>.Index(boundary, level);
            ulong entry = *slot;
            if ((boundary & (size - 1)) == 0 || IsEmpty(entry))
            {
                return true;
            }

            if (!IsLiveTable(entry, level))
            {
                if (!TryAllocTable(NonPresentEntry.Lazy, out HostPhysAddr child))
                {
                    return false;
                }

                if (IsLeaf(entry, level) || IsReserved(entry))
                {
                    FillWithParts(Entries(child), entry, level - 1);
                }

                splitLevel = splitLevel == 0 ? level : splitLevel;
                Replace(slot, TFormat.EncodeTable(child), boundary & ~(size - 1), level, ref tlb);
            }

            table = TFormat.AddressOf(*slot);
        }

        return true;
    }

    private static void FillWithParts(ulong* entries, ulong block, int partLevel)
    {
        ulong step = NestedGeometry<TFormat>.BlockSize(partLevel);
        for (int i = 0; i < NestedGeometry<TFormat>.TableEntries; i++)
        {
            HostPhysAddr part = LeafAddress(block) + ((ulong)i * step);
            entries[i] = IsLazy(block) ? NonPresentEntry.Encode(NonPresentKind.Lazy, part, MappingFlags.None) : EncodeLeaf(part, LeafFlags(block), partLevel);
        }
    }

    /// <summary>Returns whether an entry changed.</summary>
    private readonly bool Rewrite<TTlb>(HostPhysAddr table, int level, ulong start, ulong end, MappingFlags flags, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        bool changed = false;
        ulong* entries = Entries(table);
        for (ulong at = start; at < end;)
        {
            ulong next = NestedGeometry<TFormat>.NextBoundary(at, level, end);
            ulong* slot = entries + NestedGeometry<TFormat>.Index(at, level);
            ulong entry = *slot;
            if (IsLiveTable(entry, level))
            {
                changed |= Rewrite(TFormat.AddressOf(entry), level - 1, at, next, flags, ref tlb);
            }
            else if (IsLeaf(entry, level) && LeafFlags(entry) != flags)
            {
                changed = true;
                ulong replacement = EncodeLeaf(LeafAddress(entry), flags, level);
                if (((LeafFlags(entry) ^ flags) & EffectiveFlags.Memory) != 0)
                {
                    Replace(slot, replacement, at, level, ref tlb);
                }
                else
                {
                    Publish(slot, replacement);
                }
            }

            at = next;
        }

        return changed;
    }

    /// <summary>
    /// Takes a split back that could not be completed: joins the tables around <paramref name="address"/> from below up to the entry at
    /// <paramref name="splitLevel"/>. Exactly these, because a merge of older tables could join what belongs to two mappings.
    /// </summary>
    private void Rejoin<TTlb>(ulong address, int splitLevel, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator =>
        RejoinBelow(_root, NestedGeometry<TFormat>.RootLevel, address, splitLevel, ref tlb);

    private void RejoinBelow<TTlb>(HostPhysAddr table, int level, ulong address, int splitLevel, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        ulong* slot = Entries(table) + NestedGeometry<TFormat>.Index(address, level);
        if (!IsLiveTable(*slot, level))
        {
            return;
        }

        RejoinBelow(TFormat.AddressOf(*slot), level - 1, address, splitLevel, ref tlb);
        if (level <= splitLevel)
        {
            Collapse(slot, level, address & ~(NestedGeometry<TFormat>.BlockSize(level) - 1), ref tlb);
        }
    }

    private void Merge<TTlb>(HostPhysAddr table, int level, ulong start, ulong end, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        ulong* entries = Entries(table);
        for (ulong at = start; at < end;)
        {
            ulong next = NestedGeometry<TFormat>.NextBoundary(at, level, end);
            ulong* slot = entries + NestedGeometry<TFormat>.Index(at, level);
            if (IsLiveTable(*slot, level))
            {
                Merge(TFormat.AddressOf(*slot), level - 1, at, next, ref tlb);
                if (next - at == NestedGeometry<TFormat>.BlockSize(level))
                {
                    Collapse(slot, level, at, ref tlb);
                }
            }

            at = next;
        }
    }

    /// <summary>Replaces a table by one entry when its 512 entries say the same as that entry would.</summary>
    private void Collapse<TTlb>(ulong* slot, int level, ulong blockStart, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        HostPhysAddr child = TFormat.AddressOf(*slot);
        ulong* entries = Entries(child);
        ulong first = entries[0];
        ulong step = NestedGeometry<TFormat>.BlockSize(level - 1);
        bool isReserved = IsReserved(first);
        bool hasFrames = isReserved || IsLeaf(first, level - 1);
        if (hasFrames
            ? level > (isReserved ? ReservedLevel : TFormat.MaxBlockLevel) || !LeafAddress(first).IsAligned(NestedGeometry<TFormat>.BlockSize(level))
            : !IsLazy(first) && !IsEmpty(first))
        {
            return;
        }

        for (int i = 1; i < NestedGeometry<TFormat>.TableEntries; i++)
        {
            ulong entry = entries[i];
            bool same = hasFrames
                ? (isReserved ? IsReserved(entry) : IsLeaf(entry, level - 1)) && LeafAddress(entry) == LeafAddress(first) + ((ulong)i * step)
                    && LeafFlags(entry) == LeafFlags(first)
                : entry == first;
            if (!same)
            {
                return;
            }
        }

        // The table's own entry is present, so this tells the TLBs and the table is unreachable afterwards.
        Replace(slot, hasFrames && !isReserved ? EncodeLeaf(LeafAddress(first), LeafFlags(first), level) : first, blockStart, level, ref tlb);
        FreeTable(child);
    }
}
