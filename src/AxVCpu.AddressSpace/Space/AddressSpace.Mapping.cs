namespace AxVCpu.Memory;

public unsafe partial struct AddressSpace<TFormat, TFrames, TTlb>
{
    private const int BlockLevel = 1;

    /// <summary>Maps a range to contiguous host memory that belongs to the caller and outlives the mapping.</summary>
    /// <param name="start">First guest-physical address.</param>
    /// <param name="target">First host-physical address; may be above or below <paramref name="start"/>.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="flags">Access rights and memory kind.</param>
    /// <returns>ZeroSize, Misaligned, OutOfRange, Overlap, TooManyRegions, OutOfFrames; or None.</returns>
    public AddressSpaceError MapLinear(GuestPhysAddr start, HostPhysAddr target, ulong size, MappingFlags flags)
    {
        _gate.Enter(_frames);
        AddressSpaceError error = CheckNew(start, size);
        if (error == AddressSpaceError.None)
        {
            error = _table.Map(start, target, size, flags, ref _tlb);
        }

        AddRegion(error, start, size, target, flags, RegionKind.Linear);
        _gate.Leave();
        return error;
    }

    /// <summary>Maps a range to zeroed memory of the address space.</summary>
    /// <param name="start">First guest-physical address.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="flags">Access rights and memory kind.</param>
    /// <param name="populate">Whether all frames are allocated now, in as large blocks as can be had, or each at its first access.</param>
    /// <returns>ZeroSize, Misaligned, OutOfRange, Overlap, TooManyRegions, OutOfFrames; or None.</returns>
    public AddressSpaceError MapAlloc(GuestPhysAddr start, ulong size, MappingFlags flags, bool populate)
    {
        _gate.Enter(_frames);
        AddressSpaceError error = CheckNew(start, size);
        if (error == AddressSpaceError.None)
        {
            error = populate ? AllocateAll(start, size, flags, isReserved: false) : _table.MapLazy(start, size, ref _tlb);
        }

        AddRegion(error, start, size, default, flags, populate ? RegionKind.Eager : RegionKind.Lazy);
        _gate.Leave();
        return error;
    }

    /// <summary>
    /// Maps a range to memory of the address space that is allocated now, in as large blocks as can be had, but cleared and given to
    /// the guest block by block, at most 2 MiB, at the first access to each: what is never touched costs nothing, and no access can fail
    /// for lack of memory.
    /// </summary>
    /// <param name="start">First guest-physical address.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="flags">Access rights and memory kind.</param>
    /// <returns>ZeroSize, Misaligned, OutOfRange, Overlap, TooManyRegions, OutOfFrames; or None.</returns>
    public AddressSpaceError MapReserved(GuestPhysAddr start, ulong size, MappingFlags flags)
    {
        _gate.Enter(_frames);
        AddressSpaceError error = CheckNew(start, size);
        if (error == AddressSpaceError.None)
        {
            error = AllocateAll(start, size, flags, isReserved: true);
        }

        AddRegion(error, start, size, default, flags, RegionKind.Reserved);
        _gate.Leave();
        return error;
    }

    /// <summary>
    /// Takes the content of all reserved regions away; they keep their frames, and hold zeros again. No vCPU runs and no device works
    /// meanwhile. Cannot fail.
    /// </summary>
    public void DiscardReserved()
    {
        _gate.Enter(_frames);
        for (int i = 0; i < _regions.Count; i++)
        {
            ref AddressRegion region = ref _regions[i];
            if (region.Kind != RegionKind.Reserved)
            {
                continue;
            }

            _table.Conceal(region.Start, region.Size);
            if (region.IsDirtyLogged)
            {
                SetDirty(region, region.Start.Value, region.Size);
            }
        }

        _tlb.InvalidateAll(TFormat.Invalidation);
        _readers.Drain(_frames);
        _gate.Leave();
    }

