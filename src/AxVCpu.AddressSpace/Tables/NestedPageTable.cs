namespace AxVCpu.Memory;

/// <summary>
/// A nested page table: the only writer of its entries. Walks may run concurrently (<see cref="NestedWalker{TFormat}"/>); changes must
/// be serialised by the owner, <see cref="AddressSpace{TFormat, TFrames, TTlb}"/> does it with its lock.
/// </summary>
/// <remarks>
/// Changes to entries are single 64-bit stores; a new table is filled before it is linked. What is unmapped is first detached (entries
/// made non-present but keeping their address), then the TLBs are told, and only then frames are freed. A change that fails for lack of
/// frames leaves the table as it was.
/// </remarks>
/// <typeparam name="TFormat">The hardware format.</typeparam>
/// <typeparam name="TFrames">Where tables come from.</typeparam>
public unsafe partial struct NestedPageTable<TFormat, TFrames>
    where TFormat : struct, INestedFormat
    where TFrames : unmanaged, IFrameSource
{
    private const ulong PageSize = NestedGeometry<TFormat>.PageSize;

    private TFrames _frames;
    private HostPhysAddr _root;
    private ulong _tableFrames;

    /// <summary>The root table; zero after <see cref="Dispose"/>.</summary>
    public readonly HostPhysAddr Root => _root;

    /// <summary>How many 4 KiB frames the tables occupy, the root included.</summary>
    public readonly ulong TableFrames => _tableFrames;

    /// <summary>The value of the register that selects this table, see <see cref="INestedFormat.RootRegister"/>.</summary>
    public readonly ulong RootRegister(uint id) => TFormat.RootRegister(_root, id);

    /// <summary>Makes an empty table.</summary>
    /// <returns>False when the source has no frames for the root.</returns>
    public static bool TryCreate(TFrames frames, out NestedPageTable<TFormat, TFrames> table)
    {
        table = default;
        table._frames = frames;
        ulong rootFrames = NestedGeometry<TFormat>.RootFrames;
        if (!frames.TryAllocFrames(rootFrames, rootFrames * PageSize, out HostPhysAddr root, out bool zeroed))
        {
            return false;
        }

        if (!zeroed)
        {
            FillEntries((ulong*)frames.PhysToVirt(root).Value, (int)rootFrames * NestedGeometry<TFormat>.TableEntries, 0);
        }

        table._root = root;
        table._tableFrames = rootFrames;
        return true;
    }

    /// <summary>Walks without a wanted access; the same as a hardware walk.</summary>
    public readonly NestedWalkStatus Walk(GuestPhysAddr address, out NestedTranslation translation) =>
        NestedWalker<TFormat>.Walk(_root, address, _frames, out translation);

    /// <summary>
    /// Frees the tables. Mappings still there are dropped and their frames stay with whoever owns them. No vCPU may use the table.
    /// </summary>
    public void Dispose()
    {
        if (_root.Value == 0)
        {
            return;
        }

        // All of it, so that no block is split; and nobody's TLB holds anything of it.
        DetachSilently(new GuestPhysAddr(0), NestedGeometry<TFormat>.AddressLimit);
        Reap(new GuestPhysAddr(0), NestedGeometry<TFormat>.AddressLimit, releaseFrames: false);
        _frames.DeallocFrames(_root, NestedGeometry<TFormat>.RootFrames);
        _root = default;
        _tableFrames = 0;
    }

    /// <summary>Checks a range of guest-physical addresses against the format.</summary>
    internal static AddressSpaceError CheckRange(ulong start, ulong size)
    {
        if (size == 0)
        {
            return AddressSpaceError.ZeroSize;
        }

        if (((start | size) & (PageSize - 1)) != 0)
        {
            return AddressSpaceError.Misaligned;
        }

        return start >= NestedGeometry<TFormat>.AddressLimit || size > NestedGeometry<TFormat>.AddressLimit - start
            ? AddressSpaceError.OutOfRange
            : AddressSpaceError.None;
    }

    private static bool IsEmpty(ulong entry) => !TFormat.IsPresent(entry) && NonPresentEntry.KindOf(entry) == NonPresentKind.Empty;

    private static bool IsLazy(ulong entry) => !TFormat.IsPresent(entry) && NonPresentEntry.KindOf(entry) == NonPresentKind.Lazy;

    /// <summary>Whether a lazy entry has its frames already.</summary>
    private static bool IsReserved(ulong entry) => IsLazy(entry) && NonPresentEntry.AddressOf(entry).Value != 0;

    private static bool IsDead(ulong entry) =>
        !TFormat.IsPresent(entry) && NonPresentEntry.KindOf(entry) is NonPresentKind.Empty or NonPresentKind.DetachedLeaf
            or NonPresentKind.DetachedTable;

    private static bool IsLiveTable(ulong entry, int level) => TFormat.IsPresent(entry) && TFormat.IsTable(entry, level);

    /// <summary>Whether the entry maps memory, with or without access rights.</summary>
    private static bool IsLeaf(ulong entry, int level) => TFormat.IsPresent(entry)
        ? !TFormat.IsTable(entry, level)
        : NonPresentEntry.KindOf(entry) == NonPresentKind.Parked;

    private static HostPhysAddr LeafAddress(ulong entry) =>
        TFormat.IsPresent(entry) ? TFormat.AddressOf(entry) : NonPresentEntry.AddressOf(entry);

    private static MappingFlags LeafFlags(ulong entry) =>
        TFormat.IsPresent(entry) ? TFormat.FlagsOf(entry) : NonPresentEntry.MemoryOf(entry);

    private static ulong EncodeLeaf(HostPhysAddr frame, MappingFlags flags, int level) => (flags & EffectiveFlags.Access) != 0
        ? TFormat.EncodeLeaf(frame, flags, level)
        : NonPresentEntry.Encode(NonPresentKind.Parked, frame, flags);

    private static void FillEntries(ulong* entries, int count, ulong value)
    {
        for (int i = 0; i < count; i++)
        {
            entries[i] = value;
        }
    }

    // SAFETY: every table address in an entry was allocated by this struct and is freed only after its entry is gone.
    private readonly ulong* Entries(HostPhysAddr table) => (ulong*)_frames.PhysToVirt(table).Value;

    /// <summary>A table filled with one value, not yet linked.</summary>
    private bool TryAllocTable(ulong value, out HostPhysAddr table)
    {
        if (!_frames.TryAllocFrame(out table, out bool zeroed))
        {
            return false;
        }

        if (!zeroed || value != 0)
        {
            FillEntries(Entries(table), NestedGeometry<TFormat>.TableEntries, value);
        }

        _tableFrames++;
        return true;
    }

    private void FreeTable(HostPhysAddr table)
    {
        _frames.DeallocFrame(table);
        _tableFrames--;
    }

    /// <summary>Makes everything written to a new table visible before the entry that links it.</summary>
    private static void Publish(ulong* slot, ulong entry) => Volatile.Write(ref *slot, entry);

    /// <summary>Replaces a live entry by one of another size or memory type.</summary>
    private static void Replace<TTlb>(ulong* slot, ulong entry, ulong blockStart, int level, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator
    {
        bool wasPresent = TFormat.IsPresent(*slot);
        if (wasPresent && TFormat.NeedsBreakBeforeMake)
        {
            // The break looks like lazy memory: a vCPU that hits it asks for a page fault, which waits for the lock and then retries.
            Publish(slot, NonPresentEntry.Lazy);
            Invalidate(blockStart, NestedGeometry<TFormat>.BlockSize(level), ref tlb);
            Publish(slot, entry);
            return;
        }

        Publish(slot, entry);
        if (wasPresent)
        {
            Invalidate(blockStart, NestedGeometry<TFormat>.BlockSize(level), ref tlb);
        }
    }

    private static void Invalidate<TTlb>(ulong start, ulong size, ref TTlb tlb)
        where TTlb : struct, ITlbInvalidator =>
        tlb.InvalidateRange(TFormat.Invalidation, new GuestPhysAddr(start), size);
}
