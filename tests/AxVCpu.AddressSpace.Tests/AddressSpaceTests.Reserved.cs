namespace AxVCpu.Memory.Tests;

public abstract unsafe partial class AddressSpaceTests<TFormat>
{
    [Fact]
    public void Reserved_memory_has_its_frames_at_once_and_appears_in_blocks_of_zeros()
    {
        DirtyFrames(3 * M2);
        Ok(Space.MapReserved(new(Start), (2 * M2) + K4, RW));
        Assert.Equal(((2 * M2) / K4) + 1, Space.ResidentFrames);
        Assert.False(Space.Translate(new(Start), out _));
        Assert.Equal(NestedWalkStatus.Lazy, Space.Walk(new(Start + M2), R, out _));
        _host.Budget = 0;

        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + M2 + (5 * K4)), RW));
        Assert.Equal(PageFaultOutcome.AlreadyPresent, Space.HandlePageFault(new(Start + M2 + (6 * K4)), RW));
        Assert.True(Space.TranslateAndGetLimit(new(Start + M2), out _, out ulong limit));
        Assert.Equal(M2, limit);
        Assert.False(Space.Translate(new(Start), out _));
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + (2 * M2)), R));
        AssertZeros(Start, (2 * M2) + K4);
        Assert.Equal(PageFaultOutcome.Permission, Space.HandlePageFault(new(Start), MappingFlags.Execute));
        Assert.Equal(PageFaultOutcome.NotMapped, Space.HandlePageFault(new(Start + (2 * M2) + K4), R));
    }

    [Fact]
    public void Reserved_memory_that_is_discarded_keeps_its_frames_and_holds_zeros_again()
    {
        Ok(Space.MapReserved(new(Start), 2 * M2, RW));
        Ok(Space.MapAlloc(new(Start + (2 * M2)), K4, RW, populate: true));
        ulong used = _host.UsedFrames;
        for (ulong at = 0; at < 2 * M2; at += K4)
        {
            Assert.Equal(GuestAccessStatus.Ok, Space.WriteVolatile(new(Start + at), AccessWidth.Qword, at + 1));
        }

        Assert.Equal(GuestAccessStatus.Ok, Space.WriteVolatile(new(Start + (2 * M2)), AccessWidth.Qword, 7));
        _host.Tlb.Calls.Clear();
        Space.DiscardReserved();
        Assert.True(_host.Tlb.Covers(Start));
        Assert.False(Space.Translate(new(Start), out _));
        Assert.Equal(used, _host.UsedFrames);
        _host.Budget = 0;
        AssertZeros(Start, 2 * M2);
        Assert.Equal(GuestAccessStatus.Ok, Space.ReadVolatile(new(Start + (2 * M2)), AccessWidth.Qword, out ulong other));
        Assert.Equal(7UL, other);
    }

    [Fact]
    public void Rights_that_change_do_not_let_anyone_into_reserved_memory_before_it_is_cleared()
    {
        DirtyFrames(3 * M2);
        Ok(Space.MapReserved(new(Start), 2 * M2, RW));
        Ok(Space.Protect(new(Start + (3 * K4)), M2, R));
        Assert.Equal(NestedWalkStatus.Lazy, Space.Walk(new(Start + (3 * K4)), R, out _));
        Ok(Space.EnableDirtyLog(new(Start + (4 * K4)), _bits, 512));
        Ok(Space.DisableDirtyLog(new(Start + (4 * K4))));
        Ok(Space.Protect(new(Start), 2 * M2, RW));
        Assert.False(Space.Translate(new(Start + (3 * K4)), out _));
        AssertZeros(Start, 2 * M2);
        Assert.Equal(2 * M2 / K4, Space.ResidentFrames);
    }

    [Fact]
    public void A_part_of_reserved_memory_can_be_unmapped_and_gives_its_frames_back()
    {
        Ok(Space.MapReserved(new(Start), 2 * M2, RW));
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start), RW));
        ulong used = _host.UsedFrames;
        Ok(Space.Unmap(new(Start + M2 - (4 * K4)), 8 * K4));
        Assert.Equal((2 * M2 / K4) - 8, Space.ResidentFrames);
        Assert.Equal(used - 8 + 2, _host.UsedFrames); // two tables for the rest of two blocks
        Assert.Equal(PageFaultOutcome.NotMapped, Space.HandlePageFault(new(Start + M2), R));
        AssertZeros(Start + M2 + (4 * K4), M2 - (4 * K4));
        Space.Clear();
        Assert.Equal(_empty, _host.UsedFrames);
    }

    [Fact]
    public void Reserving_more_than_there_is_changes_nothing()
    {
        _host.Budget = 3;
        Assert.Equal(AddressSpaceError.OutOfFrames, Space.MapReserved(new(Start + K4), 600 * M2, RW));
        Assert.Equal((0, _empty, 0UL), (Space.RegionCount, _host.UsedFrames, Space.ResidentFrames));
    }

    [Fact]
    public void A_write_to_reserved_memory_under_the_dirty_log_is_in_it_and_a_read_is_not()
    {
        Ok(Space.MapReserved(new(Start), 2 * M2, RW));
        Ok(Space.EnableDirtyLog(new(Start), _bits, 512));
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start), R));
        Assert.Equal(0UL, _bits[0]);
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + K4), RW));
        Assert.Equal(2UL, _bits[0]);
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + M2 + K4), RW));
        Assert.NotEqual(0UL, _bits[8] & 2);
    }

    /// <summary>Fills frames with a pattern and gives them back, so that who takes them next has to clear them.</summary>
    private void DirtyFrames(ulong bytes)
    {
        Ok(Space.MapAlloc(new(Start), bytes, RW, populate: true));
        byte[] pattern = new byte[bytes];
        pattern.AsSpan().Fill(0xA5);
        Assert.Equal(GuestAccessStatus.Ok, Space.Write(new(Start), pattern));
        Ok(Space.Unmap(new(Start), bytes));
    }

    private void AssertZeros(ulong start, ulong bytes)
    {
        byte[] content = new byte[bytes];
        content.AsSpan().Fill(1);
        Assert.Equal(GuestAccessStatus.Ok, Space.Read(new(start), content));
        Assert.Equal(-1, content.AsSpan().IndexOfAnyExcept((byte)0));
    }
}
