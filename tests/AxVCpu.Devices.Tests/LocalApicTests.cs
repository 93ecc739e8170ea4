namespace AxVCpu.Devices.Tests;

public sealed class LocalApicTests
{
    private const uint Masked = 1 << 16, Periodic = 1 << 17, TscDeadline = 1 << 18, SoftwareEnable = 0x1FF;
    private const uint X2Apic = 1 << 10, Enabled = 1 << 11, Bootstrap = 1 << 8;
    private const uint BaseMsr = 0x1B, DeadlineMsr = 0x6E0;

    private sealed class Board
    {
        public bool Interrupt;
        public int Nmis, Inits;
        public List<byte> StartUps = [], Ends = [];
        public List<ApicMessage> Sent = [];
        public ulong Time, Tsc, Deadline = ulong.MaxValue, TscDeadline;
    }

    private struct Host(Board board) : ILocalApicHost
    {
        public readonly void SetInterrupt(bool level)
        {
            Assert.NotEqual(board.Interrupt, level);
            board.Interrupt = level;
        }

        public readonly void RaiseNmi() => board.Nmis++;

        public readonly void RaiseInit() => board.Inits++;

        public readonly void RaiseStartUp(byte page) => board.StartUps.Add(page);

        public readonly void Send(in ApicMessage message) => board.Sent.Add(message);

        public readonly void EndOfInterrupt(byte vector) => board.Ends.Add(vector);

        public readonly ulong Now() => board.Time;

        public readonly ulong TimeStamp() => board.Tsc;

        public readonly void SetTimerDeadline(ulong deadline) => board.Deadline = deadline;

        public readonly void SetTimeStampDeadline(ulong deadline) => board.TscDeadline = deadline;
    }

    private readonly Board _board = new();
    private Host _host;
    private LocalApic _apic = new(3, isBootstrap: false);

    public LocalApicTests()
    {
        _host = new Host(_board);
        Put(LocalApicRegister.SVR, SoftwareEnable);
    }

    private void Put(LocalApicRegister register, uint value) => Assert.True(_apic.Write(ref _host, (ulong)register, AccessWidth.Dword, value));

    private uint Get(LocalApicRegister register, int index = 0)
    {
        Assert.True(_apic.Read(ref _host, (ulong)register + (ulong)index * 0x10, AccessWidth.Dword, out ulong value));
        return (uint)value;
    }

    private ulong GetMsr(uint msr)
    {
        Assert.True(_apic.ReadMsr(ref _host, msr, out ulong value), $"MSR 0x{msr:x}");
        return value;
    }

    private void EnterX2Apic() => Assert.True(_apic.WriteMsr(ref _host, BaseMsr, LocalApic.DefaultBase | Enabled | X2Apic));

    private void Fixed(byte vector, bool level = false) =>
        _apic.Accept(ref _host, new ApicMessage { Vector = vector, Mode = ApicDeliveryMode.Fixed, IsLevel = level });

    private byte Take()
    {
        Assert.True(_apic.Acknowledge(ref _host, out byte vector));
        return vector;
    }

    [Fact]
    public void Registers_after_power_up_are_those_of_the_manual()
    {
        _apic = new LocalApic(3, isBootstrap: true);
        Assert.Equal(3u << 24, Get(LocalApicRegister.ID));
        Assert.Equal(0x0005_0014u, Get(LocalApicRegister.VERSION));
        Assert.Equal(0xFFu, Get(LocalApicRegister.SVR));
        Assert.Equal(uint.MaxValue, Get(LocalApicRegister.DFR));
        for (int entry = 0; entry < 6; entry++)
            Assert.Equal(Masked, Get(LocalApicRegister.LVT_TIMER, entry));
        Assert.Equal(LocalApic.DefaultBase | Enabled | Bootstrap, GetMsr(BaseMsr));
    }

