namespace AxVCpu.Devices.Tests;

/// <summary>What interrupts do: pending, taken, ended, on which vCPU.</summary>
public sealed class GicV3Tests
{
    private const uint Spi = 40, Nothing = GicIntId.Spurious;

    private readonly GicBoard _board = new();

    private void SetSpi(uint intid, bool level) => _board.Gic.SetSpi(ref _board.Host, intid, level);

    private void Sgi(int vcpu, ulong value, GicSystemRegister register = GicSystemRegister.ICC_SGI1R_EL1) =>
        _board.Gic.WriteSystemRegister(ref _board.Host, vcpu, register, value);

    private void Edge(uint intid) => _board.Write(GicBoard.Config + intid / 16 * 4, _board.Read(GicBoard.Config + intid / 16 * 4) | 2u << (int)(intid % 16 * 2));

    [Fact]
    public void A_level_is_taken_again_until_its_line_falls()
    {
        SetSpi(Spi, true);
        Assert.Equal([0], _board.Notified);
        Assert.True(_board.HasDeliverable(0));
        Assert.False(_board.HasDeliverable(1));
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(Spi, _board.Take(0));
            Assert.Equal(Nothing, _board.Guest(0).Acknowledge());
            _board.Reenter(0);
            Assert.Equal(GuestInterface.Active, Assert.Single(_board.Guest(0).Lists) & (GuestInterface.Active | GuestInterface.Pending));
            Assert.False(_board.Guest(0).Maintenance);
            _board.Guest(0).End(Spi);
            // The maintenance interrupt is what makes the guest leave, for its line to be looked at.
            Assert.True(_board.Guest(0).Maintenance);
            _board.Leave(0);
        }
        SetSpi(Spi, false);
        Assert.Equal(Nothing, _board.Take(0));
        _board.Leave(0);
        Assert.False(_board.HasDeliverable(0));
    }

    [Fact]
    public void A_line_that_fell_before_it_was_taken_is_not_taken()
    {
        SetSpi(Spi, true);
        _board.Enter(0);
        SetSpi(Spi, false);
        _board.Reenter(0);
        Assert.Empty(_board.Guest(0).Lists);
    }

    [Fact]
    public void An_edge_is_taken_once_and_edges_while_it_is_handled_once_more()
    {
        Edge(Spi);
        SetSpi(Spi, true);
        SetSpi(Spi, false);
        Assert.Equal(Spi, _board.Take(0));
        SetSpi(Spi, true);
        SetSpi(Spi, false);
        SetSpi(Spi, true);
        _board.Reenter(0);
        Assert.Equal(GuestInterface.Active | GuestInterface.Pending, Assert.Single(_board.Guest(0).Lists) & (GuestInterface.Active | GuestInterface.Pending));
        _board.Finish(0, Spi);
        Assert.Equal(Spi, _board.Take(0));
        Assert.False(_board.Guest(0).Maintenance);
        _board.Finish(0, Spi);
        Assert.Equal(Nothing, _board.Take(0));
    }

    [Fact]
    public void An_edge_that_the_guest_did_not_take_comes_back()
    {
        Edge(Spi);
        SetSpi(Spi, true);
        for (int round = 0; round < 3; round++)
            _board.PassThrough(0);
        Assert.Equal(1u << 8, (uint)_board.Read(GicBoard.SetPending + 4));
        Assert.Equal(Spi, _board.Take(0));
    }

    [Fact]
    public void The_most_urgent_goes_first_and_interrupts_what_is_less_urgent()
    {
        foreach ((uint intid, byte priority) in new (uint, byte)[] { (40, 0xA0), (41, 0x80), (42, 0x80), (43, 0xF0), (44, 0xC0), (45, 0x90) })
        {
            _board.Write(GicBoard.Priority + intid, priority, width: AccessWidth.Byte);
            SetSpi(intid, true);
        }
        _board.Enter(0);
        Assert.Equal([41u, 42, 45, 40], _board.Guest(0).Listed);
        Assert.Equal(41u, _board.Guest(0).Acknowledge());
        Assert.Equal(Nothing, _board.Guest(0).Acknowledge());
        _board.Write(GicBoard.Priority + 50, 0x10, vcpu: 1, width: AccessWidth.Byte);
        SetSpi(50, true);
        _board.Reenter(0);
        Assert.Equal(50u, _board.Guest(0).Acknowledge());
    }

    [Fact]
    public void Whatever_does_not_fit_follows_when_the_list_registers_have_room()
    {
        for (uint intid = 40; intid < 60; intid++)
        {
            Edge(intid);
            SetSpi(intid, true);
        }
        var taken = new List<uint>();
        _board.Enter(0);
        while (taken.Count < 20)
        {
            uint intid = _board.Guest(0).Acknowledge();
            if (intid == Nothing)
            {
                Assert.True(_board.Guest(0).Maintenance, $"stuck after {taken.Count}");
                _board.Reenter(0);
                continue;
            }
            taken.Add(intid);
            _board.Guest(0).End(intid);
        }
        Assert.Equal(Enumerable.Range(40, 20).Select(value => (uint)value), taken);
        Assert.Equal(Nothing, _board.Guest(0).Acknowledge());
        _board.Reenter(0);
        Assert.False(_board.Guest(0).Maintenance);
    }

    [Fact]
    public void Active_interrupts_without_a_list_register_are_ended_by_count()
    {
        // Six nested handlers on four list registers.
        for (uint step = 0; step < 6; step++)
        {
            uint intid = 40 + step;
            Edge(intid);
            _board.Write(GicBoard.Priority + intid, 0xF0 - step * 0x20, width: AccessWidth.Byte);
            SetSpi(intid, true);
            Assert.Equal(intid, _board.Take(0));
            _board.Leave(0);
        }
        Assert.Equal(0x3Fu, (uint)_board.Read(GicBoard.SetActive + 4) >> 8);
        _board.Enter(0);
        for (uint step = 5; step < 6; step--)
        {
            _board.Guest(0).End(40 + step);
            if (_board.Guest(0).Maintenance)
                _board.Reenter(0);
        }
        _board.Leave(0);
        Assert.Equal(0u, (uint)_board.Read(GicBoard.SetActive + 4));
    }

    [Fact]
    public void Deactivation_apart_from_the_end_traps_while_something_has_no_list_register()
    {
        _board.Guest(0).SeparateDeactivation = true;
        for (uint intid = 40; intid < 46; intid++)
        {
            Edge(intid);
            SetSpi(intid, true);
            Assert.Equal(intid, _board.Take(0));
            // The priority drops and the interrupt stays active.
            _board.Finish(0, intid);
        }
        _board.Enter(0);
        Assert.False(_board.Guest(0).Deactivate(45));
        _board.Leave(0);
        Sgi(0, 45, GicSystemRegister.ICC_DIR_EL1);
        Assert.Equal(0x1Fu, (uint)_board.Read(GicBoard.SetActive + 4) >> 8);
        Sgi(0, 40, GicSystemRegister.ICC_DIR_EL1);
        _board.Enter(0);
        Assert.True(_board.Guest(0).Deactivate(42));
        _board.Leave(0);
        Assert.Equal(0x1Au, (uint)_board.Read(GicBoard.SetActive + 4) >> 8);
        foreach (uint special in new uint[] { 39, 1020, 1023, 0xFF_FFFF })
            Sgi(0, special, GicSystemRegister.ICC_DIR_EL1);
        Assert.Equal(0x1Au, (uint)_board.Read(GicBoard.SetActive + 4) >> 8);
    }

    [Fact]
    public void Software_interrupts_reach_the_vcpus_of_a_list_and_all_others()
    {
        var board = new GicBoard(vcpus: 6);
        board.Gic.SetAffinity(4, 0x1_0000_0312);
        board.Gic.SetAffinity(5, 0x8000_0103);
        // vCPUs 1 and 3, by list.
        board.Gic.WriteSystemRegister(ref board.Host, 0, GicSystemRegister.ICC_SGI1R_EL1, 5UL << 24 | 0b1010);
        Assert.Equal([1, 3], board.Notified);
        // Affinity 1.0.3.18: range selector 1, bit 2.
        board.Gic.WriteSystemRegister(ref board.Host, 0, GicSystemRegister.ICC_SGI1R_EL1, 1UL << 48 | 1UL << 44 | 6UL << 24 | 3UL << 16 | 1 << 2);
        Assert.Equal([1, 3, 4], board.Notified);
        // Everybody but vCPU 2.
        board.Gic.WriteSystemRegister(ref board.Host, 2, GicSystemRegister.ICC_SGI1R_EL1, 1UL << 40 | 7UL << 24);
        Assert.Equal([1, 3, 4, 0, 1, 3, 4, 5], board.Notified);
        // The same taken apart; and to itself, which needs no notice.
        board.Gic.SendSgi(ref board.Host, 3, 8, 0b1000, 0, allButSelf: false);
        board.Gic.SendSgi(ref board.Host, 3, 9, 0b100, 0x1_0000_0310, allButSelf: false);
        Assert.Equal([1, 3, 4, 0, 1, 3, 4, 5, 4], board.Notified);
        ulong[] pending = [.. Enumerable.Range(0, 6).Select(vcpu => board.ReadPrivate(vcpu, GicBoard.SetPending))];
        Assert.Equal([1UL << 7, 1UL << 5 | 1UL << 7, 0, 1UL << 5 | 1UL << 7 | 1UL << 8, 1UL << 6 | 1UL << 7 | 1UL << 9, 1UL << 7], pending);
    }

    [Fact]
    public void The_same_software_interrupt_from_two_vcpus_is_one()
    {
        Sgi(0, 3UL << 24 | 2);
        Sgi(1, 3UL << 24 | 2);
        Assert.Equal(3u, _board.Take(1));
        Sgi(0, 3UL << 24 | 2);
        _board.Finish(1, 3);
        Assert.Equal(3u, _board.Take(1));
        _board.Finish(1, 3);
        Assert.Equal(Nothing, _board.Take(1));
    }

    [Theory]
    [InlineData(GicSystemRegister.ICC_SGI1R_EL1, true, true)]
    [InlineData(GicSystemRegister.ICC_SGI1R_EL1, false, true)]
    [InlineData(GicSystemRegister.ICC_SGI0R_EL1, true, false)]
    [InlineData(GicSystemRegister.ICC_SGI0R_EL1, false, true)]
    [InlineData(GicSystemRegister.ICC_ASGI1R_EL1, true, false)]
    [InlineData(GicSystemRegister.ICC_ASGI1R_EL1, false, true)]
    public void A_software_interrupt_is_forwarded_where_its_group_allows(GicSystemRegister register, bool group1, bool expected)
    {
        _board.WritePrivate(1, GicBoard.Group, group1 ? uint.MaxValue : 0);
        Sgi(0, 2UL << 24 | 2, register);
        Assert.Equal(expected, _board.HasDeliverable(1));
    }

    [Fact]
    public void An_spi_follows_its_route()
    {
        _board.Write(GicBoard.Router + Spi * 8, 1, width: AccessWidth.Qword);
        SetSpi(Spi, true);
        Assert.Equal([1], _board.Notified);
        Assert.Equal(Nothing, _board.Take(0));
        _board.Enter(1);
        // Rerouted while vCPU 1 has it in a list register: that one is called back, and then vCPU 0 is told.
        _board.Leave(0);
        _board.Write(GicBoard.Router + Spi * 8, 0, vcpu: 0, width: AccessWidth.Qword);
        Assert.Equal([1, 1], _board.Notified);
        _board.Leave(1);
        Assert.Equal([1, 1, 0], _board.Notified);
        Assert.Equal(Nothing, _board.Take(1));
        Assert.Equal(Spi, _board.Take(0));
        // Active, it stays with the vCPU that handles it, wherever it is routed.
        _board.Leave(0);
        _board.Write(GicBoard.Router + Spi * 8, 1, width: AccessWidth.Qword);
        Assert.Equal(Nothing, _board.Guest(1).Acknowledge());
        _board.Enter(0);
        _board.Finish(0, Spi);
        _board.Reenter(1);
        Assert.Equal(Spi, _board.Guest(1).Acknowledge());
    }

    [Fact]
    public void A_route_to_nobody_leaves_it_pending()
    {
        _board.Write(GicBoard.Router + Spi * 8, 0x77, width: AccessWidth.Qword);
        SetSpi(Spi, true);
        Assert.Empty(_board.Notified);
        Assert.False(_board.HasDeliverable(0) || _board.HasDeliverable(1));
        _board.Write(GicBoard.Router + Spi * 8, 1);
        Assert.Equal([1], _board.Notified);
        Assert.Equal(Spi, _board.Take(1));
    }

    [Fact]
    public void Any_vcpu_may_take_a_1_of_N_interrupt_and_only_one_does()
    {
        for (uint intid = 40; intid < 44; intid++)
        {
            _board.Write(GicBoard.Router + intid * 8, 1UL << 31, width: AccessWidth.Qword);
            Edge(intid);
        }
        SetSpi(40, true);
        SetSpi(41, true);
        // They take turns in being asked.
        Assert.Equal([0, 1], _board.Notified);
        _board.Enter(1);
        _board.Enter(0);
        Assert.Equal([40u, 41], _board.Guest(1).Listed);
        Assert.Empty(_board.Guest(0).Listed);
        _board.Leave(1);
        _board.Leave(0);
        _board.WritePrivate(0, 0, 0);
        Assert.True(_board.Gic.WriteRedistributor(ref _board.Host, 1, GicV3.RedistributorSize, AccessWidth.Dword, (uint)GicrCtlr.DPG1NS));
        _board.Notified.Clear();
        SetSpi(42, true);
        SetSpi(43, true);
        Assert.Equal([0, 0], _board.Notified);
        _board.Enter(1);
        Assert.Empty(_board.Guest(1).Listed);
        Assert.Equal(40u, _board.Take(0));
    }

    [Fact]
    public void Interrupts_of_a_disabled_group_or_disabled_ones_wait()
    {
        _board.Write(GicBoard.Ctlr, 1);
        SetSpi(Spi, true);
        Assert.Equal([1], _board.Notified);
        Assert.Equal(Nothing, _board.Take(0));
        _board.Leave(0);
        _board.Write(GicBoard.Ctlr, 2, vcpu: 1);
        Assert.Equal([1, 0], _board.Notified);
        _board.Write(GicBoard.Disable + 4, 1 << 8);
        Assert.False(_board.HasDeliverable(0));
        _board.Write(GicBoard.Enable + 4, 1 << 8, vcpu: 1);
        Assert.Equal([1, 0, 0], _board.Notified);
        Assert.Equal(Spi, _board.Take(0));
    }

    [Fact]
    public void What_another_vcpu_disables_is_taken_back_from_the_guest()
    {
        SetSpi(Spi, true);
        _board.Enter(0);
        _board.Notified.Clear();
        _board.Write(GicBoard.Disable + 4, 1 << 8, vcpu: 1);
        Assert.Equal([0], _board.Notified);
        _board.Reenter(0);
        Assert.Empty(_board.Guest(0).Lists);
    }

    [Fact]
    public void Pending_and_active_states_of_a_running_vcpu_can_be_taken_by_another()
    {
        Edge(Spi);
        SetSpi(Spi, true);
        _board.Enter(0);
        _board.Write(GicBoard.ClearPending + 4, 1 << 8, vcpu: 1);
        _board.Reenter(0);
        Assert.Empty(_board.Guest(0).Lists);
        _board.Write(GicBoard.SetPending + 4, 1 << 8, vcpu: 1);
        Assert.Equal(Spi, _board.Take(0) == Nothing ? Reentered() : Spi);
        _board.Write(GicBoard.ClearActive + 4, 1 << 8, vcpu: 1);
        _board.Reenter(0);
        Assert.Empty(_board.Guest(0).Lists);
        _board.Leave(0);
        Assert.Equal(0UL, _board.Read(GicBoard.SetActive + 4));

        uint Reentered()
        {
            _board.Reenter(0);
            return _board.Guest(0).Acknowledge();
        }
    }

    [Fact]
    public void Somebody_who_waits_for_a_handler_is_told_what_was_the_case_after_the_question()
    {
        SetSpi(Spi, true);
        _board.Enter(0);
        _board.Notified.Clear();
        // Not known: it is in vCPU 0's list registers. Yes for now, and vCPU 0 is called.
        Assert.Equal(1UL << 8, _board.Read(GicBoard.SetActive + 4, vcpu: 1));
        Assert.Equal([0], _board.Notified);
        _board.Reenter(0);
        // It was only pending then: no, and the next question is a new one.
        Assert.Equal(0UL, _board.Read(GicBoard.SetActive + 4, vcpu: 1));
        Assert.Equal(1UL << 8, _board.Read(GicBoard.SetActive + 4, vcpu: 1));
        Assert.Equal(Spi, _board.Guest(0).Acknowledge());
        _board.Reenter(0);
        Assert.Equal(1UL << 8, _board.Read(GicBoard.SetActive + 4, vcpu: 1));
        Assert.Equal(1UL << 8, _board.Read(GicBoard.SetActive + 4, vcpu: 1));
        SetSpi(Spi, false);
        _board.Finish(0, Spi);
        Assert.Equal(0UL, _board.Read(GicBoard.SetActive + 4, vcpu: 1));
    }

    [Fact]
    public void A_physical_interrupt_is_deactivated_by_the_guests_own_deactivation()
    {
        _board.Gic.MapHardware(0, Spi, 99);
        Assert.False(_board.Gic.RaiseHardware(ref _board.Host, Spi + 1));
        Assert.True(_board.Gic.RaiseHardware(ref _board.Host, Spi));
        Assert.Equal(Spi, _board.Take(0));
        ulong list = Assert.Single(_board.Guest(0).Lists);
        Assert.NotEqual(0UL, list & GuestInterface.Hardware);
        _board.Reenter(0);
        _board.Finish(0, Spi);
        Assert.Equal([99u], _board.Guest(0).Physical);
        Assert.Empty(_board.Deactivated);
        Assert.Equal(Nothing, _board.Take(0));
    }

    [Fact]
    public void A_physical_interrupt_that_the_guest_drops_otherwise_is_deactivated_for_it()
    {
        _board.Gic.MapHardware(0, Spi, 99);
        _board.Gic.RaiseHardware(ref _board.Host, Spi);
        _board.Write(GicBoard.ClearPending + 4, 1 << 8);
        Assert.Equal([99u], _board.Deactivated);
        _board.Gic.RaiseHardware(ref _board.Host, Spi);
        Assert.Equal(Spi, _board.Take(0));
        _board.Leave(0);
        _board.Write(GicBoard.ClearActive + 4, 1 << 8);
        Assert.Equal([99u, 99], _board.Deactivated);
        _board.Gic.RaiseHardware(ref _board.Host, Spi);
        _board.Enter(0);
        _board.Write(GicBoard.ClearPending + 4, 1 << 8, vcpu: 1);
        _board.Leave(0);
        Assert.Equal([99u, 99, 99], _board.Deactivated);
        _board.Gic.RaiseHardware(ref _board.Host, Spi);
        _board.Gic.Reset(ref _board.Host);
        Assert.Equal([99u, 99, 99, 99], _board.Deactivated);
    }

    [Fact]
    public void A_timer_keeps_its_list_register_while_it_is_handled()
    {
        _board.Gic.MapHardware(0, 27, 27);
        _board.WritePrivate(0, GicBoard.Priority + 27, 0xF0, width: AccessWidth.Byte);
        _board.Gic.SetPpi(ref _board.Host, 0, 27, true);
        Assert.Equal(27u, _board.Take(0));
        _board.Leave(0);
        for (uint intid = 40; intid < 50; intid++)
            SetSpi(intid, true);
        _board.Enter(0);
        Assert.Contains(27u, _board.Guest(0).Listed);
        Assert.Equal(GuestInterface.Active | GuestInterface.Hardware, _board.Guest(0).Lists.Single(list => (uint)list == 27) & 7UL << 61);
        _board.Guest(0).End(27);
        Assert.Equal([27u], _board.Guest(0).Physical);
        _board.Leave(0);
        _board.Gic.SetPpi(ref _board.Host, 0, 27, false);
        _board.Enter(0);
        Assert.DoesNotContain(27u, _board.Guest(0).Listed);
    }

    [Fact]
    public void A_waiting_vcpu_wakes_only_for_what_it_would_take()
    {
        _board.Guest(0).PriorityMask = 0xA0;
        SetSpi(Spi, true);
        Assert.False(_board.HasDeliverable(0));
        _board.Guest(0).PriorityMask = 0xA8;
        Assert.True(_board.HasDeliverable(0));
        _board.Guest(0).EnabledGroups = 1;
        Assert.False(_board.HasDeliverable(0));
        Assert.True(_board.Gic.HasWakeRequest(0));
        _board.Guest(0).EnabledGroups = 3;
        // While one of the same priority is handled, it waits; a more urgent one does not.
        SetSpi(Spi + 1, true);
        Assert.Equal(Spi, _board.Take(0));
        _board.Leave(0);
        Assert.False(_board.HasDeliverable(0));
        _board.Write(GicBoard.Priority + Spi + 1, 0x20, width: AccessWidth.Byte);
        Assert.True(_board.HasDeliverable(0));
    }

    [Fact]
    public void A_sleeping_redistributor_forwards_nothing_but_asks_to_wake()
    {
        ulong waker = GicV3.RedistributorSize + (ushort)GicrRegister.WAKER;
        Assert.True(_board.Gic.WriteRedistributor(ref _board.Host, 1, waker, AccessWidth.Dword, 2));
        Assert.True(_board.Gic.ReadRedistributor(ref _board.Host, 1, waker, AccessWidth.Dword, out ulong value));
        Assert.Equal(6UL, value);
        Sgi(0, 2);
        Assert.Equal([1], _board.Notified);
        Assert.False(_board.HasDeliverable(1));
        Assert.True(_board.Gic.HasWakeRequest(1));
        Assert.Equal(Nothing, _board.Take(1));
        _board.Leave(1);
        Assert.True(_board.Gic.WriteRedistributor(ref _board.Host, 1, waker, AccessWidth.Dword, 0));
        Assert.Equal(0u, _board.Take(1));
    }

    [Fact]
    public void A_masked_group_does_not_keep_the_other_from_the_list_registers()
    {
        var board = new GicBoard(vcpus: 1, lists: 2);
        for (uint intid = 40; intid < 44; intid++)
        {
            board.Write(GicBoard.Priority + intid, 0, width: AccessWidth.Byte);
            board.Gic.SetSpi(ref board.Host, intid, true);
        }
        board.Write(GicBoard.Group + 4, uint.MaxValue & ~(0xFu << 8));
        board.Gic.SetSpi(ref board.Host, 50, true);
        board.Guest(0).EnabledGroups = 2;
        Assert.Equal(50u, board.Take(0));
        board.Reenter(0);
        Assert.False(board.Guest(0).Maintenance);
        board.Guest(0).EnabledGroups = 3;
        Assert.True(board.Guest(0).Maintenance);
        board.Reenter(0);
        Assert.Equal([40u, 41], board.Guest(0).Listed);
    }

    [Fact]
    public void A_message_is_an_edge_or_a_level()
    {
        _board.Write(0x40, Spi);
        Assert.True(_board.Gic.GetLevel(0, Spi));
        _board.Write(0x48, Spi, width: AccessWidth.Word);
        Assert.False(_board.Gic.GetLevel(0, Spi));
        Edge(Spi);
        _board.Write(0x40, Spi, width: AccessWidth.Word);
        _board.Write(0x40, Spi, width: AccessWidth.Word);
        Assert.Equal(Spi, _board.Take(0));
        _board.Finish(0, Spi);
        Assert.Equal(Nothing, _board.Take(0));
        _board.Leave(0);
        _board.Write(0x40, Spi);
        _board.Write(0x48, Spi);
        Assert.False(_board.HasDeliverable(0));
        _board.Write(0x40, 31);
        _board.Write(0x40, 1020);
        _board.Write(0x50, Spi);
        Assert.False(_board.HasDeliverable(0));
    }

    [Fact]
    public void Software_pending_of_a_level_ends_with_its_handling()
    {
        _board.Write(GicBoard.SetPending + 4, 1 << 8);
        _board.PassThrough(0);
        Assert.Equal(1UL << 8, _board.Read(GicBoard.SetPending + 4));
        Assert.Equal(Spi, _board.Take(0));
        _board.Finish(0, Spi);
        Assert.False(_board.HasDeliverable(0));
        SetSpi(Spi, true);
        _board.Write(GicBoard.ClearPending + 4, 1 << 8);
        // The line is still high.
        Assert.True(_board.HasDeliverable(0));
    }

    [Fact]
    public void Reset_keeps_lines_and_forgets_the_rest()
    {
        Edge(Spi);
        SetSpi(Spi, true);
        SetSpi(50, true);
        Assert.Equal(Spi, _board.Take(0));
        _board.Leave(0);
        _board.Gic.Reset(ref _board.Host);
        Assert.Equal(0x50UL, _board.Read(GicBoard.Ctlr));
        Assert.Equal(0UL, _board.Read(GicBoard.Enable + 4));
        Assert.Equal(0UL, _board.Read(GicBoard.SetActive + 4));
        Assert.True(_board.Gic.GetLevel(0, 50));
        // Level-sensitive again: what is high is pending.
        Assert.Equal(1UL << 8 | 1UL << 18, _board.Read(GicBoard.SetPending + 4));
        GicV3.ResetInterface(ref _board.Guest(0));
        Assert.Equal(0UL, _board.Guest(0).Vmcr);
    }
}
