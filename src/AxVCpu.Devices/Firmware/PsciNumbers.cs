namespace AxVCpu.Devices;

/// <summary>
/// Functions of the power state coordination interface (Arm DEN 0022F, chapter 5) by their 32-bit calling convention. Those with
/// addresses or affinities also have the 64-bit one: <see cref="Smccc.Wide"/> is then set.
/// </summary>
public enum PsciFunction : uint
{
    /// <summary>The version implemented (5.1.1).</summary>
    PSCI_VERSION = 0x8400_0000,
    /// <summary>Suspends the calling CPU (5.1.2); both conventions.</summary>
    CPU_SUSPEND = 0x8400_0001,
    /// <summary>Powers the calling CPU down (5.1.3).</summary>
    CPU_OFF = 0x8400_0002,
    /// <summary>Powers a CPU up (5.1.4); both conventions.</summary>
    CPU_ON = 0x8400_0003,
    /// <summary>Whether an affinity instance is on (5.1.5); both conventions.</summary>
    AFFINITY_INFO = 0x8400_0004,
    /// <summary>Moves a trusted OS (5.1.6); both conventions.</summary>
    MIGRATE = 0x8400_0005,
    /// <summary>Whether there is a trusted OS to move (5.1.7).</summary>
    MIGRATE_INFO_TYPE = 0x8400_0006,
    /// <summary>Where the trusted OS is (5.1.8); both conventions.</summary>
    MIGRATE_INFO_UP_CPU = 0x8400_0007,
    /// <summary>Powers the system off (5.1.9).</summary>
    SYSTEM_OFF = 0x8400_0008,
    /// <summary>Resets the system cold (5.1.11).</summary>
    SYSTEM_RESET = 0x8400_0009,
    /// <summary>Whether a function is implemented (5.1.15).</summary>
    PSCI_FEATURES = 0x8400_000A,
    /// <summary>Suspends the system (5.1.19); both conventions.</summary>
    SYSTEM_SUSPEND = 0x8400_000E,
    /// <summary>Resets the system in a chosen way (5.1.12); both conventions.</summary>
    SYSTEM_RESET2 = 0x8400_0012,
}

/// <summary>What a call returns in its first register (Arm DEN 0022F, 5.2.2).</summary>
public enum PsciResult
{
    /// <summary>Done.</summary>
    SUCCESS = 0,
    /// <summary>There is no such function.</summary>
    NOT_SUPPORTED = -1,
    /// <summary>An argument does not make sense.</summary>
    INVALID_PARAMETERS = -2,
    /// <summary>Not in this state.</summary>
    DENIED = -3,
    /// <summary>The CPU is on.</summary>
    ALREADY_ON = -4,
    /// <summary>The CPU is being powered up.</summary>
    ON_PENDING = -5,
    /// <summary>It went wrong.</summary>
    INTERNAL_FAILURE = -6,
    /// <summary>There is no trusted OS.</summary>
    NOT_PRESENT = -7,
    /// <summary>The CPU is disabled.</summary>
    DISABLED = -8,
    /// <summary>No code can start at the address.</summary>
    INVALID_ADDRESS = -9,
}

/// <summary>What AFFINITY_INFO tells of a CPU (Arm DEN 0022F, 5.1.5).</summary>
public enum PsciPowerState : byte
{
    /// <summary>It runs, or waits.</summary>
    On = 0,
    /// <summary>It is powered down.</summary>
    Off = 1,
    /// <summary>It has been asked to power up and does not run yet.</summary>
    OnPending = 2,
}

/// <summary>The SMC calling convention (Arm DEN 0028F).</summary>
public static class Smccc
{
    /// <summary>Of a function id: arguments and results have 64 bits (2.5).</summary>
    public const uint Wide = 1u << 30;

    /// <summary>The version implemented: 1.1 (7.2).</summary>
    public const uint Version = 0x1_0001;

    /// <summary>The function that tells the version (7.2).</summary>
    public const uint SMCCC_VERSION = 0x8000_0000;

    /// <summary>The function that tells which architecture functions there are (7.3).</summary>
    public const uint SMCCC_ARCH_FEATURES = 0x8000_0001;

    /// <summary>Whether a number is one of this convention's fast calls, whoever owns it (2.5): the others are free for hypercalls.</summary>
    public static bool IsFastCall(ulong function) => function <= uint.MaxValue && (function & 0x8000_0000) != 0;
}
