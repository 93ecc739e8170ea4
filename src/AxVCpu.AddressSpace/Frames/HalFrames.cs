namespace AxVCpu.Memory;

/// <summary>Frames of a static <see cref="IVCpuHal"/>.</summary>
/// <remarks>
/// The HAL hands out single frames only. A run of frames (a 16 KiB root) is searched for among a bounded number of frames, which a HAL
/// that allocates in order of address satisfies at once.
/// </remarks>
/// <typeparam name="THal">The host.</typeparam>
public readonly unsafe struct HalFrames<THal> : IFrameSource
    where THal : IVCpuHal
{
    private const ulong PageSize = 4096;
    private const int MaxSearch = 64;

    /// <inheritdoc/>
    public HostVirtAddr PhysToVirt(HostPhysAddr address) => THal.PhysToVirt(address);

    /// <inheritdoc/>
    public HostPhysAddr VirtToPhys(HostVirtAddr address) => THal.VirtToPhys(address);

    /// <inheritdoc/>
    public bool TryAllocFrame(out HostPhysAddr frame, out bool isZeroed)
    {
        isZeroed = false;
        return THal.AllocFrame(out frame);
    }

    /// <inheritdoc/>
    public bool TryAllocFrames(ulong count, ulong alignment, out HostPhysAddr first, out bool areZeroed)
    {
        first = default;
        areZeroed = false;
        if (count > MaxSearch / 4)
        {
            return false;
        }

        ulong* held = stackalloc ulong[MaxSearch];
        int taken = 0;
        bool found = false;
        while (!found && taken < MaxSearch && THal.AllocFrame(out HostPhysAddr frame))
        {
            InsertSorted(held, taken++, frame.Value);
            found = TryFindRun(held, taken, count, alignment, out first);
        }

        for (int i = 0; i < taken; i++)
        {
            if (!found || held[i] - first.Value >= count * PageSize)
            {
                THal.DeallocFrame(new HostPhysAddr(held[i]));
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public void ClearFrames(HostPhysAddr first, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            // SAFETY: the caller has the frames from this source.
            new Span<byte>((void*)PhysToVirt(first + (i * PageSize)).Value, (int)PageSize).Clear();
        }
    }

    /// <inheritdoc/>
    public void DeallocFrame(HostPhysAddr frame) => THal.DeallocFrame(frame);

    /// <inheritdoc/>
    public void DeallocFrames(HostPhysAddr first, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            THal.DeallocFrame(first + (i * PageSize));
        }
    }

    /// <summary>Spins: a physical CPU has nobody to yield to.</summary>
    public void Relax(uint spins)
    {
    }

    private static void InsertSorted(ulong* items, int count, ulong value)
    {
        int i = count;
        for (; i > 0 && items[i - 1] > value; i--)
        {
            items[i] = items[i - 1];
        }

        items[i] = value;
    }

    private static bool TryFindRun(ulong* sorted, int taken, ulong count, ulong alignment, out HostPhysAddr first)
    {
        for (int i = 0; i + (int)count <= taken; i++)
        {
            // Sorted and distinct: the last being count - 1 frames further means that all between are there.
            first = new HostPhysAddr(sorted[i]);
            if (first.IsAligned(alignment) && sorted[i + (int)count - 1] - sorted[i] == (count - 1) * PageSize)
            {
                return true;
            }
        }

        first = default;
        return false;
    }
}
