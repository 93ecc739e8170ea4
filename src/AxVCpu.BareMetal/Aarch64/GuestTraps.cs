namespace AxVCpu.BareMetal.Aarch64;

/// <summary>What a guest may do without EL2: the control registers of virtualization while a vCPU is bound (Arm ARM D19.2).</summary>
internal static class GuestTraps
{
    /// <summary>HCR_EL2.VF: a virtual FIQ is pending.</summary>
    public const ulong VirtualFiq = 1UL << 6;

    /// <summary>HCR_EL2.VI: a virtual IRQ is pending.</summary>
    public const ulong VirtualIrq = 1UL << 7;

    /// <summary>HCR_EL2.VSE: a virtual SError is pending.</summary>
    public const ulong VirtualSError = 1UL << 8;

    /// <summary>HCR_EL2.TWE: WFE traps.</summary>
    public const ulong TrapWfe = 1UL << 14;

    /// <summary>
    /// HCR_EL2 for every guest: second stage (VM), set/way operations also clean (SWIO), no walks through device memory (PTW),
    /// physical interrupts to EL2 (FMO, IMO, AMO), broadcast to the inner domain (FB, BSU), WFI, ID registers (TID3), SMC (TSC),
    /// implementation-defined registers (TIDCP), ACTLR (TACR), LOR (TLOR), error records (TERR), memory tags' ID (TID5) trap; EL1 is
    /// AArch64 (RW); pointer authentication does not trap (APK, API), its keys are switched.
    /// </summary>
    public const ulong Hcr = 1UL << 0 | 1UL << 1 | 1UL << 2 | 1UL << 3 | 1UL << 4 | 1UL << 5 | 1UL << 9 | 1UL << 10 | 1UL << 13 | 1UL << 18 |
        1UL << 19 | 1UL << 20 | 1UL << 21 | 1UL << 31 | 1UL << 35 | 1UL << 36 | 1UL << 40 | 1UL << 41 | 1UL << 58;

    /// <summary>HCR_EL2 while no vCPU is bound: interrupts are EL2's (AMO, IMO, FMO), EL1 is AArch64.</summary>
    public const ulong HostHcr = 1UL << 3 | 1UL << 4 | 1UL << 5 | 1UL << 31;

    /// <summary>CPTR_EL2: activity monitors (TAM), trace (TTA), SME (TSM) and SVE (TZ) trap; floating point does not.</summary>
    public const ulong Cptr = 1UL << 30 | 1UL << 20 | 0x33FF;

    /// <summary>CNTHCTL_EL2: the physical counter and timer trap (EL1PCTEN, EL1PCEN clear), no event stream of EL2.</summary>
    public const ulong CntHctl = 0;

    private const ulong DebugTraps = 1UL << 9;          // TDA

    /// <summary>
    /// MDCR_EL2: PMU (TPM, TPMCR), debug (TDA, TDOSA, TDRA), profiling (TPMS) and trace filter (TTRF) registers trap; the number of
    /// counters (HPMN) stays as it was.
    /// </summary>
    /// <param name="host">The register before.</param>
    public static ulong Mdcr(ulong host) => (host & 0x1F) | 1UL << 5 | 1UL << 6 | DebugTraps | 1UL << 10 | 1UL << 11 | 1UL << 14 | 1UL << 19;

    /// <summary>The same for a guest whose breakpoints and watchpoints are loaded: it reaches them without a trap.</summary>
    public static ulong MdcrWithDebug(ulong mdcr) => mdcr & ~DebugTraps;
}

/// <summary>VTCR_EL2 for 39-bit second-stage tables (Arm ARM D19.2.160).</summary>
internal static class Stage2Control
{
    private const ulong WriteBackWalks = 1UL << 8 | 1UL << 10;  // IRGN0, ORGN0
    private const ulong InnerShareable = 3UL << 12;             // SH0
    private const ulong AlwaysOne = 1UL << 31;
    private const uint Range48 = 5;

    /// <summary>The physical address bits of ID_AA64MMFR0_EL1.PARange.</summary>
    public static int PhysicalAddressBits(ulong mmfr0) => (mmfr0 & 0xF) switch
    {
        0 => 32,
        1 => 36,
        2 => 40,
        3 => 42,
        4 => 44,
        5 => 48,
        _ => 52,
    };

    /// <summary>The register's value; VMIDs have 8 bits (VS clear).</summary>
    public static ulong Value(ulong mmfr0)
    {
        ulong range = (mmfr0 & 0xF) < Range48 ? mmfr0 & 0xF : Range48;
        return AlwaysOne | range << 16 | InnerShareable | WriteBackWalks |
               (ulong)Memory.Aarch64Stage2<Memory.Ipa39>.Sl0 << 6 | Memory.Aarch64Stage2<Memory.Ipa39>.T0Sz;
    }
}
