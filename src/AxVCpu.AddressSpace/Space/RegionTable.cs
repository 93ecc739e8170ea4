namespace AxVCpu.Memory;

/// <summary>The regions of an address space, sorted by address, in an array of fixed size that the caller provides.</summary>
internal unsafe struct RegionTable
{
    private readonly AddressRegion* _items;
    private readonly int _capacity;

    internal RegionTable(AddressRegion* items, int capacity)
    {
        _items = items;
        _capacity = capacity;
        Count = 0;
    }

    internal int Count { get; private set; }

    internal readonly bool HasRoomFor(int more) => more <= _capacity - Count;

    // SAFETY: callers pass 0 <= index < Count <= capacity of the caller's array.
    internal readonly ref AddressRegion this[int index] => ref _items[index];

    /// <summary>The index of the first region that ends after <paramref name="address"/>; <see cref="Count"/> when there is none.</summary>
    internal readonly int FirstEndingAfter(ulong address)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            if (_items[middle].End.Value > address)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    /// <summary>The index of the region that holds <paramref name="address"/>, or -1.</summary>
    internal readonly int Find(ulong address)
    {
        int index = FirstEndingAfter(address);
        return index < Count && _items[index].Start.Value <= address ? index : -1;
    }

    internal void Insert(int index, in AddressRegion region)
    {
        for (int i = Count; i > index; i--)
        {
            _items[i] = _items[i - 1];
        }

        _items[index] = region;
        Count++;
    }

    internal void Remove(int index)
    {
        Count--;
        for (int i = index; i < Count; i++)
        {
            _items[i] = _items[i + 1];
        }
    }

    internal void Clear() => Count = 0;

    /// <summary>Takes a part out of a region. Only a part strictly inside needs room for one more region.</summary>
    internal void TakeOut(int index, ulong from, ulong to)
    {
        AddressRegion region = _items[index];
        if (from == region.Start.Value && to == region.End.Value)
        {
            Remove(index);
        }
        else if (from == region.Start.Value)
        {
            ref AddressRegion rest = ref _items[index];
            rest.Start += to - from;
            rest.Target += to - from;
            rest.Size -= to - from;
        }
        else
        {
            CutAt(to);
            _items[index].Size = from - region.Start.Value;
        }
    }

    /// <summary>Whether a range lies strictly inside one region.</summary>
    internal readonly bool IsInsideOne(ulong start, ulong end) => IsInside(start) && IsInside(end) && Find(start) == Find(end);

    /// <summary>How many more regions cutting at both ends of a range makes.</summary>
    internal readonly int CutsNeeded(ulong start, ulong end) => (IsInside(start) ? 1 : 0) + (IsInside(end) ? 1 : 0);

    /// <summary>Cuts the region that <paramref name="address"/> lies inside of, if any, in two.</summary>
    internal void CutAt(ulong address)
    {
        if (!IsInside(address))
        {
            return;
        }

        int index = Find(address);
        AddressRegion upper = _items[index];
        ulong lowerSize = address - upper.Start.Value;
        upper.Start += lowerSize;
        upper.Size -= lowerSize;
        upper.Target += lowerSize;
        _items[index].Size = lowerSize;
        Insert(index + 1, upper);
    }

    /// <summary>Joins alike pieces of one mapping from <paramref name="index"/> - 1 on up to the region that holds <paramref name="end"/>.</summary>
    internal void JoinAround(int index, ulong end)
    {
        int i = index > 0 ? index - 1 : 0;
        while (i + 1 < Count && _items[i].Start.Value <= end)
        {
            ref AddressRegion lower = ref _items[i];
            ref AddressRegion upper = ref _items[i + 1];
            bool alike = lower.MappingId == upper.MappingId && lower.End == upper.Start && lower.Flags == upper.Flags;
            if (alike)
            {
                lower.Size += upper.Size;
                Remove(i + 1);
            }
            else
            {
                i++;
            }
        }
    }

    private readonly bool IsInside(ulong address)
    {
        int index = Find(address);
        return index >= 0 && _items[index].Start.Value != address;
    }
}
