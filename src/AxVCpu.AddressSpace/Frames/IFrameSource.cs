namespace AxVCpu.Memory;

/// <summary>
/// The host's memory as an address space needs it: 4 KiB frames. Implementations are unmanaged structs (a handle to the allocator), and
/// every member may be called from any thread.
/// </summary>
public interface IFrameSource : IPhysMap
{
    /// <summary>Allocates one frame of 4 KiB.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="isZeroed">Whether it is known to hold only zeros.</param>
    /// <returns>False when there is none left.</returns>
    bool TryAllocFrame(out HostPhysAddr frame, out bool isZeroed);

    /// <summary>Allocates frames that follow each other. They may be given back together, in parts or one by one.</summary>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="alignment">The alignment of the first in bytes: a power of two, at least 4096.</param>
    /// <param name="first">The first frame.</param>
    /// <param name="areZeroed">Whether all are known to hold only zeros.</param>
    /// <returns>False when there is no such run of frames.</returns>
    bool TryAllocFrames(ulong count, ulong alignment, out HostPhysAddr first, out bool areZeroed);

    /// <summary>Fills frames of this source with zeros such that a guest finds them however it looks, around its caches too.</summary>
    void ClearFrames(HostPhysAddr first, ulong count);

    /// <summary>Gives one frame back.</summary>
    void DeallocFrame(HostPhysAddr frame);

    /// <summary>Gives <paramref name="count"/> frames back that follow each other.</summary>
    void DeallocFrames(HostPhysAddr first, ulong count);

    /// <summary>The inverse of <see cref="IPhysMap.PhysToVirt"/> for memory of this source.</summary>
    HostPhysAddr VirtToPhys(HostVirtAddr address);

    /// <summary>Waits a moment for another CPU: a pause instruction on bare metal, sooner or later a yield when hosted.</summary>
    /// <param name="spins">How often this wait has called already.</param>
    void Relax(uint spins);
}
