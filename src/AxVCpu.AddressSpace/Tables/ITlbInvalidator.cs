namespace AxVCpu.Memory;

/// <summary>
/// Removes nested translations from the TLBs of every CPU that may hold them. An unmanaged struct, given as a type parameter.
/// </summary>
/// <remarks>
/// A call returns only when no vCPU can use, or be walking towards, the old translation: frames are reused right after. A vCPU that is
/// not in the guest counts as done once it is bound to flush before it enters again. Calls come with the address space's lock held, so
/// they must neither call back into it nor wait for a thread that might.
/// </remarks>
public interface ITlbInvalidator
{
    /// <summary>Removes the translations of a range of guest-physical addresses.</summary>
    /// <param name="operation">What the table's format needs.</param>
    /// <param name="start">First address, page aligned.</param>
    /// <param name="size">Bytes, a multiple of the page size.</param>
    void InvalidateRange(NestedInvalidation operation, GuestPhysAddr start, ulong size);

    /// <summary>Removes all nested translations of the guest.</summary>
    /// <param name="operation">What the table's format needs.</param>
    void InvalidateAll(NestedInvalidation operation);
}

/// <summary>Nothing caches translations (yet): table set-up before the first run.</summary>
public readonly struct NoTlb : ITlbInvalidator
{
    /// <inheritdoc/>
    public void InvalidateRange(NestedInvalidation operation, GuestPhysAddr start, ulong size)
    {
    }

    /// <inheritdoc/>
    public void InvalidateAll(NestedInvalidation operation)
    {
    }
}
