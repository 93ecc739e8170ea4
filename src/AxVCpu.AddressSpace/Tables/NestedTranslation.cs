namespace AxVCpu.Memory;

/// <summary>What a walk found.</summary>
public struct NestedTranslation
{
    /// <summary>The host address of the guest address that was walked.</summary>
    public HostPhysAddr Address;

    /// <summary>The host address of the start of the page or block.</summary>
    public HostPhysAddr Base;

    /// <summary>The size of the page or block in bytes; for a lazy marker what it covers; 0 when nothing is mapped.</summary>
    public ulong BlockSize;

    /// <summary>What the mapping permits, and the kind of memory.</summary>
    public MappingFlags Flags;

    /// <summary>
    /// When nothing is mapped: the table's entry, of 64 bits, which is zero until something is; none when the address is beyond the table
    /// or its entry is about to change. It may be read until the next invalidation, as long as any other translation may be used.
    /// </summary>
    public HostVirtAddr AbsentEntry;
}
