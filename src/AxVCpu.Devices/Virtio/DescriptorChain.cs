using System.Runtime.CompilerServices;

namespace AxVCpu.Devices;

/// <summary>
/// The buffers of one request: a descriptor chain (virtio 1.2, 2.7.5), read out of guest memory once and checked, so that
/// what a driver changes afterwards has no effect. To a device it is one run of readable bytes, then one of writable bytes;
/// how they are cut into descriptors means nothing (2.7.4). About 4 KiB: keep it in place and pass it by reference.
/// </summary>
public struct DescriptorChain
{
    /// <summary>Bytes of one descriptor: address 8, length 4, flags 2, next 2.</summary>
    internal const int DescriptorSize = 16;

    // virtq_desc.flags (2.7.5).
    private const ushort FlagNext = 1;
    private const ushort FlagWrite = 2;
    private const ushort FlagIndirect = 4;

    private struct Buffer
    {
        internal ulong Address;
        internal uint Length;
    }

    [InlineArray(Virtqueue.MaxSize)]
    private struct Buffers
    {
        private Buffer _first;
    }

    private Buffers _buffers;
    private int _readableBuffers;
    private int _count;

    /// <summary>The index of the first descriptor, which names the chain to the driver.</summary>
    public ushort Head { get; private set; }

    /// <summary>Bytes the device may read; less than 2^32.</summary>
    public ulong ReadableBytes { get; private set; }

    /// <summary>Bytes the device may write; less than 2^32.</summary>
    public ulong WritableBytes { get; private set; }

    /// <summary>Reads and checks a chain.</summary>
    /// <returns>False when it breaks a rule: the device needs a reset.</returns>
    internal bool TryCollect<TDma>(ref TDma dma, ulong table, uint size, ushort head, bool indirectAllowed)
        where TDma : struct, IGuestDma
    {
        Head = head;
        ReadableBytes = 0;
        WritableBytes = 0;
        _count = 0;
        _readableBuffers = 0;
        Span<byte> raw = stackalloc byte[DescriptorSize];
        bool inIndirect = false;
        uint next = head;
        // Every turn but the one that enters an indirect table takes one of a fixed number of buffers: a loop runs out of them.
        while (true)
        {
            if (next >= size || !dma.Read(table + next * DescriptorSize, raw))
                return false;
            ulong address = LittleEndian.Get(raw, 0, 8);
            uint length = (uint)LittleEndian.Get(raw, 8, 4);
            uint flags = (uint)LittleEndian.Get(raw, 12, 2);
            next = (uint)LittleEndian.Get(raw, 14, 2);
            if ((flags & FlagIndirect) != 0)
            {
                // 2.7.5.3.1: one level only, at the end of a chain, and only when negotiated.
                if (!indirectAllowed || inIndirect || (flags & FlagNext) != 0)
                    return false;
                if (length == 0 || length % DescriptorSize != 0 || address > ulong.MaxValue - length)
                    return false;
                inIndirect = true;
                table = address;
                size = length / DescriptorSize;
                next = 0;
                continue;
            }
            if (!TryAdd(address, length, (flags & FlagWrite) != 0))
                return false;
            if ((flags & FlagNext) == 0)
                return true;
        }
    }

    /// <summary>Copies readable bytes, starting <paramref name="offset"/> bytes into them.</summary>
    /// <returns>False when there are not enough, or part of them is not guest memory.</returns>
    public readonly bool Read<TDma>(ref TDma dma, ulong offset, Span<byte> destination)
        where TDma : struct, IGuestDma
    {
        if (offset > ReadableBytes || (ulong)destination.Length > ReadableBytes - offset)
            return false;
        for (int index = 0; index < _readableBuffers && destination.Length != 0; index++)
        {
            Buffer buffer = _buffers[index];
            if (offset >= buffer.Length)
            {
                offset -= buffer.Length;
                continue;
            }
            ulong room = buffer.Length - offset;
            int part = room < (ulong)destination.Length ? (int)room : destination.Length;
            if (!dma.Read(buffer.Address + offset, destination.Slice(0, part)))
                return false;
            destination = destination.Slice(part);
            offset = 0;
        }
        return true;
    }

    /// <summary>Copies into writable bytes, starting <paramref name="offset"/> bytes into them.</summary>
    /// <returns>False when there are not enough, or part of them is not writable guest memory.</returns>
    public readonly bool Write<TDma>(ref TDma dma, ulong offset, ReadOnlySpan<byte> source)
        where TDma : struct, IGuestDma
    {
        if (offset > WritableBytes || (ulong)source.Length > WritableBytes - offset)
            return false;
        for (int index = _readableBuffers; index < _count && source.Length != 0; index++)
        {
            Buffer buffer = _buffers[index];
            if (offset >= buffer.Length)
            {
                offset -= buffer.Length;
                continue;
            }
            ulong room = buffer.Length - offset;
            int part = room < (ulong)source.Length ? (int)room : source.Length;
            if (!dma.Write(buffer.Address + offset, source.Slice(0, part)))
                return false;
            source = source.Slice(part);
            offset = 0;
        }
        return true;
    }

    private bool TryAdd(ulong address, uint length, bool writable)
    {
        if (_count == Virtqueue.MaxSize || address > ulong.MaxValue - length)
            return false;
        // 2.7.4.2: readable buffers come first. 2.7.5.2: a chain is not longer than 2^32 bytes.
        if (!writable && _count != _readableBuffers)
            return false;
        if (ReadableBytes + WritableBytes + length > uint.MaxValue)
            return false;
        _buffers[_count].Address = address;
        _buffers[_count].Length = length;
        _count++;
        if (writable)
        {
            WritableBytes += length;
        }
        else
        {
            ReadableBytes += length;
            _readableBuffers++;
        }
        return true;
    }
}
