namespace AxVCpu;

/// <summary>What the host under the hypervisor provides. One implementing type per host; all members may be called on any CPU.</summary>
public interface IVCpuHal
{
    /// <summary>Takes one 4 KiB frame, with arbitrary content.</summary>
    /// <returns>False when there is none.</returns>
    static abstract bool AllocFrame(out HostPhysAddr frame);

    /// <summary>Gives a frame of <see cref="AllocFrame"/> back.</summary>
    static abstract void DeallocFrame(HostPhysAddr frame);

    /// <summary>Where host code can dereference a physical address.</summary>
    static abstract HostVirtAddr PhysToVirt(HostPhysAddr address);

    /// <summary>The physical address behind a host-virtual one.</summary>
    static abstract HostPhysAddr VirtToPhys(HostVirtAddr address);

    /// <summary>The number of the host interrupt that is pending on this CPU; 0 when the host has no such notion.</summary>
    static virtual ulong IrqFetch() => 0;

    /// <summary>Lets the host handle the interrupt that is pending on this CPU.</summary>
    static virtual void IrqHandler()
    {
    }
}
