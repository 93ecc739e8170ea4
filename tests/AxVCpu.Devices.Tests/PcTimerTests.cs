namespace AxVCpu.Devices.Tests;

public sealed class PcTimerTests
{
    private sealed class Board
    {
        public ulong Time, Deadline = ulong.MaxValue;
        public int Rises;
        public bool Line;
        public List<byte> Sleeps = [];
    }

    private struct Host(Board board) : IPit8254Host, IMc146818Host, IAcpiPowerManagementHost
    {
        public readonly ulong Now() => board.Time;

        public readonly ulong NowNanoseconds() => board.Time;

        public readonly void SetInterrupt(bool level)
        {
            board.Rises += level && !board.Line ? 1 : 0;
            board.Line = level;
        }

        public readonly void SetDeadline(ulong deadline) => board.Deadline = deadline;

        public readonly void Sleep(byte type) => board.Sleeps.Add(type);
    }

    private const ulong Second = 1_000_000_000;

    private readonly Board _board = new();
    private Host _host;
    private Pit8254 _pit = new();
    private Mc146818 _rtc = new();
    private AcpiPowerManagement _power;

    public PcTimerTests() => _host = new Host(_board);

    private void Pit(ulong port, ulong value) => Assert.True(_pit.Write(ref _host, port, value));

    private byte Pit(ulong port)
    {
        Assert.True(_pit.Read(ref _host, port, out ulong value));
        return (byte)value;
    }

    private void Rtc(Mc146818Register register, byte value)
    {
        Assert.True(_rtc.Write(ref _host, 0, (ulong)register));
        Assert.True(_rtc.Write(ref _host, 1, value));
    }

    private byte Rtc(Mc146818Register register)
    {
        Assert.True(_rtc.Write(ref _host, 0, (ulong)register));
        Assert.True(_rtc.Read(ref _host, 1, out ulong value));
        return (byte)value;
    }

    [Fact]
    public void The_rate_generator_interrupts_each_period_and_missed_ones_are_one()
    {
        Pit(3, 0x34);
        Pit(0, 0xE8);
        Pit(0, 0x03); // 1000
        Assert.Equal(1000UL, _board.Deadline);
        _board.Time = 1000;
        _pit.Advance(ref _host);
        Assert.Equal((1, 2000UL), (_board.Rises, _board.Deadline));
        _board.Time = 5500;
        _pit.Advance(ref _host);
        Assert.Equal((2, 6000UL), (_board.Rises, _board.Deadline));
        _pit.Advance(ref _host);
        Assert.Equal(2, _board.Rises);
    }

    [Fact]
    public void The_terminal_count_rises_once_and_stays()
    {
        _board.Time = 50;
        Pit(3, 0x30);
        Assert.False(_board.Line);
        Pit(0, 0x10);
        Pit(0, 0x00);
        _board.Time = 66;
        _pit.Advance(ref _host);
        Assert.Equal((1, ulong.MaxValue), (_board.Rises, _board.Deadline));
        // A new count takes the output low again.
        Pit(0, 0x10);
        Pit(0, 0x00);
        Assert.False(_board.Line);
    }

    [Fact]
    public void Counter_two_is_a_stopwatch_behind_its_gate()
    {
        _pit.WriteControlB(ref _host, 1);
        Pit(3, 0xB0); // counter 2, mode 0
        Pit(2, 0xFF);
        Pit(2, 0xFF);
        Assert.Equal(0, _pit.ReadControlB(ref _host) & 0x20);
        _board.Time = 0x1000;
        Pit(3, 0x80); // latch
        _board.Time = 0x2000;
        Assert.Equal(0xEFFF, Pit(2) | Pit(2) << 8);
        Assert.Equal(0xDFFF, Pit(2) | Pit(2) << 8);
        _pit.WriteControlB(ref _host, 0);
        _board.Time = 0x9000;
        Assert.Equal(0xDFFF, Pit(2) | Pit(2) << 8);
        _pit.WriteControlB(ref _host, 1);
        _board.Time = 0x9000 + 0xDFFE;
        Assert.Equal(0, _pit.ReadControlB(ref _host) & 0x20);
        _board.Time++;
        Assert.Equal(0x20, _pit.ReadControlB(ref _host) & 0x20);
    }

