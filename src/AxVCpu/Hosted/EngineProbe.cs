namespace AxVCpu;

/// <summary>Whether an engine can be used here, and why not.</summary>
/// <param name="IsAvailable">Whether vCPUs can be created.</param>
/// <param name="Detail">What was found: a version, a module, or the reason and the remedy when it is not available.</param>
public readonly record struct EngineProbe(bool IsAvailable, string Detail);

/// <summary>The architecture of a guest.</summary>
public enum GuestArchitecture
{
    /// <summary>64-bit RISC-V.</summary>
    Riscv64,
    /// <summary>64-bit Arm.</summary>
    Aarch64,
    /// <summary>64-bit x86.</summary>
    X64,
}

/// <summary>What an engine honours. What is not listed does not exist there: no call silently does nothing.</summary>
[Flags]
public enum EngineCapabilities
{
    /// <summary>Nothing beyond running.</summary>
    None = 0,
    /// <summary>More than one vCPU in a VM.</summary>
    MultipleVCpus = 1 << 0,
    /// <summary>Faults on lazily populated guest memory reach the VM as nested page faults.</summary>
    NestedPageFaults = 1 << 1,
    /// <summary>Guest writes are seen by the dirty log.</summary>
    DirtyLog = 1 << 2,
    /// <summary>Interrupt controllers are emulated by the VM, not by the engine.</summary>
    UserspaceInterruptController = 1 << 3,
    /// <summary>System registers can be served by the VM.</summary>
    SystemRegisterExits = 1 << 4,
    /// <summary>Runs without privileges on every host that .NET runs on.</summary>
    Portable = 1 << 5,
    /// <summary>Interrupt controllers can be in the engine.</summary>
    EngineInterruptController = 1 << 6,
    /// <summary>A file descriptor can raise an interrupt (irqfd): another process or thread needs no call.</summary>
    InterruptEvents = 1 << 7,
    /// <summary>A guest write can signal a file descriptor instead of leaving the guest (ioeventfd).</summary>
    WriteEvents = 1 << 8,
    /// <summary>Hypercall instructions of the guest can leave it.</summary>
    HypercallExits = 1 << 9,
}

/// <summary>An engine: one way to run vCPUs on this host. Stateless; all members may be used from any thread.</summary>
public interface IEngine
{
    /// <summary>The name, as configurations and the command line use it.</summary>
    string Name { get; }

    /// <summary>The architectures whose guests it runs.</summary>
    IReadOnlyList<GuestArchitecture> Guests { get; }

    /// <summary>What it honours when it is available.</summary>
    EngineCapabilities Capabilities { get; }

    /// <summary>Looks whether it can be used here. Never throws.</summary>
    EngineProbe Probe();
}
