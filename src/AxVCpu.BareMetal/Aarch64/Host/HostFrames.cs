using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>Frames of <see cref="HostMemory"/> for address spaces. Physical and EL2 virtual addresses are the same.</summary>
internal readonly struct HostFrames : IFrameSource
{
    private const ulong PageSize = 4096;

    /// <inheritdoc/>
    public HostVirtAddr PhysToVirt(HostPhysAddr address) => new(address.Value);

    /// <inheritdoc/>
    public HostPhysAddr VirtToPhys(HostVirtAddr address) => new(address.Value);

    /// <inheritdoc/>
    public bool TryAllocFrame(out HostPhysAddr frame, out bool isZeroed) => TryAllocFrames(1, PageSize, out frame, out isZeroed);

    /// <inheritdoc/>
    public bool TryAllocFrames(ulong count, ulong alignment, out HostPhysAddr first, out bool areZeroed)
    {
        areZeroed = false;
        return HostMemory.TryAlloc(count, alignment, out first);
    }

    /// <inheritdoc/>
    public void ClearFrames(HostPhysAddr first, ulong count)
    {
        Native.Zero(first.Value, count * PageSize);
        // A guest that has its MMU off reads around the caches: it must find the zeros, not what was there before.
        Native.CleanDataCache(first.Value, count * PageSize);
    }

    /// <inheritdoc/>
    public void DeallocFrame(HostPhysAddr frame) => HostMemory.Free(frame, 1);

    /// <inheritdoc/>
    public void DeallocFrames(HostPhysAddr first, ulong count) => HostMemory.Free(first, count);

    /// <inheritdoc/>
    public void Relax(uint spins) => Native.Relax();
}
