namespace AxVCpu.Devices.Tests;

public sealed class PcBoardTests : IPowerHost
{
    private int _resets;
    private int _offs;

    void IPowerHost.PowerOff() => _offs++;

    void IPowerHost.Reset() => _resets++;

    [Fact]
    public void The_keyboard_controller_answers_its_tests_and_has_no_keyboard()
    {
        I8042Device device = new(this);
        Assert.Equal(0UL, device.Get(4, AccessWidth.Byte) & 1);
        device.Put(4, 0xAA, AccessWidth.Byte);
        Assert.Equal(1UL, device.Get(4, AccessWidth.Byte) & 1);
        Assert.Equal(0x55UL, device.Get(0, AccessWidth.Byte));
        Assert.Equal(0UL, device.Get(4, AccessWidth.Byte) & 1);
        device.Put(4, 0x60, AccessWidth.Byte);
        device.Put(0, 0x47, AccessWidth.Byte);
        device.Put(4, 0x20, AccessWidth.Byte);
        Assert.Equal(0x47UL, device.Get(0, AccessWidth.Byte));
        device.Put(0, 0xFF, AccessWidth.Byte); // to a keyboard
        Assert.Equal(0UL, device.Get(4, AccessWidth.Byte) & 1);
        Assert.False(device.Read(1, AccessWidth.Byte, out _));
        Assert.Equal(0, _resets);
    }

    [Fact]
    public void The_keyboard_controller_resets_by_pulse_and_by_output_port()
    {
        I8042Device device = new(this);
        device.Put(4, 0xFF, AccessWidth.Byte); // pulses nothing
        Assert.Equal(0, _resets);
        device.Put(4, 0xFE, AccessWidth.Byte);
        Assert.Equal(1, _resets);
        device.Put(4, 0xD1, AccessWidth.Byte);
        device.Put(0, 0x03, AccessWidth.Byte);
        Assert.Equal(1, _resets);
        device.Put(4, 0xD1, AccessWidth.Byte);
        device.Put(0, 0x02, AccessWidth.Byte);
        Assert.Equal(2, _resets);
    }

    [Fact]
    public void The_reset_register_acts_on_the_rising_bit()
    {
        ResetControlDevice device = new(this);
        device.Put(0, 0x02, AccessWidth.Byte);
        Assert.Equal(0, _resets);
        device.Put(0, ResetControl.ResetValue, AccessWidth.Byte);
        device.Put(0, ResetControl.ResetValue, AccessWidth.Byte);
        Assert.Equal(1, _resets);
        Assert.Equal(6UL, device.Get(0, AccessWidth.Byte));
    }

    [Theory]
    [InlineData(FwCfgKey.Signature, new byte[] { (byte)'Q', (byte)'E', (byte)'M', (byte)'U', 0 })]
    [InlineData(FwCfgKey.Id, new byte[] { 1, 0, 0, 0, 0 })]
    [InlineData(FwCfgKey.RamSize, new byte[] { 0, 0, 0, 0xC0, 0, 0, 0, 0, 0 })]
    [InlineData(FwCfgKey.CpuCount, new byte[] { 3, 0, 0 })]
    [InlineData(FwCfgKey.FileDirectory, new byte[] { 0, 0, 0, 0, 0 })]
    [InlineData((FwCfgKey)0xFFFF, new byte[] { 0, 0 })]
    public void The_configuration_device_tells_an_item_byte_by_byte_and_zeros_behind_it(FwCfgKey key, byte[] expected)
    {
        FwCfgDevice device = new(3, 3UL << 30);
        device.Put(0, (ushort)FwCfgKey.Signature, AccessWidth.Word);
        device.Get(1, AccessWidth.Byte);
        device.Put(0, (ushort)key, AccessWidth.Word);
        Assert.Equal(expected, expected.Select(_ => (byte)device.Get(1, AccessWidth.Byte)));
        Assert.False(device.Read(1, AccessWidth.Word, out _));
        Assert.False(device.Write(0, AccessWidth.Byte, 0));
        device.Put(1, 0xFF, AccessWidth.Byte); // items cannot be written
        device.Reset();
        Assert.Equal((byte)'Q', device.Get(1, AccessWidth.Byte));
    }

    [Fact]
    public void Only_soft_off_switches_off()
    {
        using AlarmClock alarms = new(new VmClock(1_000_000_000));
        AcpiPowerDevice device = new(UnconnectedLine.Instance, alarms, this);
        device.Put(4, 1 << 10 | 1 << 13, AccessWidth.Word);
        Assert.Equal(0, _offs);
        device.Put(4, AcpiPowerDevice.SoftOffType << 10 | 1 << 13, AccessWidth.Word);
        Assert.Equal(1, _offs);
        device.Put(4, 1 << 13, AccessWidth.Word); // that of QEMU
        Assert.Equal(2, _offs);
    }

    [Fact]
    public void A_window_shows_only_its_part()
    {
        I8042Device device = new(this);
        Bus ports = Bus.CreatePortIo();
        ports.Add(0x60, new BusWindow(device, 0, 1));
        ports.Add(0x64, new BusWindow(device, 4, 1));
        Assert.True(ports.Write(0x64, AccessWidth.Byte, 0xAA));
        Assert.True(ports.Read(0x60, AccessWidth.Byte, out ulong value));
        Assert.Equal(0x55UL, value);
        Assert.False(ports.Read(0x61, AccessWidth.Byte, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BusWindow(device, 4, 2));
    }

    [Fact]
    public void An_alarm_rings_once_at_its_last_deadline()
    {
        VmClock clock = new(1_000_000_000);
        clock.Start();
        using AlarmClock alarms = new(clock);
        using CountdownEvent rung = new(1);
        ulong at = 0;
        Alarm alarm = alarms.Add(() =>
        {
            at = clock.Ticks;
            rung.Signal();
        });
        alarm.Set(3_600_000_000_000);
        ulong deadline = clock.Ticks + 30_000_000;
        alarm.Set(deadline);
        Assert.True(rung.Wait(60_000, TestContext.Current.CancellationToken));
        Assert.True(at >= deadline);
    }

    [Fact]
    public void An_alarm_that_is_taken_back_does_not_ring()
    {
        VmClock clock = new(1_000_000_000);
        using AlarmClock alarms = new(clock);
        using CountdownEvent later = new(1);
        bool rang = false;
        Alarm never = alarms.Add(() => rang = true);
        Alarm after = alarms.Add(() => later.Signal());
        never.Set(20_000_000);
        after.Set(60_000_000);
        never.Set(ulong.MaxValue);
        clock.Start(); // only now, or a busy machine lets the first deadline pass before it is taken back
        alarms.Recheck();
        Assert.True(later.Wait(60_000, TestContext.Current.CancellationToken));
        Assert.False(rang);
    }
}
