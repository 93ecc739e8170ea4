namespace AxVCpu;

/// <summary>What an engine implements to switch virtualization on and off on one physical CPU.</summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
public interface IArchPerCpu<TSelf>
    where TSelf : struct, IArchPerCpu<TSelf>
{
    /// <summary>Prepares the per-CPU state. A failure leaves nothing behind, so that the call can be repeated.</summary>
    static abstract EngineError Create(uint cpuId, out TSelf arch);

    /// <summary>Whether virtualization is on.</summary>
    bool IsEnabled { get; }

    /// <summary>Switches virtualization on.</summary>
    EngineError HardwareEnable();

    /// <summary>Switches virtualization off and restores what was there before.</summary>
    EngineError HardwareDisable();

    /// <summary>How many levels a nested page table may have.</summary>
    int MaxGuestPageTableLevels { get; }

    /// <summary>How many bits a guest-physical address may have.</summary>
    int GuestPhysAddrBits { get; }
}
