namespace AxVCpu.Devices.Tests;

/// <summary>What happens when a vCPU has more interrupts than list registers.</summary>
public sealed class GicV3ListRegisterTests
{
    private const uint Nothing = GicIntId.Spurious;

    private readonly GicBoard _board = new();

    [Fact]
    public void Whatever_does_not_fit_follows_when_the_list_registers_have_room()
    {
        for (uint intid = 40; intid < 60; intid++)
        {
            _board.Edge(intid);
            _board.SetSpi(intid, true);
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
            _board.Edge(intid);
            _board.Write(GicBoard.Priority + intid, 0xF0 - step * 0x20, width: AccessWidth.Byte);
            _board.SetSpi(intid, true);
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
            _board.Edge(intid);
            _board.SetSpi(intid, true);
            Assert.Equal(intid, _board.Take(0));
            // The priority drops and the interrupt stays active.
            _board.Finish(0, intid);
        }
        _board.Enter(0);
        Assert.False(_board.Guest(0).Deactivate(45));
        _board.Guest(0).Hcr |= 2UL << 27; // EOIcount: a CPU interface that counts the priority drops as well
        _board.Leave(0);
        Assert.Equal(0x3Fu, (uint)_board.Read(GicBoard.SetActive + 4) >> 8);
        _board.Sgi(0, 45, GicSystemRegister.ICC_DIR_EL1);
        Assert.Equal(0x1Fu, (uint)_board.Read(GicBoard.SetActive + 4) >> 8);
        _board.Sgi(0, 40, GicSystemRegister.ICC_DIR_EL1);
        _board.Enter(0);
        Assert.True(_board.Guest(0).Deactivate(42));
        _board.Leave(0);
        Assert.Equal(0x1Au, (uint)_board.Read(GicBoard.SetActive + 4) >> 8);
        foreach (uint special in new uint[] { 39, 1020, 1023, 0xFF_FFFF })
            _board.Sgi(0, special, GicSystemRegister.ICC_DIR_EL1);
        Assert.Equal(0x1Au, (uint)_board.Read(GicBoard.SetActive + 4) >> 8);
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
}
