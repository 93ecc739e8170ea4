namespace AxVCpu.Samples;

/// <summary>Boot a target vCPU on behalf of the guest.</summary>
public static class SecondaryBoot
{
    /// <summary>The first argument register, by the architecture's index (a0 is x10 on RISC-V, 0 on AArch64).</summary>
    public const int FirstArgument = 0;

    /// <summary>Prepares vCPU <paramref name="vcpuId"/> to start at <paramref name="entry"/> and lets the caller schedule it.</summary>
    public static VirtualCpu VCpuOn(IReadOnlyList<VirtualCpu> vcpus, int vcpuId, GuestPhysAddr entry, ulong argument)
    {
        VirtualCpu vcpu = vcpus[vcpuId];
        vcpu.SetEntry(entry);
        vcpu.SetGpr(FirstArgument, argument);
        return vcpu;
    }
}
