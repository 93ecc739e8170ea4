namespace AxVCpu.Memory;

/// <summary>
/// The G-stage page-table entry of RISC-V. Privileged specification, "Hypervisor extension", "Two-stage address translation" and
/// "Sv39: Page-based 39-bit virtual-memory system" for the bits. G-stage leaves need U (accesses count as user accesses); A and D are
/// preset because hardware may fault instead of setting them (Svade).
/// </summary>
internal static class RiscvNestedEntry
{
    private const ulong Valid = 1UL << 0;
    private const ulong Read = 1UL << 1;
    private const ulong Write = 1UL << 2;
    private const ulong Execute = 1UL << 3;
    private const ulong User = 1UL << 4;
    private const ulong Accessed = 1UL << 6;
    private const ulong Dirty = 1UL << 7;

    // RSW, 9:8. The memory type follows the physical memory attributes: PBMT is reserved without Svpbmt.
    private const ulong SoftwareDevice = 1UL << 8;
    private const ulong SoftwareUncached = 1UL << 9;

    private const int PpnShift = 10;
    private const ulong PpnMask = (1UL << 44) - 1;
    private const int PageShift = 12;

    internal static ulong EncodeTable(HostPhysAddr table) => ((table.Value >> PageShift) << PpnShift) | Valid;

    internal static ulong EncodeLeaf(HostPhysAddr frame, MappingFlags flags)
    {
        ulong entry = ((frame.Value >> PageShift) << PpnShift) | Valid | User | Accessed | Dirty;
        entry |= (ulong)(flags & EffectiveFlags.Access) << 1;
        entry |= (flags & MappingFlags.Device) != 0 ? SoftwareDevice : 0;
        return entry | ((flags & MappingFlags.Uncached) != 0 ? SoftwareUncached : 0);
    }

    internal static bool IsPresent(ulong entry) => (entry & Valid) != 0;

    internal static bool IsTable(ulong entry) => (entry & (Read | Write | Execute)) == 0;

    internal static HostPhysAddr AddressOf(ulong entry) => new(((entry >> PpnShift) & PpnMask) << PageShift);

    internal static MappingFlags FlagsOf(ulong leaf)
    {
        MappingFlags flags = (MappingFlags)((leaf >> 1) & 7);
        flags |= (leaf & SoftwareDevice) != 0 ? MappingFlags.Device : 0;
        return flags | ((leaf & SoftwareUncached) != 0 ? MappingFlags.Uncached : 0);
    }

    /// <summary>hgatp for HSXLEN=64: MODE 63:60, VMID 57:44, PPN 43:0.</summary>
    internal static ulong Hgatp(ulong mode, uint vmid, HostPhysAddr root) =>
        (mode << 60) | ((ulong)(vmid & 0x3FFF) << 44) | (root.Value >> PageShift);
}

/// <summary>
/// RISC-V Sv39x4: 3 levels, 41-bit guest-physical addresses, a 16 KiB root aligned to 16 KiB. Privileged specification, "Hypervisor
/// extension", "Guest physical address translation".
/// </summary>
public readonly struct Sv39x4 : INestedFormat
{
    private const ulong HgatpMode = 8;

    /// <inheritdoc/>
    public static int Levels => 3;

    /// <inheritdoc/>
    public static int AddressBits => 41;

    /// <inheritdoc/>
    public static int MaxBlockLevel => 2;

    /// <inheritdoc/>
    public static bool NeedsBreakBeforeMake => false;

    /// <inheritdoc/>
    public static NestedInvalidation Invalidation => NestedInvalidation.HfenceGvma;

    /// <inheritdoc/>
    public static ulong EncodeTable(HostPhysAddr table) => RiscvNestedEntry.EncodeTable(table);

    /// <inheritdoc/>
    public static ulong EncodeLeaf(HostPhysAddr frame, MappingFlags flags, int level) => RiscvNestedEntry.EncodeLeaf(frame, flags);

    /// <inheritdoc/>
    public static bool IsPresent(ulong entry) => RiscvNestedEntry.IsPresent(entry);

    /// <inheritdoc/>
    public static bool IsTable(ulong entry, int level) => RiscvNestedEntry.IsTable(entry);

    /// <inheritdoc/>
    public static HostPhysAddr AddressOf(ulong entry) => RiscvNestedEntry.AddressOf(entry);

    /// <inheritdoc/>
    public static MappingFlags FlagsOf(ulong leaf) => RiscvNestedEntry.FlagsOf(leaf);

    /// <summary>hgatp with MODE = Sv39x4.</summary>
    public static ulong RootRegister(HostPhysAddr root, uint id) => RiscvNestedEntry.Hgatp(HgatpMode, id, root);
}

/// <summary>
/// RISC-V Sv48x4: 4 levels, 50-bit guest-physical addresses, a 16 KiB root aligned to 16 KiB, blocks up to 512 GiB. Privileged
/// specification, "Hypervisor extension", "Guest physical address translation".
/// </summary>
public readonly struct Sv48x4 : INestedFormat
{
    private const ulong HgatpMode = 9;

    /// <inheritdoc/>
    public static int Levels => 4;

    /// <inheritdoc/>
    public static int AddressBits => 50;

    /// <inheritdoc/>
    public static int MaxBlockLevel => 3;

    /// <inheritdoc/>
    public static bool NeedsBreakBeforeMake => false;

    /// <inheritdoc/>
    public static NestedInvalidation Invalidation => NestedInvalidation.HfenceGvma;

    /// <inheritdoc/>
    public static ulong EncodeTable(HostPhysAddr table) => RiscvNestedEntry.EncodeTable(table);

    /// <inheritdoc/>
    public static ulong EncodeLeaf(HostPhysAddr frame, MappingFlags flags, int level) => RiscvNestedEntry.EncodeLeaf(frame, flags);

    /// <inheritdoc/>
    public static bool IsPresent(ulong entry) => RiscvNestedEntry.IsPresent(entry);

    /// <inheritdoc/>
    public static bool IsTable(ulong entry, int level) => RiscvNestedEntry.IsTable(entry);

    /// <inheritdoc/>
    public static HostPhysAddr AddressOf(ulong entry) => RiscvNestedEntry.AddressOf(entry);

    /// <inheritdoc/>
    public static MappingFlags FlagsOf(ulong leaf) => RiscvNestedEntry.FlagsOf(leaf);

    /// <summary>hgatp with MODE = Sv48x4.</summary>
    public static ulong RootRegister(HostPhysAddr root, uint id) => RiscvNestedEntry.Hgatp(HgatpMode, id, root);
}
