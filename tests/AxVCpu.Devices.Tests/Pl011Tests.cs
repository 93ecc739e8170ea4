using System.Runtime.CompilerServices;
using System.Text;

namespace AxVCpu.Devices.Tests;

public sealed class Pl011Tests
{
    private const ulong Data = 0, Errors = 4, Flags = 0x18, Line = 0x2C, Control = 0x30, Levels = 0x34, Mask = 0x38, Raised = 0x3C, Masked = 0x40, Clear = 0x44;
    private const ulong RxMask = 0x10, TxMask = 0x20, TimeoutMask = 0x40, Overrun = 0x400;

    private struct Host(StringBuilder sent, RecordedLine line) : IPl011Host
    {
        public readonly void Transmit(byte value) => sent.Append((char)value);

        public readonly void SetInterrupt(bool level) => line.Set(level);
    }

    private readonly StringBuilder _sent = new();
    private readonly RecordedLine _line = new();
    private Host _host;
    private Pl011 _uart = Pl011.Create();

    public Pl011Tests() => _host = new Host(_sent, _line);

    private ulong Get(ulong offset, AccessWidth width = AccessWidth.Dword)
    {
        Assert.True(_uart.Read(ref _host, offset, width, out ulong value));
        return value;
    }

    private void Put(ulong offset, ulong value, AccessWidth width = AccessWidth.Dword) => Assert.True(_uart.Write(ref _host, offset, width, value));

    private void Type(string text)
    {
        foreach (char c in text)
            _uart.Receive(ref _host, (byte)c);
    }

    [Fact]
    public void It_is_a_PL011_after_reset()
    {
        Assert.Equal([0x11UL, 0x10, 0x14, 0, 0x0D, 0xF0, 0x05, 0xB1], Enumerable.Range(0, 8).Select(index => Get(0xFE0 + (ulong)index * 4)));
        Assert.Equal((0x97UL, 0x300UL, 0x12UL, 0UL, 0UL), (Get(Flags), Get(Control), Get(Levels), Get(Mask), Get(Raised)));
        Assert.False(RuntimeHelpers.IsReferenceOrContainsReferences<Pl011>());
    }

    [Fact]
    public void Characters_leave_at_once_and_the_transmit_interrupt_follows()
    {
        Put(Data, 'o');
        Assert.Equal(TxMask, Get(Raised));
        Assert.False(_line.Level);
        Put(Mask, TxMask);
        Assert.True(_line.Level);
        Put(Clear, TxMask);
        Assert.False(_line.Level);
        Put(Data, 'k', AccessWidth.Byte);
        Assert.True(_line.Level);
        Assert.Equal(TxMask, Get(Masked));
        Put(Mask, 0);
        Assert.Equal(0UL, Get(Masked));
        Assert.Equal("ok", _sent.ToString());
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 4)]
    [InlineData(2, 8)]
    [InlineData(3, 12)]
    [InlineData(4, 14)]
    public void The_receive_interrupt_comes_at_its_level(uint select, int count)
    {
        Put(Line, 0x70);
        Put(Levels, select << 3);
        Put(Mask, RxMask);
        Type(new string('x', count - 1));
        Assert.False(_line.Level);
        Type("y");
        Assert.True(_line.Level);
        Assert.Equal('x', (char)Get(Data));
        Assert.False(_line.Level);
    }

    [Fact]
    public void Fewer_characters_are_announced_when_the_line_is_idle()
    {
        Put(Line, 0x10);
        Put(Mask, RxMask | TimeoutMask);
        _uart.ReceiveIdle(ref _host);
        Assert.False(_line.Level);
        Type("ab");
        _uart.ReceiveIdle(ref _host);
        Assert.Equal(TimeoutMask, Get(Masked));
        Assert.Equal(2, _uart.Waiting);
        Assert.Equal('a', (char)Get(Data));
        Assert.True(_line.Level);
        Assert.Equal('b', (char)Get(Data));
        Assert.False(_line.Level);
        Assert.Equal(0x10UL, Get(Flags) & 0x50);
        Assert.Equal(0UL, Get(Data));
    }

    [Fact]
    public void Without_fifos_there_is_one_character_and_switching_drops_what_there_is()
    {
        Assert.True(_uart.CanReceive);
        Type("a");
        Assert.Equal((RxMask, 0x40UL), (Get(Raised), Get(Flags) & 0x50));
        Assert.False(_uart.CanReceive);
        Put(Line, 0x10);
        Assert.Equal((0UL, 0x10UL), (Get(Raised), Get(Flags) & 0x50));
        Assert.True(_uart.CanReceive);
    }

    [Fact]
    public void A_full_fifo_overruns_and_says_so_once()
    {
        Put(Line, 0x10);
        Type("0123456789abcdefX");
        Assert.Equal(0x40UL, Get(Flags) & 0x50);
        Assert.Equal(Overrun, Get(Raised) & Overrun);
        Assert.Equal(8UL, Get(Errors));
        Assert.Equal('0' | 0x800UL, Get(Data));
        Assert.Equal((ulong)'1', Get(Data));
        Assert.Equal(0UL, Get(Errors));
        Put(Clear, Overrun);
        Assert.Equal(0UL, Get(Raised) & Overrun);
    }

    [Fact]
    public void Loop_back_connects_the_ends_and_the_modem_lines()
    {
        Put(Control, 0x381);
        Put(Data, 'z');
        Type("lost");
        Assert.Equal('z', (char)Get(Data));
        Assert.Empty(_sent.ToString());
        Assert.Equal(0UL, Get(Flags) & 0x107);
        Assert.Equal(0xEUL, Get(Raised) & 0xF);
        Put(Clear, 0x7FF);
        Put(Control, 0x3F81);
        Assert.Equal(0x107UL, Get(Flags) & 0x107);
        Assert.Equal(0xFUL, Get(Raised) & 0xF);
    }

    [Fact]
    public void Settings_are_kept_and_what_does_not_exist_is_nothing()
    {
        foreach ((ulong offset, ulong kept) in new[] { (0x20UL, 0xFFUL), (0x24UL, 0xFFFFUL), (0x28UL, 0x3FUL), (0x2CUL, 0xFFUL), (0x34UL, 0x3FUL), (0x38UL, 0x7FFUL), (0x48UL, 7UL), (0x08UL, 0UL), (0x80UL, 0UL), (0x18UL, 0x97UL), (0xFE0UL, 0x11UL) })
        {
            Put(offset, uint.MaxValue);
            Assert.Equal(kept, Get(offset));
        }
        Put(Data, 'x');
        _uart.Reset(ref _host);
        Assert.Equal((0x300UL, 0UL, 0x12UL), (Get(Control), Get(Mask), Get(Levels)));
        Assert.False(_line.Level);
    }

    [Theory]
    [InlineData(0x1000, AccessWidth.Dword)]
    [InlineData(0x02, AccessWidth.Word)]
    [InlineData(0x00, AccessWidth.Qword)]
    [InlineData(0xFFFF_FFFF_FFFF_FFF0, AccessWidth.Dword)]
    public void Other_accesses_are_none(ulong offset, AccessWidth width)
    {
        Assert.False(_uart.Read(ref _host, offset, width, out _));
        Assert.False(_uart.Write(ref _host, offset, width, 0));
    }

    [Fact]
    public void A_restored_copy_drives_its_line()
    {
        Put(Mask, TxMask);
        Put(Data, 'x');
        Pl011 copy = _uart;
        _uart.Reset(ref _host);
        Assert.False(_line.Level);
        _uart = copy;
        _uart.Resynchronize(ref _host);
        Assert.True(_line.Level);
    }
}