    /// <summary>Unmaps a range; holes in it are allowed, and regions and blocks that reach over its ends are cut.</summary>
    /// <returns>ZeroSize, Misaligned, OutOfRange, NotMapped (nothing in the range), TooManyRegions, OutOfFrames (no table for a split);
    /// or None.</returns>
    public AddressSpaceError Unmap(GuestPhysAddr start, ulong size)
    {
        _gate.Enter(_frames);
        AddressSpaceError error = CheckRange(start, size);
        ulong end = start.Value + size;
        int index = 0;
        if (error == AddressSpaceError.None)
        {
            index = _regions.FirstEndingAfter(start.Value);
            error = index == _regions.Count || _regions[index].Start.Value >= end ? AddressSpaceError.NotMapped
                : PrepareCut(start, size, _regions.IsInsideOne(start.Value, end) ? 1 : 0);
        }

        while (error == AddressSpaceError.None && index < _regions.Count && _regions[index].Start.Value < end)
        {
            AddressRegion part = _regions[index];
            ulong from = part.Start > start ? part.Start.Value : start.Value;
            ulong to = part.End.Value < end ? part.End.Value : end;
            part.Start = new GuestPhysAddr(from);
            part.Size = to - from;
            RemoveMapping(part);
            bool isWhole = _regions[index].Start == part.Start && _regions[index].Size == part.Size;
            _regions.TakeOut(index, from, to);
            ForgetLog(part);
            index += isWhole ? 0 : 1;
        }

        _gate.Leave();
        return error;
    }

    /// <summary>Changes the rights (and memory kind) of a range that is mapped throughout.</summary>
    /// <returns>ZeroSize, Misaligned, OutOfRange, NotMapped (a hole in the range), TooManyRegions, OutOfFrames (no table for a split);
    /// or None.</returns>
    public AddressSpaceError Protect(GuestPhysAddr start, ulong size, MappingFlags flags)
    {
        _gate.Enter(_frames);
        AddressSpaceError error = CheckRange(start, size);
        if (error == AddressSpaceError.None)
        {
            error = IsCovered(start.Value, start.Value + size)
                ? PrepareCut(start, size, _regions.CutsNeeded(start.Value, start.Value + size))
                : AddressSpaceError.NotMapped;
        }

        if (error == AddressSpaceError.None)
        {
            ulong end = start.Value + size;
            CutAt(start.Value, end);
            int first = _regions.Find(start.Value);
            for (int i = first; i < _regions.Count && _regions[i].Start.Value < end; i++)
            {
                ref AddressRegion region = ref _regions[i];
                region.Flags = EffectiveFlags.Of(flags);
                ApplyFlags(region);
            }

            _regions.JoinAround(first, end);
            MergeAround(start.Value);
            MergeAround(end - 1);
        }

        _gate.Leave();
        return error;
    }

    private readonly AddressSpaceError CheckNew(GuestPhysAddr start, ulong size)
    {
        AddressSpaceError error = CheckRange(start, size);
        if (error != AddressSpaceError.None)
        {
            return error;
        }

        int index = _regions.FirstEndingAfter(start.Value);
        if (index < _regions.Count && _regions[index].Start.Value < start.Value + size)
        {
            return AddressSpaceError.Overlap;
        }

        return _regions.HasRoomFor(1) ? AddressSpaceError.None : AddressSpaceError.TooManyRegions;
    }

    private void AddRegion(
        AddressSpaceError error, GuestPhysAddr start, ulong size, HostPhysAddr target, MappingFlags flags, RegionKind kind)
    {
        if (error != AddressSpaceError.None)
        {
            return;
        }

        AddressRegion region = new()
        {
            Start = start,
            Size = size,
            Target = target,
            Flags = EffectiveFlags.Of(flags),
            Kind = kind,
            MappingId = _nextMapping++,
        };
        _regions.Insert(_regions.FirstEndingAfter(start.Value), region);
    }

    /// <summary>Everything about a cut that can fail.</summary>
    private AddressSpaceError PrepareCut(GuestPhysAddr start, ulong size, int moreRegions) =>
        _regions.HasRoomFor(moreRegions) ? _table.Split(start, size, ref _tlb) : AddressSpaceError.TooManyRegions;

    private void CutAt(ulong start, ulong end)
    {
        _regions.CutAt(start);
        _regions.CutAt(end);
    }

