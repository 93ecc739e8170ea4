namespace AxVCpu.BareMetal.Aarch64;

/// <summary>
/// The ID registers that a guest sees filtered, by CRm * 8 + op2; all are op0 3, op1 0, CRn 0 (Arm ARM D19.2). The ones of AArch32
/// (CRm 1 to 3) and those not named here read as zero.
/// </summary>
internal enum IdRegister : uint
{
    /// <summary>ID_AA64PFR0_EL1.</summary>
    AA64PFR0 = 4 * 8,
    /// <summary>ID_AA64PFR1_EL1.</summary>
    AA64PFR1 = 4 * 8 + 1,
    /// <summary>ID_AA64DFR0_EL1.</summary>
    AA64DFR0 = 5 * 8,
    /// <summary>ID_AA64ISAR0_EL1.</summary>
    AA64ISAR0 = 6 * 8,
    /// <summary>ID_AA64ISAR1_EL1.</summary>
    AA64ISAR1 = 6 * 8 + 1,
    /// <summary>ID_AA64ISAR2_EL1.</summary>
    AA64ISAR2 = 6 * 8 + 2,
    /// <summary>ID_AA64MMFR0_EL1.</summary>
    AA64MMFR0 = 7 * 8,
    /// <summary>ID_AA64MMFR1_EL1.</summary>
    AA64MMFR1 = 7 * 8 + 1,
    /// <summary>ID_AA64MMFR2_EL1.</summary>
    AA64MMFR2 = 7 * 8 + 2,
}

/// <summary>
/// What a guest may know of the CPU: only features whose state is switched or needs no switching. A field that is not kept reads as
/// "not implemented", and the instructions and registers behind it trap and are undefined (see <see cref="GuestTraps"/>).
/// </summary>
internal static class IdRegisterFilter
{
    private const ulong GuestPhysicalRange = 2; // 40 bits: the smallest that holds the 39 of the second stage

    /// <summary>The argument of <see cref="Native.ReadIdRegister"/> for a register.</summary>
    public static uint IndexOf(IdRegister register) => (uint)register - 8;

    /// <summary>What the guest reads.</summary>
    /// <param name="register">The register; any value.</param>
    /// <param name="value">What the CPU has there.</param>
    public static ulong Filter(IdRegister register, ulong value) => register switch
    {
        // EL0 and EL1 in AArch64 only; no EL2, EL3, RAS, SVE, SEL2, MPAM, AMU, RME. FP, AdvSIMD, DIT, CSV3 as they are; the system
        // register interface of GICv3. CSV2 up to 1: more comes with SCXTNUM registers.
        IdRegister.AA64PFR0 => Keep(value, 16) | Keep(value, 20) | Keep(value, 48) | Keep(value, 60) | 0x0100_0011 | AtMost(value, 56, 1),
        // BT, SSBS; no MTE, SME, NMI.
        IdRegister.AA64PFR1 => Keep(value, 0) | Keep(value, 4),
        // DebugVer, BRPs, WRPs, CTX_CMPs, DoubleLock; no PMU, trace, statistical profiling.
        IdRegister.AA64DFR0 => AtMost(value, 0, 8) | Keep(value, 12) | Keep(value, 20) | Keep(value, 28) | Keep(value, 36),
        // All but TME.
        IdRegister.AA64ISAR0 => value & ~(0xFUL << 24),
        // All but XS and LS64, which HCRX_EL2 would have to allow.
        IdRegister.AA64ISAR1 => value & ~(0xFFUL << 56),
        // WFxT, RPRES, GPA3, APA3, BC, PAC_frac, CLRBHB; no MOPS.
        IdRegister.AA64ISAR2 => Keep(value, 0) | Keep(value, 4) | Keep(value, 8) | Keep(value, 12) | Keep(value, 20) | Keep(value, 24) | Keep(value, 28),
        // No FGT, ECV and second-stage granules; all else of the first stage.
        IdRegister.AA64MMFR0 => (value & 0x0000_F000_FFFF_FFF0) | AtMost(value, 0, GuestPhysicalRange),
        // HAFDBS, HPDS, PAN, ETS, AFP, nTLBPA, ECBHB; no VHE, LOR, XNX, TWED, HCX, TIDCP1, CMOW.
        IdRegister.AA64MMFR1 => Keep(value, 0) | Keep(value, 12) | Keep(value, 20) | Keep(value, 36) | Keep(value, 44) | Keep(value, 48) | Keep(value, 60),
        // All but IESB, NV, FWB, EVT.
        IdRegister.AA64MMFR2 => value & ~(0xFUL << 12 | 0xFUL << 24 | 0xFUL << 40 | 0xFUL << 56),
        _ => 0,
    };

    private static ulong Keep(ulong value, int field) => value & (0xFUL << field);

    private static ulong AtMost(ulong value, int field, ulong limit)
    {
        ulong found = value >> field & 0xF;
        return (found < limit ? found : limit) << field;
    }
}
