namespace AxVCpu.Memory;

/// <summary>Where the memory of a region comes from.</summary>
public enum RegionKind : byte
{
    /// <summary>A range of host memory that somebody else owns.</summary>
    Linear,
    /// <summary>Frames of the address space, all allocated when it was mapped.</summary>
    Eager,
    /// <summary>Frames of the address space, allocated at the first access to each page.</summary>
    Lazy,
    /// <summary>Frames of the address space, all allocated when it was mapped; each block is cleared and mapped at the first access.</summary>
    Reserved,
}

/// <summary>A range of guest-physical addresses with one kind of memory and one set of rights.</summary>
/// <remarks>
/// A mapping starts as one region; unmapping or protecting a part cuts it into several with the same <see cref="MappingId"/>. They join
/// again when they are alike. An unmanaged struct, so that the table of regions can lie in memory of the caller.
/// </remarks>
public unsafe struct AddressRegion
{
    /// <summary>First address.</summary>
    public GuestPhysAddr Start;

    /// <summary>Bytes, a multiple of 4096.</summary>
    public ulong Size;

    /// <summary>For <see cref="RegionKind.Linear"/> the host address of <see cref="Start"/>.</summary>
    public HostPhysAddr Target;

    /// <summary>The rights and the memory kind; while the dirty log is on, entries of clean pages lack <see cref="MappingFlags.Write"/>.</summary>
    public MappingFlags Flags;

    /// <summary>Where the memory comes from.</summary>
    public RegionKind Kind;

    /// <summary>Which mapping call the region stems from; never 0, never reused.</summary>
    public uint MappingId;

    /// <summary>The dirty bitmap, one bit for each 4 KiB page from <see cref="DirtyBase"/> on; null when the dirty log is off.</summary>
    internal ulong* DirtyBits;

    /// <summary>The address of bit 0 of the bitmap.</summary>
    internal ulong DirtyBase;

    /// <summary>The address after the last.</summary>
    public readonly GuestPhysAddr End => Start + Size;

    /// <summary>Whether guest writes are logged.</summary>
    public readonly bool IsDirtyLogged => DirtyBits != null;

    /// <summary>Whether the address lies in the region.</summary>
    public readonly bool Contains(GuestPhysAddr address) => address - Start < Size;
}
