namespace AxVCpu.Memory;

/// <summary>
/// The guest-physical address space of one VM: its regions, the nested table that realises them, and access to the memory behind them.
/// </summary>
/// <remarks>
/// All members may be called from any thread. Changes and page faults are serialised by a spin lock; walks and memory accesses run
/// without it. The struct must stay at one address while it is used (static storage or native memory), and must be disposed by its last
/// user. No block of the nested table reaches over the end of a region, so that a region can always be unmapped without new frames.
/// </remarks>
/// <typeparam name="TFormat">The format of the nested table.</typeparam>
/// <typeparam name="TFrames">Where frames for tables and guest memory come from.</typeparam>
/// <typeparam name="TTlb">Told when translations become invalid.</typeparam>
public unsafe partial struct AddressSpace<TFormat, TFrames, TTlb>
    where TFormat : struct, INestedFormat
    where TFrames : unmanaged, IFrameSource
    where TTlb : unmanaged, ITlbInvalidator
{
    private const ulong PageSize = NestedGeometry<TFormat>.PageSize;

    private NestedPageTable<TFormat, TFrames> _table;
    private TFrames _frames;
    private TTlb _tlb;
    private RegionTable _regions;
    private SpinGate _gate;
    private ReaderGate _readers;
    private ulong _base;
    private ulong _size;
    private ulong _dataFrames;
    private uint _nextMapping;
    private int _loggedMappings;

    /// <summary>Makes an empty address space.</summary>
    /// <param name="start">Its first address, page aligned.</param>
    /// <param name="size">Its size in bytes, within what the format can address.</param>
    /// <param name="frames">Where frames come from.</param>
    /// <param name="tlb">Told when translations become invalid.</param>
    /// <param name="regions">Room for the regions, for the life of the address space.</param>
    /// <param name="regionCapacity">The number of regions that there is room for.</param>
    /// <param name="space">The address space; unusable after an error.</param>
    /// <returns>ZeroSize, Misaligned, OutOfRange, OutOfFrames; or None.</returns>
    public static AddressSpaceError TryCreate(
        GuestPhysAddr start,
        ulong size,
        TFrames frames,
        TTlb tlb,
        AddressRegion* regions,
        int regionCapacity,
        out AddressSpace<TFormat, TFrames, TTlb> space)
    {
        space = default;
        AddressSpaceError error = NestedPageTable<TFormat, TFrames>.CheckRange(start.Value, size);
        if (error != AddressSpaceError.None)
        {
            return error;
        }

        space._frames = frames;
        space._tlb = tlb;
        space._regions = new RegionTable(regions, regionCapacity);
        space._base = start.Value;
        space._size = size;
        space._nextMapping = 1;
        return NestedPageTable<TFormat, TFrames>.TryCreate(frames, out space._table) ? AddressSpaceError.None : AddressSpaceError.OutOfFrames;
    }

    /// <summary>The first address.</summary>
    public readonly GuestPhysAddr Base => new(_base);

    /// <summary>The size in bytes.</summary>
    public readonly ulong Size => _size;

    /// <summary>The root of the nested table, for <c>SetNestedRoot</c>.</summary>
    public readonly HostPhysAddr Root => _table.Root;

    /// <summary>The value of the register that selects the nested table, see <see cref="INestedFormat.RootRegister"/>.</summary>
    public readonly ulong RootRegister(uint id) => _table.RootRegister(id);

    /// <summary>Frames of 4 KiB that hold guest memory now: lazy regions count what was touched, linear regions nothing.</summary>
    public readonly ulong ResidentFrames => Volatile.Read(in _dataFrames);

    /// <summary>Frames of 4 KiB that hold tables now.</summary>
    public readonly ulong TableFrames => _table.TableFrames;

    /// <summary>The number of regions.</summary>
    public readonly int RegionCount => _regions.Count;

    /// <summary>Whether a range lies in the address space, mapped or not.</summary>
    public readonly bool ContainsRange(GuestPhysAddr start, ulong size) =>
        start.Value >= _base && start.Value - _base < _size && size <= _size - (start.Value - _base);

    /// <summary>The region that holds an address.</summary>
    /// <returns>False when there is none.</returns>
    public bool TryGetRegion(GuestPhysAddr address, out AddressRegion region)
    {
        _gate.Enter(_frames);
        int index = _regions.Find(address.Value);
        region = index >= 0 ? _regions[index] : default;
        _gate.Leave();
        return index >= 0;
    }

    /// <summary>The region with the given number, counted by address.</summary>
    /// <returns>False when there are not that many.</returns>
    public bool TryGetRegionAt(int index, out AddressRegion region)
    {
        _gate.Enter(_frames);
        bool found = (uint)index < (uint)_regions.Count;
        region = found ? _regions[index] : default;
        _gate.Leave();
        return found;
    }

    /// <summary>Unmaps everything, with one invalidation for all. Cannot fail.</summary>
    public void Clear()
    {
        _gate.Enter(_frames);
        for (int i = 0; i < _regions.Count; i++)
        {
            _table.DetachSilently(_regions[i].Start, _regions[i].Size);
        }

        _tlb.InvalidateAll(TFormat.Invalidation);
        _readers.Drain(_frames);
        for (int i = 0; i < _regions.Count; i++)
        {
            bool isOwned = _regions[i].Kind != RegionKind.Linear;
            ulong freed = _table.ReapLeaves(_regions[i].Start, _regions[i].Size, isOwned);
            _dataFrames -= isOwned ? freed : 0;
        }

        _table.Reap(new GuestPhysAddr(0), NestedGeometry<TFormat>.AddressLimit, releaseFrames: false);
        _regions.Clear();
        _loggedMappings = 0;
        _gate.Leave();
    }

    /// <summary>Frees everything. No vCPU and no other thread may use the address space any more. May be called twice.</summary>
    public void Dispose()
    {
        if (_table.Root.Value != 0)
        {
            Clear();
            _table.Dispose();
        }
    }

    private readonly AddressSpaceError CheckRange(GuestPhysAddr start, ulong size)
    {
        AddressSpaceError error = NestedPageTable<TFormat, TFrames>.CheckRange(start.Value, size);
        return error == AddressSpaceError.None && !ContainsRange(start, size) ? AddressSpaceError.OutOfRange : error;
    }
}
