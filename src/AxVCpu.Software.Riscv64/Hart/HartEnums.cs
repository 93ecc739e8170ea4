namespace AxVCpu.Software.Riscv64;

/// <summary>Privilege modes with their encoding (privileged specification, table 1).</summary>
internal enum PrivilegeMode : byte
{
    User = 0,
    Supervisor = 1,
    Machine = 3,
}

/// <summary>What a data or fetch address means; each has its own software TLB arrays.</summary>
internal enum MmuClass : byte
{
    User = 0,
    Supervisor = 1,

    /// <summary>Supervisor with mstatus.SUM: user pages are reachable for loads and stores.</summary>
    SupervisorSum = 2,

    /// <summary>Machine mode: no translation.</summary>
    Machine = 3,

    Count = 4,
}

/// <summary>Why memory is accessed.</summary>
internal enum MemoryAccess : byte
{
    Load = 0,
    Store = 1,
    Fetch = 2,
}

/// <summary>What other threads ask of a hart; it looks when <see cref="HartState.PollAt"/> is reached.</summary>
[Flags]
internal enum HartRequests
{
    None = 0,

    /// <summary>Leave Run with Interrupted.</summary>
    Kick = 1,

    /// <summary>An interrupt line changed.</summary>
    Interrupt = 2,

    /// <summary>Execute fence.i.</summary>
    FenceI = 4,

    /// <summary>Forget guest translations.</summary>
    FlushTlb = 8,

    /// <summary>Forget nested translations.</summary>
    FlushNested = 16,
}

/// <summary>Synchronous exceptions with their mcause code (privileged specification, table 14).</summary>
internal enum ExceptionCause : uint
{
    InstructionAddressMisaligned = 0,
    InstructionAccessFault = 1,
    IllegalInstruction = 2,
    Breakpoint = 3,
    LoadAddressMisaligned = 4,
    LoadAccessFault = 5,
    StoreAddressMisaligned = 6,
    StoreAccessFault = 7,
    EcallFromU = 8,
    EcallFromS = 9,
    EcallFromM = 11,
    InstructionPageFault = 12,
    LoadPageFault = 13,
    StorePageFault = 15,
}
