namespace AxVCpu.Devices.Tests;

/// <summary>Interrupts that stand for physical ones.</summary>
public sealed class GicV3HardwareTests
{
    private const uint Spi = 40, Nothing = GicIntId.Spurious;

    private readonly GicBoard _board = new();

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
            _board.SetSpi(intid, true);
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
}
