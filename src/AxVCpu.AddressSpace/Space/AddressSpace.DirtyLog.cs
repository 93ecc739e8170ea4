using System.Numerics;

namespace AxVCpu.Memory;

public unsafe partial struct AddressSpace<TFormat, TFrames, TTlb>
{
    private const int BitsPerWord = 64;

    /// <summary>
    /// The size in words of the dirty bitmap of the mapping that holds <paramref name="address"/>: one bit for each 4 KiB page from the
    /// first to the last page of the mapping, whatever the size of the blocks. 0 when nothing is mapped there.
    /// </summary>
    public ulong DirtyLogWords(GuestPhysAddr address)
    {
        _gate.Enter(_frames);
        ulong words = TryGetExtent(address, out _, out ulong start, out ulong end) ? WordsFor(start, end) : 0;
        _gate.Leave();
        return words;
    }

    /// <summary>
    /// Starts logging writes to the mapping that holds <paramref name="address"/>, by the guest (through write protection) and by the
    /// host and devices (through <see cref="Write"/> and <see cref="MarkDirty"/>). All pages start clean.
    /// </summary>
    /// <param name="address">Any address of the mapping.</param>
    /// <param name="bits">The bitmap; belongs to the address space until the log is off or the mapping gone.</param>
    /// <param name="words">Its size, at least <see cref="DirtyLogWords"/>.</param>
    /// <returns>NotMapped, BufferTooSmall, DirtyLogState (already on); or None.</returns>
    public AddressSpaceError EnableDirtyLog(GuestPhysAddr address, ulong* bits, ulong words)
    {
        _gate.Enter(_frames);
        AddressSpaceError error = AddressSpaceError.NotMapped;
        if (TryGetExtent(address, out AddressRegion mapping, out ulong start, out ulong end))
        {
            error = mapping.IsDirtyLogged ? AddressSpaceError.DirtyLogState
                : words < WordsFor(start, end) ? AddressSpaceError.BufferTooSmall
                : AddressSpaceError.None;
        }

        if (error == AddressSpaceError.None)
        {
            for (ulong i = 0; i < WordsFor(start, end); i++)
            {
                bits[i] = 0;
            }

            Volatile.Write(ref _loggedMappings, _loggedMappings + 1);
            SetLog(mapping.MappingId, bits, start);

            // A host write that did not see the log switched on is over when this returns, and so counts as before.
            _readers.Drain(_frames);
        }

        _gate.Leave();
        return error;
    }

    /// <summary>Stops logging for the mapping that holds <paramref name="address"/>; the bitmap is the caller's again.</summary>
    /// <returns>NotMapped, DirtyLogState (already off); or None.</returns>
    public AddressSpaceError DisableDirtyLog(GuestPhysAddr address)
    {
        _gate.Enter(_frames);
        AddressSpaceError error = AddressSpaceError.NotMapped;
        int index = _regions.Find(address.Value);
        if (index >= 0)
        {
            error = _regions[index].IsDirtyLogged ? AddressSpaceError.None : AddressSpaceError.DirtyLogState;
        }

        if (error == AddressSpaceError.None)
        {
            SetLog(_regions[index].MappingId, null, 0);
            Volatile.Write(ref _loggedMappings, _loggedMappings - 1);
        }

        _gate.Leave();
        return error;
    }

    /// <summary>
    /// Marks pages dirty that somebody wrote to through a host pointer, after the write. Parts that are not logged are passed over.
    /// </summary>
    public void MarkDirty(GuestPhysAddr start, ulong size)
    {
        if (Volatile.Read(ref _loggedMappings) == 0 || size == 0)
        {
            return;
        }

        _gate.Enter(_frames);
        ulong last = start.Value + (size - 1);
        last = last < start.Value ? ulong.MaxValue : last;
        for (int i = _regions.FirstEndingAfter(start.Value); i < _regions.Count && _regions[i].Start.Value <= last; i++)
        {
            ref AddressRegion region = ref _regions[i];
            if (region.IsDirtyLogged)
            {
                ulong from = start > region.Start ? start.Value : region.Start.Value;
                ulong lastHere = last < region.End.Value ? last : region.End.Value - 1;
                SetDirty(region, from, lastHere - from + 1);
            }
        }

        _gate.Leave();
    }

