namespace AxVCpu.Software.Riscv64;

/// <summary>Fields of menvcfg and senvcfg (Privileged ISA 3.1.18 and 4.1.10).</summary>
internal static class EnvironmentBits
{
    /// <summary>Fences of I/O also order memory.</summary>
    public const ulong FIOM = 1UL << 0;
    /// <summary>cbo.inval below: 0 illegal, 1 acts as cbo.flush, 3 invalidates (Zicbom).</summary>
    public const int CBIEShift = 4;
    public const ulong CBIE = 3UL << CBIEShift;
    /// <summary>cbo.clean and cbo.flush below (Zicbom).</summary>
    public const ulong CBCFE = 1UL << 6;
    /// <summary>cbo.zero below (Zicboz).</summary>
    public const ulong CBZE = 1UL << 7;
    /// <summary>Hardware updates A and D in page tables (Svadu); menvcfg only.</summary>
    public const ulong ADUE = 1UL << 61;
    /// <summary>Memory types in page-table entries (Svpbmt); menvcfg only.</summary>
    public const ulong PBMTE = 1UL << 62;
    /// <summary>stimecmp works (Sstc); menvcfg only.</summary>
    public const ulong STCE = 1UL << 63;
}
