namespace AxVCpu.BareMetal.Aarch64;

/// <summary>ESR_ELx.EC (Arm ARM D19.2.37): why a synchronous exception was taken.</summary>
internal enum ExceptionClass : uint
{
    /// <summary>Unknown reason: an undefined instruction.</summary>
    Unknown = 0x00,
    /// <summary>WFI, WFE, WFIT or WFET.</summary>
    WaitFor = 0x01,
    /// <summary>Illegal execution state.</summary>
    IllegalState = 0x0E,
    /// <summary>HVC in AArch64.</summary>
    Hvc64 = 0x16,
    /// <summary>SMC in AArch64.</summary>
    Smc64 = 0x17,
    /// <summary>MSR, MRS or a system instruction in AArch64.</summary>
    SystemRegister = 0x18,
    /// <summary>An instruction abort from a lower exception level.</summary>
    InstructionAbortLower = 0x20,
    /// <summary>An instruction abort from the same exception level.</summary>
    InstructionAbortSame = 0x21,
    /// <summary>A data abort from a lower exception level.</summary>
    DataAbortLower = 0x24,
    /// <summary>A data abort from the same exception level.</summary>
    DataAbortSame = 0x25,
}

/// <summary>DFSC and IFSC without the level (Arm ARM D19.2.37, "ISS encoding for an exception from a Data Abort").</summary>
internal enum FaultStatus : uint
{
    /// <summary>A translation fault.</summary>
    Translation = 0b0001,
    /// <summary>An access flag fault.</summary>
    AccessFlag = 0b0010,
    /// <summary>A permission fault.</summary>
    Permission = 0b0011,
}

/// <summary>The fields of ESR_EL2 after an exit.</summary>
/// <param name="esr">The register.</param>
internal readonly struct Syndrome(ulong esr)
{
    /// <summary>A synchronous external abort that is not on a table walk: DFSC and IFSC.</summary>
    public const ulong ExternalAbort = 0x10;

    /// <summary>An access that is not aligned: DFSC.</summary>
    public const ulong Alignment = 0x21;

    /// <summary>An exclusive or atomic access that the memory does not support: DFSC.</summary>
    public const ulong UnsupportedAtomic = 0x35;

    private readonly ulong _esr = esr;

    /// <summary>EC.</summary>
    public ExceptionClass Class => (ExceptionClass)(_esr >> 26 & 0x3F);

    /// <summary>Whether the access is described by the fields below it.</summary>
    public bool IsValid => (_esr >> 24 & 1) != 0;

    /// <summary>The size of the access: 1 shifted by SAS.</summary>
    public AccessWidth Width => (AccessWidth)(1 << (int)(_esr >> 22 & 3));

    /// <summary>SSE: a read is sign-extended.</summary>
    public bool IsSigned => (_esr >> 21 & 1) != 0;

    /// <summary>SRT: the register.</summary>
    public int Register => (int)(_esr >> 16) & 31;

    /// <summary>SF: a read fills 64 bits of the register.</summary>
    public bool Is64Bit => (_esr >> 15 & 1) != 0;

    /// <summary>CM: cache maintenance or address translation, not an access.</summary>
    public bool IsCacheMaintenance => (_esr >> 8 & 1) != 0;

    /// <summary>S1PTW: a walk of the guest's own tables faulted.</summary>
    public bool IsTableWalk => (_esr >> 7 & 1) != 0;

    /// <summary>WnR: a write.</summary>
    public bool IsWrite => (_esr >> 6 & 1) != 0 && !IsCacheMaintenance;

    /// <summary>DFSC or IFSC without the level; only some values are named.</summary>
    public FaultStatus Fault => (FaultStatus)(_esr >> 2 & 0xF);

    /// <summary>Whether the fault is one of second-stage tables.</summary>
    public bool IsStage2Fault => Fault is FaultStatus.Translation or FaultStatus.AccessFlag or FaultStatus.Permission;

    /// <summary>Whether HPFAR_EL2 holds the page: not after a permission fault of the access itself (D19.2.63).</summary>
    public bool HasPage => IsTableWalk || Fault is FaultStatus.Translation or FaultStatus.AccessFlag;

    /// <summary>The TI field of WFI (0), WFE (1), WFIT (2), WFET (3).</summary>
    public uint WaitInstruction => (uint)_esr & 3;

    /// <summary>RV: the register of a WFIT or WFET is known.</summary>
    public bool HasWaitRegister => (_esr >> 2 & 1) != 0;

    /// <summary>RN: the register of a WFIT or WFET.</summary>
    public int WaitRegister => (int)(_esr >> 5) & 31;
}