    [Fact]
    public void The_read_back_command_latches_status_then_count_of_the_named_counters()
    {
        Pit(3, 0x36); // counter 0, both bytes, mode 3
        Pit(3, 0xE2); // status only, counter 0
        Assert.Equal(0x40 | 0x80 | 0x36, Pit(0));
        Pit(0, 0x00);
        Pit(0, 0x00); // 65536
        _board.Time = 100;
        Pit(3, 0xC2);
        Assert.Equal(0x80 | 0x36, Pit(0));
        Assert.Equal(65_536 - 200, Pit(0) | Pit(0) << 8);
        _board.Time = 40_000;
        Pit(3, 0xE2);
        Assert.Equal(0x36, Pit(0));
    }

    [Fact]
    public void A_decimal_counter_counts_in_decimal()
    {
        Pit(3, 0x15); // counter 0, low byte, mode 2, BCD
        Pit(0, 0x50);
        _board.Time = 12;
        Assert.Equal(0x38, Pit(0));
    }

    [Fact]
    public void The_clock_shows_the_hosts_time_in_both_formats()
    {
        _board.Time = (ulong)new DateTimeOffset(2028, 2, 29, 23, 58, 7, TimeSpan.Zero).ToUnixTimeSeconds() * Second;
        Assert.Equal(
            (0x07, 0x58, 0x23, 0x29, 0x02, 0x28, 0x20, 3),
            ((int)Rtc(Mc146818Register.Seconds), (int)Rtc(Mc146818Register.Minutes), (int)Rtc(Mc146818Register.Hours), (int)Rtc(Mc146818Register.DayOfMonth),
             (int)Rtc(Mc146818Register.Month), (int)Rtc(Mc146818Register.Year), (int)Rtc(Mc146818Register.Century), (int)Rtc(Mc146818Register.DayOfWeek)));
        Rtc(Mc146818Register.B, 0b0100); // binary, 12 hours
        Assert.Equal((58, 0x80 | 11), ((int)Rtc(Mc146818Register.Minutes), (int)Rtc(Mc146818Register.Hours)));
        Assert.Equal(0x80, Rtc(Mc146818Register.D));
        Assert.Equal(0, Rtc(Mc146818Register.A) & 0x80);
        _board.Time += Second - 100_000;
        Assert.Equal(0x80, Rtc(Mc146818Register.A) & 0x80);
    }

    [Fact]
    public void Every_day_of_four_centuries_is_shown_right()
    {
        Rtc(Mc146818Register.B, 0b0110);
        for (DateTime day = new(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc); day.Year < 2370; day = day.AddDays(1))
        {
            _board.Time = (ulong)(day - DateTime.UnixEpoch).TotalSeconds * Second;
            Assert.Equal(
                (day.Year, day.Month, day.Day, (int)day.DayOfWeek + 1),
                (Rtc(Mc146818Register.Century) * 100 + Rtc(Mc146818Register.Year), Rtc(Mc146818Register.Month), Rtc(Mc146818Register.DayOfMonth), Rtc(Mc146818Register.DayOfWeek)));
        }
    }

    [Fact]
    public void A_set_clock_stands_while_it_is_set_and_then_goes_on_from_there()
    {
        _board.Time = 1_000_000 * Second;
        Rtc(Mc146818Register.B, 0x82);
        foreach ((Mc146818Register register, byte value) in new[]
        {
            (Mc146818Register.Seconds, (byte)0x58), (Mc146818Register.Minutes, (byte)0x59), (Mc146818Register.Hours, (byte)0x23),
            (Mc146818Register.DayOfMonth, (byte)0x31), (Mc146818Register.Month, (byte)0x12), (Mc146818Register.Year, (byte)0x99), (Mc146818Register.Century, (byte)0x20),
        })
        {
            Rtc(register, value);
        }
        _board.Time += 50 * Second;
        Assert.Equal(0x58, Rtc(Mc146818Register.Seconds));
        Rtc(Mc146818Register.B, 0x02);
        _board.Time += 2 * Second;
        Assert.Equal(
            (0, 0, 0, 1, 1, 0, 0x21),
            ((int)Rtc(Mc146818Register.Seconds), (int)Rtc(Mc146818Register.Minutes), (int)Rtc(Mc146818Register.Hours), (int)Rtc(Mc146818Register.DayOfMonth),
             (int)Rtc(Mc146818Register.Month), (int)Rtc(Mc146818Register.Year), (int)Rtc(Mc146818Register.Century)));
    }

