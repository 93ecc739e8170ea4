namespace AxVCpu.BareMetal.Aarch64;

/// <summary>
/// System registers by the number that exits carry: the fields of the instruction where ESR_EL2.ISS has them (Arm ARM D19.2.37, "ISS
/// encoding for an exception from MSR, MRS, or System instruction execution"), without the direction and the register.
/// </summary>
internal enum SysReg : uint
{
#pragma warning disable CS1591 // The members are the registers of their names: op0, op1, CRn, CRm, op2.
    OsDtrrxEl1 = 2u << 20 | 2u << 17 | 0u << 14 | 0u << 10 | 0u << 1,
    MdccintEl1 = 2u << 20 | 0u << 17 | 0u << 14 | 0u << 10 | 2u << 1,
    MdscrEl1 = 2u << 20 | 2u << 17 | 0u << 14 | 0u << 10 | 2u << 1,
    OsDtrtxEl1 = 2u << 20 | 2u << 17 | 0u << 14 | 0u << 10 | 3u << 1,
    OsEccrEl1 = 2u << 20 | 2u << 17 | 0u << 14 | 0u << 10 | 6u << 1,
    MdrarEl1 = 2u << 20 | 0u << 17 | 0u << 14 | 1u << 10 | 0u << 1,
    OslarEl1 = 2u << 20 | 4u << 17 | 0u << 14 | 1u << 10 | 0u << 1,
    OslsrEl1 = 2u << 20 | 4u << 17 | 0u << 14 | 1u << 10 | 1u << 1,
    OsdlrEl1 = 2u << 20 | 4u << 17 | 0u << 14 | 1u << 10 | 3u << 1,
    DbgPrcrEl1 = 2u << 20 | 4u << 17 | 0u << 14 | 1u << 10 | 4u << 1,
    DbgClaimSetEl1 = 2u << 20 | 6u << 17 | 0u << 14 | 7u << 10 | 8u << 1,
    DbgClaimClrEl1 = 2u << 20 | 6u << 17 | 0u << 14 | 7u << 10 | 9u << 1,
    DbgAuthStatusEl1 = 2u << 20 | 6u << 17 | 0u << 14 | 7u << 10 | 14u << 1,
    MdccsrEl0 = 2u << 20 | 0u << 17 | 3u << 14 | 0u << 10 | 1u << 1,
    DbgDtrEl0 = 2u << 20 | 0u << 17 | 3u << 14 | 0u << 10 | 4u << 1,
    DbgDtrxEl0 = 2u << 20 | 0u << 17 | 3u << 14 | 0u << 10 | 5u << 1,

    ActlrEl1 = 3u << 20 | 1u << 17 | 0u << 14 | 1u << 10 | 0u << 1,
    LorIdEl1 = 3u << 20 | 7u << 17 | 0u << 14 | 10u << 10 | 4u << 1,
    IccDirEl1 = 3u << 20 | 1u << 17 | 0u << 14 | 12u << 10 | 11u << 1,
    IccSgi1rEl1 = 3u << 20 | 5u << 17 | 0u << 14 | 12u << 10 | 11u << 1,
    IccAsgi1rEl1 = 3u << 20 | 6u << 17 | 0u << 14 | 12u << 10 | 11u << 1,
    IccSgi0rEl1 = 3u << 20 | 7u << 17 | 0u << 14 | 12u << 10 | 11u << 1,
    CntPctEl0 = 3u << 20 | 1u << 17 | 3u << 14 | 14u << 10 | 0u << 1,
    CntpTvalEl0 = 3u << 20 | 0u << 17 | 3u << 14 | 14u << 10 | 2u << 1,
    CntpCtlEl0 = 3u << 20 | 1u << 17 | 3u << 14 | 14u << 10 | 2u << 1,
    CntpCvalEl0 = 3u << 20 | 2u << 17 | 3u << 14 | 14u << 10 | 2u << 1,
#pragma warning restore CS1591
}

