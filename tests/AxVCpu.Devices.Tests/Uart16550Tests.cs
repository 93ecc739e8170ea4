namespace AxVCpu.Devices.Tests;

public sealed class Uart16550Tests
{
    private const ulong RBR = 0, THR = 0, DLL = 0, IER = 1, DLM = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7;

    private readonly List<byte> _sent = [];
    private readonly RecordedLine _line = new();
    private Uart16550 _uart = new(0);
    private Host _host;

    public Uart16550Tests() => _host = new Host(_sent, _line);

    private readonly struct Host(List<byte> sent, RecordedLine line) : IUart16550Host
    {
        public void Transmit(byte value) => sent.Add(value);

        public void SetInterrupt(bool level) => line.Set(level);
    }

    private byte Get(ulong offset)
    {
        Assert.True(_uart.Read(ref _host, offset, AccessWidth.Byte, out ulong value));
        return (byte)value;
    }

    private void Put(ulong offset, byte value) => Assert.True(_uart.Write(ref _host, offset, AccessWidth.Byte, value));

    private void Receive(params byte[] values)
    {
        foreach (byte value in values)
            _uart.Receive(ref _host, value);
    }

    [Fact]
    public void After_reset_the_transmitter_is_empty_and_no_interrupt_is_pending()
    {
        Assert.Equal(0x60, Get(LSR));
        Assert.Equal(0x01, Get(IIR));
        Assert.Equal(0x00, Get(IER));
        Assert.False(_line.Level);
    }

    [Fact]
    public void A_written_character_is_transmitted()
    {
        Put(THR, (byte)'A');
        Assert.Equal([(byte)'A'], _sent);
        Assert.Equal(0x60, Get(LSR));
    }

    [Fact]
    public void The_divisor_latch_hides_data_and_interrupt_enable()
    {
        Put(LCR, 0x83);
        Put(DLL, 0x01);
        Put(DLM, 0x02);
        Assert.Equal(0x01, Get(DLL));
        Assert.Equal(0x02, Get(DLM));
        Put(LCR, 0x03);
        Assert.Equal(0x00, Get(IER));
        Assert.Empty(_sent);
    }

    [Fact]
    public void The_scratch_register_holds_its_value()
    {
        Put(SCR, 0xA5);
        Assert.Equal(0xA5, Get(SCR));
    }

    [Fact]
    public void Enabling_the_transmitter_interrupt_raises_it_at_once_and_reading_IIR_clears_it()
    {
        Put(IER, 0x02);
        Assert.True(_line.Level);
        Assert.Equal(0x02, Get(IIR));
        Assert.False(_line.Level);
        Assert.Equal(0x01, Get(IIR));
    }

    [Fact]
    public void A_transmitted_character_raises_the_transmitter_interrupt_again()
    {
        Put(IER, 0x02);
        Get(IIR);
        Put(THR, 1);
        Assert.True(_line.Level);
        Assert.Equal(0x02, Get(IIR));
    }

    [Fact]
    public void Reading_IIR_that_shows_received_data_keeps_the_transmitter_interrupt()
    {
        Put(IER, 0x03);
        Receive(1);
        Assert.Equal(0x04, Get(IIR));
        Get(RBR);
        Assert.Equal(0x02, Get(IIR));
        Assert.Equal(0x01, Get(IIR));
    }

    [Fact]
    public void Without_FIFOs_the_second_unread_character_overwrites_the_first_and_is_an_overrun()
    {
        Put(IER, 0x04);
        Receive(1);
        Assert.False(_uart.CanReceive);
        Receive(2);
        Assert.Equal(0x06, Get(IIR));
        Assert.Equal(0x63, Get(LSR));
        Assert.Equal(0x61, Get(LSR));
        Assert.Equal(2, Get(RBR));
    }

    [Fact]
    public void The_FIFO_keeps_sixteen_characters_in_order_and_drops_what_overruns()
    {
        Put(FCR, 0x01);
        for (byte value = 0; value < 17; value++)
            _uart.Receive(ref _host, value);
        Assert.Equal(0x63, Get(LSR));
        for (byte value = 0; value < 16; value++)
            Assert.Equal(value, Get(RBR));
        Assert.Equal(0x60, Get(LSR));
        Assert.Equal(0, Get(RBR));
    }

    [Theory]
    [InlineData(0x01, 1)]
    [InlineData(0x41, 4)]
    [InlineData(0x81, 8)]
    [InlineData(0xC1, 14)]
    public void The_receiver_interrupt_comes_at_the_trigger_level(byte fcr, int trigger)
    {
        Put(FCR, fcr);
        Put(IER, 0x01);
        for (int count = 1; count < trigger; count++)
        {
            Receive(0);
            Assert.False(_line.Level, $"after {count} characters");
        }
        Receive(0);
        Assert.True(_line.Level);
        Assert.Equal(0xC4, Get(IIR));
        Get(RBR);
        Assert.False(_line.Level);
    }

    [Fact]
    public void Characters_below_the_trigger_level_raise_the_time_out_when_the_line_is_quiet()
    {
        Put(FCR, 0xC1);
        Put(IER, 0x01);
        Receive(1, 2);
        Assert.Equal(0xC1, Get(IIR));
        _uart.ReceiveIdle(ref _host);
        Assert.Equal(0xCC, Get(IIR));
        Assert.True(_line.Level);
        Get(RBR);
        Get(RBR);
        Assert.Equal(0xC1, Get(IIR));
        Assert.False(_line.Level);
    }

    [Fact]
    public void Changing_FIFO_mode_or_asking_for_it_clears_the_receiver()
    {
        Receive(1);
        Put(FCR, 0x01);
        Assert.Equal(0, Get(LSR) & 1);
        Receive(1, 2);
        Put(FCR, 0x03);
        Assert.Equal(0, Get(LSR) & 1);
        Assert.Equal(0xC0, Get(IIR) & 0xC0);
        Put(FCR, 0xA8);
        Assert.Equal(0x00, Get(IIR) & 0xE0);
    }

    [Fact]
    public void Loopback_feeds_the_transmitter_into_the_receiver_and_modem_outputs_into_modem_inputs()
    {
        Get(MSR);
        Put(MCR, 0x1F);
        Assert.Equal(0xF0, Get(MSR) & 0xF0);
        Put(MCR, 0x1A);
        Assert.Equal(0x90, Get(MSR) & 0xF0);
        Put(THR, 0x42);
        Receive(0x43);
        Assert.Equal(0x42, Get(RBR));
        Assert.Empty(_sent);
        Assert.Equal(0, Get(LSR) & 1);
    }

    [Fact]
    public void A_modem_change_raises_the_modem_status_interrupt_until_MSR_is_read()
    {
        Put(IER, 0x08);
        Put(MCR, 0x10);
        Assert.True(_line.Level);
        Assert.Equal(0x00, Get(IIR));
        Assert.Equal(0x0B, Get(MSR));
        Assert.False(_line.Level);
        Put(MCR, 0x14);
        Get(MSR);
        Put(MCR, 0x10);
        Assert.Equal(0x04, Get(MSR));
    }

    [Fact]
    public void Word_spaced_registers_answer_only_at_their_own_offsets()
    {
        _uart = new Uart16550(2);
        Put(SCR << 2, 7);
        Assert.Equal(7, Get(SCR << 2));
        Assert.False(_uart.Read(ref _host, 1, AccessWidth.Byte, out _));
        Assert.False(_uart.Write(ref _host, 32, AccessWidth.Byte, 0));
        Assert.Equal(32UL, _uart.Size);
    }
}