    /// <summary>Takes the dirty bits of the mapping that holds <paramref name="address"/> and makes its pages clean.</summary>
    /// <param name="address">Any address of the mapping.</param>
    /// <param name="destination">At least <see cref="DirtyLogWords"/> words; bit 0 of word 0 is the first page.</param>
    /// <returns>NotMapped, DirtyLogState (not logged), BufferTooSmall; or None.</returns>
    public AddressSpaceError FetchAndClearDirty(GuestPhysAddr address, Span<ulong> destination)
    {
        _gate.Enter(_frames);
        AddressSpaceError error = AddressSpaceError.NotMapped;
        if (TryGetExtent(address, out AddressRegion mapping, out ulong start, out ulong end))
        {
            error = !mapping.IsDirtyLogged ? AddressSpaceError.DirtyLogState
                : (ulong)destination.Length < WordsFor(start, end) ? AddressSpaceError.BufferTooSmall
                : AddressSpaceError.None;
        }

        if (error == AddressSpaceError.None)
        {
            int words = (int)WordsFor(start, end);

            // Order matters: a page loses the right to write, then the TLBs forget it, and only then its bit is taken. A write before
            // that is in the bit; a write after it faults, waits for the lock and sets the bit again.
            ProtectDirty(mapping.DirtyBits, words, start);
            for (int i = 0; i < words; i++)
            {
                destination[i] = Interlocked.Exchange(ref mapping.DirtyBits[i], 0);
            }
        }

        _gate.Leave();
        return error;
    }

    private static ulong WordsFor(ulong start, ulong end) => (((end - start) / PageSize) + (BitsPerWord - 1)) / BitsPerWord;

    /// <summary>The mapping that holds an address, and its first and last address; for a logged one the bitmap says where it starts.</summary>
    private readonly bool TryGetExtent(GuestPhysAddr address, out AddressRegion mapping, out ulong start, out ulong end)
    {
        start = end = 0;
        int index = _regions.Find(address.Value);
        mapping = index >= 0 ? _regions[index] : default;
        if (index < 0)
        {
            return false;
        }

        start = mapping.Start.Value;
        for (int i = 0; i < _regions.Count; i++)
        {
            ref AddressRegion piece = ref _regions[i];
            if (piece.MappingId == mapping.MappingId)
            {
                start = piece.Start.Value < start ? piece.Start.Value : start;
                end = piece.End.Value;
            }
        }

        start = mapping.IsDirtyLogged ? mapping.DirtyBase : start;
        return true;
    }

    private void SetLog(uint mappingId, ulong* bits, ulong start)
    {
        for (int i = 0; i < _regions.Count; i++)
        {
            ref AddressRegion piece = ref _regions[i];
            if (piece.MappingId == mappingId)
            {
                piece.DirtyBits = bits;
                piece.DirtyBase = start;
                ApplyFlags(piece);
            }
        }
    }

    private void ProtectDirty(ulong* bits, int words, ulong start)
    {
        ulong low = ulong.MaxValue;
        ulong high = 0;
        for (int i = 0; i < words; i++)
        {
            for (ulong left = Volatile.Read(ref bits[i]); left != 0; left &= left - 1)
            {
                ulong page = start + ((((ulong)i * BitsPerWord) + (ulong)BitOperations.TrailingZeroCount(left)) * PageSize);
                if (_table.DropWrite(new GuestPhysAddr(page)))
                {
                    low = page < low ? page : low;
                    high = page + PageSize;
                }
            }
        }

        if (low < high)
        {
            _tlb.InvalidateRange(TFormat.Invalidation, new GuestPhysAddr(low), high - low);
        }
    }

    /// <summary>Gives a page of a logged region its right to write back and marks it dirty.</summary>
    private void LogWrite(in AddressRegion region, GuestPhysAddr page, ulong blockSize)
    {
        ulong start = page.Value;
        ulong size = PageSize;
        if (_table.SetFlagsAt(page, region.Flags, wholeBlock: false, ref _tlb) != AddressSpaceError.None)
        {
            // No frame for the split: the block as a whole becomes dirty. Coarser, but nothing is lost and the guest goes on.
            _table.SetFlagsAt(page, region.Flags, wholeBlock: true, ref _tlb);
            start &= ~(blockSize - 1);
            size = blockSize;
        }

        // The lock is held: nobody fetches the log between the two.
        if (region.IsDirtyLogged)
        {
            SetDirty(region, start, size);
        }
    }

    private static void SetDirty(in AddressRegion region, ulong start, ulong size)
    {
        ulong last = (start + (size - 1) - region.DirtyBase) / PageSize;
        for (ulong page = (start - region.DirtyBase) / PageSize; page <= last; page++)
        {
            Interlocked.Or(ref region.DirtyBits[page / BitsPerWord], 1UL << (int)(page % BitsPerWord));
        }
    }

    /// <summary>After a region is gone: its bits are cleared, and the log is off when it was the last of its mapping.</summary>
    private void ForgetLog(in AddressRegion region)
    {
        if (!region.IsDirtyLogged)
        {
            return;
        }

        for (ulong at = region.Start.Value; at < region.End.Value; at += PageSize)
        {
            ulong page = (at - region.DirtyBase) / PageSize;
            Interlocked.And(ref region.DirtyBits[page / BitsPerWord], ~(1UL << (int)(page % BitsPerWord)));
        }

        for (int i = 0; i < _regions.Count; i++)
        {
            if (_regions[i].MappingId == region.MappingId)
            {
                return;
            }
        }

        Volatile.Write(ref _loggedMappings, _loggedMappings - 1);
    }
}
