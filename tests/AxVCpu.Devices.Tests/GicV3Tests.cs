namespace AxVCpu.Devices.Tests;

/// <summary>What an interrupt does on one vCPU: pending, taken, ended, by its kind.</summary>
public sealed class GicV3Tests
{
    private const uint Spi = 40, Nothing = GicIntId.Spurious;

    private readonly GicBoard _board = new();

    [Fact]
    public void A_level_is_taken_again_until_its_line_falls()
    {
        _board.SetSpi(Spi, true);
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
        _board.SetSpi(Spi, false);
        Assert.Equal(Nothing, _board.Take(0));
        _board.Leave(0);
        Assert.False(_board.HasDeliverable(0));
    }

    [Fact]
    public void A_line_that_fell_before_it_was_taken_is_not_taken()
    {
        _board.SetSpi(Spi, true);
        _board.Enter(0);
        _board.SetSpi(Spi, false);
        _board.Reenter(0);
        Assert.Empty(_board.Guest(0).Lists);
    }

    [Fact]
    public void An_edge_is_taken_once_and_edges_while_it_is_handled_once_more()
    {
        _board.Edge(Spi);
        _board.SetSpi(Spi, true);
        _board.SetSpi(Spi, false);
        Assert.Equal(Spi, _board.Take(0));
        _board.SetSpi(Spi, true);
        _board.SetSpi(Spi, false);
        _board.SetSpi(Spi, true);
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
        _board.Edge(Spi);
        _board.SetSpi(Spi, true);
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
            _board.SetSpi(intid, true);
        }
        _board.Enter(0);
        Assert.Equal([41u, 42, 45, 40], _board.Guest(0).Listed);
        Assert.Equal(41u, _board.Guest(0).Acknowledge());
        Assert.Equal(Nothing, _board.Guest(0).Acknowledge());
        _board.Write(GicBoard.Priority + 50, 0x10, vcpu: 1, width: AccessWidth.Byte);
        _board.SetSpi(50, true);
        _board.Reenter(0);
        Assert.Equal(50u, _board.Guest(0).Acknowledge());
    }

    [Fact]
    public void Interrupts_of_a_disabled_group_or_disabled_ones_wait()
    {
        _board.Write(GicBoard.Ctlr, 1);
        _board.SetSpi(Spi, true);
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
    public void A_message_is_an_edge_or_a_level()
    {
        _board.Write(0x40, Spi);
        Assert.True(_board.Gic.GetLevel(0, Spi));
        _board.Write(0x48, Spi, width: AccessWidth.Word);
        Assert.False(_board.Gic.GetLevel(0, Spi));
        _board.Edge(Spi);
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
        _board.SetSpi(Spi, true);
        _board.Write(GicBoard.ClearPending + 4, 1 << 8);
        // The line is still high.
        Assert.True(_board.HasDeliverable(0));
    }

    [Fact]
    public void Reset_keeps_lines_and_forgets_the_rest()
    {
        _board.Edge(Spi);
        _board.SetSpi(Spi, true);
        _board.SetSpi(50, true);
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
