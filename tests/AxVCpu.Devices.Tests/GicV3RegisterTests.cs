using System.Runtime.CompilerServices;

namespace AxVCpu.Devices.Tests;

/// <summary>The register map: values after reset, what can be written, widths, and everything a hostile guest may try.</summary>
public sealed class GicV3RegisterTests
{
    private readonly GicBoard _board = new(start: false);

    private ulong ReadRedistributor(ulong offset, AccessWidth width = AccessWidth.Dword)
    {
        Assert.True(_board.Gic.ReadRedistributor(ref _board.Host, 0, offset, width, out ulong value), $"no read at 0x{offset:x}");
        return value;
    }

    [Theory]
    [InlineData(0x0000, 0x50)]
    [InlineData(0x0004, 0x49_0003)]
    [InlineData(0x0008, 0x43B)]
    [InlineData(0x000C, 0)]
    [InlineData(0x0800, 0)]
    [InlineData(0x0C08, 0)]
    [InlineData(0x6100, 0)]
    [InlineData(0xFFD0, 0x44)]
    [InlineData(0xFFE0, 0x92)]
    [InlineData(0xFFE4, 0xB4)]
    [InlineData(0xFFE8, 0x3B)]
    [InlineData(0xFFF0, 0x0D)]
    [InlineData(0xFFFC, 0xB1)]
    public void The_distributor_says_what_it_is(ulong offset, ulong expected) => Assert.Equal(expected, _board.Read(offset));

    [Theory]
    [InlineData(0x0_0000, 0)]
    [InlineData(0x0_0004, 0x43B)]
    [InlineData(0x0_0008, 0x20)]
    [InlineData(0x2_0008, 0x130)]
    [InlineData(0x2_000C, 1)]
    [InlineData(0x0_0014, 0)]
    [InlineData(0x0_FFE0, 0x93)]
    [InlineData(0x0_FFE8, 0x3B)]
    [InlineData(0x1_0C00, 0xAAAA_AAAA)]
    [InlineData(0x1_0C04, 0)]
    [InlineData(0x1_0104, 0)]
    public void A_redistributor_says_what_it_is(ulong offset, ulong expected) => Assert.Equal(expected, ReadRedistributor(offset));

    [Fact]
    public void The_type_registers_follow_the_machine()
    {
        var board = new GicBoard(vcpus: 3, spis: 2000, start: false);
        Assert.Equal(1020u, board.Gic.IntIdEnd);
        board.Gic.SetAffinity(2, 0x7F_0003_0210);
        Assert.Equal(0x549_001FUL, board.Read(4));
        Assert.True(board.Gic.ReadRedistributor(ref board.Host, 0, 0x4_0008, AccessWidth.Qword, out ulong type));
        Assert.Equal(0x7F03_0210_0000_0230UL, type);
        Assert.Equal(0x6_0000UL, board.Gic.RedistributorsSize);
        // INTIDs 1020 to 1023 do not exist.
        board.Write(GicBoard.Enable + 0x7C, uint.MaxValue);
        Assert.Equal(0x0FFF_FFFFUL, board.Read(GicBoard.Enable + 0x7C));
        board.Write(0x7FC, uint.MaxValue);
        Assert.Equal(0UL, board.Read(0x7FC));
        board.Write(0x7F8, uint.MaxValue);
        Assert.Equal(0xF8F8_F8F8UL, board.Read(0x7F8));
    }

    [Fact]
    public void Bit_arrays_set_and_clear_what_is_written_one()
    {
        foreach ((ulong set, ulong clear) in new[] { (GicBoard.Enable, GicBoard.Disable), (GicBoard.SetPending, GicBoard.ClearPending), (GicBoard.SetActive, GicBoard.ClearActive) })
        {
            _board.Write(set + 8, 0xF0F0);
            _board.Write(set + 8, 0x000F);
            Assert.Equal(0xF0FFUL, _board.Read(set + 8));
            _board.Write(clear + 8, 0x00F1);
            Assert.Equal(0xF00EUL, _board.Read(clear + 8));
            _board.WritePrivate(1, set, 0x8000_0001);
            Assert.Equal((0UL, 0x8000_0001UL), (_board.ReadPrivate(0, set), _board.ReadPrivate(1, set)));
            _board.WritePrivate(1, clear, 1, vcpu: 0);
            Assert.Equal(0x8000_0000UL, _board.ReadPrivate(1, clear));
        }
        _board.Write(GicBoard.Group + 4, 0x1234_5678);
        Assert.Equal(0x1234_5678UL, _board.Read(GicBoard.Group + 4));
    }