    [Fact]
    public void An_alarm_and_the_periodic_interrupt_are_flagged_and_a_read_of_c_ends_them()
    {
        _board.Time = 100 * 86_400 * Second; // midnight
        Rtc(Mc146818Register.SecondsAlarm, 0x30);
        Rtc(Mc146818Register.MinutesAlarm, 0xC0);
        Rtc(Mc146818Register.HoursAlarm, 0xC0);
        Rtc(Mc146818Register.C);
        Rtc(Mc146818Register.B, 0x22);
        Assert.Equal(_board.Time + Second, _board.Deadline);
        _board.Time += 29 * Second;
        _rtc.Advance(ref _host);
        Assert.False(_board.Line);
        _board.Time += 2 * Second;
        _rtc.Advance(ref _host);
        Assert.True(_board.Line);
        Assert.Equal(0xA0, Rtc(Mc146818Register.C) & 0xA0);
        Assert.False(_board.Line);
        Rtc(Mc146818Register.A, 0x26); // 1024 Hz
        Rtc(Mc146818Register.B, 0x42);
        Assert.Equal(_board.Time + 32 * Second / 32_768, _board.Deadline);
        _board.Time = _board.Deadline + 1000;
        _rtc.Advance(ref _host);
        Assert.True(_board.Line);
        Assert.Equal(0xC0, Rtc(Mc146818Register.C) & 0xC0);
    }

    [Fact]
    public void The_power_registers_sleep_with_a_type_and_always_are_in_acpi_mode()
    {
        Assert.True(_power.Read(ref _host, 4, AccessWidth.Word, out ulong control));
        Assert.Equal(1UL, control);
        Assert.True(_power.Write(ref _host, 4, AccessWidth.Word, 5 << 10));
        Assert.Empty(_board.Sleeps);
        Assert.True(_power.Write(ref _host, 4, AccessWidth.Word, 5 << 10 | 1 << 13));
        Assert.Equal([(byte)5], _board.Sleeps);
        Assert.True(_power.Read(ref _host, 4, AccessWidth.Word, out control));
        Assert.Equal(5UL << 10 | 1, control);
        Assert.False(_power.Read(ref _host, 11, AccessWidth.Word, out _));
    }

    [Fact]
    public void The_power_button_interrupts_when_enabled_until_its_status_is_cleared()
    {
        _power.PressPowerButton(ref _host);
        Assert.False(_board.Line);
        Assert.True(_power.Write(ref _host, 2, AccessWidth.Word, 1 << 8));
        Assert.True(_board.Line);
        Assert.True(_power.Write(ref _host, 0, AccessWidth.Word, 1 << 8));
        Assert.False(_board.Line);
        Assert.True(_power.Read(ref _host, 0, AccessWidth.Dword, out ulong both));
        Assert.Equal(1UL << 24, both);
    }

    [Fact]
    public void The_power_management_timer_has_24_bits_and_reports_its_top_bit()
    {
        _board.Time = 0x7F_FFFF;
        Assert.True(_power.Write(ref _host, 2, AccessWidth.Word, 1));
        Assert.Equal(0x80_0000UL, _board.Deadline);
        _board.Time = 0x80_0000;
        _power.Advance(ref _host);
        Assert.True(_board.Line);
        _board.Time = 0x1FF_0003;
        Assert.True(_power.Read(ref _host, 8, AccessWidth.Dword, out ulong count));
        Assert.Equal(0xFF_0003UL, count);
    }
}
