using System.Buffers.Binary;

namespace AxVCpu.Devices.Tests;

/// <summary>Guest memory in an array; everything outside is refused.</summary>
internal sealed class TestMemory(int size = 1 << 20) : IGuestDma
{
    public const ulong Base = 0x8000_0000;

    public byte[] Ram { get; } = new byte[size];

    public long Accesses { get; private set; }

    public Span<byte> At(ulong address, int length) => Ram.AsSpan((int)(address - Base), length);

    public bool Read(ulong address, Span<byte> destination)
    {
        if (!Holds(address, destination.Length))
            return false;
        At(address, destination.Length).CopyTo(destination);
        return true;
    }

    public bool Write(ulong address, ReadOnlySpan<byte> source)
    {
        if (!Holds(address, source.Length))
            return false;
        source.CopyTo(At(address, source.Length));
        return true;
    }

    public bool ReadIndex(ulong address, out ushort value)
    {
        value = 0;
        if ((address & 1) != 0 || !Holds(address, 2))
            return false;
        value = BinaryPrimitives.ReadUInt16LittleEndian(At(address, 2));
        return true;
    }

    public bool WriteIndex(ulong address, ushort value)
    {
        if ((address & 1) != 0 || !Holds(address, 2))
            return false;
        BinaryPrimitives.WriteUInt16LittleEndian(At(address, 2), value);
        return true;
    }

    private bool Holds(ulong address, int length)
    {
        Accesses++;
        return address >= Base && address - Base <= (ulong)(Ram.Length - length);
    }
}

/// <summary>A piece of guest memory in a request.</summary>
internal readonly record struct Piece(ulong Address, uint Length, bool Writable = false);

/// <summary>The guest's side of a virtio device: negotiation, rings, notifications. Descriptors are used in order and never freed.</summary>
internal sealed class VirtioDriver(VirtioMmioDevice device, TestMemory memory)
{
    public const ushort QueueSize = 64;

    private const uint IndirectFeature = 1u << 28, EventFeature = 1u << 29;

    private readonly ushort[] _nextDescriptor = new ushort[2];
    private readonly ushort[] _available = new ushort[2];
    private bool _events;

    public static ulong Descriptors(int queue) => TestMemory.Base + 0x1_0000 + (ulong)queue * 0x1_0000;

    public static ulong Available(int queue) => Descriptors(queue) + 0x4000;

    public static ulong Used(int queue) => Descriptors(queue) + 0x8000;

    public VirtioStatus Status => (VirtioStatus)Get(VirtioMmioRegister.Status);

    public uint Get(VirtioMmioRegister register) => (uint)device.Get((ulong)register);

    public void Put(VirtioMmioRegister register, uint value) => device.Put((ulong)register, value);

    public void Negotiate(ulong features)
    {
        Put(VirtioMmioRegister.Status, 0);
        Put(VirtioMmioRegister.Status, 1);
        Put(VirtioMmioRegister.Status, 3);
        for (uint half = 0; half < 2; half++)
        {
            Put(VirtioMmioRegister.DriverFeaturesSel, half);
            Put(VirtioMmioRegister.DriverFeatures, (uint)(features >> (int)half * 32));
        }
        Put(VirtioMmioRegister.Status, 3 | 8);
    }

    public VirtioDriver Start(int queues = 1, bool events = false, bool indirect = false, ulong features = 0)
    {
        _events = events;
        Negotiate(features | 1UL << 32 | (events ? EventFeature : 0) | (indirect ? IndirectFeature : 0));
        Assert.True((Status & VirtioStatus.FEATURES_OK) != 0);
        for (int queue = 0; queue < queues; queue++)
            SetUp(queue, QueueSize);
        Put(VirtioMmioRegister.Status, 3 | 8 | 4);
        return this;
    }

    public void SetUp(int queue, uint size)
    {
        Put(VirtioMmioRegister.QueueSel, (uint)queue);
        Put(VirtioMmioRegister.QueueSize, size);
        (VirtioMmioRegister Low, ulong Address)[] areas =
        [
            (VirtioMmioRegister.QueueDescLow, Descriptors(queue)),
            (VirtioMmioRegister.QueueDriverLow, Available(queue)),
            (VirtioMmioRegister.QueueDeviceLow, Used(queue)),
        ];
        foreach ((VirtioMmioRegister low, ulong address) in areas)
        {
            Put(low, (uint)address);
            Put(low + 4, (uint)(address >> 32));
        }
        Put(VirtioMmioRegister.QueueReady, 1);
    }

    public void WriteDescriptor(ulong table, int index, ulong address, uint length, ushort flags, ushort next)
    {
        Span<byte> raw = memory.At(table + (ulong)index * 16, 16);
        BinaryPrimitives.WriteUInt64LittleEndian(raw, address);
        BinaryPrimitives.WriteUInt32LittleEndian(raw[8..], length);
        BinaryPrimitives.WriteUInt16LittleEndian(raw[12..], flags);
        BinaryPrimitives.WriteUInt16LittleEndian(raw[14..], next);
    }

    public void WriteChain(ulong table, int first, params ReadOnlySpan<Piece> pieces)
    {
        for (int index = 0; index < pieces.Length; index++)
        {
            ushort flags = (ushort)((pieces[index].Writable ? 2 : 0) | (index + 1 < pieces.Length ? 1 : 0));
            WriteDescriptor(table, first + index, pieces[index].Address, pieces[index].Length, flags, (ushort)(first + index + 1));
        }
    }

    public void Add(int queue, params ReadOnlySpan<Piece> pieces)
    {
        if (_nextDescriptor[queue] + pieces.Length > QueueSize)
            _nextDescriptor[queue] = 0;
        ushort head = _nextDescriptor[queue];
        WriteChain(Descriptors(queue), head, pieces);
        _nextDescriptor[queue] += (ushort)pieces.Length;
        Offer(queue, head);
    }

    public void Offer(int queue, ushort head)
    {
        memory.WriteIndex(Available(queue) + 4 + 2UL * (ulong)(_available[queue] % QueueSize), head);
        memory.WriteIndex(Available(queue) + 2, ++_available[queue]);
    }

    public void Kick(int queue) => Put(VirtioMmioRegister.QueueNotify, (uint)queue);

    public ushort UsedIndex(int queue)
    {
        Assert.True(memory.ReadIndex(Used(queue) + 2, out ushort index));
        return index;
    }

    public (uint Id, uint Length) UsedEntry(int queue, int index)
    {
        Span<byte> raw = memory.At(Used(queue) + 4 + 8 * (ulong)(index % QueueSize), 8);
        return (BinaryPrimitives.ReadUInt32LittleEndian(raw), BinaryPrimitives.ReadUInt32LittleEndian(raw[4..]));
    }

    public ushort AvailEvent(int queue)
    {
        Assert.True(_events);
        Assert.True(memory.ReadIndex(Used(queue) + 4 + 8UL * QueueSize, out ushort value));
        return value;
    }

    public void SetUsedEvent(int queue, ushort value) => memory.WriteIndex(Available(queue) + 4 + 2UL * QueueSize, value);
}
