using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AxVCpu.Software;

/// <summary>One translation: a guest page and what to add to a guest address in it to reach the host.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TlbEntry
{
    /// <summary>The guest page's address, low 12 bits zero; of a page that belongs to another entry when empty.</summary>
    public ulong Tag;

    /// <summary>Host address minus guest address, modulo 2^64.</summary>
    public ulong Addend;
}

/// <summary>
/// A vCPU's direct-mapped translations: per MMU class (a privilege and its modifiers) one array each for loads, stores and fetches.
/// Loads and stores have separate arrays so that a copy between pages that share an index does not evict itself.
/// The hit test is <c>(va &amp; (PageMask | (size - 1))) == Tag</c>, where a misaligned access misses because tags have no low bits; or
/// <c>va - Tag &lt;= PageSize - size</c>, unsigned, where it hits unless it crosses the page. Every tag is a page's address, so that both tests
/// agree; an empty entry has the address of a page that cannot be looked up there.
/// </summary>
/// <remarks>Belongs to one vCPU thread. The memory is native so that generated code can address it.</remarks>
internal sealed unsafe class SoftTlb : IDisposable
{
    /// <summary>Entries per array.</summary>
    public const int Entries = 512;

    /// <summary>Bytes per array.</summary>
    public const int ArrayBytes = Entries * 16;

    /// <summary>Byte offset of the load array from a class's base.</summary>
    public const int LoadOffset = 0;

    /// <summary>Byte offset of the store array from a class's base.</summary>
    public const int StoreOffset = ArrayBytes;

    /// <summary>Byte offset of the fetch array from a class's base.</summary>
    public const int FetchOffset = 2 * ArrayBytes;

    /// <summary>Bytes per class.</summary>
    public const int ClassBytes = 3 * ArrayBytes;

    /// <summary>Shift that turns a guest address into a byte offset of its entry, before <see cref="IndexMask"/>.</summary>
    public const int IndexShift = 12 - 4;

    /// <summary>Mask for the byte offset of an entry in its array.</summary>
    public const ulong IndexMask = (Entries - 1) << 4;

    /// <summary>Bytes of a page.</summary>
    public const ulong PageSize = 1UL << 12;

    /// <summary>The bits of an address that name its page.</summary>
    public const ulong PageMask = ~(PageSize - 1);

    // Entries of an empty array: the address of a page whose own entry is the last one.
    private const ulong EmptyTag = PageMask;

    private readonly byte* _base;
    private readonly int _classes;
    private uint _used;
    private int _isDisposed;

    /// <summary>Allocates empty arrays for <paramref name="classes"/> MMU classes (1 to 32).</summary>
    public SoftTlb(int classes)
    {
        _classes = classes;
        _base = (byte*)NativeMemory.AlignedAlloc((nuint)(classes * ClassBytes), 64);
        _used = uint.MaxValue;
        FlushAll();
    }

    /// <summary>Counts flushes of everything; a diagnostic.</summary>
    public ulong FlushCount { get; private set; }

    /// <summary>The arrays of one class: loads, stores, fetches, in this order.</summary>
    public byte* ClassBase(int mmuClass) => _base + (nint)mmuClass * ClassBytes;

    /// <summary>The entry that may hold the translation of <paramref name="va"/>.</summary>
    /// <param name="mmuClass">The class.</param>
    /// <param name="arrayOffset"><see cref="LoadOffset"/>, <see cref="StoreOffset"/> or <see cref="FetchOffset"/>.</param>
    /// <param name="va">Any guest address in the page.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TlbEntry* Entry(int mmuClass, int arrayOffset, ulong va) =>
        (TlbEntry*)(ClassBase(mmuClass) + arrayOffset + ((va >> IndexShift) & IndexMask));

    /// <summary>Enters a translation of the page of <paramref name="va"/>.</summary>
    public void Fill(int mmuClass, int arrayOffset, ulong va, ulong hostPage)
    {
        _used |= 1u << mmuClass;
        TlbEntry* entry = Entry(mmuClass, arrayOffset, va);
        ulong page = va & PageMask;
        entry->Tag = page;
        entry->Addend = hostPage - page;
    }

    /// <summary>Forgets everything; costs nothing for classes that were not filled since their last flush.</summary>
    public void FlushAll()
    {
        FlushCount++;
        for (int i = 0; i < _classes; i++)
            FlushClass(i);
    }

    /// <summary>Forgets one class.</summary>
    public void FlushClass(int mmuClass)
    {
        if ((_used & (1u << mmuClass)) == 0)
            return;
        _used &= ~(1u << mmuClass);
        var words = new Span<ulong>(ClassBase(mmuClass), ClassBytes / sizeof(ulong));
        words.Fill(EmptyTag);
        for (int last = Entries - 1; last < 3 * Entries; last += Entries)
            words[last * 2] = 0;
    }

    /// <summary>Forgets the 4 KiB page of <paramref name="va"/> in every class and array.</summary>
    public void FlushPage(ulong va)
    {
        ulong page = va & PageMask;
        for (int i = 0; i < _classes; i++)
        {
            for (int array = 0; array < ClassBytes; array += ArrayBytes)
            {
                TlbEntry* entry = Entry(i, array, va);
                if (entry->Tag == page)
                    entry->Tag = page ^ PageSize; // its neighbour's page
            }
        }
    }

    /// <summary>Frees the arrays. The vCPU must not run any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        NativeMemory.AlignedFree(_base);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the arrays of a TLB that was not disposed.</summary>
    ~SoftTlb() => NativeMemory.AlignedFree(_base);
}