/// <summary>Who answers a trapped access.</summary>
internal enum SysRegRule : byte
{
    /// <summary>The register does not exist for the guest: its access is undefined.</summary>
    Undefined = 0,
    /// <summary>The VM: the access is an exit.</summary>
    Vm,
    /// <summary>Reads are zero, writes are ignored.</summary>
    Zero,
    /// <summary>The filtered value of the CPU; writes are undefined.</summary>
    Identification,
    /// <summary>A write is an inter-processor interrupt.</summary>
    SendSgi,
    /// <summary>The engine's debug registers.</summary>
    Debug,
    /// <summary>The counter, as the guest sees time.</summary>
    Counter,
}

/// <summary>One trapped access, out of ESR_EL2.</summary>
internal readonly struct SysRegAccess
{
    private const ulong FieldMask = 0x3F_FC1E;

    private readonly ulong _iss;

    /// <summary>The access that an exception with this syndrome is about.</summary>
    public SysRegAccess(ulong esr) => _iss = esr & 0x1FF_FFFF;

    /// <summary>Which register.</summary>
    public SysReg Register => (SysReg)(_iss & FieldMask);

    /// <summary>Whether it is read.</summary>
    public bool IsRead => (_iss & 1) != 0;

    /// <summary>The general-purpose register; 31 is zero.</summary>
    public int Rt => (int)(_iss >> 5) & 31;

    /// <summary>op0.</summary>
    public uint Op0 => (uint)(_iss >> 20) & 3;

    /// <summary>op1.</summary>
    public uint Op1 => (uint)(_iss >> 14) & 7;

    /// <summary>CRn.</summary>
    public uint CRn => (uint)(_iss >> 10) & 15;

    /// <summary>CRm.</summary>
    public uint CRm => (uint)(_iss >> 1) & 15;

    /// <summary>op2.</summary>
    public uint Op2 => (uint)(_iss >> 17) & 7;
}

/// <summary>What happens to a trapped access: everything that is not listed is undefined.</summary>
internal static class SysRegTable
{
    /// <summary>The rule for an access.</summary>
    public static SysRegRule RuleOf(SysRegAccess access)
    {
        if (access.Op0 == 3 && access.Op1 == 0 && access.CRn == 0)
            return access.CRm is >= 1 and <= 7 && access.IsRead ? SysRegRule.Identification : SysRegRule.Undefined;
        if (access.Op0 == 2 && access.Op1 == 0 && access.CRn == 0 && access.Op2 >= 4)
            return SysRegRule.Debug; // DBGBVR, DBGBCR, DBGWVR, DBGWCR
        return access.Register switch
        {
            SysReg.CntpTvalEl0 or SysReg.CntpCtlEl0 or SysReg.CntpCvalEl0 => SysRegRule.Vm,
            SysReg.IccSgi1rEl1 => access.IsRead ? SysRegRule.Undefined : SysRegRule.SendSgi,
            SysReg.IccSgi0rEl1 or SysReg.IccAsgi1rEl1 or SysReg.IccDirEl1 => access.IsRead ? SysRegRule.Undefined : SysRegRule.Vm,
            SysReg.CntPctEl0 => access.IsRead ? SysRegRule.Counter : SysRegRule.Undefined,
            SysReg.MdscrEl1 or SysReg.OslarEl1 or SysReg.OslsrEl1 => SysRegRule.Debug,
            SysReg.OsDtrrxEl1 or SysReg.OsDtrtxEl1 or SysReg.OsEccrEl1 or SysReg.MdccintEl1 or SysReg.OsdlrEl1 or SysReg.DbgPrcrEl1 or
                SysReg.DbgClaimSetEl1 or SysReg.DbgClaimClrEl1 or SysReg.DbgDtrEl0 or SysReg.DbgDtrxEl0 or SysReg.ActlrEl1 => SysRegRule.Zero,
            SysReg.MdrarEl1 or SysReg.DbgAuthStatusEl1 or SysReg.MdccsrEl0 or SysReg.LorIdEl1 =>
                access.IsRead ? SysRegRule.Zero : SysRegRule.Undefined,
            _ => SysRegRule.Undefined,
        };
    }
}
