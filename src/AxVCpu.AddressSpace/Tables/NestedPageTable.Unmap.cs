namespace AxVCpu.Memory;

public unsafe partial struct NestedPageTable<TFormat, TFrames>
{
    /// <summary>Unmaps a range, holes in it allowed; blocks that reach over its ends are split.</summary>
    /// <param name="start">First guest-physical address.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="releaseFrames">Whether the mapped frames go back to the frame source.</param>
    /// <param name="tlb">Told after the entries are gone and before any frame is freed.</param>
    /// <returns>ZeroSize, Misaligned, OutOfRange, OutOfFrames (no table for a split); or None.</returns>
    public AddressSpaceError Unmap<TTlb>(GuestPhysAddr start, ulong size, bool releaseFrames, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        AddressSpaceError error = Detach(start, size, ref tlb);
        if (error == AddressSpaceError.None)
        {
            Reap(start, size, releaseFrames);
        }

        return error;
    }

    /// <summary>
    /// The first half of <see cref="Unmap"/>: entries are non-present and the TLBs have forgotten them, but no frame is freed. The owner
    /// can wait here for readers that are not vCPUs. <see cref="Reap"/> must follow.
    /// </summary>
    internal AddressSpaceError Detach<TTlb>(GuestPhysAddr start, ulong size, ref TTlb tlb)
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

        DetachEntries(_root, NestedGeometry<TFormat>.RootLevel, start.Value, start.Value + size);
        Invalidate(start.Value, size, ref tlb);
        return AddressSpaceError.None;
    }

    /// <summary>
    /// As <see cref="Detach"/> for a range over whose ends no block reaches, without telling the TLBs: the caller does, once for several.
    /// </summary>
    internal readonly void DetachSilently(GuestPhysAddr start, ulong size) =>
        DetachEntries(_root, NestedGeometry<TFormat>.RootLevel, start.Value, start.Value + size);

    /// <summary>The second half of <see cref="Unmap"/>: frees what <see cref="Detach"/> detached.</summary>
    /// <returns>How many frames were mapped.</returns>
    internal ulong Reap(GuestPhysAddr start, ulong size, bool releaseFrames) =>
        ReapEntries(_root, NestedGeometry<TFormat>.RootLevel, start.Value, start.Value + size, releaseFrames, freeTables: true);

    /// <summary>As <see cref="Reap"/>, but detached tables stay: they may hold detached leaves of other ranges.</summary>
    internal ulong ReapLeaves(GuestPhysAddr start, ulong size, bool releaseFrames) =>
        ReapEntries(_root, NestedGeometry<TFormat>.RootLevel, start.Value, start.Value + size, releaseFrames, freeTables: false);

    /// <summary>Returns whether nothing in the whole table is alive afterwards.</summary>
    private readonly bool DetachEntries(HostPhysAddr table, int level, ulong start, ulong end)
    {
        ulong* entries = Entries(table);
        for (ulong at = start; at < end;)
        {
            ulong next = NestedGeometry<TFormat>.NextBoundary(at, level, end);
            ulong* slot = entries + NestedGeometry<TFormat>.Index(at, level);
            ulong entry = *slot;
            if (IsLiveTable(entry, level))
            {
                HostPhysAddr child = TFormat.AddressOf(entry);
                if (DetachEntries(child, level - 1, at, next))
                {
                    Publish(slot, NonPresentEntry.Encode(NonPresentKind.DetachedTable, child, MappingFlags.None));
                }
            }
            else if (IsLeaf(entry, level) || IsReserved(entry))
            {
                Publish(slot, NonPresentEntry.Encode(NonPresentKind.DetachedLeaf, LeafAddress(entry), MappingFlags.None));
            }
            else if (IsLazy(entry))
            {
                Publish(slot, 0);
            }

            at = next;
        }

        if (level == NestedGeometry<TFormat>.RootLevel)
        {
            return false;
        }

        for (int i = 0; i < NestedGeometry<TFormat>.TableEntries; i++)
        {
            if (!IsDead(entries[i]))
            {
                return false;
            }
        }

        return true;
    }

    private ulong ReapEntries(HostPhysAddr table, int level, ulong start, ulong end, bool releaseFrames, bool freeTables)
    {
        ulong mapped = 0;
        ulong* entries = Entries(table);
        for (ulong at = start; at < end;)
        {
            ulong next = NestedGeometry<TFormat>.NextBoundary(at, level, end);
            ulong* slot = entries + NestedGeometry<TFormat>.Index(at, level);
            ulong entry = *slot;
            if (IsLiveTable(entry, level))
            {
                mapped += ReapEntries(TFormat.AddressOf(entry), level - 1, at, next, releaseFrames, freeTables);
            }
            else if (!TFormat.IsPresent(entry) && NonPresentEntry.KindOf(entry) == NonPresentKind.DetachedLeaf)
            {
                ulong count = NestedGeometry<TFormat>.BlockSize(level) / PageSize;
                mapped += count;
                Publish(slot, 0);
                if (releaseFrames)
                {
                    _frames.DeallocFrames(NonPresentEntry.AddressOf(entry), count);
                }
            }
            else if (!TFormat.IsPresent(entry) && NonPresentEntry.KindOf(entry) == NonPresentKind.DetachedTable)
            {
                // Nothing outside the range is alive in a detached table, so the part inside the range is all there is to free.
                HostPhysAddr child = NonPresentEntry.AddressOf(entry);
                mapped += ReapEntries(child, level - 1, at, next, releaseFrames, freeTables);
                if (freeTables)
                {
                    Publish(slot, 0);
                    FreeTable(child);
                }
            }

            at = next;
        }

        return mapped;
    }
}