    [Fact]
    public void Interrupts_are_taken_by_priority_and_nest_only_above_the_one_in_service()
    {
        Fixed(0x41);
        Fixed(0x52);
        Fixed(0x58);
        Assert.True(_board.Interrupt);
        Assert.Equal(0x58, Take());
        Assert.Equal(0x50u, Get(LocalApicRegister.PPR));
        // The same class does not interrupt; a higher one does.
        Assert.False(_board.Interrupt);
        Assert.False(_apic.Acknowledge(ref _host, out byte spurious));
        Assert.Equal(0xFF, spurious);
        Fixed(0x60);
        Assert.Equal(0x60, Take());
        Put(LocalApicRegister.EOI, 0);
        Assert.False(_board.Interrupt);
        Put(LocalApicRegister.EOI, 0);
        Assert.Equal(0x52, Take());
        Put(LocalApicRegister.EOI, 0);
        Assert.Equal(0x41, Take());
        Put(LocalApicRegister.EOI, 0);
        Assert.False(_board.Interrupt);
        Assert.Empty(_board.Ends);
    }

    [Fact]
    public void The_task_priority_holds_back_its_class_and_below()
    {
        Put(LocalApicRegister.TPR, 0x50);
        Fixed(0x5F);
        Assert.False(_board.Interrupt);
        Assert.Equal(0x8000_0000u, Get(LocalApicRegister.IRR, 2));
        Put(LocalApicRegister.TPR, 0x4F);
        Assert.True(_board.Interrupt);
        _apic.SetTaskPriority(ref _host, 0x60);
        Assert.False(_board.Interrupt);
        Assert.Equal(0x60u, Get(LocalApicRegister.PPR));
    }

    [Fact]
    public void Only_the_end_of_a_level_triggered_interrupt_is_told_to_the_io_apics()
    {
        Fixed(0x31, level: true);
        Assert.Equal(1u << 17, Get(LocalApicRegister.TMR, 1));
        Take();
        Assert.Equal(1u << 17, Get(LocalApicRegister.ISR, 1));
        Put(LocalApicRegister.EOI, 0);
        Assert.Equal([(byte)0x31], _board.Ends);
        Fixed(0x31);
        Take();
        Put(LocalApicRegister.EOI, 0);
        Assert.Single(_board.Ends);
        Put(LocalApicRegister.EOI, 0);
        Assert.Single(_board.Ends);
    }

    [Fact]
    public void A_one_shot_timer_fires_once_and_counts_down_at_its_divided_rate()
    {
        Put(LocalApicRegister.TIMER_DIVIDE, 0b0011); // by 16
        Put(LocalApicRegister.LVT_TIMER, 0x40);
        _board.Time = 1000;
        Put(LocalApicRegister.TIMER_INITIAL, 100);
        Assert.Equal(1000UL + 1600, _board.Deadline);
        _board.Time = 1000 + 160;
        Assert.Equal(90u, Get(LocalApicRegister.TIMER_CURRENT));
        _apic.TimerExpired(ref _host);
        Assert.False(_board.Interrupt);
        _board.Time = 2600;
        _apic.TimerExpired(ref _host);
        Assert.Equal(0x40, Take());
        Assert.Equal(0u, Get(LocalApicRegister.TIMER_CURRENT));
        Assert.Equal(ulong.MaxValue, _board.Deadline);
        _board.Time = 10_000;
        _apic.TimerExpired(ref _host);
        Put(LocalApicRegister.EOI, 0);
        Assert.False(_board.Interrupt);
    }

    [Theory]
    [InlineData(0b1011, 1)]
    [InlineData(0b0000, 2)]
    [InlineData(0b0001, 4)]
    [InlineData(0b0010, 8)]
    [InlineData(0b0011, 16)]
    [InlineData(0b1000, 32)]
    [InlineData(0b1001, 64)]
    [InlineData(0b1010, 128)]
    public void The_timer_divides_as_configured(uint configuration, uint divisor)
    {
        Put(LocalApicRegister.TIMER_DIVIDE, configuration);
        Put(LocalApicRegister.LVT_TIMER, 0x40);
        Put(LocalApicRegister.TIMER_INITIAL, 10);
        Assert.Equal(10UL * divisor, _board.Deadline);
    }

