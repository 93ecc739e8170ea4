namespace AxVCpu.Memory;

/// <summary>
/// Intel extended page tables, 4 levels, 48-bit guest-physical addresses. Intel SDM volume 3, 29.3 "The extended page table mechanism
/// (EPT)", tables 29-1 to 29-7. Accessed and dirty flags are not used (EPTP bit 6 clear).
/// </summary>
public readonly struct X64Ept : INestedFormat
{
    private const ulong Read = 1UL << 0;
    private const ulong Write = 1UL << 1;
    private const ulong Execute = 1UL << 2;
    private const int MemoryTypeShift = 3;         // 5:3, table 29-7; SDM 12.3 memory types
    private const ulong MemoryTypeMask = 7UL << MemoryTypeShift;
    private const ulong WriteBack = 6UL << MemoryTypeShift;
    private const ulong PageSize = 1UL << 7;       // table 29-3 and 29-5: the entry maps a 1 GiB or 2 MiB page
    private const ulong NormalUncached = 1UL << 53; // ignored by hardware: tells Uncached from Device, both type UC
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;
    private const ulong EptpWriteBack = 6;         // EPTP 2:0, 25.6.11
    private const ulong EptpWalkLength4 = 3UL << 3; // EPTP 5:3, walk length minus one

    /// <inheritdoc/>
    public static int Levels => 4;

    /// <inheritdoc/>
    public static int AddressBits => 48;

    /// <inheritdoc/>
    public static int MaxBlockLevel => 2;

    /// <inheritdoc/>
    public static bool NeedsBreakBeforeMake => false;

    /// <inheritdoc/>
    public static NestedInvalidation Invalidation => NestedInvalidation.Invept;

    /// <inheritdoc/>
    public static ulong EncodeTable(HostPhysAddr table) => table.Value | Read | Write | Execute;

    /// <inheritdoc/>
    public static ulong EncodeLeaf(HostPhysAddr frame, MappingFlags flags, int level)
    {
        ulong entry = frame.Value | Read;
        entry |= (flags & MappingFlags.Write) != 0 ? Write : 0;
        entry |= (flags & MappingFlags.Execute) != 0 ? Execute : 0;
        entry |= (flags & EffectiveFlags.Memory) == 0 ? WriteBack : 0;
        entry |= (flags & MappingFlags.Uncached) != 0 ? NormalUncached : 0;
        return level > 0 ? entry | PageSize : entry;
    }

    /// <inheritdoc/>
    public static bool IsPresent(ulong entry) => (entry & (Read | Write | Execute)) != 0;

    /// <inheritdoc/>
    public static bool IsTable(ulong entry, int level) => level > 0 && (entry & PageSize) == 0;

    /// <inheritdoc/>
    public static HostPhysAddr AddressOf(ulong entry) => new(entry & AddressMask);

    /// <inheritdoc/>
    public static MappingFlags FlagsOf(ulong leaf)
    {
        MappingFlags flags = (MappingFlags)(leaf & (Read | Write | Execute));
        if ((leaf & MemoryTypeMask) != WriteBack)
        {
            flags |= (leaf & NormalUncached) != 0 ? MappingFlags.Uncached : MappingFlags.Device;
        }

        return flags;
    }

    /// <summary>The EPT pointer: write-back tables, walk length 4, accessed and dirty flags off. SDM volume 3, 25.6.11.</summary>
    public static ulong RootRegister(HostPhysAddr root, uint id) => root.Value | EptpWalkLength4 | EptpWriteBack;
}
