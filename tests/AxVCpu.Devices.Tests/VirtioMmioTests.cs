namespace AxVCpu.Devices.Tests;

public sealed class VirtioMmioTests
{
    private sealed class Counter : IEntropySource
    {
        private byte _next;

        public void Fill(Span<byte> destination)
        {
            foreach (ref byte value in destination)
                value = _next++;
        }
    }

    private const ulong Data = TestMemory.Base + 0x8_0000;

    private readonly TestMemory _memory = new();
    private readonly RecordedLine _line = new();
    private readonly VirtioRngDevice _device;
    private readonly VirtioDriver _driver;

    public VirtioMmioTests()
    {
        _device = new VirtioRngDevice(new Counter(), _memory, _line);
        _driver = new VirtioDriver(_device, _memory);
    }

    [Fact]
    public void The_device_says_what_it_is()
    {
        Assert.Equal(0x7472_6976u, _driver.Get(VirtioMmioRegister.MagicValue));
        Assert.Equal(2u, _driver.Get(VirtioMmioRegister.Version));
        Assert.Equal(4u, _driver.Get(VirtioMmioRegister.DeviceID));
        Assert.Equal(Virtqueue.MaxSize, _driver.Get(VirtioMmioRegister.QueueSizeMax));
        _driver.Put(VirtioMmioRegister.QueueSel, 1);
        Assert.Equal(0u, _driver.Get(VirtioMmioRegister.QueueSizeMax));
        Assert.Equal(uint.MaxValue, _driver.Get(VirtioMmioRegister.SHMLenLow));
        _driver.Put(VirtioMmioRegister.DeviceFeaturesSel, 1);
        Assert.Equal(1u, _driver.Get(VirtioMmioRegister.DeviceFeatures));
        _driver.Put(VirtioMmioRegister.DeviceFeaturesSel, 2);
        Assert.Equal(0u, _driver.Get(VirtioMmioRegister.DeviceFeatures));
    }

