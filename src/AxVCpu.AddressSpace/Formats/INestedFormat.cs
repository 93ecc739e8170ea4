namespace AxVCpu.Memory;

/// <summary>
/// One hardware format of nested (second stage) page tables. Every format here has 4 KiB tables of 512 64-bit entries; only the root
/// may be wider. Levels count up from the page: level 0 maps 4 KiB, level 1 2 MiB, level 2 1 GiB, level 3 512 GiB.
/// </summary>
/// <remarks>
/// Implementations are empty structs used as type arguments, so that a walk compiles to straight-line code. The non-present entries
/// (lazy markers and the like) do not depend on the format, see <see cref="NonPresentEntry"/>.
/// </remarks>
public interface INestedFormat
{
    /// <summary>Number of levels, 3 or 4.</summary>
    static abstract int Levels { get; }

    /// <summary>Width of a guest-physical address in bits. What the lower levels do not index, the root does.</summary>
    static abstract int AddressBits { get; }

    /// <summary>The highest level at which an entry may map a block.</summary>
    static abstract int MaxBlockLevel { get; }

    /// <summary>
    /// Whether a present entry that changes its size or memory type must be made non-present, and the TLBs told, before the new entry is
    /// written.
    /// </summary>
    static abstract bool NeedsBreakBeforeMake { get; }

    /// <summary>The operation which removes translations of this format from TLBs.</summary>
    static abstract NestedInvalidation Invalidation { get; }

    /// <summary>An entry that points to the next table.</summary>
    /// <param name="table">The table, 4 KiB aligned.</param>
    static abstract ulong EncodeTable(HostPhysAddr table);

    /// <summary>An entry that maps a page or a block.</summary>
    /// <param name="frame">The host memory, aligned to the size of the level.</param>
    /// <param name="flags">Effective flags, see <see cref="EffectiveFlags.Of"/>, with at least <see cref="MappingFlags.Read"/>.</param>
    /// <param name="level">0 for a page, up to <see cref="MaxBlockLevel"/> for a block.</param>
    static abstract ulong EncodeLeaf(HostPhysAddr frame, MappingFlags flags, int level);

    /// <summary>Whether hardware takes the entry as valid.</summary>
    static abstract bool IsPresent(ulong entry);

    /// <summary>Whether a present entry at <paramref name="level"/> points to a table.</summary>
    static abstract bool IsTable(ulong entry, int level);

    /// <summary>The host address in a present entry.</summary>
    static abstract HostPhysAddr AddressOf(ulong entry);

    /// <summary>The effective flags of a present leaf.</summary>
    static abstract MappingFlags FlagsOf(ulong leaf);

    /// <summary>The value of the register or control field which selects the tables (EPTP, nCR3, VTTBR_EL2, hgatp).</summary>
    /// <param name="root">The root table.</param>
    /// <param name="id">The VMID; ignored where the format's register has none.</param>
    static abstract ulong RootRegister(HostPhysAddr root, uint id);
}
