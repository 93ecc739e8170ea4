namespace AxVCpu.Kvm.Abi;

/// <summary>What the kernel can be asked for (include/uapi/linux/kvm.h, KVM_CAP_*); each with why this engine asks.</summary>
internal enum KvmCapability
{
    /// <summary>LAPIC, I/O APIC and PIC in the kernel.</summary>
    IrqChip = 0,

    /// <summary>Guest memory as slots of the process's memory: there is no other way.</summary>
    UserMemory = 3,

    /// <summary>An address for the three pages that Intel processors need for real mode.</summary>
    SetTssAddress = 4,

    /// <summary>How many slots of memory there can be.</summary>
    MemorySlots = 10,

    /// <summary>A vCPU can wait for its start in the kernel.</summary>
    MpState = 14,

    /// <summary>Neighbouring slots are searched as one: without, an access over their border is an MMIO access.</summary>
    JoinMemoryRegions = 30,

    /// <summary>Single step and hardware breakpoints of the VMM.</summary>
    SetGuestDebug = 23,

    /// <summary>Interrupt routes.</summary>
    IrqRouting = 25,

    /// <summary>Interrupts by file descriptor.</summary>
    IrqFd = 32,

    /// <summary>The timer of the PC in the kernel.</summary>
    Pit2 = 33,

    /// <summary>Writes to an address signal a file descriptor, without an exit.</summary>
    IoEventFd = 36,

    /// <summary>An address for the page table that Intel processors need for real mode.</summary>
    SetIdentityMapAddress = 37,

    /// <summary>Hypercalls of the guest can leave it: as those of Xen's guests, see <see cref="KvmXenHvmConfig"/>.</summary>
    XenHvm = 38,

    /// <summary>The VM's clock can be set.</summary>
    AdjustClock = 39,

    /// <summary>Pending events can be saved.</summary>
    VCpuEvents = 41,

    /// <summary>Debug registers can be saved.</summary>
    DebugRegisters = 50,

    /// <summary>Extended registers can be saved.</summary>
    Xsave = 55,

    /// <summary>XCR0 can be saved.</summary>
    Xcrs = 56,

    /// <summary>How many vCPUs a VM can have.</summary>
    MaxVCpus = 66,

    /// <summary>Registers travel in the page that the kernel shares with the process: reading them costs no system call.</summary>
    SyncRegisters = 74,

    /// <summary>Message-signalled interrupts.</summary>
    SignalMsi = 77,

    /// <summary>Slots that the guest cannot write.</summary>
    ReadOnlyMemory = 81,

    /// <summary>VM-wide capabilities can be switched on.</summary>
    EnableCapabilityVm = 98,

    /// <summary>LAPIC in the kernel, I/O APIC and PIC in the VMM.</summary>
    SplitIrqChip = 121,

    /// <summary>Interrupts to APIC ids above 255.</summary>
    X2ApicApi = 129,

    /// <summary>A run can be made to end before it enters the guest: pending accesses are committed that way.</summary>
    ImmediateExit = 136,

    /// <summary>Accesses to model-specific registers reach the VMM.</summary>
    UserSpaceMsr = 188,

    /// <summary>Which model-specific registers the guest may touch.</summary>
    MsrFilter = 189,

    /// <summary>Performance counters can be switched off.</summary>
    PmuCapability = 212,

    /// <summary>A fault in guest memory says where it was.</summary>
    MemoryFaultInfo = 232,
}