    [Fact]
    public void With_affinity_routing_the_distributor_has_nothing_private()
    {
        foreach (ulong offset in new[] { GicBoard.Group, GicBoard.Enable, GicBoard.SetPending, GicBoard.SetActive, GicBoard.Priority, GicBoard.Config + 4, GicBoard.Router })
        {
            _board.Write(offset, uint.MaxValue);
            Assert.Equal(0UL, _board.Read(offset));
        }
        Assert.Equal(0UL, _board.ReadPrivate(0, GicBoard.Enable));
        // SPIs beyond the last, and SPIs in a redistributor, are nothing either.
        _board.Write(GicBoard.Enable + 16, uint.MaxValue);
        Assert.Equal(0UL, _board.Read(GicBoard.Enable + 16));
        _board.WritePrivate(0, GicBoard.Enable + 4, uint.MaxValue);
        Assert.Equal(0UL, _board.Read(GicBoard.Enable + 4));
    }

    [Fact]
    public void Priorities_take_bytes_and_words_and_keep_the_implemented_bits()
    {
        _board.Write(GicBoard.Priority + 40, 0x1122_3344);
        Assert.Equal(0x1020_3040UL, _board.Read(GicBoard.Priority + 40));
        _board.Write(GicBoard.Priority + 42, 0xFF, width: AccessWidth.Byte);
        Assert.Equal(0x10F8_3040UL, _board.Read(GicBoard.Priority + 40));
        Assert.Equal(0xF8UL, _board.Read(GicBoard.Priority + 42, width: AccessWidth.Byte));
    }

    [Fact]
    public void Trigger_modes_keep_the_upper_bit_and_software_interrupts_are_edges()
    {
        _board.Write(GicBoard.Config + 12, 0xFFFF_0001);
        Assert.Equal(0xAAAA_0000UL, _board.Read(GicBoard.Config + 12));
        Assert.Equal(0UL, _board.Read(GicBoard.Config + 8));
        _board.WritePrivate(0, GicBoard.Config, 0);
        Assert.Equal(0xAAAA_AAAAUL, _board.ReadPrivate(0, GicBoard.Config));
        _board.WritePrivate(0, GicBoard.Config + 4, 0x8000_0000);
        Assert.Equal(0x8000_0000UL, _board.ReadPrivate(0, GicBoard.Config + 4));
    }

    [Fact]
    public void Routes_are_written_whole_or_in_halves()
    {
        const ulong router = GicBoard.Router + 50 * 8;
        _board.Write(router, ulong.MaxValue, width: AccessWidth.Qword);
        Assert.Equal(0xFF_80FF_FFFFUL, _board.Read(router, width: AccessWidth.Qword));
        _board.Write(router, 0x0001_0203);
        Assert.Equal(0xFF_0001_0203UL, _board.Read(router, width: AccessWidth.Qword));
        _board.Write(router + 4, 0x44);
        Assert.Equal((0x44UL, 0x0001_0203UL), (_board.Read(router + 4), _board.Read(router)));
        Assert.Equal(0UL, _board.Read(GicBoard.Router + 31 * 8, width: AccessWidth.Qword));
        _board.Write(GicBoard.Router + 1019 * 8, 1, width: AccessWidth.Qword);
        Assert.Equal(0UL, _board.Read(GicBoard.Router + 1019 * 8, width: AccessWidth.Qword));
    }

    [Theory]
    [InlineData(0x100, AccessWidth.Byte)]
    [InlineData(0x100, AccessWidth.Word)]
    [InlineData(0x100, AccessWidth.Qword)]
    [InlineData(0x102, AccessWidth.Dword)]
    [InlineData(0x420, AccessWidth.Qword)]
    [InlineData(0x6104, AccessWidth.Qword)]
    [InlineData(0x042, AccessWidth.Word)]
    [InlineData(0x1_0000, AccessWidth.Dword)]
    [InlineData(0xFFFF_FFFF_FFFF_FFFC, AccessWidth.Dword)]
    public void A_width_that_the_register_does_not_have_is_no_access(ulong offset, AccessWidth width)
    {
        Assert.False(_board.Gic.ReadDistributor(ref _board.Host, 0, offset, width, out ulong value));
        Assert.Equal(0UL, value);
        Assert.False(_board.Gic.WriteDistributor(ref _board.Host, 0, offset, width, 1));
    }

    [Theory]
    [InlineData(0x0_0008, AccessWidth.Qword, true)]
    [InlineData(0x0_0070, AccessWidth.Qword, true)]
    [InlineData(0x0_0000, AccessWidth.Qword, false)]
    [InlineData(0x1_0008, AccessWidth.Qword, false)]
    [InlineData(0x1_0401, AccessWidth.Byte, true)]
    [InlineData(0x0_0401, AccessWidth.Byte, false)]
    [InlineData(0x1_0100, AccessWidth.Byte, false)]
    [InlineData(0x4_0000, AccessWidth.Dword, false)]
    public void A_redistributor_has_its_own_widths(ulong offset, AccessWidth width, bool expected)
    {
        Assert.Equal(expected, _board.Gic.ReadRedistributor(ref _board.Host, 0, offset, width, out _));
        Assert.Equal(expected, _board.Gic.WriteRedistributor(ref _board.Host, 0, offset, width, 0));
        Assert.False(_board.Gic.WriteRedistributor(ref _board.Host, 2, offset, width, 0));
    }

