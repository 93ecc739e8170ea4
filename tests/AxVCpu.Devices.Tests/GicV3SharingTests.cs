namespace AxVCpu.Devices.Tests;

/// <summary>What vCPUs do to each other's interrupts, and what wakes one that waits.</summary>
public sealed class GicV3SharingTests
{
    private const uint Spi = 40, Nothing = GicIntId.Spurious;

    private readonly GicBoard _board = new();

    [Fact]
    public void What_another_vcpu_disables_is_taken_back_from_the_guest()
    {
        _board.SetSpi(Spi, true);
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
        _board.Edge(Spi);
        _board.SetSpi(Spi, true);
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
        _board.SetSpi(Spi, true);
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
        _board.SetSpi(Spi, false);
        _board.Finish(0, Spi);
        Assert.Equal(0UL, _board.Read(GicBoard.SetActive + 4, vcpu: 1));
    }

    [Fact]
    public void A_waiting_vcpu_wakes_only_for_what_it_would_take()
    {
        _board.Guest(0).PriorityMask = 0xA0;
        _board.SetSpi(Spi, true);
        Assert.False(_board.HasDeliverable(0));
        _board.Guest(0).PriorityMask = 0xA8;
        Assert.True(_board.HasDeliverable(0));
        _board.Guest(0).EnabledGroups = 1;
        Assert.False(_board.HasDeliverable(0));
        Assert.True(_board.Gic.HasWakeRequest(0));
        _board.Guest(0).EnabledGroups = 3;
        // While one of the same priority is handled, it waits; a more urgent one does not.
        _board.SetSpi(Spi + 1, true);
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
        _board.Sgi(0, 2);
        Assert.Equal([1], _board.Notified);
        Assert.False(_board.HasDeliverable(1));
        Assert.True(_board.Gic.HasWakeRequest(1));
        Assert.Equal(Nothing, _board.Take(1));
        _board.Leave(1);
        Assert.True(_board.Gic.WriteRedistributor(ref _board.Host, 1, waker, AccessWidth.Dword, 0));
        Assert.Equal(0u, _board.Take(1));
    }
}
