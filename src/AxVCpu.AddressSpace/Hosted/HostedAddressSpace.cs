using System.Runtime.InteropServices;

namespace AxVCpu.Memory;

/// <summary>A <see cref="GuestAddressSpace"/> over one table format. The struct underneath lives in native memory, at a stable address.</summary>
internal sealed unsafe class HostedAddressSpace<TFormat> : GuestAddressSpace
    where TFormat : struct, INestedFormat
{
    private const ulong MaxMemory = 1UL << 45;

    private readonly RamArena _arena;
    private readonly ListenerTlb.Box _tlbBox = new();
    private readonly Lock _listenerLock = new();
    private readonly Dictionary<uint, nint> _dirtyBits = [];
    private readonly int _regionCapacity;
    private GCHandle _tlbHandle;
    private AddressRegion* _regions;
    private AddressSpace<TFormat, ArenaFrames, ListenerTlb>* _space;
    private IGuestMemoryListener? _memoryListener;

    internal HostedAddressSpace(NestedFormat format, ulong memoryLimit, int regionCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(regionCapacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(memoryLimit, MaxMemory);
        Format = format;
        _regionCapacity = regionCapacity;
        _arena = new RamArena(memoryLimit + TableAllowance(memoryLimit));
        _tlbHandle = GCHandle.Alloc(_tlbBox);
        _regions = (AddressRegion*)NativeMemory.AllocZeroed((nuint)regionCapacity, (nuint)sizeof(AddressRegion));
        _space = (AddressSpace<TFormat, ArenaFrames, ListenerTlb>*)NativeMemory.AllocZeroed(
            (nuint)sizeof(AddressSpace<TFormat, ArenaFrames, ListenerTlb>));
        AddressSpaceError error = AddressSpace<TFormat, ArenaFrames, ListenerTlb>.TryCreate(
            new GuestPhysAddr(0),
            1UL << TFormat.AddressBits,
            _arena.Frames,
            new ListenerTlb(_tlbHandle),
            _regions,
            regionCapacity,
            out *_space);
        if (error != AddressSpaceError.None)
        {
            Dispose();
            throw new InvalidOperationException($"The root table could not be made: {error}.");
        }
    }

    ~HostedAddressSpace() => Dispose(disposing: false);

    public override NestedFormat Format { get; }

    public override RamArena Arena => _arena;

    public override HostPhysAddr Root => Space.Root;

    public override GuestPhysAddr Base => Space.Base;

    public override ulong Size => Space.Size;

    public override ulong ResidentFrames => Space.ResidentFrames;

    public override ulong TableFrames => Space.TableFrames;

    public override int RegionCount => Space.RegionCount;

    private ref AddressSpace<TFormat, ArenaFrames, ListenerTlb> Space
    {
        get
        {
            ObjectDisposedException.ThrowIf(_space == null, this);

            // SAFETY: native memory that lives until Dispose, which comes after the last use.
            return ref *_space;
        }
    }

    public override void SetInvalidator(INestedTlbListener? listener) => _tlbBox.Listener = listener;

    public override void SetMemoryListener(IGuestMemoryListener? listener)
    {
        lock (_listenerLock)
        {
            if (listener is not null && _memoryListener is not null && !ReferenceEquals(listener, _memoryListener))
            {
                throw new InvalidOperationException("the memory is another machine's already; each needs its own");
            }

            _memoryListener = listener;
            try
            {
                if (listener is { NeedsFrames: true })
                {
                    PopulateLazyRegions();
                }

                for (int i = 0; listener != null && Space.TryGetRegionAt(i, out AddressRegion region); i++)
                {
                    listener.Mapped(region);
                }
            }
            catch
            {
                _memoryListener = null;
                throw;
            }
        }
    }

    public override AddressSpaceError MapLinear(GuestPhysAddr start, HostPhysAddr target, ulong size, MappingFlags flags)
    {
        lock (_listenerLock)
        {
            return ReportMapped(Space.MapLinear(start, target, size, flags), start, size);
        }
    }

    public override AddressSpaceError MapAlloc(GuestPhysAddr start, ulong size, MappingFlags flags, bool populate)
    {
        lock (_listenerLock)
        {
            bool all = populate || _memoryListener is { NeedsFrames: true };
            return ReportMapped(Space.MapAlloc(start, size, flags, all), start, size);
        }
    }

    public override AddressSpaceError Unmap(GuestPhysAddr start, ulong size)
    {
        lock (_listenerLock)
        {
            AddressSpaceError error = Space.Unmap(start, size);
            if (error == AddressSpaceError.None)
            {
                _memoryListener?.Unmapped(start, size);
                FreeDirtyBitsOfGoneMappings();
            }

            return error;
        }
    }

    public override AddressSpaceError Protect(GuestPhysAddr start, ulong size, MappingFlags flags)
    {
        lock (_listenerLock)
        {
            return ReportMapped(Space.Protect(start, size, flags), start, size);
        }
    }

    public override void Clear()
    {
        lock (_listenerLock)
        {
            Space.Clear();
            _memoryListener?.Unmapped(Base, Size);
            FreeDirtyBitsOfGoneMappings();
        }
    }

    public override bool ContainsRange(GuestPhysAddr start, ulong size) => Space.ContainsRange(start, size);

    public override bool TryGetRegion(GuestPhysAddr address, out AddressRegion region) => Space.TryGetRegion(address, out region);

    public override bool TryGetRegionAt(int index, out AddressRegion region) => Space.TryGetRegionAt(index, out region);

    public override PageFaultOutcome HandlePageFault(GuestPhysAddr address, MappingFlags access) => Space.HandlePageFault(address, access);

    public override bool Translate(GuestPhysAddr address, out HostPhysAddr target) => Space.Translate(address, out target);

    public override bool TranslateAndGetLimit(GuestPhysAddr address, out HostPhysAddr target, out ulong limit, ulong atMost) =>
        Space.TranslateAndGetLimit(address, out target, out limit, atMost);

    public override NestedWalkStatus Walk(GuestPhysAddr address, MappingFlags access, out NestedTranslation translation) =>
        Space.Walk(address, access, out translation);

    public override GuestAccessStatus Read(GuestPhysAddr address, Span<byte> destination) => Space.Read(address, destination);

    public override GuestAccessStatus Write(GuestPhysAddr address, ReadOnlySpan<byte> source) => Space.Write(address, source);

    public override GuestAccessStatus ReadVolatile(GuestPhysAddr address, AccessWidth width, out ulong value) =>
        Space.ReadVolatile(address, width, out value);

    public override GuestAccessStatus WriteVolatile(GuestPhysAddr address, AccessWidth width, ulong value) =>
        Space.WriteVolatile(address, width, value);

    public override ulong DirtyLogWords(GuestPhysAddr address) => Space.DirtyLogWords(address);

    public override AddressSpaceError EnableDirtyLog(GuestPhysAddr address)
    {
        lock (_listenerLock)
        {
            if (!Space.TryGetRegion(address, out AddressRegion region))
            {
                return AddressSpaceError.NotMapped;
            }

            if (region.IsDirtyLogged)
            {
                return AddressSpaceError.DirtyLogState;
            }

            ulong words = Space.DirtyLogWords(address);
            ulong* bits = (ulong*)NativeMemory.AllocZeroed((nuint)words, sizeof(ulong));
            AddressSpaceError error = Space.EnableDirtyLog(address, bits, words);
            if (error == AddressSpaceError.None)
            {
                _dirtyBits[region.MappingId] = (nint)bits;
                ReportMapping(region.MappingId);
            }
            else
            {
                NativeMemory.Free(bits);
            }

            return error;
        }
    }

    public override AddressSpaceError DisableDirtyLog(GuestPhysAddr address)
    {
        lock (_listenerLock)
        {
            AddressSpaceError error = Space.DisableDirtyLog(address);
            if (error == AddressSpaceError.None && Space.TryGetRegion(address, out AddressRegion region))
            {
                ReportMapping(region.MappingId);
                if (_dirtyBits.Remove(region.MappingId, out nint bits))
                {
                    NativeMemory.Free((void*)bits);
                }
            }

            return error;
        }
    }

    public override void MarkDirty(GuestPhysAddr start, ulong size) => Space.MarkDirty(start, size);

    public override AddressSpaceError FetchAndClearDirty(GuestPhysAddr address, Span<ulong> destination)
    {
        if (Volatile.Read(ref _memoryListener) is { } listener)
        {
            lock (_listenerLock)
            {
                if (Space.TryGetRegion(address, out AddressRegion region) && region.IsDirtyLogged)
                {
                    CollectDirty(listener, region.MappingId);
                }

                return Space.FetchAndClearDirty(address, destination);
            }
        }

        return Space.FetchAndClearDirty(address, destination);
    }

    public override bool TryGetHostPointer(GuestPhysAddr address, ulong size, MappingFlags access, out nint pointer)
    {
        bool found = Space.TryGetHostAddress(address, size, access, out HostVirtAddr host);
        pointer = (nint)host.Value;
        return found;
    }

    protected override void Dispose(bool disposing)
    {
        if (_space != null)
        {
            NativeMemory.Free(_space);
            _space = null;
            NativeMemory.Free(_regions);
            _regions = null;
            foreach (nint bits in _dirtyBits.Values)
            {
                NativeMemory.Free((void*)bits);
            }

            _dirtyBits.Clear();
            _tlbHandle.Free();
        }

        if (disposing)
        {
            // All frames, tables included, lie in the arena. Without disposing, its own finalizer frees it.
            _arena.Dispose();
        }
    }

    /// <summary>A table maps 512 pages, and lies below at most 3 others; scattered small regions need a few more.</summary>
    private static ulong TableAllowance(ulong memory) => (memory / 256) + (2UL * 1024 * 1024);

    private AddressSpaceError ReportMapped(AddressSpaceError error, GuestPhysAddr start, ulong size)
    {
        if (error != AddressSpaceError.None || _memoryListener == null)
        {
            return error;
        }

        for (int i = 0; i < _regionCapacity && Space.TryGetRegionAt(i, out AddressRegion region); i++)
        {
            if (region.Start < start + size && region.End > start)
            {
                _memoryListener.Mapped(region);
            }
        }

        return error;
    }

    /// <summary>Tells the listener of every piece of one mapping.</summary>
    private void ReportMapping(uint mappingId)
    {
        for (int i = 0; _memoryListener is { } listener && Space.TryGetRegionAt(i, out AddressRegion region); i++)
        {
            if (region.MappingId == mappingId)
            {
                listener.Mapped(region);
            }
        }
    }

    private void CollectDirty(IGuestMemoryListener listener, uint mappingId)
    {
        for (int i = 0; Space.TryGetRegionAt(i, out AddressRegion region); i++)
        {
            if (region.MappingId == mappingId)
            {
                listener.CollectDirty(region);
            }
        }
    }

    /// <summary>Gives every page of the lazy regions its frame. What the arena cannot give stays lazy: the listener sees no memory there.</summary>
    private void PopulateLazyRegions()
    {
        for (int i = 0; Space.TryGetRegionAt(i, out AddressRegion region); i++)
        {
            for (GuestPhysAddr page = region.Start; region.Kind == RegionKind.Lazy && page < region.End; page += ArenaState.PageSize)
            {
                Space.HandlePageFault(page, MappingFlags.None);
            }
        }
    }

    private void FreeDirtyBitsOfGoneMappings()
    {
        foreach (uint mapping in _dirtyBits.Keys.ToArray())
        {
            bool alive = false;
            for (int i = 0; !alive && Space.TryGetRegionAt(i, out AddressRegion region); i++)
            {
                alive = region.MappingId == mapping;
            }

            if (!alive)
            {
                NativeMemory.Free((void*)_dirtyBits[mapping]);
                _dirtyBits.Remove(mapping);
            }
        }
    }
}
