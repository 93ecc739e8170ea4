namespace AxVCpu.Devices.Tests;

/// <summary>Which vCPU an interrupt goes to: software's by list, shared ones by route.</summary>
public sealed class GicV3RoutingTests
{
    private const uint Spi = 40, Nothing = GicIntId.Spurious;

    private readonly GicBoard _board = new();

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
        _board.Sgi(0, 3UL << 24 | 2);
        _board.Sgi(1, 3UL << 24 | 2);
        Assert.Equal(3u, _board.Take(1));
        _board.Sgi(0, 3UL << 24 | 2);
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
        _board.Sgi(0, 2UL << 24 | 2, register);
        Assert.Equal(expected, _board.HasDeliverable(1));
    }

    [Fact]
    public void An_spi_follows_its_route()
    {
        _board.Write(GicBoard.Router + Spi * 8, 1, width: AccessWidth.Qword);
        _board.SetSpi(Spi, true);
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
        _board.SetSpi(Spi, true);
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
            _board.Edge(intid);
        }
        _board.SetSpi(40, true);
        _board.SetSpi(41, true);
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
        _board.SetSpi(42, true);
        _board.SetSpi(43, true);
        Assert.Equal([0, 0], _board.Notified);
        _board.Enter(1);
        Assert.Empty(_board.Guest(1).Listed);
        Assert.Equal(40u, _board.Take(0));
    }
}