    [Fact]
    public void The_state_is_plain_data_and_a_copy_goes_on()
    {
        Assert.False(RuntimeHelpers.IsReferenceOrContainsReferences<GicV3>());
        Assert.InRange(Unsafe.SizeOf<GicV3>(), 1, 32 * 1024);
        var board = new GicBoard();
        board.Gic.SetSpi(ref board.Host, 40, true);
        GicV3 copy = board.Gic;
        Assert.Equal(40u, board.Take(0));
        board.Leave(0);
        board.Gic = copy;
        GicV3.ResetInterface(ref board.Guest(0));
        Assert.False(board.HasDeliverable(0));
        board.Guest(0).PriorityMask = 0xFF;
        board.Guest(0).EnabledGroups = 2;
        Assert.Equal(1UL << 8, board.Read(GicBoard.SetPending + 4));
    }

    [Fact]
    public void Accesses_and_entries_allocate_nothing()
    {
        var board = new GicBoard();
        Assert.Equal(0, Garbage.Of(() =>
        {
            for (uint access = 0; access < 500; access++)
            {
                board.Gic.WriteDistributor(ref board.Host, 0, access * 4, AccessWidth.Dword, access);
                board.Gic.ReadRedistributor(ref board.Host, 0, 0x1_0000 + access * 4, AccessWidth.Dword, out _);
                board.Gic.Flush(0, ref board.Guest(0));
                board.Gic.Sync(ref board.Host, 0, ref board.Guest(0));
                board.Notified.Clear();
            }
        }));
    }

    [Fact]
    public void Whatever_guests_do_ends_in_bounded_time_without_a_fault()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        var board = new GicBoard(vcpus: 4, lists: random.Next(1, 17), spis: random.Next(1000), trapsDeactivate: random.Next(2) == 0);
        for (uint intid = 40; intid < 60; intid += 3)
            board.Gic.MapHardware(0, intid, intid + 100);
        long end = Environment.TickCount64 + 120_000;
        try
        {
            for (int step = 0; step < 60_000; step++)
            {
                int vcpu = random.Next(4);
                if (board.IsInside(vcpu))
                    board.Leave(vcpu);
                ulong offset = random.Next(3) != 0 ? (ulong)random.Next(0x1000) & ~3UL : (ulong)random.Next(0x9_0000);
                AccessWidth width = random.Next(8) == 0 ? (AccessWidth)random.Next(256) : random.Next(4) == 0 ? (AccessWidth)(1 << random.Next(4)) : AccessWidth.Dword;
                ulong value = random.Next(2) == 0 ? (ulong)random.NextInt64(long.MinValue, long.MaxValue) : 1UL << random.Next(64);
                switch (random.Next(9))
                {
                    case 0:
                        board.Gic.ReadDistributor(ref board.Host, vcpu, offset, width, out _);
                        break;
                    case 1:
                        board.Gic.WriteDistributor(ref board.Host, vcpu, offset, width, value);
                        break;
                    case 2:
                        board.Gic.ReadRedistributor(ref board.Host, vcpu, offset + 0x1_0000, width, out _);
                        break;
                    case 3:
                        board.Gic.WriteRedistributor(ref board.Host, vcpu, offset + (ulong)random.Next(8) * 0x1_0000, width, value);
                        break;
                    case 4:
                        board.Gic.WriteSystemRegister(ref board.Host, vcpu, (GicSystemRegister)random.Next(5), value);
                        break;
                    case 5:
                        board.Gic.SetSpi(ref board.Host, (uint)random.Next(1100), random.Next(2) == 0);
                        board.Gic.SetPpi(ref board.Host, random.Next(-1, 5), (uint)random.Next(40), random.Next(2) == 0);
                        board.Gic.RaiseHardware(ref board.Host, (uint)random.Next(1100));
                        break;
                    case 6:
                        board.Guest(vcpu).Vmcr = (ulong)random.NextInt64(uint.MaxValue);
                        board.HasDeliverable(vcpu);
                        break;
                    case 7:
                        board.Gic.HasWakeRequest(random.Next(-1, 5));
                        if (random.Next(100) == 0)
                            Restart(board);
                        break;
                    default:
                        uint intid = board.Take(vcpu);
                        if (random.Next(2) == 0)
                            board.Guest(vcpu).End(random.Next(4) == 0 ? (uint)random.Next(1100) : intid);
                        break;
                }
                board.Notified.Clear();
                board.Deactivated.Clear();
                Assert.True(Environment.TickCount64 < end, $"seed {seed}: too slow at {step}");
            }
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"seed {seed}: {exception}");
        }
    }

    private static void Restart(GicBoard board)
    {
        for (int vcpu = 0; vcpu < 4; vcpu++)
        {
            if (board.IsInside(vcpu))
                board.Leave(vcpu);
        }
        board.Gic.Reset(ref board.Host);
    }
}
