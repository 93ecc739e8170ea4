namespace AxVCpu.Memory;

/// <summary>
/// The control block of a <see cref="RamArena"/>, in native memory. Single frames are taken from the bottom up, runs from the top down,
/// so that pages populated in order lie in order and blocks stay aligned. What alignment leaves over becomes the gap, which single frames
/// use first. Frames given back form a list of runs, linked through the first frame of each.
/// </summary>
internal unsafe struct ArenaState
{
    internal const ulong PageSize = 4096;

    internal ulong Base;
    internal ulong End;
    internal bool StartsZeroed;

    private ulong _bottom;
    private ulong _top;
    private ulong _gapStart;
    private ulong _gapEnd;
    private FreeRun* _free;
    // No free run holds an aligned run of this size; a search for one would look at all of them again.
    private ulong _knownMissing;
    private ulong _used;
    private ulong _peak;
    private int _lock;

    internal void Reset()
    {
        _bottom = Base;
        _top = End;
        _gapStart = _gapEnd = 0;
        _free = null;
        _knownMissing = ulong.MaxValue;
    }

    internal ulong UsedFrames => Volatile.Read(ref _used);

    internal ulong PeakFrames => Volatile.Read(ref _peak);

    internal bool TryAlloc(ulong count, ulong alignment, out ulong first, out bool isZeroed)
    {
        Enter();
        isZeroed = StartsZeroed;
        bool found = count == 1 && alignment <= PageSize ? TakeOne(out first, ref isZeroed) : TakeRun(count, alignment, out first, ref isZeroed);
        if (found)
        {
            _used += count;
            _peak = _used > _peak ? _used : _peak;
        }

        Leave();
        return found;
    }

    internal void Free(ulong first, ulong count)
    {
        if (first < Base || first > End || count > (End - first) / PageSize)
        {
            throw new ArgumentOutOfRangeException(nameof(first), "The frames are not of this arena.");
        }

        Enter();
        _used -= count;
        Push(first, count);
        Leave();
    }

    private bool TakeOne(out ulong first, ref bool isZeroed)
    {
        if (_free != null)
        {
            // From the end of the run, so that the link in its first frame stays.
            FreeRun* run = _free;
            isZeroed = false;
            run->Count--;
            first = (ulong)run + (run->Count * PageSize);
            _free = run->Count == 0 ? run->Next : run;
            return true;
        }

        if (_gapStart < _gapEnd)
        {
            first = _gapStart;
            _gapStart += PageSize;
            return true;
        }

        first = _bottom;
        if (_bottom == _top)
        {
            return false;
        }

        _bottom += PageSize;
        return true;
    }

    private bool TakeRun(ulong count, ulong alignment, out ulong first, ref bool isZeroed)
    {
        first = 0;
        if (count > (End - Base) / PageSize)
        {
            return false;
        }

        ulong size = count * PageSize;
        if (size <= _top - _bottom && ((_top - size) & ~(alignment - 1)) >= _bottom)
        {
            first = (_top - size) & ~(alignment - 1);
            ulong leftOver = first + size;
            if (leftOver < _top && _gapStart < _gapEnd)
            {
                Push(leftOver, (_top - leftOver) / PageSize);
            }
            else if (leftOver < _top)
            {
                (_gapStart, _gapEnd) = (leftOver, _top);
            }

            _top = first;
            return true;
        }

        return TakeFreeRun(size, alignment, out first, ref isZeroed);
    }

    private bool TakeFreeRun(ulong size, ulong alignment, out ulong first, ref bool isZeroed)
    {
        first = 0;
        if (size >= _knownMissing)
        {
            return false;
        }

        for (FreeRun** link = &((ArenaState*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref this))->_free; *link != null; link = &(*link)->Next)
        {
            FreeRun* run = *link;
            ulong end = (ulong)run + (run->Count * PageSize);
            first = ((ulong)run + (alignment - 1)) & ~(alignment - 1);
            if (first > end || end - first < size)
            {
                continue;
            }

            *link = run->Next;
            if (first > (ulong)run)
            {
                Push((ulong)run, (first - (ulong)run) / PageSize);
            }

            if (first + size < end)
            {
                Push(first + size, (end - first - size) / PageSize);
            }

            isZeroed = false;
            return true;
        }

        first = 0;
        _knownMissing = size;
        return false;
    }

    private void Push(ulong first, ulong count)
    {
        if (count == 0)
        {
            return;
        }

        // Whoever gives back much does it in order: runs that meet stay one.
        FreeRun* next = _free;
        if (next != null && (ulong)next + (next->Count * PageSize) == first)
        {
            next->Count += count;
            Found(next->Count);
            return;
        }

        if (next != null && first + (count * PageSize) == (ulong)next)
        {
            count += next->Count;
            next = next->Next;
        }

        // SAFETY: free frames of the arena belong to the list.
        FreeRun* run = (FreeRun*)first;
        run->Next = next;
        run->Count = count;
        _free = run;
        Found(count);
    }

    /// <summary>A run this long may hold what was missing.</summary>
    private void Found(ulong count)
    {
        if (count * PageSize >= _knownMissing)
        {
            _knownMissing = ulong.MaxValue;
        }
    }

    private void Enter()
    {
        SpinWait wait = default;
        while (Interlocked.CompareExchange(ref _lock, 1, 0) != 0)
        {
            wait.SpinOnce();
        }
    }

    private void Leave() => Volatile.Write(ref _lock, 0);

    private struct FreeRun
    {
        public FreeRun* Next;
        public ulong Count;
    }
}
