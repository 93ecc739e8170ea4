using System.Runtime.InteropServices;

namespace AxVCpu.Memory;

/// <summary>
/// The frames of one VM: a reserved range of the process's address space, handed out in frames of 4 KiB up to a limit. On Linux a frame
/// costs host memory only once it is touched. Host-physical addresses are addresses of the process.
/// </summary>
/// <remarks>Thread-safe except for <see cref="Dispose"/>, which must come after the last use of any frame.</remarks>
public sealed unsafe class RamArena : IDisposable
{
    private const ulong Alignment = 2 * 1024 * 1024;

    private readonly nint _reservation;
    private readonly nuint _reserved;
    private ArenaState* _state;

    /// <summary>Reserves the arena.</summary>
    /// <param name="limit">How many bytes can be handed out; rounded up to 4096.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is 0 or above 2^46.</exception>
    /// <exception cref="EngineException">The host refuses.</exception>
    public RamArena(ulong limit)
    {
        ArgumentOutOfRangeException.ThrowIfZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1UL << 46);
        ulong size = (limit + (ArenaState.PageSize - 1)) & ~(ArenaState.PageSize - 1);
        _reservation = NativePages.Reserve((nuint)size, (nuint)Alignment, out _reserved);
        _state = (ArenaState*)NativeMemory.AllocZeroed((nuint)sizeof(ArenaState));
        _state->Base = ((ulong)_reservation + (Alignment - 1)) & ~(Alignment - 1);
        _state->End = _state->Base + size;
        _state->StartsZeroed = NativePages.AreZeroed;
        _state->Reset();
    }

    /// <summary>How many bytes can be handed out.</summary>
    public ulong Limit => State->End - State->Base;

    /// <summary>How many frames are handed out now.</summary>
    public ulong UsedFrames => State->UsedFrames;

    /// <summary>The most frames that were ever handed out at once.</summary>
    public ulong PeakFrames => State->PeakFrames;

    /// <summary>The arena as a frame source; valid until <see cref="Dispose"/>.</summary>
    public ArenaFrames Frames => new(State);

    private ArenaState* State
    {
        get
        {
            ObjectDisposedException.ThrowIf(_state == null, this);
            return _state;
        }
    }

    /// <summary>Gives all memory back to the host.</summary>
    public void Dispose()
    {
        if (_state != null)
        {
            NativeMemory.Free(_state);
            _state = null;
            NativePages.Release(_reservation, _reserved);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the reservation of an arena that nobody disposed.</summary>
    ~RamArena() => Dispose();
}

/// <summary>A <see cref="RamArena"/> as a frame source: a pointer, so that tables that hold it are unmanaged.</summary>
public readonly unsafe struct ArenaFrames : IFrameSource
{
    private readonly ArenaState* _state;

    internal ArenaFrames(ArenaState* state) => _state = state;

    /// <inheritdoc/>
    public HostVirtAddr PhysToVirt(HostPhysAddr address) => new(address.Value);

    /// <inheritdoc/>
    public HostPhysAddr VirtToPhys(HostVirtAddr address) => new(address.Value);

    /// <inheritdoc/>
    public bool TryAllocFrame(out HostPhysAddr frame, out bool isZeroed) => TryAllocFrames(1, ArenaState.PageSize, out frame, out isZeroed);

    /// <inheritdoc/>
    public bool TryAllocFrames(ulong count, ulong alignment, out HostPhysAddr first, out bool areZeroed)
    {
        bool found = _state->TryAlloc(count, alignment, out ulong address, out areZeroed);
        first = new HostPhysAddr(address);
        return found;
    }

    /// <inheritdoc/>
    // SAFETY: the caller has the frames from this arena.
    public void ClearFrames(HostPhysAddr first, ulong count) => NativeMemory.Clear((void*)first.Value, (nuint)(count * ArenaState.PageSize));

    /// <inheritdoc/>
    public void DeallocFrame(HostPhysAddr frame) => _state->Free(frame.Value, 1);

    /// <inheritdoc/>
    public void DeallocFrames(HostPhysAddr first, ulong count) => _state->Free(first.Value, count);

    /// <inheritdoc/>
    public void Relax(uint spins)
    {
        // The holder may be a thread without a core: after a few pauses give it ours.
        const uint Pauses = 20;
        if (spins < Pauses)
        {
            Thread.SpinWait(10);
        }
        else
        {
            Thread.Yield();
        }
    }
}
