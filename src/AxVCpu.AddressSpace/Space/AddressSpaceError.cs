namespace AxVCpu.Memory;

/// <summary>Why an operation on a nested table or an address space was refused. A refused operation has changed nothing.</summary>
public enum AddressSpaceError
{
    /// <summary>It succeeded.</summary>
    None,
    /// <summary>The size is zero.</summary>
    ZeroSize,
    /// <summary>An address or size is not a multiple of 4096.</summary>
    Misaligned,
    /// <summary>The range leaves the address space, or wraps.</summary>
    OutOfRange,
    /// <summary>Part of the range is mapped already.</summary>
    Overlap,
    /// <summary>Nothing, or not all of the range, is mapped.</summary>
    NotMapped,
    /// <summary>The frame source is exhausted.</summary>
    OutOfFrames,
    /// <summary>The region table is full.</summary>
    TooManyRegions,
    /// <summary>A buffer of the caller is too small.</summary>
    BufferTooSmall,
    /// <summary>The dirty log of the mapping is already on, or is off.</summary>
    DirtyLogState,
}
