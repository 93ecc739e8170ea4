namespace AxVCpu.Memory;

/// <summary>What became of a nested page fault.</summary>
public enum PageFaultOutcome
{
    /// <summary>The mapping was made or its rights restored: run the guest again.</summary>
    Handled,
    /// <summary>Another CPU was quicker; forget what the local TLB knows about the page and run the guest again.</summary>
    AlreadyPresent,
    /// <summary>The address belongs to no region: a device access or an error of the guest.</summary>
    NotMapped,
    /// <summary>The region does not permit the access: an error of the guest.</summary>
    Permission,
    /// <summary>The host has no frame left for the VM.</summary>
    OutOfMemory,
}
