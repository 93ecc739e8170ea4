using System.Runtime.CompilerServices;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>The host's RAM in frames of 4 KiB: one bitmap for each range that the host's device tree names. Any CPU.</summary>
internal static unsafe class HostMemory
{
    private const int MaxRanges = 16;
    private const ulong PageSize = 4096;

    [InlineArray(MaxRanges)]
    private struct Ranges
    {
        private FrameBitmap _first;
    }

    private static Ranges s_ranges;
    private static int s_count;
    private static SpinLock s_lock;

    /// <summary>Frames that can be taken.</summary>
    public static ulong FreePages
    {
        get
        {
            ulong sum = 0;
            for (int i = 0; i < s_count; i++)
                sum += s_ranges[i].Free;
            return sum;
        }
    }

    /// <summary>Frames that there are.</summary>
    public static ulong TotalPages
    {
        get
        {
            ulong sum = 0;
            for (int i = 0; i < s_count; i++)
                sum += s_ranges[i].Frames;
            return sum;
        }
    }

    /// <summary>Adds a range of mapped RAM; its bitmap goes to <paramref name="storage"/>. Before there is a second CPU.</summary>
    /// <returns>False when there are too many ranges.</returns>
    public static bool TryAddRange(ulong start, ulong size, ulong storage)
    {
        if (s_count == MaxRanges)
            return false;
        // SAFETY: the caller found room for the words in mapped RAM, and reserves it.
        s_ranges[s_count] = new FrameBitmap(start, size / PageSize, (ulong*)storage);
        // Address 0 says "no frame" in page-table entries and to callers: nobody gets that one.
        s_ranges[s_count++].Reserve(0, PageSize);
        return true;
    }

    /// <summary>Takes whatever of a run of bytes is RAM.</summary>
    public static void Reserve(ulong start, ulong size)
    {
        s_lock.Enter();
        for (int i = 0; i < s_count; i++)
            s_ranges[i].Reserve(start, size);
        s_lock.Exit();
    }

    /// <summary>Takes a run of frames; their content is arbitrary.</summary>
    /// <param name="pages">How many, at least 1.</param>
    /// <param name="alignment">The alignment in bytes: a power of two, at least 4096.</param>
    /// <param name="first">Where the run begins.</param>
    /// <returns>False when there is no such run.</returns>
    public static bool TryAlloc(ulong pages, ulong alignment, out HostPhysAddr first)
    {
        ulong address = 0;
        bool found = false;
        s_lock.Enter();
        for (int i = 0; i < s_count && !found; i++)
            found = s_ranges[i].TryAlloc(pages, alignment, out address);
        s_lock.Exit();
        first = new HostPhysAddr(address);
        return found;
    }

    /// <summary>Takes a run of frames at a certain address, when all of them are free.</summary>
    public static bool TryReserve(HostPhysAddr first, ulong pages)
    {
        bool taken = false;
        s_lock.Enter();
        for (int i = 0; i < s_count && !taken; i++)
            taken = s_ranges[i].TryReserve(first.Value, pages);
        s_lock.Exit();
        return taken;
    }

    /// <summary>Gives frames back.</summary>
    public static void Free(HostPhysAddr first, ulong pages)
    {
        s_lock.Enter();
        for (int i = 0; i < s_count; i++)
        {
            if (s_ranges[i].Contains(first.Value, pages))
                s_ranges[i].Release(first.Value, pages);
        }

        s_lock.Exit();
    }
}
