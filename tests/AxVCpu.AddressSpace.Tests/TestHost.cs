using System.Runtime.InteropServices;

namespace AxVCpu.Memory.Tests;

/// <summary>
/// A host for one test: an arena behind a frame source whose physical addresses are not the process's, with a budget of allocations.
/// </summary>
internal sealed unsafe class TestHost : IDisposable
{
    private readonly RamArena _arena;
    private readonly int* _budget;

    internal TestHost(ulong megabytes = 16)
    {
        _arena = new RamArena(megabytes << 20);
        _budget = (int*)NativeMemory.AllocZeroed(sizeof(int));
        Budget = int.MaxValue;
        Tlb = new TlbRecorder();
    }

    internal TlbRecorder Tlb { get; }

    internal ulong UsedFrames => _arena.UsedFrames;

    /// <summary>How many allocations still succeed.</summary>
    internal int Budget
    {
        get => *_budget;
        set => *_budget = value;
    }

    internal TestFrames Frames => new(_arena.Frames, _budget);

    public void Dispose()
    {
        Tlb.Dispose();
        NativeMemory.Free(_budget);
        _arena.Dispose();
    }
}

/// <summary>Host-physical addresses lie apart from host-virtual ones, so that code which mixes them up crashes.</summary>
internal readonly unsafe struct TestFrames(ArenaFrames arena, int* budget) : IFrameSource
{
    private const ulong Offset = 1UL << 36;

    public HostVirtAddr PhysToVirt(HostPhysAddr address) => new(address.Value - Offset);

    public HostPhysAddr VirtToPhys(HostVirtAddr address) => new(address.Value + Offset);

    public bool TryAllocFrame(out HostPhysAddr frame, out bool isZeroed) => TryAllocFrames(1, 4096, out frame, out isZeroed);

    public bool TryAllocFrames(ulong count, ulong alignment, out HostPhysAddr first, out bool areZeroed)
    {
        first = default;
        areZeroed = false;
        if (Volatile.Read(ref *budget) <= 0 || Interlocked.Decrement(ref *budget) < 0
            || !arena.TryAllocFrames(count, alignment, out first, out areZeroed))
        {
            return false;
        }

        first += Offset;
        return true;
    }

    public void ClearFrames(HostPhysAddr first, ulong count) => arena.ClearFrames(first - Offset, count);

    public void DeallocFrame(HostPhysAddr frame) => arena.DeallocFrame(frame - Offset);

    public void DeallocFrames(HostPhysAddr first, ulong count) => arena.DeallocFrames(first - Offset, count);

    public void Relax(uint spins) => arena.Relax(spins);
}

/// <summary>Remembers what TLB maintenance was asked for, and can look around at that moment.</summary>
internal sealed class TlbRecorder : IDisposable
{
    private GCHandle _handle;

    internal TlbRecorder() => _handle = GCHandle.Alloc(this);

    internal List<(NestedInvalidation Operation, ulong Start, ulong Size)> Calls { get; } = [];

    internal Action<ulong, ulong>? OnInvalidate { get; set; }

    internal RecordingTlb Sink => new(_handle);

    internal bool Covers(ulong address) => Calls.Exists(c => address - c.Start < c.Size);

    internal void Record(NestedInvalidation operation, ulong start, ulong size)
    {
        lock (Calls)
        {
            Calls.Add((operation, start, size));
        }

        OnInvalidate?.Invoke(start, size);
    }

    public void Dispose() => _handle.Free();
}

internal readonly struct RecordingTlb(GCHandle recorder) : ITlbInvalidator
{
    public void InvalidateRange(NestedInvalidation operation, GuestPhysAddr start, ulong size) =>
        ((TlbRecorder)recorder.Target!).Record(operation, start.Value, size);

    public void InvalidateAll(NestedInvalidation operation) => ((TlbRecorder)recorder.Target!).Record(operation, 0, ulong.MaxValue);
}