    [Fact]
    public void A_periodic_timer_keeps_its_phase_and_a_late_call_is_one_interrupt()
    {
        Put(LocalApicRegister.TIMER_DIVIDE, 0b1011);
        Put(LocalApicRegister.LVT_TIMER, Periodic | 0x41);
        Put(LocalApicRegister.TIMER_INITIAL, 1000);
        _board.Time = 3500;
        _apic.TimerExpired(ref _host);
        Assert.Equal(4000UL, _board.Deadline);
        Assert.Equal(500u, Get(LocalApicRegister.TIMER_CURRENT));
        Take();
        Put(LocalApicRegister.EOI, 0);
        Assert.False(_board.Interrupt);
        _board.Time = 4000;
        _apic.TimerExpired(ref _host);
        Assert.True(_board.Interrupt);
        Put(LocalApicRegister.TIMER_INITIAL, 0);
        Assert.Equal(ulong.MaxValue, _board.Deadline);
    }

    [Fact]
    public void A_masked_timer_asks_for_nothing_and_an_expired_one_shot_does_not_fire_when_unmasked()
    {
        Put(LocalApicRegister.TIMER_DIVIDE, 0b1011);
        Put(LocalApicRegister.LVT_TIMER, Masked | 0x41);
        Put(LocalApicRegister.TIMER_INITIAL, 1000);
        Assert.Equal(ulong.MaxValue, _board.Deadline);
        _board.Time = 400;
        Put(LocalApicRegister.LVT_TIMER, 0x41);
        Assert.Equal(1000UL, _board.Deadline);
        Put(LocalApicRegister.LVT_TIMER, Masked | 0x41);
        _board.Time = 5000;
        Put(LocalApicRegister.LVT_TIMER, 0x41);
        Assert.Equal(ulong.MaxValue, _board.Deadline);
        Assert.False(_board.Interrupt);
    }

    [Fact]
    public void The_deadline_mode_compares_with_the_time_stamp_counter()
    {
        Put(LocalApicRegister.LVT_TIMER, TscDeadline | 0x42);
        Put(LocalApicRegister.TIMER_INITIAL, 77);
        Assert.Equal(0u, Get(LocalApicRegister.TIMER_INITIAL));
        Assert.True(_apic.WriteMsr(ref _host, DeadlineMsr, 5_000_000));
        Assert.Equal(5_000_000UL, _board.TscDeadline);
        Assert.Equal(5_000_000UL, GetMsr(DeadlineMsr));
        _board.Tsc = 4_999_999;
        _apic.TimerExpired(ref _host);
        Assert.False(_board.Interrupt);
        _board.Tsc = 5_000_000;
        _apic.TimerExpired(ref _host);
        Assert.Equal(0x42, Take());
        Assert.Equal(0UL, GetMsr(DeadlineMsr));
        Assert.True(_apic.WriteMsr(ref _host, DeadlineMsr, 6_000_000));
        Put(LocalApicRegister.LVT_TIMER, 0x42);
        Assert.Equal(0UL, GetMsr(DeadlineMsr));
        Assert.True(_apic.WriteMsr(ref _host, DeadlineMsr, 7_000_000));
        Assert.Equal(0UL, GetMsr(DeadlineMsr));
    }

    [Fact]
    public void Interprocessor_interrupts_carry_what_the_command_says()
    {
        Put(LocalApicRegister.ICR_HIGH, 5u << 24);
        Put(LocalApicRegister.ICR, 0x4500); // INIT, assert
        Put(LocalApicRegister.ICR, 0x8500); // INIT level de-assert: nothing
        Put(LocalApicRegister.ICR, 0x4608); // start-up, page 8
        Put(LocalApicRegister.ICR, 0x0_0841); // logical fixed
        Put(LocalApicRegister.ICR, 0xC_0042); // all but self
        Assert.Equal(
            [ApicDeliveryMode.Init, ApicDeliveryMode.StartUp, ApicDeliveryMode.Fixed, ApicDeliveryMode.Fixed], _board.Sent.Select(message => message.Mode));
        Assert.All(_board.Sent, message => Assert.Equal(5u, message.Destination));
        Assert.Equal(8, _board.Sent[1].Vector);
        Assert.True(_board.Sent[2].IsLogical);
        Assert.Equal(ApicShorthand.AllExcludingSelf, _board.Sent[3].Shorthand);
        Put(LocalApicRegister.ICR, 0x4_0043); // self
        Assert.Equal(4, _board.Sent.Count);
        Assert.Equal(0x43, Take());
    }

