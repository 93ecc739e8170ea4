namespace AxVCpu.Memory;

/// <summary>
/// AMD nested page tables, 4 levels, 48-bit guest-physical addresses: the host's long-mode format. AMD APM volume 2, 15.25 "Nested
/// paging" and 5.3 "Long-mode page translation". Every nested access counts as a user access (15.25.5), so U/S is always set.
/// </summary>
public readonly struct X64Npt : INestedFormat
{
    private const ulong Present = 1UL << 0;
    private const ulong ReadWrite = 1UL << 1;
    private const ulong UserSupervisor = 1UL << 2;
    private const ulong WriteThrough = 1UL << 3;   // PWT
    private const ulong CacheDisable = 1UL << 4;   // PCD; PCD|PWT = PAT entry 3 = UC, PCD alone = PAT entry 2 = UC-
    private const ulong Accessed = 1UL << 5;
    private const ulong Dirty = 1UL << 6;
    private const ulong PageSize = 1UL << 7;
    private const ulong NoExecute = 1UL << 63;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    /// <inheritdoc/>
    public static int Levels => 4;

    /// <inheritdoc/>
    public static int AddressBits => 48;

    /// <inheritdoc/>
    public static int MaxBlockLevel => 2;

    /// <inheritdoc/>
    public static bool NeedsBreakBeforeMake => false;

    /// <inheritdoc/>
    public static NestedInvalidation Invalidation => NestedInvalidation.FlushGuestAsid;

    /// <inheritdoc/>
    public static ulong EncodeTable(HostPhysAddr table) => table.Value | Present | ReadWrite | UserSupervisor | Accessed;

    /// <inheritdoc/>
    public static ulong EncodeLeaf(HostPhysAddr frame, MappingFlags flags, int level)
    {
        // Accessed and Dirty are preset so that hardware never writes to an entry behind the software's back.
        ulong entry = frame.Value | Present | UserSupervisor | Accessed | Dirty;
        entry |= (flags & MappingFlags.Write) != 0 ? ReadWrite : 0;
        entry |= (flags & MappingFlags.Execute) != 0 ? 0 : NoExecute;
        entry |= (flags & EffectiveFlags.Memory) != 0 ? CacheDisable : 0;
        entry |= (flags & MappingFlags.Device) != 0 ? WriteThrough : 0;
        return level > 0 ? entry | PageSize : entry;
    }

    /// <inheritdoc/>
    public static bool IsPresent(ulong entry) => (entry & Present) != 0;

    /// <inheritdoc/>
    public static bool IsTable(ulong entry, int level) => level > 0 && (entry & PageSize) == 0;

    /// <inheritdoc/>
    public static HostPhysAddr AddressOf(ulong entry) => new(entry & AddressMask);

    /// <inheritdoc/>
    public static MappingFlags FlagsOf(ulong leaf)
    {
        MappingFlags flags = MappingFlags.Read;
        flags |= (leaf & ReadWrite) != 0 ? MappingFlags.Write : 0;
        flags |= (leaf & NoExecute) == 0 ? MappingFlags.Execute : 0;
        if ((leaf & CacheDisable) != 0)
        {
            flags |= (leaf & WriteThrough) != 0 ? MappingFlags.Device : MappingFlags.Uncached;
        }

        return flags;
    }

    /// <summary>nCR3. AMD APM volume 2, 15.25.3.</summary>
    public static ulong RootRegister(HostPhysAddr root, uint id) => root.Value;
}
