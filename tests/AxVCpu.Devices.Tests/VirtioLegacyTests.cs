using System.Buffers.Binary;

namespace AxVCpu.Devices.Tests;

/// <summary>The legacy interface, as drivers of small kernels use it: each in its own order, and few of them by the book.</summary>
public sealed class VirtioLegacyTests : IEntropySource
{
    private const ulong Page = 4096;
    private const ulong Queue = TestMemory.Base + 0x1_0000;
    private const ulong Data = TestMemory.Base + 0x8_0000;
    private const uint EventFeature = 1u << 29;

    private readonly TestMemory _memory = new();
    private readonly RecordedLine _line = new();
    private readonly VirtioRngDevice _device;
    private ushort _available;

    public VirtioLegacyTests() => _device = new VirtioRngDevice(this, _memory, _line, kind: VirtioMmioInterface.Legacy);

    void IEntropySource.Fill(Span<byte> destination) => destination.Fill(0x5A);

    private uint Get(VirtioMmioRegister register) => (uint)_device.Get((ulong)register);

    private void Put(VirtioMmioRegister register, uint value) => _device.Put((ulong)register, value);

    private static ulong Available(uint size) => Queue + 16UL * size;

    /// <summary>The layout of virtio 1.2, 2.7.2.</summary>
    private static ulong Used(uint size, ulong align) => (Available(size) + 6 + 2UL * size + align - 1) / align * align;

    private void Ask(uint size)
    {
        Span<byte> descriptor = _memory.At(Queue, 16);
        BinaryPrimitives.WriteUInt64LittleEndian(descriptor, Data);
        BinaryPrimitives.WriteUInt32LittleEndian(descriptor[8..], 12);
        BinaryPrimitives.WriteUInt32LittleEndian(descriptor[12..], 2);
        _memory.WriteIndex(Available(size) + 4 + 2UL * (_available % size), 0);
        _memory.WriteIndex(Available(size) + 2, ++_available);
        Put(VirtioMmioRegister.QueueNotify, 0);
    }

    private void AssertServed(uint size, ulong align = Page)
    {
        Ask(size);
        Assert.True(_memory.ReadIndex(Used(size, align) + 2, out ushort used));
        Assert.Equal(_available, used);
        Assert.Equal(12u, BinaryPrimitives.ReadUInt32LittleEndian(_memory.At(Used(size, align) + 4 + 8UL * (uint)((used - 1) % size) + 4, 4)));
        Assert.Equal(0x5A, _memory.Ram[(int)(Data - TestMemory.Base)]);
    }

    [Fact]
    public void The_device_says_what_it_is()
    {
        Assert.Equal(1u, Get(VirtioMmioRegister.Version));
        Assert.Equal(4u, Get(VirtioMmioRegister.DeviceID));
        Assert.Equal(Virtqueue.MaxSize, Get(VirtioMmioRegister.QueueSizeMax));
        // Any layout, indirect descriptors, event index; what is above 32 bits does not exist here.
        Assert.Equal(7u << 27, Get(VirtioMmioRegister.DeviceFeatures));
        Put(VirtioMmioRegister.DeviceFeaturesSel, 1);
        Assert.Equal(0u, Get(VirtioMmioRegister.DeviceFeatures));
        Assert.Equal(0u, Get(VirtioMmioRegister.QueueReady));
        Assert.Equal(0u, Get(VirtioMmioRegister.ConfigGeneration));
    }

    /// <summary>The order of Linux: the page size before the device is reset for the first time.</summary>
    [Fact]
    public void A_driver_tells_the_page_size_before_it_resets_the_device()
    {
        Put(VirtioMmioRegister.GuestPageSize, (uint)Page);
        Put(VirtioMmioRegister.Status, 0);
        Put(VirtioMmioRegister.Status, 1);
        Put(VirtioMmioRegister.Status, 3);
        Put(VirtioMmioRegister.DriverFeaturesSel, 1);
        Put(VirtioMmioRegister.DriverFeatures, 0);
        Put(VirtioMmioRegister.DriverFeaturesSel, 0);
        Put(VirtioMmioRegister.DriverFeatures, 0);
        Put(VirtioMmioRegister.QueueSel, 0);
        Assert.Equal(0u, Get(VirtioMmioRegister.QueuePFN));
        Put(VirtioMmioRegister.QueueSize, 64);
        Put(VirtioMmioRegister.QueueAlign, (uint)Page);
        Put(VirtioMmioRegister.QueuePFN, (uint)(Queue / Page));
        Assert.Equal((uint)(Queue / Page), Get(VirtioMmioRegister.QueuePFN));
        Put(VirtioMmioRegister.Status, 7);
        AssertServed(64);
        Assert.True(_line.Level);
        Put(VirtioMmioRegister.InterruptACK, Get(VirtioMmioRegister.InterruptStatus));
        Assert.False(_line.Level);
        Put(VirtioMmioRegister.QueuePFN, 0);
        Assert.Equal(0u, Get(VirtioMmioRegister.QueuePFN));
        Ask(64);
        Assert.False(_line.Level);
    }

