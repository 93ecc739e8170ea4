namespace AxVCpu.Kvm.Abi;

/// <summary>Why KVM_RUN returned (include/uapi/linux/kvm.h, KVM_EXIT_*): the ones that x86 has.</summary>
internal enum KvmExitReason : uint
{
    Unknown = 0,
    Exception = 1,
    Io = 2,
    Hypercall = 3,
    Debug = 4,
    Halt = 5,
    Mmio = 6,
    InterruptWindowOpen = 7,
    Shutdown = 8,
    FailEntry = 9,
    Interrupted = 10,
    SetTpr = 11,
    TprAccess = 12,
    Nmi = 16,
    InternalError = 17,
    SystemEvent = 24,
    IoApicEoi = 26,
    ReadMsr = 29,
    WriteMsr = 30,
    DirtyRingFull = 31,
    BusLock = 33,
    Xen = 34,
    Notify = 37,
    MemoryFault = 39,
}

/// <summary>KVM_SYSTEM_EVENT_*.</summary>
internal enum KvmSystemEvent : uint
{
    Shutdown = 1,
    Reset = 2,
    Crash = 3,
}

/// <summary>KVM_SYNC_X86_*: groups of registers in the shared page.</summary>
[Flags]
internal enum KvmSync : ulong
{
    None = 0,
    General = 1 << 0,
    System = 1 << 1,
    Events = 1 << 2,
}

/// <summary>KVM_MSR_EXIT_REASON_*.</summary>
[Flags]
internal enum KvmMsrExit : uint
{
    Invalid = 1 << 0,
    Unknown = 1 << 1,
    Filter = 1 << 2,
}
