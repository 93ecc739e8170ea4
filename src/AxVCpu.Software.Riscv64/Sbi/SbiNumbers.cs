namespace AxVCpu.Software.Riscv64;

/// <summary>SBI extension ids, in a7 of a call (SBI 2.0).</summary>
internal enum SbiExtension : ulong
{
    LegacySetTimer = 0,
    LegacyConsolePutchar = 1,
    LegacyConsoleGetchar = 2,
    LegacyClearIpi = 3,
    LegacySendIpi = 4,
    LegacyRemoteFenceI = 5,
    LegacyRemoteSfenceVma = 6,
    LegacyRemoteSfenceVmaAsid = 7,
    LegacyShutdown = 8,
    Base = 0x10,
    Time = 0x5449_4D45,
    Ipi = 0x0073_5049,
    Rfence = 0x5246_4E43,
    Hsm = 0x0048_534D,
    Srst = 0x5352_5354,
    Dbcn = 0x4442_434E,

    /// <summary>"HVC": not of the SBI; a call to the hypervisor, with its number in a6.</summary>
    Hypercall = 0x0048_5643,
}

/// <summary>SBI error codes, in a0 (SBI 2.0, 3).</summary>
internal enum SbiError : long
{
    Success = 0,
    Failed = -1,
    NotSupported = -2,
    InvalidParam = -3,
    Denied = -4,
    InvalidAddress = -5,
    AlreadyAvailable = -6,
    AlreadyStarted = -7,
    AlreadyStopped = -8,
}

/// <summary>What a call gives back to the guest.</summary>
internal readonly struct SbiResult
{
    private SbiResult(SbiReturn kind, long error, ulong value)
    {
        Kind = kind;
        Error = error;
        Value = value;
    }

    public SbiReturn Kind { get; }

    public long Error { get; }

    public ulong Value { get; }

    public static SbiResult Success(ulong value = 0) => new(SbiReturn.Pair, 0, value);

    /// <summary>A legacy call: a0 alone.</summary>
    public static SbiResult Legacy(long value) => new(SbiReturn.Legacy, value, 0);

    /// <summary>The caller's context is gone or not reached: a trap was taken, the call runs again, or the hart starts elsewhere.</summary>
    public static SbiResult NoReturn => new(SbiReturn.NoReturn, 0, 0);

    public static implicit operator SbiResult(SbiError error) => new(SbiReturn.Pair, (long)error, 0);
}

/// <summary>Which registers a call's result goes to.</summary>
internal enum SbiReturn : byte
{
    /// <summary>a0 and a1, and on behind the ecall.</summary>
    Pair,
    /// <summary>a0, and on behind the ecall.</summary>
    Legacy,
    /// <summary>None; Pc is set already.</summary>
    NoReturn,
}
