using System.Threading;

namespace AxVCpu.Devices;

/// <summary>What a look into a ring found.</summary>
public enum VirtqueueStatus : byte
{
    /// <summary>A chain is available.</summary>
    Available,
    /// <summary>The ring is empty; the driver notifies when it adds to it.</summary>
    Empty,
    /// <summary>The driver broke the rules; the device needs a reset.</summary>
    Broken,
}

/// <summary>
/// The device's side of a split virtqueue (virtio 1.2, 2.7). Everything in guest memory is taken as hostile: each value is
/// read once, checked, and leads to a bounded amount of work. Plain data. Not thread safe; the owner serialises.
/// </summary>
public struct Virtqueue
{
    /// <summary>The largest queue size this implementation offers.</summary>
    public const ushort MaxSize = 256;

    // virtq_avail: flags, idx, ring[size], used_event (2.7.6); virtq_used: flags, idx, ring[size], avail_event (2.7.8).
    private const ulong IndexOffset = 2;
    private const ulong RingOffset = 4;
    private const ulong AvailEntry = 2;
    private const ulong UsedEntry = 8;
    private const ushort AvailNoInterrupt = 1;

    internal ulong Descriptors;
    internal ulong Driver;
    internal ulong Device;
    internal ushort Size;
    private ushort _nextAvail;
    private ushort _nextUsed;
    private ushort _signalledUsed;
    private byte _ready;
    private byte _eventIndex;
    private byte _indirect;

    /// <summary>Whether the driver has handed the queue over.</summary>
    public readonly bool IsReady => _ready != 0;

    /// <summary>Takes the queue over from the driver.</summary>
    /// <returns>False when its size or its addresses are against the rules (2.7: power of two; 2.7.2: alignment).</returns>
    internal bool TryEnable(bool eventIndex, bool indirect)
    {
        if (Size is 0 or > MaxSize || (Size & (Size - 1)) != 0)
            return false;
        if ((Descriptors & 15) != 0 || (Driver & 1) != 0 || (Device & 3) != 0)
            return false;
        // No ring may wrap around the end of the address space; the largest is 16 bytes for each entry.
        const ulong most = ulong.MaxValue - MaxSize * DescriptorChain.DescriptorSize;
        if (Descriptors > most || Driver > most || Device > most)
            return false;
        _nextAvail = 0;
        _nextUsed = 0;
        _signalledUsed = 0;
        _eventIndex = eventIndex ? (byte)1 : (byte)0;
        _indirect = indirect ? (byte)1 : (byte)0;
        _ready = 1;
        return true;
    }

    internal void Disable() => _ready = 0;

    /// <summary>
    /// Shows the next chain without taking it off the ring. When this says <see cref="VirtqueueStatus.Empty"/> the driver's
    /// next addition comes with a notification.
    /// </summary>
    public VirtqueueStatus Peek<TDma>(ref TDma dma, ref DescriptorChain chain)
        where TDma : struct, IGuestDma
    {
        if (_ready == 0)
            return VirtqueueStatus.Empty;
        if (!dma.ReadIndex(Driver + IndexOffset, out ushort index))
            return VirtqueueStatus.Broken;
        if (index == _nextAvail)
        {
            if (_eventIndex == 0)
                return VirtqueueStatus.Empty;
            // 2.7.10: ask for a notification, then look again, as the driver may have added in between without one.
            if (!dma.WriteIndex(Device + RingOffset + UsedEntry * Size, _nextAvail))
                return VirtqueueStatus.Broken;
            Interlocked.MemoryBarrier();
            if (!dma.ReadIndex(Driver + IndexOffset, out index))
                return VirtqueueStatus.Broken;
            if (index == _nextAvail)
                return VirtqueueStatus.Empty;
        }
        if ((ushort)(index - _nextAvail) > Size)
            return VirtqueueStatus.Broken;
        ulong slot = (ulong)(_nextAvail & (Size - 1));
        return dma.ReadIndex(Driver + RingOffset + AvailEntry * slot, out ushort head)
            && chain.TryCollect(ref dma, Descriptors, Size, head, _indirect != 0)
            ? VirtqueueStatus.Available
            : VirtqueueStatus.Broken;
    }

    /// <summary>Takes the chain that <see cref="Peek"/> showed off the ring and gives it back to the driver.</summary>
    /// <param name="dma">Guest memory.</param>
    /// <param name="chain">The chain that was shown.</param>
    /// <param name="written">Bytes the device wrote into the chain, from its first writable byte.</param>
    /// <returns>False when the used ring is not writable memory; the device needs a reset.</returns>
    public bool Complete<TDma>(ref TDma dma, ref DescriptorChain chain, uint written)
        where TDma : struct, IGuestDma
    {
        Span<byte> entry = stackalloc byte[(int)UsedEntry];
        LittleEndian.Put(entry, 0, 4, chain.Head);
        LittleEndian.Put(entry, 4, 4, written);
        ulong slot = (ulong)(_nextUsed & (Size - 1));
        if (!dma.Write(Device + RingOffset + UsedEntry * slot, entry))
            return false;
        _nextAvail++;
        _nextUsed++;
        // The entry is visible before the index: the write of the index releases.
        return dma.WriteIndex(Device + IndexOffset, _nextUsed);
    }

    /// <summary>Whether the driver wants an interrupt for what was completed since the last call (2.7.7.2).</summary>
    /// <returns>False also when nothing was completed, or the ring cannot be read; the next look finds it broken.</returns>
    public bool TakeInterrupt<TDma>(ref TDma dma)
        where TDma : struct, IGuestDma
    {
        ushort completed = (ushort)(_nextUsed - _signalledUsed);
        if (completed == 0)
            return false;
        _signalledUsed = _nextUsed;
        // The used index must be out before the driver's wish is read, or both sides could wait for each other.
        Interlocked.MemoryBarrier();
        if (_eventIndex == 0)
            return dma.ReadIndex(Driver, out ushort flags) && (flags & AvailNoInterrupt) == 0;
        return dma.ReadIndex(Driver + RingOffset + AvailEntry * Size, out ushort usedEvent)
            && (ushort)(_nextUsed - usedEvent - 1) < completed;
    }
}
