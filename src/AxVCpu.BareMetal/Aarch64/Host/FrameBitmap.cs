using System.Numerics;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>
/// Which 4 KiB frames of one range of memory are taken: one bit each, in words that the creator owns. Free memory is found from
/// where the last search ended. Not thread safe.
/// </summary>
internal unsafe struct FrameBitmap
{
    private const int BitsPerWord = 64;
    private const int PageShift = 12;
    private ulong* _words;
    private ulong _firstFrame;
    private ulong _frames;
    private ulong _free;
    private ulong _next;

    /// <summary>A range whose frames are all free.</summary>
    /// <param name="start">The first address, page aligned.</param>
    /// <param name="frames">How many frames.</param>
    /// <param name="words"><see cref="WordsFor"/> words.</param>
    public FrameBitmap(ulong start, ulong frames, ulong* words)
    {
        _words = words;
        _firstFrame = start >> PageShift;
        _frames = frames;
        _free = frames;
        _next = 0;
        for (ulong i = 0; i < WordsFor(frames); i++)
            words[i] = 0;
    }

    /// <summary>The first address of the range.</summary>
    public readonly ulong Start => _firstFrame << PageShift;

    /// <summary>How many frames the range has.</summary>
    public readonly ulong Frames => _frames;

    /// <summary>How many frames are free.</summary>
    public readonly ulong Free => _free;

    /// <summary>How many words hold the bits of so many frames.</summary>
    public static ulong WordsFor(ulong frames) => (frames + BitsPerWord - 1) / BitsPerWord;

    /// <summary>Whether the range holds the whole run.</summary>
    public readonly bool Contains(ulong address, ulong count)
    {
        ulong frame = (address >> PageShift) - _firstFrame;
        return address >> PageShift >= _firstFrame && frame < _frames && count <= _frames - frame;
    }

    /// <summary>Takes a run of free frames.</summary>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="alignment">The alignment of its address in bytes: a power of two, at least 4096.</param>
    /// <param name="address">Where it begins.</param>
    /// <returns>False when there is no such run.</returns>
    public bool TryAlloc(ulong count, ulong alignment, out ulong address)
    {
        address = 0;
        if (count == 0 || count > _free)
            return false;
        ulong step = alignment >> PageShift;
        if (!TryFind(_next, _frames, count, step, out ulong frame) && !TryFind(0, _frames, count, step, out frame))
            return false;
        Mark(frame, count);
        _next = frame + count;
        address = (_firstFrame + frame) << PageShift;
        return true;
    }

    /// <summary>Takes the part of a run that lies in the range, whether it was free or not.</summary>
    public void Reserve(ulong address, ulong size)
    {
        ulong first = address >> PageShift;
        ulong end = (address + size + (1UL << PageShift) - 1) >> PageShift;
        first = first > _firstFrame ? first - _firstFrame : 0;
        end = end > _firstFrame ? end - _firstFrame : 0;
        end = end < _frames ? end : _frames;
        for (ulong frame = first; frame < end; frame++)
        {
            if (!IsTaken(frame))
                Mark(frame, 1);
        }
    }

    /// <summary>Takes a run when all of it is free.</summary>
    public bool TryReserve(ulong address, ulong count)
    {
        if (!Contains(address, count))
            return false;
        ulong first = (address >> PageShift) - _firstFrame;
        for (ulong frame = first; frame < first + count; frame++)
        {
            if (IsTaken(frame))
                return false;
        }

        Mark(first, count);
        return true;
    }

    /// <summary>Gives back the frames of a run that are taken; it must lie in the range.</summary>
    public void Release(ulong address, ulong count)
    {
        ulong first = (address >> PageShift) - _firstFrame;
        for (ulong frame = first; frame < first + count; frame++)
        {
            ulong bit = 1UL << (int)(frame % BitsPerWord);
            _free += (_words[frame / BitsPerWord] & bit) != 0 ? 1UL : 0;
            _words[frame / BitsPerWord] &= ~bit;
        }

        _next = first < _next ? first : _next;
    }

    private readonly bool IsTaken(ulong frame) => (_words[frame / BitsPerWord] >> (int)(frame % BitsPerWord) & 1) != 0;

    private void Mark(ulong frame, ulong count)
    {
        for (ulong i = frame; i < frame + count; i++)
            _words[i / BitsPerWord] |= 1UL << (int)(i % BitsPerWord);
        _free -= count;
    }

    /// <summary>Searches runs that begin in [<paramref name="from"/>, <paramref name="end"/>).</summary>
    private readonly bool TryFind(ulong from, ulong end, ulong count, ulong step, out ulong found)
    {
        found = Align(from, step);
        while (found < end && count <= end - found)
        {
            ulong taken = found;
            while (taken < found + count && !IsTaken(taken))
            {
                bool wholeWord = taken % BitsPerWord == 0 && _words[taken / BitsPerWord] == 0;
                taken += wholeWord ? BitsPerWord : 1UL;
            }

            if (taken >= found + count)
                return true;
            // Past a full stretch at once.
            while (taken < end && IsTaken(taken))
                taken += taken % BitsPerWord == 0 && _words[taken / BitsPerWord] == ulong.MaxValue ? BitsPerWord : 1UL;
            found = Align(taken, step);
        }

        return false;
    }

    /// <summary>The next frame of the range whose address is aligned.</summary>
    private readonly ulong Align(ulong frame, ulong step) => ((_firstFrame + frame + step - 1) & ~(step - 1)) - _firstFrame;
}
