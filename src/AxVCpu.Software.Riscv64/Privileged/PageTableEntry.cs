namespace AxVCpu.Software.Riscv64;

/// <summary>Bits of a page-table entry of Sv39, Sv48 and Sv57 (Privileged ISA 10.4.1).</summary>
internal static class PageTableEntry
{
    public const ulong V = 1UL << 0;
    public const ulong R = 1UL << 1;
    public const ulong W = 1UL << 2;
    public const ulong X = 1UL << 3;
    public const ulong U = 1UL << 4;
    public const ulong G = 1UL << 5;
    public const ulong A = 1UL << 6;
    public const ulong D = 1UL << 7;
    public const int PpnShift = 10;
    public const ulong PpnMask = (1UL << 44) - 1;

    /// <summary>Reserved for standard extensions: always a page fault.</summary>
    public const ulong Reserved = 0x7FUL << 54;

    /// <summary>Memory type (Svpbmt): 0 PMA, 1 NC, 2 IO, 3 reserved.</summary>
    public const ulong PBMT = 3UL << 61;

    /// <summary>Part of a 64 KiB range (Svnapot).</summary>
    public const ulong N = 1UL << 63;

    /// <summary>The low PPN bits of a 64 KiB range hold this pattern.</summary>
    public const ulong NapotMask = 0xF, NapotPattern = 0x8;

    /// <summary>The physical address of the page or table an entry points to.</summary>
    public static ulong AddressOf(ulong entry) => ((entry >> PpnShift) & PpnMask) << 12;
}