    [Theory]
    [InlineData(1UL << 50)]
    [InlineData(1UL << 32 | 1UL << 50)]
    [InlineData(1UL << 32 | 1)]
    public void Features_that_are_not_offered_are_refused(ulong features)
    {
        _driver.Negotiate(features);
        Assert.Equal(VirtioStatus.ACKNOWLEDGE | VirtioStatus.DRIVER, _driver.Status);
        _driver.Put(VirtioMmioRegister.Status, 7);
        Assert.Equal(VirtioStatus.ACKNOWLEDGE | VirtioStatus.DRIVER, _driver.Status);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL << 29)]
    public void A_driver_that_never_selects_the_upper_half_of_the_features_is_served(ulong features)
    {
        _driver.Negotiate(features);
        Assert.Equal(VirtioStatus.ACKNOWLEDGE | VirtioStatus.DRIVER | VirtioStatus.FEATURES_OK, _driver.Status);
        Assert.Equal(features, _device.TransportState.Features);
        Assert.Equal(0x554D_4551u, _driver.Get(VirtioMmioRegister.VendorID));
    }

    [Fact]
    public void Agreed_features_stay_and_status_bits_are_only_added()
    {
        _driver.Negotiate(1UL << 32);
        _driver.Put(VirtioMmioRegister.DriverFeaturesSel, 0);
        _driver.Put(VirtioMmioRegister.DriverFeatures, uint.MaxValue);
        _driver.Put(VirtioMmioRegister.Status, 1);
        Assert.Equal((VirtioStatus)(1 | 2 | 8), _driver.Status);
        Assert.Equal(1UL << 32, _device.TransportState.Features);
        _driver.Put(VirtioMmioRegister.Status, 64 | 1);
        Assert.Equal((VirtioStatus)(1 | 2 | 8), _driver.Status);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(3u)]
    [InlineData(512u)]
    [InlineData(0x1_0040u)]
    public void A_queue_of_an_impossible_size_needs_a_reset(uint size)
    {
        _driver.Negotiate(1UL << 32);
        _driver.SetUp(0, size);
        Assert.Equal(0u, _driver.Get(VirtioMmioRegister.QueueReady));
        Assert.True((_driver.Status & VirtioStatus.DEVICE_NEEDS_RESET) != 0);
        _driver.Start();
        Assert.Equal((VirtioStatus)15, _driver.Status);
    }

    [Theory]
    [InlineData(VirtioMmioRegister.QueueDescLow, 8u)]
    [InlineData(VirtioMmioRegister.QueueDriverLow, 1u)]
    [InlineData(VirtioMmioRegister.QueueDeviceLow, 2u)]
    public void A_queue_with_a_misaligned_area_needs_a_reset(VirtioMmioRegister register, uint address)
    {
        _driver.Negotiate(1UL << 32);
        _driver.Put(VirtioMmioRegister.QueueSize, 8);
        _driver.Put(register, address);
        _driver.Put(VirtioMmioRegister.QueueReady, 1);
        Assert.Equal(0u, _driver.Get(VirtioMmioRegister.QueueReady));
        Assert.True((_driver.Status & VirtioStatus.DEVICE_NEEDS_RESET) != 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_request_is_served_and_interrupts_until_acknowledged(bool events)
    {
        _driver.Start(events: events);
        _driver.Add(0, new Piece(Data, 10, true), new Piece(Data + 0x100, 7, true));
        _driver.Kick(0);
        Assert.Equal(1, _driver.UsedIndex(0));
        Assert.Equal((0u, 17u), _driver.UsedEntry(0, 0));
        Assert.Equal(Enumerable.Range(0, 10).Select(value => (byte)value), _memory.At(Data, 10).ToArray());
        Assert.Equal(Enumerable.Range(10, 7).Select(value => (byte)value), _memory.At(Data + 0x100, 7).ToArray());
        Assert.True(_line.Level);
        Assert.Equal(1u, _driver.Get(VirtioMmioRegister.InterruptStatus));
        _driver.Put(VirtioMmioRegister.InterruptACK, 1);
        Assert.False(_line.Level);
        if (events)
            Assert.Equal(1, _driver.AvailEvent(0));
    }

    [Fact]
    public void With_event_indices_the_interrupt_comes_when_the_used_index_passes_the_asked_one()
    {
        _driver.Start(events: true);
        _driver.SetUsedEvent(0, 2);
        for (int request = 0; request < 3; request++)
        {
            Assert.False(_line.Level, $"before request {request}");
            _driver.Add(0, new Piece(Data, 1, true));
            _driver.Kick(0);
        }
        Assert.True(_line.Level);
    }

    [Fact]
    public void Without_event_indices_the_driver_can_say_it_wants_no_interrupt()
    {
        _driver.Start();
        _memory.WriteIndex(VirtioDriver.Available(0), 1);
        _driver.Add(0, new Piece(Data, 1, true));
        _driver.Kick(0);
        Assert.Equal(1, _driver.UsedIndex(0));
        Assert.False(_line.Level);
    }

    [Fact]
    public void An_indirect_table_is_followed_when_negotiated_and_refused_otherwise()
    {
        _driver.Start(indirect: true);
        _driver.WriteChain(Data + 0x1000, 0, new Piece(Data, 4, true), new Piece(Data + 0x10, 4, true));
        _driver.WriteDescriptor(VirtioDriver.Descriptors(0), 0, Data + 0x1000, 32, 4, 0);
        _driver.Offer(0, 0);
        _driver.Kick(0);
        Assert.Equal((0u, 8u), _driver.UsedEntry(0, 0));
        VirtioDriver second = new VirtioDriver(_device, _memory).Start();
        second.Offer(0, 0);
        second.Kick(0);
        Assert.True((second.Status & VirtioStatus.DEVICE_NEEDS_RESET) != 0);
    }

    [Fact]
    public void The_ring_goes_round_many_times()
    {
        _driver.Start(events: true);
        for (int request = 0; request < 70_000; request++)
        {
            _driver.Add(0, new Piece(Data, 1, true));
            _driver.Kick(0);
        }
        Assert.Equal(unchecked((ushort)70_000), _driver.UsedIndex(0));
        Assert.Equal((VirtioStatus)15, _driver.Status);
    }

    [Theory]
    [InlineData("cycle")]
    [InlineData("self")]
    [InlineData("next past the table")]
    [InlineData("head past the table")]
    [InlineData("readable after writable")]
    [InlineData("address wraps")]
    [InlineData("not memory")]
    [InlineData("nested indirect")]
    [InlineData("indirect with next")]
    [InlineData("indirect of odd size")]
    [InlineData("indirect cycle")]
    [InlineData("indirect outside memory")]
    [InlineData("too long")]
    [InlineData("index too far")]
    public void A_broken_chain_stops_the_device_with_bounded_work_and_reset_revives_it(string what)
    {
        _driver.Start(indirect: true);
        ulong table = VirtioDriver.Descriptors(0);
        ulong inner = Data + 0x1000;
        _driver.WriteDescriptor(table, 0, Data, 16, 2, 0);
        ushort head = 0;
        switch (what)
        {
            case "cycle":
                _driver.WriteDescriptor(table, 0, Data, 16, 3, 1);
                _driver.WriteDescriptor(table, 1, Data, 16, 3, 0);
                break;
            case "self":
                _driver.WriteDescriptor(table, 0, Data, 0, 3, 0);
                break;
            case "next past the table":
                _driver.WriteDescriptor(table, 0, Data, 16, 3, VirtioDriver.QueueSize);
                break;
            case "head past the table":
                head = VirtioDriver.QueueSize;
                break;
            case "readable after writable":
                _driver.WriteDescriptor(table, 0, Data, 0, 3, 1);
                _driver.WriteDescriptor(table, 1, Data, 16, 0, 0);
                break;
            case "address wraps":
                _driver.WriteDescriptor(table, 0, ulong.MaxValue - 3, 16, 2, 0);
                break;
            case "not memory":
                _driver.WriteDescriptor(table, 0, 0x1000, 16, 2, 0);
                break;
            case "nested indirect":
                _driver.WriteDescriptor(table, 0, inner, 16, 4, 0);
                _driver.WriteDescriptor(inner, 0, inner, 16, 4, 0);
                break;
            case "indirect with next":
                _driver.WriteDescriptor(table, 0, inner, 16, 5, 1);
                break;
            case "indirect of odd size":
                _driver.WriteDescriptor(table, 0, inner, 17, 4, 0);
                break;
            case "indirect cycle":
                _driver.WriteDescriptor(table, 0, inner, 16 * 4096, 4, 0);
                _driver.WriteDescriptor(inner, 0, Data, 1, 3, 1);
                _driver.WriteDescriptor(inner, 1, Data, 1, 3, 0);
                break;
            case "indirect outside memory":
                _driver.WriteDescriptor(table, 0, 0x1000, 16, 4, 0);
                break;
            case "too long":
                _driver.WriteDescriptor(table, 0, Data, uint.MaxValue, 3, 1);
                _driver.WriteDescriptor(table, 1, Data, 1, 2, 0);
                break;
            case "index too far":
                _memory.WriteIndex(VirtioDriver.Available(0) + 2, VirtioDriver.QueueSize);
                break;
        }
        long before = _memory.Accesses;
        _driver.Offer(0, head);
        if (what == "index too far")
            _memory.WriteIndex(VirtioDriver.Available(0) + 2, VirtioDriver.QueueSize + 1);
        _driver.Kick(0);
        Assert.True((_driver.Status & VirtioStatus.DEVICE_NEEDS_RESET) != 0, what);
        Assert.InRange(_memory.Accesses - before, 1, 1000);
        Assert.Equal(0, _driver.UsedIndex(0));
        Assert.Equal(2u, _driver.Get(VirtioMmioRegister.InterruptStatus));
        Assert.True(_line.Level);
        _memory.Ram.AsSpan().Clear();
        VirtioDriver again = new VirtioDriver(_device, _memory).Start();
        Assert.False(_line.Level);
        again.Add(0, new Piece(Data, 5, true));
        again.Kick(0);
        Assert.Equal((0u, 5u), again.UsedEntry(0, 0));
    }

    [Fact]
    public void Registers_are_32_bits_wide_and_the_configuration_any_width()
    {
        Assert.True(_device.Read(0, AccessWidth.Byte, out ulong value));
        Assert.Equal(0UL, value);
        Assert.False(_device.Read(2, AccessWidth.Dword, out _));
        Assert.True(_device.Read(0, AccessWidth.Qword, out value));
        Assert.Equal(0x2_7472_6976UL, value);
        Assert.True(_device.Write(0x70, AccessWidth.Byte, 1));
        Assert.Equal(default, _driver.Status);
        Assert.True(_device.Read(0x103, AccessWidth.Byte, out _));
        Assert.True(_device.Read(0xFFC, AccessWidth.Dword, out _));
        Assert.False(_device.Read(0xFFD, AccessWidth.Dword, out _));
    }

    /// <summary>A bus of 32 bits makes two accesses of one of 64, and drivers tell addresses that way.</summary>
    [Fact]
    public void An_address_may_be_told_by_one_access_of_64_bits()
    {
        _driver.Negotiate(1UL << 32);
        _driver.Put(VirtioMmioRegister.QueueSize, VirtioDriver.QueueSize);
        Assert.True(_device.Write((ulong)VirtioMmioRegister.QueueDescLow, AccessWidth.Qword, VirtioDriver.Descriptors(0) | 1UL << 33));
        Assert.True(_device.Write((ulong)VirtioMmioRegister.QueueDriverLow, AccessWidth.Qword, VirtioDriver.Available(0)));
        Assert.True(_device.Write((ulong)VirtioMmioRegister.QueueDeviceLow, AccessWidth.Qword, VirtioDriver.Used(0)));
        _driver.Put(VirtioMmioRegister.QueueDescHigh, 0);
        _driver.Put(VirtioMmioRegister.QueueReady, 1);
        _driver.Put(VirtioMmioRegister.Status, 15);
        _driver.Add(0, new Piece(Data, 3, true));
        _driver.Kick(0);
        Assert.Equal((0u, 3u), _driver.UsedEntry(0, 0));
    }

    [Fact]
    public void An_empty_slot_says_so_and_takes_everything()
    {
        VirtioDriver slot = new(new VirtioEmptySlot(), _memory);
        Assert.Equal((0x7472_6976u, 2u, 0u, 0x554D_4551u), (slot.Get(VirtioMmioRegister.MagicValue), slot.Get(VirtioMmioRegister.Version),
            slot.Get(VirtioMmioRegister.DeviceID), slot.Get(VirtioMmioRegister.VendorID)));
        slot.Negotiate(0);
        slot.SetUp(0, 8);
        slot.Kick(0);
        for (VirtioMmioRegister register = VirtioMmioRegister.DeviceFeatures; register < VirtioMmioRegister.Config + 64; register += 4)
            Assert.Equal(0u, slot.Get(register));
        Assert.Equal(1u, new VirtioDriver(new VirtioEmptySlot(VirtioMmioInterface.Legacy), _memory).Get(VirtioMmioRegister.Version));
    }

    [Fact]
    public void Random_rings_neither_throw_nor_hang()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        long served = 0;
        long broken = 0;
        for (int round = 0; round < 3000; round++)
        {
            TestMemory memory = new(0x4_0000);
            VirtioRngDevice device = new(new Counter(), memory, _line);
            VirtioDriver driver = new VirtioDriver(device, memory).Start(events: random.Next(2) == 0, indirect: random.Next(2) == 0);
            int density = random.Next(1, 5);
            for (int index = 0; index < VirtioDriver.QueueSize; index++)
            {
                ulong address = random.Next(8) == 0 ? (ulong)random.NextInt64() : TestMemory.Base + (ulong)random.Next(0x4_0000);
                uint length = random.Next(8) == 0 ? (uint)random.Next() : (uint)random.Next(64) * 16;
                ushort flags = (ushort)(random.Next(density) == 0 ? random.Next(8) : 2);
                driver.WriteDescriptor(VirtioDriver.Descriptors(0), index, address, length, flags, (ushort)random.Next(VirtioDriver.QueueSize + 4));
            }
            long before = memory.Accesses;
            try
            {
                for (int request = 0; request < 8; request++)
                    driver.Offer(0, (ushort)random.Next(VirtioDriver.QueueSize + 1));
                if (random.Next(10) == 0)
                    random.NextBytes(memory.At(VirtioDriver.Available(0), 64));
                driver.Kick(0);
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {seed}, round {round}: {exception}");
            }
            // Per chain: its descriptors once, its pieces of data once for each 256 bytes.
            Assert.True(memory.Accesses - before < 64 * 3000, $"seed {seed}, round {round}: {memory.Accesses - before} accesses");
            served += device.TransportState.IsRunning ? 1 : 0;
            broken += device.TransportState.IsRunning ? 0 : 1;
        }
        Assert.True(served > 50 && broken > 50, $"seed {seed}: served {served}, broken {broken}");
    }
}
