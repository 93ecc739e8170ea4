using System.Numerics;
using System.Runtime.CompilerServices;

namespace AxVCpu;

/// <summary>
/// A set of physical CPUs of any size. <c>default</c> restricts nothing. The first 64 CPUs are held inline; more are
/// words that the creator owns and keeps alive and unchanged as long as the set is used.
/// </summary>
public readonly unsafe struct CpuSet
{
    private const int BitsPerWord = 64;
    private readonly ulong _first;
    private readonly ulong* _rest;
    private readonly uint _words;

    private CpuSet(ulong first, ulong* rest, uint words)
    {
        _first = first;
        _rest = rest;
        _words = words;
    }

    /// <summary>The set that contains every CPU.</summary>
    public static CpuSet Unrestricted => default;

    /// <summary>Whether every CPU is in the set.</summary>
    public bool IsUnrestricted => _words == 0;

    /// <summary>A set of CPUs 0 to 63; bit n is CPU n. An empty mask is a set without CPUs, not an unrestricted one.</summary>
    public static CpuSet FromMask(ulong mask) => new(mask, null, 1);

    /// <summary>A set over <paramref name="count"/> words; bit n of word w is CPU 64w + n.</summary>
    /// <param name="words">The words; they must outlive the set. Not read when <paramref name="count"/> is 0.</param>
    /// <param name="count">How many words there are; 0 is a set without CPUs.</param>
    public static CpuSet FromWords(ulong* words, uint count) =>
        count <= 1 ? FromMask(count == 0 ? 0 : words[0]) : new CpuSet(words[0], words + 1, count);

    /// <summary>Whether the CPU may be used.</summary>
    public bool Contains(uint cpu)
    {
        if (IsUnrestricted)
            return true;
        uint word = cpu / BitsPerWord;
        // SAFETY: FromWords took the promise that the words are alive; the index is below their count.
        return word < _words && ((word == 0 ? _first : _rest[word - 1]) >> (int)(cpu % BitsPerWord) & 1) != 0;
    }

    /// <summary>How many CPUs the set names; 0 for an unrestricted set.</summary>
    public uint Count
    {
        get
        {
            uint count = (uint)BitOperations.PopCount(_first);
            for (uint word = 1; word < _words; word++)
                count += (uint)BitOperations.PopCount(_rest[word - 1]); // SAFETY: as in Contains.
            return count;
        }
    }
}