    /// <summary>The order of a small Unix: FEATURES_OK and DRIVER_OK at once, then the page size and the queue.</summary>
    [Fact]
    public void A_driver_says_that_it_runs_before_it_has_a_queue()
    {
        Put(VirtioMmioRegister.Status, 1);
        Put(VirtioMmioRegister.Status, 3);
        Put(VirtioMmioRegister.DriverFeatures, Get(VirtioMmioRegister.DeviceFeatures) & ~(7u << 27));
        Put(VirtioMmioRegister.Status, 11);
        Put(VirtioMmioRegister.Status, 15);
        Put(VirtioMmioRegister.GuestPageSize, (uint)Page);
        Put(VirtioMmioRegister.QueueSel, 0);
        Put(VirtioMmioRegister.QueueSize, 8);
        Put(VirtioMmioRegister.QueuePFN, (uint)(Queue / Page));
        AssertServed(8);
        AssertServed(8);
        Assert.Equal((VirtioStatus)15, (VirtioStatus)Get(VirtioMmioRegister.Status));
    }

    /// <summary>A driver that takes all features, looks whether FEATURES_OK stayed, and never sets a size of pages but its own.</summary>
    [Fact]
    public void A_driver_takes_every_feature_and_finds_them_agreed_on()
    {
        Put(VirtioMmioRegister.Status, 0);
        Put(VirtioMmioRegister.Status, 1);
        Put(VirtioMmioRegister.Status, 3);
        Put(VirtioMmioRegister.DriverFeatures, uint.MaxValue);
        Put(VirtioMmioRegister.Status, 11);
        Assert.Equal(11u, Get(VirtioMmioRegister.Status));
        Assert.Equal(7UL << 27, _device.TransportState.Features);
        Put(VirtioMmioRegister.QueueSize, 128);
        Put(VirtioMmioRegister.GuestPageSize, (uint)Page);
        Put(VirtioMmioRegister.QueuePFN, (uint)(Queue / Page));
        Put(VirtioMmioRegister.Status, 15);
        AssertServed(128);
        // The event index was taken: the driver is told where the device looks next.
        Assert.Equal(EventFeature, (uint)_device.TransportState.Features & EventFeature);
        Assert.True(_memory.ReadIndex(Used(128, Page) + 4 + 8 * 128, out ushort next));
        Assert.Equal(1, next);
    }

    /// <summary>Without a page size the number is an address, an alignment of 0 is no alignment, and a size need not be told.</summary>
    [Theory]
    [InlineData(16u)]
    [InlineData(null)]
    public void A_driver_leaves_out_what_it_can(uint? size)
    {
        Put(VirtioMmioRegister.Status, 0);
        Put(VirtioMmioRegister.Status, 3);
        if (size is uint told)
            Put(VirtioMmioRegister.QueueSize, told);
        Put(VirtioMmioRegister.QueueAlign, 0);
        Put(VirtioMmioRegister.QueuePFN, (uint)Queue);
        AssertServed(size ?? Virtqueue.MaxSize);
    }

    [Fact]
    public void The_used_ring_is_where_the_alignment_says()
    {
        Put(VirtioMmioRegister.QueueSize, 2);
        Put(VirtioMmioRegister.QueueAlign, 4);
        Put(VirtioMmioRegister.QueuePFN, (uint)Queue);
        AssertServed(2, 4);
    }

    [Theory]
    [InlineData(0u, 4096u)]
    [InlineData(3u, 4096u)]
    [InlineData(512u, 4096u)]
    [InlineData(16u, 1u)]
    public void A_queue_that_cannot_be_stops_the_device(uint size, uint align)
    {
        Put(VirtioMmioRegister.Status, 7);
        Put(VirtioMmioRegister.QueueSize, size);
        Put(VirtioMmioRegister.QueueAlign, align);
        Put(VirtioMmioRegister.QueuePFN, (uint)Queue + (align == 1 ? 1u : 0));
        Assert.Equal(0u, Get(VirtioMmioRegister.QueuePFN));
        Assert.True(((VirtioStatus)Get(VirtioMmioRegister.Status) & VirtioStatus.DEVICE_NEEDS_RESET) != 0);
        Put(VirtioMmioRegister.Status, 0);
        Put(VirtioMmioRegister.QueueSize, 8);
        Put(VirtioMmioRegister.QueueAlign, (uint)Page);
        Put(VirtioMmioRegister.QueuePFN, (uint)Queue);
        AssertServed(8);
    }

    [Fact]
    public void Power_on_forgets_the_page_size()
    {
        Put(VirtioMmioRegister.GuestPageSize, (uint)Page);
        _device.Reset();
        Put(VirtioMmioRegister.QueueSize, 8);
        Put(VirtioMmioRegister.QueuePFN, (uint)Queue);
        AssertServed(8);
    }
}