    [Fact]
    public void An_illegal_vector_or_register_is_an_apic_error()
    {
        Put(LocalApicRegister.LVT_ERROR, 0x33);
        Put(LocalApicRegister.ICR, 0x0005);
        Assert.Empty(_board.Sent);
        Assert.Equal(0x33, Take());
        Put(LocalApicRegister.ESR, 0);
        Assert.Equal(0x20u, Get(LocalApicRegister.ESR));
        Fixed(2);
        Assert.True(_apic.Read(ref _host, 0x40, AccessWidth.Dword, out ulong nothing));
        Assert.Equal(0UL, nothing);
        Put(LocalApicRegister.ESR, 0);
        Assert.Equal(0xC0u, Get(LocalApicRegister.ESR));
        Put(LocalApicRegister.ESR, 0);
        Assert.Equal(0u, Get(LocalApicRegister.ESR));
    }

    [Fact]
    public void A_software_disabled_apic_masks_its_table_and_takes_no_fixed_interrupt_but_an_nmi_and_start_up()
    {
        Put(LocalApicRegister.LVT_LINT0, 0x40);
        Put(LocalApicRegister.SVR, 0xFF);
        Assert.Equal(Masked | 0x40, Get(LocalApicRegister.LVT_LINT0));
        Put(LocalApicRegister.LVT_LINT0, 0x44);
        Assert.Equal(Masked | 0x44, Get(LocalApicRegister.LVT_LINT0));
        Fixed(0x50);
        Assert.False(_board.Interrupt);
        _apic.Accept(ref _host, new ApicMessage { Mode = ApicDeliveryMode.Nmi });
        _apic.Accept(ref _host, new ApicMessage { Mode = ApicDeliveryMode.Init });
        _apic.Accept(ref _host, new ApicMessage { Mode = ApicDeliveryMode.StartUp, Vector = 9 });
        Assert.Equal((1, 1), (_board.Nmis, _board.Inits));
        Assert.Equal([(byte)9], _board.StartUps);
    }

    [Fact]
    public void A_level_triggered_pin_asks_again_after_its_end_while_asserted_and_an_edge_does_not()
    {
        Put(LocalApicRegister.LVT_LINT0, 0x8000 | 0x60);
        _apic.SetLint(ref _host, 0, level: true);
        Assert.Equal(0x60, Take());
        Assert.NotEqual(0u, Get(LocalApicRegister.LVT_LINT0) & 0x4000);
        Put(LocalApicRegister.EOI, 0);
        Assert.Equal(0x60, Take());
        _apic.SetLint(ref _host, 0, level: false);
        Put(LocalApicRegister.EOI, 0);
        Assert.False(_board.Interrupt);
        Put(LocalApicRegister.LVT_LINT1, 0x400); // NMI
        _apic.SetLint(ref _host, 1, level: true);
        _apic.SetLint(ref _host, 1, level: true);
        Assert.Equal(1, _board.Nmis);
    }

    [Fact]
    public void Destinations_are_physical_flat_cluster_and_x2apic()
    {
        bool Named(uint destination, bool logical, bool wide = false) =>
            _apic.IsNamedBy(new ApicMessage { Destination = destination, IsLogical = logical, IsWide = wide });

        Assert.True(Named(3, logical: false));
        Assert.False(Named(2, logical: false));
        Assert.True(Named(0xFF, logical: false));
        Put(LocalApicRegister.LDR, 0x08u << 24);
        Assert.True(Named(0x0C, logical: true));
        Assert.False(Named(0x07, logical: true));
        Put(LocalApicRegister.DFR, 0);
        Put(LocalApicRegister.LDR, 0x24u << 24);
        Assert.True(Named(0x26, logical: true));
        Assert.False(Named(0x16, logical: true));
        Assert.True(Named(0xF4, logical: true));
        EnterX2Apic();
        Assert.Equal(1UL << 3, GetMsr(0x80D));
        Assert.True(Named(1u << 3, logical: true, wide: true));
        Assert.False(Named(1u << 16 | 1u << 3, logical: true, wide: true));
        Assert.True(Named(uint.MaxValue, logical: false, wide: true));
        Assert.False(Named(0xFF, logical: false, wide: true));
        Assert.True(Named(0xFF, logical: false));
    }

