namespace AxVCpu.Memory;

/// <summary>What a non-present entry stands for.</summary>
public enum NonPresentKind
{
    /// <summary>Nothing is mapped.</summary>
    Empty = 0,
    /// <summary>
    /// Memory whose frames are allocated at the first access; with an address, frames that are there already and are cleared then.
    /// Without one also the "break" of break-before-make.
    /// </summary>
    Lazy = 1,
    /// <summary>A mapping without any access right; the entry keeps its frame.</summary>
    Parked = 2,
    /// <summary>A leaf being unmapped: its frame is freed once the TLBs have forgotten it.</summary>
    DetachedLeaf = 3,
    /// <summary>A table being freed: other CPUs may still be walking it until the invalidation is complete.</summary>
    DetachedTable = 4,
}

/// <summary>
/// The layout of non-present entries, which hardware ignores and is the same in every format: bits 2:0 zero (not present: EPT tests 2:0,
/// the others bit 0), bits 5:3 the <see cref="NonPresentKind"/>, bits 7:6 the memory kind of a parked leaf, bits 11:8 zero (EPT's
/// mode-based execute control tests bit 10), bits 51:12 a host address.
/// </summary>
public static class NonPresentEntry
{
    private const int KindShift = 3;
    private const ulong KindMask = 7;
    private const ulong DeviceBit = 1UL << 6;
    private const ulong UncachedBit = 1UL << 7;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    /// <summary>The marker of lazily populated memory.</summary>
    public const ulong Lazy = (ulong)NonPresentKind.Lazy << KindShift;

    /// <summary>What the entry stands for; the entry must not be present in its format.</summary>
    public static NonPresentKind KindOf(ulong entry) => (NonPresentKind)((entry >> KindShift) & KindMask);

    /// <summary>An entry of the given kind that remembers a host address.</summary>
    public static ulong Encode(NonPresentKind kind, HostPhysAddr address, MappingFlags memory)
    {
        ulong entry = ((ulong)kind << KindShift) | (address.Value & AddressMask);
        entry |= (memory & MappingFlags.Device) != 0 ? DeviceBit : 0;
        return entry | ((memory & MappingFlags.Uncached) != 0 ? UncachedBit : 0);
    }

    /// <summary>The host address in a parked, detached or lazy entry; 0 in a lazy one without frames.</summary>
    public static HostPhysAddr AddressOf(ulong entry) => new(entry & AddressMask);

    /// <summary>The memory kind of a parked leaf.</summary>
    public static MappingFlags MemoryOf(ulong entry) =>
        ((entry & DeviceBit) != 0 ? MappingFlags.Device : MappingFlags.None)
        | ((entry & UncachedBit) != 0 ? MappingFlags.Uncached : MappingFlags.None);
}
