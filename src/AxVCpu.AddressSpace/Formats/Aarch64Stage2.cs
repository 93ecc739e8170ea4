namespace AxVCpu.Memory;

/// <summary>The size of the intermediate physical address space of a guest, in bits.</summary>
public interface IIpaSize
{
    /// <summary>32 to 48.</summary>
    static abstract int Bits { get; }
}

/// <summary>39-bit intermediate physical addresses: 3 levels, one root table.</summary>
public readonly struct Ipa39 : IIpaSize
{
    /// <inheritdoc/>
    public static int Bits => 39;
}

/// <summary>40-bit intermediate physical addresses: 3 levels, two concatenated root tables.</summary>
public readonly struct Ipa40 : IIpaSize
{
    /// <inheritdoc/>
    public static int Bits => 40;
}

/// <summary>44-bit intermediate physical addresses: 4 levels.</summary>
public readonly struct Ipa44 : IIpaSize
{
    /// <inheritdoc/>
    public static int Bits => 44;
}

/// <summary>48-bit intermediate physical addresses: 4 levels.</summary>
public readonly struct Ipa48 : IIpaSize
{
    /// <inheritdoc/>
    public static int Bits => 48;
}

/// <summary>
/// AArch64 stage 2 translation tables, VMSAv8-64 with the 4 KiB granule. Arm ARM D8.3 "Translation table descriptor formats", D8.4
/// "Memory access control", D8.5 "Memory region attributes". Up to 43 bits the walk starts at level 1 with up to 16 concatenated tables
/// (D8.2.9), above at level 0. The Arm ARM counts levels down to the page (3); <see cref="INestedFormat"/> counts them up from it.
/// </summary>
/// <typeparam name="TIpa">The width of the address space.</typeparam>
public readonly struct Aarch64Stage2<TIpa> : INestedFormat
    where TIpa : struct, IIpaSize
{
    private const ulong Valid = 1UL << 0;
    private const ulong TableOrPage = 1UL << 1;
    private const int MemAttrShift = 2;                  // 5:2, D8.5.5 with FEAT_S2FWB off
    private const ulong MemAttrMask = 0xFUL << MemAttrShift;
    private const ulong DeviceNGnRE = 0b0001UL << MemAttrShift;
    private const ulong NormalNonCacheable = 0b0101UL << MemAttrShift;
    private const ulong NormalWriteBack = 0b1111UL << MemAttrShift;
    private const ulong S2ApRead = 1UL << 6;             // S2AP[0]
    private const ulong S2ApWrite = 1UL << 7;            // S2AP[1]
    private const ulong InnerShareable = 0b11UL << 8;    // SH
    private const ulong OuterShareable = 0b10UL << 8;
    private const ulong AccessFlag = 1UL << 10;
    private const ulong ExecuteNever = 1UL << 54;        // XN[1]; XN[0] (53) stays clear, as required without FEAT_XNX
    private const ulong AddressMask = 0x0000_FFFF_FFFF_F000;
    private const int MaxConcatenatedBits = 43;

    /// <inheritdoc/>
    public static int Levels => TIpa.Bits <= MaxConcatenatedBits ? 3 : 4;

    /// <inheritdoc/>
    public static int AddressBits => TIpa.Bits;

    /// <inheritdoc/>
    public static int MaxBlockLevel => 2;

    /// <summary>D8.17.1: a change of block size or memory type needs break-before-make.</summary>
    public static bool NeedsBreakBeforeMake => true;

    /// <inheritdoc/>
    public static NestedInvalidation Invalidation => NestedInvalidation.TlbiIpas2;

    /// <summary>VTCR_EL2.T0SZ for this address size.</summary>
    public static uint T0Sz => 64u - (uint)TIpa.Bits;

    /// <summary>VTCR_EL2.SL0 with the 4 KiB granule: 1 starts at level 1, 2 at level 0.</summary>
    public static uint Sl0 => TIpa.Bits <= MaxConcatenatedBits ? 1u : 2u;

    /// <inheritdoc/>
    public static ulong EncodeTable(HostPhysAddr table) => table.Value | Valid | TableOrPage;

    /// <inheritdoc/>
    public static ulong EncodeLeaf(HostPhysAddr frame, MappingFlags flags, int level)
    {
        ulong entry = frame.Value | Valid | S2ApRead | AccessFlag;
        entry |= level == 0 ? TableOrPage : 0;
        entry |= (flags & MappingFlags.Write) != 0 ? S2ApWrite : 0;
        entry |= (flags & MappingFlags.Execute) != 0 ? 0 : ExecuteNever;
        if ((flags & MappingFlags.Device) != 0)
        {
            return entry | DeviceNGnRE | OuterShareable;
        }

        return (flags & MappingFlags.Uncached) != 0
            ? entry | NormalNonCacheable | OuterShareable
            : entry | NormalWriteBack | InnerShareable;
    }

    /// <inheritdoc/>
    public static bool IsPresent(ulong entry) => (entry & Valid) != 0;

    /// <inheritdoc/>
    public static bool IsTable(ulong entry, int level) => level > 0 && (entry & TableOrPage) != 0;

    /// <inheritdoc/>
    public static HostPhysAddr AddressOf(ulong entry) => new(entry & AddressMask);

    /// <inheritdoc/>
    public static MappingFlags FlagsOf(ulong leaf)
    {
        MappingFlags flags = (leaf & S2ApRead) != 0 ? MappingFlags.Read : 0;
        flags |= (leaf & S2ApWrite) != 0 ? MappingFlags.Write : 0;
        flags |= (leaf & ExecuteNever) == 0 ? MappingFlags.Execute : 0;
        return (leaf & MemAttrMask) switch
        {
            NormalWriteBack => flags,
            NormalNonCacheable => flags | MappingFlags.Uncached,
            _ => flags | MappingFlags.Device,
        };
    }

    /// <summary>VTTBR_EL2: VMID in 63:48, BADDR below. Arm ARM D19.2 "VTTBR_EL2".</summary>
    public static ulong RootRegister(HostPhysAddr root, uint id) => ((ulong)(id & 0xFFFF) << 48) | root.Value;
}
