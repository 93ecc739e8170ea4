using System.Runtime.InteropServices;

namespace AxVCpu.Software;

/// <summary>
/// Bounded native memory for translated code, handed out front to back and taken back only all at once. Pages that were never
/// handed out cost the host nothing.
/// </summary>
/// <remarks>Belongs to one vCPU thread.</remarks>
internal sealed unsafe class CodeArena : IDisposable
{
    private readonly byte* _base;
    private nuint _used;
    private int _isDisposed;

    /// <summary>Reserves <paramref name="capacity"/> bytes.</summary>
    public CodeArena(nuint capacity)
    {
        Capacity = capacity;
        _base = (byte*)NativeMemory.AlignedAlloc(capacity, 64);
    }

    /// <summary>Bytes that can be handed out between two calls of <see cref="Clear"/>.</summary>
    public nuint Capacity { get; }

    /// <summary>Bytes handed out now.</summary>
    public nuint Used => _used;

    /// <summary>How often everything was taken back. A pointer into the arena is valid as long as this does not change.</summary>
    public ulong Epoch { get; private set; }

    /// <summary>The first byte.</summary>
    public byte* Base => _base;

    /// <summary>Where the next allocation begins when <paramref name="bytes"/> are left; null when not.</summary>
    public byte* Reserve(nuint bytes) => Capacity - _used >= bytes ? _base + _used : null;

    /// <summary>Hands out the first <paramref name="bytes"/> of what <see cref="Reserve"/> offered, rounded up to 16.</summary>
    public void Commit(nuint bytes) => _used = Math.Min(Capacity, _used + ((bytes + 15) & ~(nuint)15));

    /// <summary>Takes everything back.</summary>
    public void Clear()
    {
        _used = 0;
        Epoch++;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        NativeMemory.AlignedFree(_base);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees an arena that was not disposed.</summary>
    ~CodeArena() => NativeMemory.AlignedFree(_base);
}
