namespace AxVCpu.Devices.Tests;

public sealed class BusTests
{
    private sealed class Echo(string name, ulong size) : IBusDevice
    {
        public string Name => name;

        public ulong Size => size;

        public ulong LastValue { get; private set; }

        public bool Read(ulong offset, AccessWidth width, out ulong value)
        {
            value = ulong.MaxValue - offset;
            return offset != 8;
        }

        public bool Write(ulong offset, AccessWidth width, ulong value)
        {
            LastValue = value;
            return offset != 8;
        }
    }

    [Fact]
    public void An_access_reaches_the_device_at_its_offset_cut_to_its_width()
    {
        Bus bus = Bus.CreateMmio();
        Echo low = new("low", 0x10);
        Echo high = new("high", 0x1000);
        bus.Add(0x2000, high);
        bus.Add(0x1000, low);
        Assert.True(bus.Read(0x2003, AccessWidth.Word, out ulong value));
        Assert.Equal(0xFFFCUL, value);
        Assert.True(bus.Write(0x100F, AccessWidth.Byte, 0x1234));
        Assert.Equal(0x34UL, low.LastValue);
        Assert.Equal(["low", "high"], bus.Mappings.Select(mapping => mapping.Device.Name));
    }

    [Fact]
    public void Nobody_answers_outside_devices_across_their_end_or_where_they_refuse()
    {
        Bus bus = Bus.CreateMmio();
        bus.Add(0x1000, new Echo("a", 0x10));
        bus.Add(0x1010, new Echo("b", 0x10));
        bus.Add(0x1020, new Echo("tiny", 2));
        foreach (ulong address in new ulong[] { 0, 0xFFF, 0x1022, ulong.MaxValue })
            Assert.False(bus.Read(address, AccessWidth.Byte, out _), $"0x{address:x}");
        Assert.False(bus.Read(0x100D, AccessWidth.Dword, out ulong value));
        Assert.Equal(0UL, value);
        Assert.False(bus.Write(0x101D, AccessWidth.Qword, 0));
        Assert.False(bus.Read(0x1020, AccessWidth.Dword, out _));
        Assert.False(bus.Read(0x1008, AccessWidth.Dword, out value));
        Assert.Equal(0UL, value);
    }

    [Fact]
    public void An_overlap_is_refused_naming_both_devices_and_ranges()
    {
        Bus bus = Bus.CreateMmio("mmio");
        bus.Add(0x1000, new Echo("uart0", 0x100));
        BusConflictException conflict = Assert.Throws<BusConflictException>(() => bus.Add(0x10FF, new Echo("rtc", 0x10)));
        Assert.Equal("mmio: rtc [0x10ff..0x110e] overlaps uart0 [0x1000..0x10ff]", conflict.Message);
        Assert.Throws<BusConflictException>(() => bus.Add(0xF00, new Echo("wide", 0x1000)));
        bus.Add(0x1100, new Echo("neighbour", 0x10));
        bus.Add(0xFF0, new Echo("before", 0x10));
        Assert.Equal(3, bus.Mappings.Count);
    }

    [Fact]
    public void A_device_must_fit_its_bus()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Bus.CreatePortIo().Add(0xFFFF, new Echo("late", 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Bus.CreateMmio().Add(ulong.MaxValue, new Echo("wraps", 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Bus.CreateMmio().Add(0, new Echo("empty", 0)));
        Bus.CreatePortIo().Add(0xFFFE, new Echo("last", 2));
        Bus.CreateMmio().Add(ulong.MaxValue, new Echo("last", 1));
    }

    [Fact]
    public void A_removed_device_no_longer_answers_and_leaves_its_addresses_free()
    {
        Bus bus = Bus.CreateMmio();
        Echo device = new("a", 0x10);
        bus.Add(0, device);
        Assert.True(bus.Read(0, AccessWidth.Byte, out _));
        Assert.True(bus.Remove(device));
        Assert.False(bus.Remove(device));
        Assert.False(bus.Read(0, AccessWidth.Byte, out _));
        bus.Add(8, new Echo("b", 1));
    }

    [Fact]
    public void Random_layouts_dispatch_like_a_linear_search()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        for (int round = 0; round < 50; round++)
        {
            Bus bus = Bus.CreateMmio();
            List<BusMapping> placed = [];
            for (int device = 0; device < 20; device++)
            {
                ulong start = (ulong)random.Next(4000);
                Echo echo = new($"d{device}", (ulong)random.Next(1, 200));
                bool free = !placed.Exists(other => start <= other.Last && other.Base <= start + echo.Size - 1);
                if (free)
                    placed.Add(bus.Add(start, echo));
                else
                    Assert.Throws<BusConflictException>(() => bus.Add(start, echo));
            }
            for (int probe = 0; probe < 300; probe++)
            {
                ulong address = (ulong)random.Next(4300);
                BusMapping? expected = placed.Find(mapping => address >= mapping.Base && address <= mapping.Last);
                bus.TryFind(address, out BusMapping? found);
                Assert.True(ReferenceEquals(expected, found), $"seed {seed}, address 0x{address:x}");
            }
        }
    }
}