    private readonly bool IsCovered(ulong start, ulong end)
    {
        for (int i = _regions.Find(start); i >= 0 && i < _regions.Count && _regions[i].Start.Value <= start; i++)
        {
            start = _regions[i].End.Value;
            if (start >= end)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Unmaps a whole region. Frames are freed after both the vCPUs and the readers have let go of them.</summary>
    private void RemoveMapping(in AddressRegion region)
    {
        // Cannot fail: no block reaches over the ends of a region.
        _table.Detach(region.Start, region.Size, ref _tlb);
        _readers.Drain(_frames);
        bool isOwned = region.Kind != RegionKind.Linear;
        ulong freed = _table.Reap(region.Start, region.Size, isOwned);
        _dataFrames -= isOwned ? freed : 0;
    }

    /// <summary>Brings the table entries of a region in line with its flags.</summary>
    private void ApplyFlags(in AddressRegion region) =>
        _table.Protect(
            region.Start, region.Size, region.IsDirtyLogged ? region.Flags & ~MappingFlags.Write : region.Flags, ref _tlb);

    /// <summary>Merges tables near an address, within its region.</summary>
    private void MergeAround(ulong address)
    {
        AddressRegion region = _regions[_regions.Find(address)];
        ulong block = NestedGeometry<TFormat>.BlockSize(TFormat.MaxBlockLevel);
        ulong start = address & ~(block - 1);
        ulong end = start + block;
        start = start > region.Start.Value ? start : region.Start.Value;
        end = end < region.End.Value ? end : region.End.Value;
        _table.TryMerge(new GuestPhysAddr(start), end - start, ref _tlb);
    }

    private AddressSpaceError AllocateAll(GuestPhysAddr start, ulong size, MappingFlags flags, bool isReserved)
    {
        ulong end = start.Value + size;
        ulong largest = NestedGeometry<TFormat>.BlockSize(BlockLevel);
        for (ulong at = start.Value; at < end;)
        {
            // All that is left at once first; then blocks; then single frames.
            ulong rest = end - at;
            ulong piece = rest;
            if (!TryAlloc(rest, rest >= largest ? largest : PageSize, !isReserved, out HostPhysAddr frames))
            {
                bool blockFits = rest >= largest && (at & (largest - 1)) == 0;
                piece = blockFits && TryAlloc(largest, largest, !isReserved, out frames) ? largest : PageSize;
                if (piece == PageSize && !TryAlloc(PageSize, PageSize, !isReserved, out frames))
                {
                    UndoAllocate(start, at - start.Value);
                    return AddressSpaceError.OutOfFrames;
                }
            }

            AddressSpaceError error = isReserved
                ? _table.MapReserved(new GuestPhysAddr(at), frames, piece, ref _tlb)
                : _table.Map(new GuestPhysAddr(at), frames, piece, flags, ref _tlb);
            if (error != AddressSpaceError.None)
            {
                _frames.DeallocFrames(frames, piece / PageSize);
                UndoAllocate(start, at - start.Value);
                return AddressSpaceError.OutOfFrames;
            }

            _dataFrames += piece / PageSize;
            at += piece;
        }

        return AddressSpaceError.None;
    }

    private void UndoAllocate(GuestPhysAddr start, ulong size)
    {
        if (size != 0)
        {
            RemoveMapping(new AddressRegion { Start = start, Size = size, Kind = RegionKind.Eager });
        }
    }

    /// <summary>Frames for the guest; cleared, unless that is done before the guest gets in: it never sees what was in a frame before.</summary>
    private bool TryAlloc(ulong bytes, ulong alignment, bool clear, out HostPhysAddr frames)
    {
        ulong count = bytes / PageSize;
        bool zeroed;
        bool allocated = count == 1
            ? _frames.TryAllocFrame(out frames, out zeroed)
            : _frames.TryAllocFrames(count, alignment, out frames, out zeroed);
        if (allocated && !zeroed && clear)
        {
            _frames.ClearFrames(frames, count);
        }

        return allocated;
    }
}
