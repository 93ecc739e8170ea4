namespace AxVCpu.Memory;

/// <summary>Sizes and indices that follow from a format.</summary>
internal static class NestedGeometry<TFormat>
    where TFormat : struct, INestedFormat
{
    internal const ulong PageSize = 4096;
    internal const int PageShift = 12;
    internal const int IndexBits = 9;
    internal const int TableEntries = 512;

    internal static int RootLevel => TFormat.Levels - 1;

    /// <summary>Entries of the root: fewer than a table's for small address spaces, more for concatenated and x4 roots.</summary>
    internal static int RootEntries => 1 << (TFormat.AddressBits - Shift(RootLevel));

    internal static ulong RootFrames => RootEntries <= TableEntries ? 1UL : (ulong)(RootEntries / TableEntries);

    internal static ulong AddressLimit => 1UL << TFormat.AddressBits;

    internal static int Shift(int level) => PageShift + (IndexBits * level);

    internal static ulong BlockSize(int level) => 1UL << Shift(level);

    internal static int EntryCount(int level) => level == RootLevel ? RootEntries : TableEntries;

    internal static int Index(ulong address, int level) => (int)(address >> Shift(level)) & (EntryCount(level) - 1);

    /// <summary>The end of the block at <paramref name="level"/> that holds <paramref name="at"/>, or <paramref name="end"/> when that is nearer.</summary>
    internal static ulong NextBoundary(ulong at, int level, ulong end)
    {
        ulong next = (at & ~(BlockSize(level) - 1)) + BlockSize(level);
        return next < end ? next : end;
    }
}
