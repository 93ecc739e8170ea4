namespace AxVCpu.Memory.Tests;

public abstract unsafe partial class AddressSpaceTests<TFormat>
{
    [Fact]
    public void The_dirty_log_sees_guest_faults_host_writes_and_marks_and_clears()
    {
        Ok(Space.MapAlloc(new(Start), 100 * K4, RW, true));
        Assert.Equal(2UL, Space.DirtyLogWords(new(Start + K4)));
        Assert.Equal(AddressSpaceError.BufferTooSmall, Space.EnableDirtyLog(new(Start), _bits, 1));
        Assert.Equal(AddressSpaceError.NotMapped, Space.EnableDirtyLog(new(Start + G1), _bits, 512));
        Assert.Equal(AddressSpaceError.DirtyLogState, Space.FetchAndClearDirty(new(Start), new ulong[2]));
        Ok(Space.EnableDirtyLog(new(Start + K4), _bits, 2));
        Assert.Equal(AddressSpaceError.DirtyLogState, Space.EnableDirtyLog(new(Start), _bits, 2));
        Assert.True(_host.Tlb.Covers(Start + (99 * K4)));

        // The guest's write: denied by the entry, granted and logged by the address space.
        Assert.Equal(NestedWalkStatus.Permission, Space.Walk(new(Start + (3 * K4)), MappingFlags.Write, out _));
        Assert.Equal(NestedWalkStatus.Mapped, Space.Walk(new(Start + (3 * K4)), R, out _));
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + (3 * K4)), MappingFlags.Write));
        Assert.Equal(NestedWalkStatus.Mapped, Space.Walk(new(Start + (3 * K4)), MappingFlags.Write, out _));
        Assert.Equal(NestedWalkStatus.Permission, Space.Walk(new(Start + (4 * K4)), MappingFlags.Write, out _));
        Assert.Equal(PageFaultOutcome.AlreadyPresent, Space.HandlePageFault(new(Start + (3 * K4)), MappingFlags.Write));

        // The host's writes, and a device's.
        Assert.Equal(GuestAccessStatus.Ok, Space.WriteObject(new(Start + (64 * K4) - 4), 1UL));
        Assert.Equal(GuestAccessStatus.Ok, Space.WriteVolatile(new(Start + (70 * K4)), AccessWidth.Byte, 1));
        Space.MarkDirty(new(Start + (99 * K4) + 5), G1);
        Space.MarkDirty(new(0), ulong.MaxValue / 2);
        ulong[] all = new ulong[2];
        Ok(Space.FetchAndClearDirty(new(Start), all));
        Assert.Equal((ulong.MaxValue, (1UL << 36) - 1), (all[0], all[1]));

        Assert.Equal(NestedWalkStatus.Permission, Space.Walk(new(Start + (3 * K4)), MappingFlags.Write, out _));
        _host.Tlb.Calls.Clear();
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + (3 * K4)), MappingFlags.Write));
        Assert.Equal(GuestAccessStatus.Ok, Space.WriteObject(new(Start + (64 * K4) - 4), 1UL));
        Space.MarkDirty(new(Start + (99 * K4) + 5), 1);
        Assert.Equal(AddressSpaceError.BufferTooSmall, Space.FetchAndClearDirty(new(Start), new ulong[1]));
        ulong[] some = new ulong[2];
        Ok(Space.FetchAndClearDirty(new(Start), some));
        Assert.Equal(((1UL << 3) | (1UL << 63), 1UL | (1UL << 35)), (some[0], some[1]));
        Assert.True(_host.Tlb.Covers(Start + (3 * K4)));
        Ok(Space.FetchAndClearDirty(new(Start), some));
        Assert.Equal((0UL, 0UL), (some[0], some[1]));

        Ok(Space.DisableDirtyLog(new(Start)));
        Assert.Equal(AddressSpaceError.DirtyLogState, Space.DisableDirtyLog(new(Start)));
        Assert.Equal(NestedWalkStatus.Mapped, Space.Walk(new(Start + (4 * K4)), MappingFlags.Write, out _));
    }

    [Fact]
    public void The_dirty_log_works_on_lazy_memory_and_a_read_does_not_make_a_page_dirty()
    {
        Ok(Space.MapAlloc(new(Start), 8 * K4, RW, false));
        Ok(Space.EnableDirtyLog(new(Start), _bits, 1));
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start), R));
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + K4), MappingFlags.Write));
        ulong[] dirty = new ulong[1];
        Ok(Space.FetchAndClearDirty(new(Start), dirty));
        Assert.Equal(2UL, dirty[0]);
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start), MappingFlags.Write));
        Ok(Space.FetchAndClearDirty(new(Start), dirty));
        Assert.Equal(1UL, dirty[0]);
    }

    [Fact]
    public void The_dirty_log_splits_blocks_and_without_a_frame_for_that_marks_the_block()
    {
        Ok(Space.MapAlloc(new(Start), M2, RW, true));
        Ok(Space.EnableDirtyLog(new(Start), _bits, 8));
        Assert.Equal(NestedWalkStatus.Mapped, Space.Walk(new(Start), R, out NestedTranslation block));
        Assert.Equal(M2, block.BlockSize);
        _host.Budget = 0;
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + K4), MappingFlags.Write));
        ulong[] dirty = new ulong[8];
        Ok(Space.FetchAndClearDirty(new(Start), dirty));
        Assert.All(dirty, word => Assert.Equal(ulong.MaxValue, word));
        _host.Budget = int.MaxValue;
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + K4), MappingFlags.Write));
        Ok(Space.FetchAndClearDirty(new(Start), dirty));
        Assert.Equal([2UL, 0, 0, 0, 0, 0, 0, 0], dirty);
        Ok(Space.DisableDirtyLog(new(Start)));
        Assert.Equal(NestedWalkStatus.Mapped, Space.Walk(new(Start), RW, out block));
        Assert.Equal(M2, block.BlockSize);
    }

    [Fact]
    public void Unmapping_and_protecting_parts_of_a_logged_mapping_keep_the_log_of_the_rest()
    {
        Ok(Space.MapAlloc(new(Start), 16 * K4, RW, true));
        Ok(Space.EnableDirtyLog(new(Start), _bits, 1));
        Assert.Equal(GuestAccessStatus.Ok, Space.Write(new(Start), new byte[16 * K4]));
        Ok(Space.Unmap(new(Start), 2 * K4));
        Ok(Space.Protect(new(Start + (4 * K4)), K4, R));
        Assert.Equal(PageFaultOutcome.Permission, Space.HandlePageFault(new(Start + (4 * K4)), MappingFlags.Write));
        ulong[] dirty = new ulong[1];
        Ok(Space.FetchAndClearDirty(new(Start + (2 * K4)), dirty));
        Assert.Equal(0xFFFCUL, dirty[0]);
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + (15 * K4)), MappingFlags.Write));
        Ok(Space.FetchAndClearDirty(new(Start + (2 * K4)), dirty));
        Assert.Equal(0x8000UL, dirty[0]);
        Ok(Space.Unmap(new(Start + (2 * K4)), 14 * K4));
        Assert.Equal(_empty, _host.UsedFrames);
    }

    [Fact]
    public void No_write_is_lost_between_fetches_while_writers_run()
    {
        // Writers bump counters in pages as a guest would: only through a walk that permits the write. Each fetch must report every page
        // whose counter moved since the fetch before.
        const int Pages = 32;
        Ok(Space.MapAlloc(new(Start), Pages * K4, RW, true));
        Ok(Space.EnableDirtyLog(new(Start), _bits, 1));
        bool stop = false;
        long[] written = new long[2];
        Thread[] writers = [.. Enumerable.Range(0, 2).Select(id => new Thread(() =>
        {
            Random random = new(id);
            while (!Volatile.Read(ref stop))
            {
                ulong at = Start + ((ulong)random.Next(Pages) * K4) + ((ulong)id * 8);
                Space.ReadVolatile(new(at), AccessWidth.Qword, out ulong count);
                Space.WriteVolatile(new(at), AccessWidth.Qword, count + 1);
                Volatile.Write(ref written[id], written[id] + 1);
            }
        }))];
        foreach (Thread writer in writers)
        {
            writer.Start();
        }

        // The race is over when everybody took part, however late the host gave the writers a processor.
        ulong[] copy = new ulong[Pages * 2];
        ulong[] dirty = new ulong[1];
        for (int round = 0; round < 300 || Volatile.Read(ref written[0]) < 1000 || Volatile.Read(ref written[1]) < 1000; round++)
        {
            Ok(Space.FetchAndClearDirty(new(Start), dirty));
            CopyDirty(copy, dirty[0]);
        }

        Volatile.Write(ref stop, true);
        foreach (Thread writer in writers)
        {
            writer.Join();
        }

        Ok(Space.FetchAndClearDirty(new(Start), dirty));
        CopyDirty(copy, dirty[0]);
        ulong total = 0;
        for (int page = 0; page < Pages; page++)
        {
            for (int id = 0; id < 2; id++)
            {
                Space.ReadVolatile(new(Start + ((ulong)page * K4) + ((ulong)id * 8)), AccessWidth.Qword, out ulong count);
                Assert.Equal(count, copy[(page * 2) + id]);
                total += count;
            }
        }

        Assert.Equal((ulong)(written[0] + written[1]), total);
    }

    private void CopyDirty(ulong[] copy, ulong dirty)
    {
        for (int page = 0; page < 32; page++)
        {
            for (int id = 0; id < 2 && (dirty & (1UL << page)) != 0; id++)
            {
                Space.ReadVolatile(new(Start + ((ulong)page * K4) + ((ulong)id * 8)), AccessWidth.Qword, out copy[(page * 2) + id]);
            }
        }
    }
}
