namespace AxVCpu.Memory;

/// <summary>
/// Which instruction removes nested translations. First-stage operations (<c>INVLPG</c>, <c>TLBI VAE2</c>, <c>SFENCE.VMA</c>,
/// <c>HFENCE.VVMA</c>) do not: they match guest-virtual addresses.
/// </summary>
public enum NestedInvalidation
{
    /// <summary><c>INVEPT</c>, single-context. Intel SDM volume 3, 30.4.3.1.</summary>
    Invept,
    /// <summary>Flush of the guest's ASID at the next <c>VMRUN</c> (TLB_CONTROL). AMD APM volume 2, 15.16.</summary>
    FlushGuestAsid,
    /// <summary><c>TLBI IPAS2E1IS</c> for ranges, <c>TLBI VMALLS12E1IS</c> for all. Arm ARM D8.17.</summary>
    TlbiIpas2,
    /// <summary><c>HFENCE.GVMA</c>. RISC-V privileged specification, 15.3.2 "Hypervisor memory-management fence instructions".</summary>
    HfenceGvma,
}
