namespace AxVCpu.Memory;

/// <summary>How a walk of a nested table ended.</summary>
public enum NestedWalkStatus
{
    /// <summary>Translated.</summary>
    Mapped,
    /// <summary>Memory that gets its frame at the first access: ask the address space to handle a page fault, then walk again.</summary>
    Lazy,
    /// <summary>Nothing is mapped: a device access or an error of the guest.</summary>
    NotMapped,
    /// <summary>Mapped, but the wanted access is not permitted. The address space decides (it may be a logged first write).</summary>
    Permission,
}
