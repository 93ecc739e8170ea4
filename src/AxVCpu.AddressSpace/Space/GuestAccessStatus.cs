namespace AxVCpu.Memory;

/// <summary>How an access of the host or a device to guest memory ended. An access that did not end in <see cref="Ok"/> has written
/// nothing to guest memory, unless the mapping was changed during the access.</summary>
public enum GuestAccessStatus
{
    /// <summary>All bytes were transferred.</summary>
    Ok,
    /// <summary>Part of the range is not memory.</summary>
    NotMapped,
    /// <summary>Part of the range does not permit the access.</summary>
    Permission,
    /// <summary>The host has no frame left for lazily populated memory.</summary>
    OutOfMemory,
    /// <summary>The address is not a multiple of the width (volatile accesses).</summary>
    Misaligned,
}
