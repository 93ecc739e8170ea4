namespace AxVCpu.Memory;

/// <summary>Reaches host-physical memory from the code that runs.</summary>
public interface IPhysMap
{
    /// <summary>Where <paramref name="address"/> can be read and written. Any thread.</summary>
    HostVirtAddr PhysToVirt(HostPhysAddr address);
}

/// <summary>Host-physical and host-virtual addresses are the same: hosted programs, and bare metal with an identity map.</summary>
public readonly struct IdentityPhysMap : IPhysMap
{
    /// <inheritdoc/>
    public HostVirtAddr PhysToVirt(HostPhysAddr address) => new(address.Value);
}
