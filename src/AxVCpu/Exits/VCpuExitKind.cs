namespace AxVCpu;

/// <summary>Why a vCPU left the guest.</summary>
public enum VCpuExitKind : byte
{
    /// <summary>Handled inside the engine; run again.</summary>
    Nothing = 0,
    /// <summary>The guest called its hypervisor.</summary>
    Hypercall,
    /// <summary>The guest reads memory that no RAM backs.</summary>
    MmioRead,
    /// <summary>The guest writes memory that no RAM backs.</summary>
    MmioWrite,
    /// <summary>The guest reads a system register (CSR, MSR) that the VMM serves.</summary>
    SysRegRead,
    /// <summary>The guest writes a system register (CSR, MSR) that the VMM serves.</summary>
    SysRegWrite,
    /// <summary>The guest reads an I/O port.</summary>
    IoRead,
    /// <summary>The guest writes an I/O port.</summary>
    IoWrite,
    /// <summary>An interrupt of the host arrived.</summary>
    ExternalInterrupt,
    /// <summary>A guest-physical page is not present, or does not permit the access.</summary>
    NestedPageFault,
    /// <summary>The guest waits for an interrupt.</summary>
    Halt,
    /// <summary>The guest starts another vCPU.</summary>
    CpuUp,
    /// <summary>The guest stops this vCPU.</summary>
    CpuDown,
    /// <summary>The guest powers the system off.</summary>
    SystemDown,
    /// <summary>The guest resets the system.</summary>
    SystemReset,
    /// <summary>The guest sends an interrupt to other vCPUs.</summary>
    SendIpi,
    /// <summary>The guest could not be entered.</summary>
    FailEntry,
    /// <summary><c>RequestExit</c> was called.</summary>
    Interrupted,
    /// <summary>A breakpoint, watchpoint or single step of the debugger.</summary>
    Debug,
    /// <summary>The engine failed, or cannot execute what the guest does; see <see cref="InternalErrorExit"/>.</summary>
    InternalError,
    /// <summary>An event of one architecture, with a payload that the architecture defines.</summary>
    ArchSpecific,
}
