namespace AxVCpu.Devices.Tests;

public sealed class IoApicTests : IApicRouteSink
{
    private const ulong Level = 1 << 15, Masked = 1 << 16, RemoteIrr = 1 << 14;

    private readonly List<ApicMessage> _sent = [];
    private readonly List<(int Pin, byte Vector, bool IsLevel, int SentBefore)> _routes = [];
    private readonly IoApicDevice _apic;

    public IoApicTests() => _apic = new IoApicDevice(2, this);

    void IApicMessageSink.Send(in ApicMessage message) => _sent.Add(message);

    void IApicRouteSink.SetRoute(int pin, in ApicMessage message) => _routes.Add((pin, message.Vector, message.IsLevel, _sent.Count));

    private ulong Get(byte index)
    {
        _apic.Put(0, index);
        return _apic.Get(0x10);
    }

    private void Program(int pin, ulong entry)
    {
        _apic.Put(0, (ulong)(0x10 + 2 * pin + 1));
        _apic.Put(0x10, entry >> 32);
        _apic.Put(0, (ulong)(0x10 + 2 * pin));
        _apic.Put(0x10, entry & uint.MaxValue);
    }

    [Fact]
    public void It_says_its_version_and_number_of_pins_and_keeps_its_id()
    {
        Assert.Equal(0x0017_0020UL, Get(1));
        Assert.Equal(2UL << 24, Get(0));
        _apic.Put(0x10, 0xFFFF_FFFF);
        _apic.Put(0, 0);
        _apic.Put(0x10, 0xFFFF_FFFF);
        Assert.Equal(0x0F00_0000UL, Get(0));
        Assert.Equal(Masked, Get(0x10));
        Assert.Equal(0UL, Get(0x10 + 48));
    }

    [Fact]
    public void A_rising_edge_sends_once_and_is_lost_while_masked()
    {
        Program(4, 5UL << 56 | 0x34);
        _apic.Line(4).Set(true);
        _apic.Line(4).Set(true);
        ApicMessage message = Assert.Single(_sent);
        Assert.Equal((0x34, 5u, false), ((int)message.Vector, message.Destination, message.IsLevel));
        _apic.Line(4).Set(false);
        Program(4, Masked | 0x34);
        _apic.Line(4).Set(true);
        Program(4, 0x34);
        Assert.Single(_sent);
        _apic.Line(4).Set(false);
        _apic.Line(4).Set(true);
        Assert.Equal(2, _sent.Count);
    }

    [Fact]
    public void A_sink_knows_a_pins_message_before_it_comes_and_that_it_is_gone_after_a_reset()
    {
        _apic.Line(16).Set(true);
        Program(16, Level | Masked | 0x51);
        Assert.Equal((16, (byte)0x51, true, 0), _routes[^1]);
        Program(16, Level | 0x61);
        Assert.Equal((16, (byte)0x61, true, 0), _routes[^1]);
        Assert.Equal(0x61, Assert.Single(_sent).Vector);
        Program(4, 0x71);
        Assert.Equal((4, (byte)0x71, false, 1), _routes[^1]);
        _routes.Clear();
        _apic.Reset();
        Assert.Equal(Enumerable.Range(0, 24), _routes.Select(route => route.Pin));
        Assert.All(_routes, route => Assert.False(route.IsLevel));
    }

    [Fact]
    public void A_level_sends_again_only_after_its_end_and_while_asserted()
    {
        Program(16, Level | 0x51);
        _apic.Line(16).Set(true);
        Assert.True(Assert.Single(_sent).IsLevel);
        Assert.Equal(Level | RemoteIrr | 0x51, Get(0x10 + 32));
        _apic.Line(16).Set(false);
        _apic.Line(16).Set(true);
        Assert.Single(_sent);
        _apic.EndOfInterrupt(0x52);
        Assert.Single(_sent);
        _apic.EndOfInterrupt(0x51);
        Assert.Equal(2, _sent.Count);
        _apic.Line(16).Set(false);
        _apic.Put(0x40, 0x51);
        Assert.Equal(2, _sent.Count);
        Assert.Equal(Level | 0x51, Get(0x10 + 32));
    }

    [Fact]
    public void A_level_asserted_while_masked_is_sent_when_unmasked()
    {
        Program(16, Masked | Level | 0x51);
        _apic.Line(16).Set(true);
        Assert.Empty(_sent);
        Program(16, Level | 0x51);
        Assert.Single(_sent);
    }

    [Fact]
    public void Remote_irr_and_delivery_status_cannot_be_written_and_an_edge_entry_forgets_remote_irr()
    {
        Program(3, Level | RemoteIrr | 1 << 12 | 0x51);
        Assert.Equal(Level | 0x51, Get(0x10 + 6));
        _apic.Line(3).Set(true);
        Assert.Equal(Level | RemoteIrr | 0x51, Get(0x10 + 6));
        Program(3, 0x51);
        Assert.Equal(0x51UL, Get(0x10 + 6));
    }

    [Fact]
    public void Its_registers_are_32_bits()
    {
        Assert.False(_apic.Read(0, AccessWidth.Byte, out _));
        Assert.False(_apic.Write(0x10, AccessWidth.Qword, 0));
        Assert.False(_apic.Read(2, AccessWidth.Dword, out _));
    }
}