    [Fact]
    public void The_x2apic_interface_has_registers_of_its_own_kind_and_refuses_what_is_reserved()
    {
        Assert.False(_apic.ReadMsr(ref _host, 0x802, out _));
        EnterX2Apic();
        Assert.False(_apic.Read(ref _host, 0x20, AccessWidth.Dword, out _));
        Assert.Equal(3UL, GetMsr(0x802));
        Assert.True(_apic.WriteMsr(ref _host, 0x830, 7UL << 32 | 0x4051));
        Assert.Equal(7u, Assert.Single(_board.Sent).Destination);
        Assert.True(_board.Sent[0].IsWide);
        Assert.Equal(7UL << 32 | 0x4051, GetMsr(0x830));
        Assert.True(_apic.WriteMsr(ref _host, 0x83F, 0x55));
        Assert.Equal(0x55, Take());
        Assert.True(_apic.WriteMsr(ref _host, 0x80B, 0));
        foreach ((uint msr, ulong value) in new[] { (0x80Bu, 1UL), (0x802u, 0UL), (0x80Eu, 0UL), (0x831u, 0UL), (0x808u, 0x100UL), (0x828u, 1UL), (0x83Fu, 0x100UL), (0x80Fu, 1UL << 40), (0x804u, 0UL) })
            Assert.False(_apic.WriteMsr(ref _host, msr, value), $"MSR 0x{msr:x} took 0x{value:x}");
        Assert.False(_apic.ReadMsr(ref _host, 0x80E, out _));
        Assert.False(_apic.ReadMsr(ref _host, 0x83F, out _));
    }

    [Fact]
    public void The_mode_changes_only_along_the_arrows_of_the_manual()
    {
        bool Set(ulong mode) => _apic.WriteMsr(ref _host, BaseMsr, LocalApic.DefaultBase | mode);

        Assert.False(Set(X2Apic));
        Assert.False(_apic.WriteMsr(ref _host, BaseMsr, 0xFED0_0000 | Enabled));
        Assert.True(Set(Enabled | X2Apic));
        Assert.False(Set(Enabled));
        Assert.True(Set(0));
        Assert.False(Set(Enabled | X2Apic));
        Fixed(0x40);
        Assert.False(_board.Interrupt);
        Assert.True(Set(Enabled));
        Assert.Equal(0xFFu, Get(LocalApicRegister.SVR));
    }

    [Fact]
    public void An_init_keeps_the_mode_and_a_reset_does_not()
    {
        EnterX2Apic();
        Fixed(0x40);
        Assert.True(_board.Interrupt);
        _apic.Init(ref _host);
        Assert.False(_board.Interrupt);
        Assert.True(_apic.IsX2Apic);
        Assert.Equal(0xFFUL, GetMsr(0x80F));
        _apic.Reset(ref _host);
        Assert.False(_apic.IsX2Apic);
        Assert.Equal(3u, _apic.Id);
    }

    [Fact]
    public void A_message_and_its_msi_are_the_same()
    {
        ApicMessage message = ApicMessage.FromMsi(0xFEE0_5004, 0x8141);
        Assert.Equal((5u, true, (byte)0x41, ApicDeliveryMode.LowestPriority, true), (message.Destination, message.IsLogical, message.Vector, message.Mode, message.IsLevel));
        message.ToMsi(out ulong address, out uint data);
        Assert.Equal((0xFEE0_5004UL, 0xC141u), (address, data));
    }
}
