namespace AxVCpu.Memory;

/// <summary>What a hosted engine does when nested translations become invalid.</summary>
public interface INestedTlbListener
{
    /// <summary>
    /// Removes the translations of a range from every vCPU's TLB. See <see cref="ITlbInvalidator"/> for what must hold on return: no vCPU
    /// uses or walks towards the old translation; the address space must not be called back. Called on any thread.
    /// </summary>
    /// <param name="start">First address, page aligned.</param>
    /// <param name="size">Bytes; <see cref="ulong.MaxValue"/> (from address 0) means everything.</param>
    void Invalidate(GuestPhysAddr start, ulong size);
}

/// <summary>What an engine that has memory slots of its own (KVM) wants to know about the mappings.</summary>
/// <remarks>Called on the thread that changes the mapping, after the change was made; nothing is called for failed changes.</remarks>
public interface IGuestMemoryListener
{
    /// <summary>
    /// Whether every region needs its frames when it is mapped, because the engine never asks for a page: lazy regions are populated then.
    /// Host memory is still only used for what is touched, where the host hands out memory that way.
    /// </summary>
    bool NeedsFrames { get; }

    /// <summary>A region was mapped, or has new rights, or its dirty log was switched on or off.</summary>
    void Mapped(in AddressRegion region);

    /// <summary>A range is no longer mapped. It may hold parts that were not mapped before either.</summary>
    void Unmapped(GuestPhysAddr start, ulong size);

    /// <summary>
    /// The dirty log of a region is about to be fetched: report what the engine has logged itself with
    /// <see cref="GuestAddressSpace.MarkDirty"/>, and forget it.
    /// </summary>
    void CollectDirty(in AddressRegion region);
}
