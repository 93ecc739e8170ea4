using System.Runtime.InteropServices;

namespace AxVCpu.Memory.Tests;

public sealed class EptAddressSpaceTests : AddressSpaceTests<X64Ept>;

public sealed class NptAddressSpaceTests : AddressSpaceTests<X64Npt>;

public sealed class Stage2Ipa40AddressSpaceTests : AddressSpaceTests<Aarch64Stage2<Ipa40>>;

public sealed class Stage2Ipa48AddressSpaceTests : AddressSpaceTests<Aarch64Stage2<Ipa48>>;

public sealed class Sv39x4AddressSpaceTests : AddressSpaceTests<Sv39x4>;

public sealed class Sv48x4AddressSpaceTests : AddressSpaceTests<Sv48x4>;

/// <summary>The address space, the same tests over every format.</summary>
public abstract unsafe class AddressSpaceTests<TFormat> : IDisposable
    where TFormat : struct, INestedFormat
{
    private const ulong K4 = 4096;
    private const ulong M2 = 2UL << 20;
    private const ulong G1 = 1UL << 30;
    private const MappingFlags R = MappingFlags.Read;
    private const MappingFlags RW = MappingFlags.Read | MappingFlags.Write;
    private const MappingFlags RWX = RW | MappingFlags.Execute;
    private const int Capacity = 8;
    private const ulong Start = 0x8000_0000;
    private const ulong End = 4 * G1;

    private readonly TestHost _host = new();
    private readonly AddressRegion* _regions = (AddressRegion*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(AddressRegion));
    private readonly AddressSpace<TFormat, TestFrames, RecordingTlb>* _space =
        (AddressSpace<TFormat, TestFrames, RecordingTlb>*)NativeMemory.AllocZeroed((nuint)sizeof(AddressSpace<TFormat, TestFrames, RecordingTlb>));
    private readonly ulong* _bits = (ulong*)NativeMemory.AllocZeroed(4096);
    private readonly ulong _empty;

    protected AddressSpaceTests()
    {
        Ok(AddressSpace<TFormat, TestFrames, RecordingTlb>.TryCreate(
            new(Start), End - Start, _host.Frames, _host.Tlb.Sink, _regions, Capacity, out *_space));
        _empty = _host.UsedFrames;
    }

    private ref AddressSpace<TFormat, TestFrames, RecordingTlb> Space => ref *_space;

    public void Dispose()
    {
        Space.Dispose();
        Space.Dispose();
        ulong left = _host.UsedFrames;
        NativeMemory.Free(_space);
        NativeMemory.Free(_regions);
        NativeMemory.Free(_bits);
        _host.Dispose();
        Assert.Equal(0UL, left);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Bad_ranges_are_typed_errors()
    {
        Assert.Equal(AddressSpaceError.ZeroSize, Space.MapAlloc(new(Start), 0, RW, false));
        Assert.Equal(AddressSpaceError.Misaligned, Space.MapAlloc(new(Start + 8), K4, RW, false));
        Assert.Equal(AddressSpaceError.Misaligned, Space.MapAlloc(new(Start), K4 + 8, RW, true));
        Assert.Equal(AddressSpaceError.Misaligned, Space.MapLinear(new(Start), new(8), K4, RW));
        Assert.Equal(AddressSpaceError.OutOfRange, Space.MapAlloc(new(Start - K4), K4, RW, false));
        Assert.Equal(AddressSpaceError.OutOfRange, Space.MapAlloc(new(Start - K4), 2 * K4, RW, false));
        Assert.Equal(AddressSpaceError.OutOfRange, Space.MapAlloc(new(End - K4), 2 * K4, RW, false));
        Assert.Equal(AddressSpaceError.OutOfRange, Space.MapAlloc(new(End - K4), ulong.MaxValue - K4 + 1, RW, false));
        Assert.Equal(AddressSpaceError.NotMapped, Space.Unmap(new(Start), K4));
        Assert.Equal(AddressSpaceError.NotMapped, Space.Protect(new(Start), K4, RW));
        Assert.True(Space.ContainsRange(new(Start), End - Start));
        Assert.False(Space.ContainsRange(new(Start), End - Start + 1));
        Assert.False(Space.ContainsRange(new(Start - 1), 1));
        Assert.Equal(_empty, _host.UsedFrames);
    }

    [Fact]
    public void Overlaps_are_refused_and_neighbours_are_not()
    {
        Ok(Space.MapAlloc(new(Start + (2 * K4)), 2 * K4, RW, false));
        Assert.Equal(AddressSpaceError.Overlap, Space.MapAlloc(new(Start + K4), 2 * K4, RW, true));
        Assert.Equal(AddressSpaceError.Overlap, Space.MapLinear(new(Start + (3 * K4)), new(0), 2 * K4, RW));
        Assert.Equal(AddressSpaceError.Overlap, Space.MapLinear(new(Start), new(0), M2, RW));
        Ok(Space.MapAlloc(new(Start), 2 * K4, R, true));
        Ok(Space.MapLinear(new(Start + (4 * K4)), new(0), K4, RW));
        Assert.Equal(3, Space.RegionCount);
        Assert.True(Space.TryGetRegion(new(Start + (4 * K4) - 1), out AddressRegion region));
        Assert.Equal((Start + (2 * K4), 2 * K4, RegionKind.Lazy, RW), (region.Start.Value, region.Size, region.Kind, region.Flags));
        Assert.False(Space.TryGetRegion(new(Start + (5 * K4)), out _));
        Assert.True(Space.TryGetRegionAt(2, out region));
        Assert.Equal(RegionKind.Linear, region.Kind);
        Assert.False(Space.TryGetRegionAt(3, out _));
    }

    [Fact]
    public void A_full_region_table_is_a_typed_error_that_changes_nothing()
    {
        for (ulong i = 0; i < Capacity - 1; i++)
        {
            Ok(Space.MapAlloc(new(Start + (i * 2 * M2)), M2, RW, false));
        }

        Ok(Space.Unmap(new(Start), K4));
        Assert.Equal(AddressSpaceError.None, Space.Unmap(new(Start + (8 * K4)), K4));
        Assert.Equal(Capacity, Space.RegionCount);
        ulong frames = _host.UsedFrames;
        Assert.Equal(AddressSpaceError.TooManyRegions, Space.Unmap(new(Start + (16 * K4)), K4));
        Assert.Equal(AddressSpaceError.TooManyRegions, Space.Protect(new(Start + (16 * K4)), K4, R));
        Assert.Equal(AddressSpaceError.TooManyRegions, Space.MapAlloc(new(Start + G1), K4, R, false));
        Assert.Equal(frames, _host.UsedFrames);
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + (16 * K4)), RW));
    }

    [Fact]
    public void Defect_linear_mapping_computed_the_offset_unsigned__targets_below_and_above_work()
    {
        Ok(Space.MapLinear(new(Start), new(K4), M2, RW));
        Ok(Space.MapLinear(new(Start + M2), new(0x7F_0000_0000), M2, RW));
        Assert.True(Space.Translate(new(Start + 0x123), out HostPhysAddr low));
        Assert.True(Space.Translate(new(Start + M2 + 0x123), out HostPhysAddr high));
        Assert.Equal((K4 + 0x123, 0x7F_0000_0123UL), (low.Value, high.Value));
        Assert.Equal(PageFaultOutcome.AlreadyPresent, Space.HandlePageFault(new(Start), RW));
    }

    [Fact]
    public void Eager_memory_is_there_at_once_in_blocks_and_unmapping_frees_it()
    {
        Ok(Space.MapAlloc(new(Start), (2 * M2) + K4, RW, true));
        Assert.Equal((2 * M2 / K4) + 1, Space.ResidentFrames);
        Assert.True(Space.TranslateAndGetLimit(new(Start + 16), out _, out ulong limit));
        Assert.Equal((2 * M2) + K4 - 16, limit);
        Assert.Equal(NestedWalkStatus.Mapped, Space.Walk(new(Start), R, out NestedTranslation found));
        Assert.Equal(M2, found.BlockSize);
        Ok(Space.Unmap(new(Start), (2 * M2) + K4));
        Assert.Equal(_empty, _host.UsedFrames);
        Assert.Equal(0UL, Space.ResidentFrames);
        Assert.True(_host.Tlb.Covers(Start + (2 * M2)));
    }

    [Fact]
    public void Lazy_memory_takes_a_frame_for_each_touched_page_only()
    {
        Ok(Space.MapAlloc(new(Start), G1, RWX, false));
        Assert.Equal(0UL, Space.ResidentFrames);
        Assert.False(Space.Translate(new(Start), out _));
        Assert.Equal(NestedWalkStatus.Lazy, Space.Walk(new(Start), R, out _));
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + (5 * K4) + 7), RW));
        Assert.Equal(1UL, Space.ResidentFrames);
        Assert.True(Space.Translate(new(Start + (5 * K4)), out _));
        Assert.False(Space.Translate(new(Start + (4 * K4)), out _));
        Assert.Equal(PageFaultOutcome.NotMapped, Space.HandlePageFault(new(Start + G1), R));
        Assert.Equal(PageFaultOutcome.NotMapped, Space.HandlePageFault(new(Start - 1), R));
    }

    [Fact]
    public void Defect_unmapping_untouched_lazy_memory_freed_a_frame_at_address_zero__nothing_is_freed_twice_or_wrongly()
    {
        Ok(Space.MapAlloc(new(Start), 4 * M2, RW, false));
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + M2), RW));
        Ok(Space.Unmap(new(Start), 4 * M2));
        Assert.Equal(_empty, _host.UsedFrames);
    }

    [Fact]
    public void Defect_a_partly_failed_allocation_leaked__every_failure_gives_all_frames_back()
    {
        int failures = 0;
        for (int budget = 0; ; budget++)
        {
            _host.Budget = budget;
            if (Space.MapAlloc(new(Start + M2 - (20 * K4)), 40 * K4, RW, true) == AddressSpaceError.None)
            {
                break;
            }

            failures++;
            Assert.Equal(_empty, _host.UsedFrames);
            Assert.Equal((0, 0UL), (Space.RegionCount, Space.ResidentFrames));
        }

        Assert.True(failures > 3);
        _host.Budget = int.MaxValue;
        Ok(Space.MapAlloc(new(Start + (8 * M2)), M2, RW, false));
        ulong used = _host.UsedFrames;
        _host.Budget = 1;
        Assert.Equal(PageFaultOutcome.OutOfMemory, Space.HandlePageFault(new(Start + (8 * M2)), RW));
        Assert.Equal(used, _host.UsedFrames);
        _host.Budget = int.MaxValue;
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + (8 * M2)), RW));
    }

    [Fact]
    public void Eager_memory_falls_back_to_single_frames_and_reports_when_even_those_run_out()
    {
        // 16 MiB arena: 15 MiB in one run do fit, 15 more do not, however small the pieces.
        Ok(Space.MapAlloc(new(Start), 8 * M2 - (1 << 20), RW, true));
        ulong used = _host.UsedFrames;
        Assert.Equal(AddressSpaceError.OutOfFrames, Space.MapAlloc(new(Start + G1), M2, RW, true));
        Assert.Equal(used, _host.UsedFrames);
        Ok(Space.Unmap(new(Start + M2), K4));
        Ok(Space.Unmap(new(Start + M2 + (2 * K4)), K4));
        Ok(Space.Unmap(new(Start + M2 + (4 * K4)), K4));
        Ok(Space.MapAlloc(new(Start + G1), K4 * 3, RW, true));
        Assert.Equal(GuestAccessStatus.Ok, Space.Write(new(Start + G1), new byte[3 * K4]));
    }

    [Fact]
    public void Defect_a_second_fault_replaced_the_frame__racing_vcpus_get_one_frame_and_lose_no_data()
    {
        const int Threads = 4;
        const int Pages = 600;
        Ok(Space.MapAlloc(new(Start), Pages * K4, RW, false));
        int handled = 0;
        int other = 0;
        using Barrier barrier = new(Threads);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(id => new Thread(() =>
        {
            barrier.SignalAndWait();
            for (ulong page = 0; page < Pages; page++)
            {
                PageFaultOutcome outcome = Space.HandlePageFault(new(Start + (page * K4)), RW);
                Interlocked.Add(ref outcome == PageFaultOutcome.Handled ? ref handled : ref other, 1);
                Assert.Equal(GuestAccessStatus.Ok, Space.WriteVolatile(new(Start + (page * K4) + ((ulong)id * 8)), AccessWidth.Qword, (ulong)id + 1));
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Assert.Equal((Pages, Pages * (Threads - 1)), (handled, other));
        Assert.Equal((ulong)Pages, Space.ResidentFrames);
        for (ulong at = 0; at < Pages * K4; at += K4)
        {
            for (ulong id = 0; id < Threads; id++)
            {
                Assert.Equal(GuestAccessStatus.Ok, Space.ReadVolatile(new(Start + at + (id * 8)), AccessWidth.Qword, out ulong value));
                Assert.Equal(id + 1, value);
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Defect_frames_were_not_zeroed__recycled_frames_are_zero_for_the_next_owner(bool populate)
    {
        Ok(Space.MapAlloc(new(Start), M2, RW, true));
        byte[] secret = new byte[M2];
        secret.AsSpan().Fill(0xA5);
        Assert.Equal(GuestAccessStatus.Ok, Space.Write(new(Start), secret));
        Ok(Space.Unmap(new(Start), M2));
        Ok(Space.MapAlloc(new(Start + G1), 7 * M2, RW, populate));
        byte[] seen = new byte[7 * M2];
        Assert.Equal(GuestAccessStatus.Ok, Space.Read(new(Start + G1), seen));
        Assert.Equal(-1, seen.AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Defect_the_limit_was_the_region_size__it_is_what_remains_and_ends_with_the_mapping()
    {
        Ok(Space.MapLinear(new(Start), new(G1), M2 + (3 * K4), RW));
        Assert.True(Space.TranslateAndGetLimit(new(Start + 1), out _, out ulong limit));
        Assert.Equal(M2 + (3 * K4) - 1, limit);
        Assert.True(Space.TranslateAndGetLimit(new(Start + M2 + (3 * K4) - 1), out HostPhysAddr last, out limit));
        Assert.Equal((1UL, G1 + M2 + (3 * K4) - 1), (limit, last.Value));
        Assert.True(Space.TranslateAndGetLimit(new(Start), out _, out limit, 100));
        Assert.Equal(100UL, limit);
        Assert.False(Space.TranslateAndGetLimit(new(Start + M2 + (3 * K4)), out _, out limit));
        Assert.Equal(0UL, limit);

        // A neighbour that is not contiguous in the host, and one with other rights, end the limit too.
        Ok(Space.MapLinear(new(Start + M2 + (3 * K4)), new(8 * G1), K4, RW));
        Ok(Space.MapLinear(new(Start + M2 + (4 * K4)), new((8 * G1) + K4), K4, R));
        Assert.True(Space.TranslateAndGetLimit(new(Start), out _, out limit));
        Assert.Equal(M2 + (3 * K4), limit);
        Assert.True(Space.TranslateAndGetLimit(new(Start + M2 + (3 * K4)), out _, out limit));
        Assert.Equal(K4, limit);
    }

    [Fact]
    public void Defect_accesses_ran_past_a_region_or_forever__they_end_with_a_status_and_transfer_nothing()
    {
        Ok(Space.MapAlloc(new(Start), 2 * K4, RW, false));
        byte[] buffer = new byte[64];
        Assert.Equal(GuestAccessStatus.NotMapped, Space.Write(new(Start + (2 * K4) - 32), Enumerable.Repeat((byte)1, 64).ToArray()));
        Assert.Equal(GuestAccessStatus.NotMapped, Space.Read(new(Start + (2 * K4) - 32), buffer));
        Assert.Equal(GuestAccessStatus.Ok, Space.Read(new(Start + (2 * K4) - 64), buffer));
        Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0));
        Assert.Equal(GuestAccessStatus.NotMapped, Space.Read(new(Start - 1), buffer.AsSpan(0, 1)));
        Assert.Equal(GuestAccessStatus.NotMapped, Space.Read(new(ulong.MaxValue - 3), buffer));
        Assert.Equal(GuestAccessStatus.NotMapped, Space.ReadVolatile(new(Start + (2 * K4)), AccessWidth.Qword, out _));
        Assert.Equal(GuestAccessStatus.Ok, Space.Read(new(Start + (9 * K4)), default));
    }

    [Fact]
    public void Defect_objects_did_not_span_regions__any_alignment_across_pages_and_regions_works()
    {
        Ok(Space.MapAlloc(new(Start), K4, RW, false));
        Ok(Space.MapAlloc(new(Start + K4), 2 * K4, RW, true));
        Ok(Space.MapAlloc(new(Start + (3 * K4)), K4, RW, false));
        Guid value = Guid.NewGuid();
        foreach (ulong at in new[] { K4 - 1, K4 - 15, K4 - 8, (2 * K4) - 3, (3 * K4) - 9, 17UL })
        {
            Assert.Equal(GuestAccessStatus.Ok, Space.WriteObject(new(Start + at), value));
            Assert.Equal(GuestAccessStatus.Ok, Space.ReadObject(new(Start + at), out Guid back));
            Assert.Equal(value, back);
        }

        byte[] large = new byte[4 * K4];
        new Random(1).NextBytes(large);
        Assert.Equal(GuestAccessStatus.Ok, Space.Write(new(Start), large));
        byte[] read = new byte[4 * K4];
        Assert.Equal(GuestAccessStatus.Ok, Space.Read(new(Start), read));
        Assert.Equal(large, read);
    }

    [Fact]
    public void Defect_accessors_ignored_rights__reads_writes_and_faults_obey_them()
    {
        Ok(Space.MapAlloc(new(Start), K4, R, false));
        Ok(Space.MapAlloc(new(Start + K4), K4, RW, false));
        Ok(Space.MapAlloc(new(Start + (2 * K4)), K4, MappingFlags.None, false));
        Assert.Equal(GuestAccessStatus.Ok, Space.ReadObject(new(Start), out ulong _));
        Assert.Equal(GuestAccessStatus.Permission, Space.WriteObject(new(Start), 1UL));
        Assert.Equal(GuestAccessStatus.Permission, Space.WriteVolatile(new(Start), AccessWidth.Byte, 1));
        Assert.Equal(GuestAccessStatus.Permission, Space.ReadObject(new(Start + (2 * K4)), out ulong _));
        Assert.Equal(PageFaultOutcome.Permission, Space.HandlePageFault(new(Start), MappingFlags.Write));
        Assert.Equal(PageFaultOutcome.Permission, Space.HandlePageFault(new(Start + K4), MappingFlags.Execute));
        Assert.Equal(GuestAccessStatus.Permission, Space.Write(new(Start + K4 - 4), new byte[8]));
        Assert.Equal(GuestAccessStatus.Ok, Space.WriteObject(new(Start + K4), ulong.MaxValue));
        Assert.Equal(GuestAccessStatus.Permission, Space.Write(new(Start + (2 * K4) - 4), new byte[8]));
        Assert.Equal(GuestAccessStatus.Ok, Space.ReadObject(new(Start + (2 * K4) - 8), out ulong untouched));
        Assert.Equal(0UL, untouched);
    }

    [Fact]
    public void Volatile_accesses_have_their_width_and_refuse_misalignment()
    {
        Ok(Space.MapAlloc(new(Start), K4, RW, false));
        Assert.Equal(GuestAccessStatus.Ok, Space.WriteVolatile(new(Start + 8), AccessWidth.Qword, 0x8877_6655_4433_2211));
        foreach ((AccessWidth width, ulong expected) in new[]
        {
            (AccessWidth.Byte, 0x11UL), (AccessWidth.Word, 0x2211UL), (AccessWidth.Dword, 0x4433_2211UL), (AccessWidth.Qword, 0x8877_6655_4433_2211UL),
        })
        {
            Assert.Equal(GuestAccessStatus.Ok, Space.ReadVolatile(new(Start + 8), width, out ulong value));
            Assert.Equal(expected, value);
            Assert.Equal(GuestAccessStatus.Ok, Space.WriteVolatile(new(Start + 64), width, ulong.MaxValue));
            Assert.Equal(GuestAccessStatus.Ok, Space.ReadVolatile(new(Start + 64), AccessWidth.Qword, out value));
            Assert.Equal(ulong.MaxValue >> (64 - ((int)width * 8)), value);
            if (width != AccessWidth.Byte)
            {
                Assert.Equal(GuestAccessStatus.Misaligned, Space.ReadVolatile(new(Start + 9), width, out _));
                Assert.Equal(GuestAccessStatus.Misaligned, Space.WriteVolatile(new(Start + 9), width, 0));
            }
        }
    }

    [Fact]
    public void Defect_buffers_of_unpopulated_memory_crashed__host_addresses_are_populated_checked_and_bounded()
    {
        Ok(Space.MapAlloc(new(Start), 4 * K4, RW, false));
        Assert.True(Space.TryGetHostAddress(new(Start + 100), 3 * K4, RW, out HostVirtAddr host));
        *(uint*)host.Value = 0xC0FFEE;
        Assert.Equal(GuestAccessStatus.Ok, Space.ReadObject(new(Start + 100), out uint value));
        Assert.Equal(0xC0FFEEu, value);
        Assert.False(Space.TryGetHostAddress(new(Start + 100), 4 * K4, R, out _));
        Assert.False(Space.TryGetHostAddress(new(Start), K4, MappingFlags.Execute, out _));
        Assert.False(Space.TryGetHostAddress(new(Start), 0, R, out _));
    }

    [Fact]
    public void Defect_slices_outlived_their_memory__unmapped_memory_gives_no_host_address()
    {
        Ok(Space.MapAlloc(new(Start), K4, RW, true));
        Assert.True(Space.TryGetHostAddress(new(Start), K4, RW, out _));
        Ok(Space.Unmap(new(Start), K4));
        Assert.False(Space.TryGetHostAddress(new(Start), K4, RW, out _));
    }

    [Fact]
    public void Unmapping_waits_for_readers_and_no_reader_sees_a_recycled_frame()
    {
        // One page is mapped with a pattern and unmapped, again and again, while another mapping takes and dirties what was freed.
        bool stop = false;
        string? wrong = null;
        Thread reader = new(() =>
        {
            byte[] buffer = new byte[256];
            while (!Volatile.Read(ref stop) && wrong == null)
            {
                if (Space.Read(new(Start + 128), buffer) == GuestAccessStatus.Ok && buffer.AsSpan().IndexOfAnyExcept((byte)0) >= 0)
                {
                    wrong = Convert.ToHexString(buffer);
                }
            }
        });
        reader.Start();
        byte[] noise = new byte[K4];
        noise.AsSpan().Fill(0xEE);
        for (int i = 0; i < 300; i++)
        {
            Ok(Space.MapAlloc(new(Start), K4, RW, true));
            Ok(Space.Unmap(new(Start), K4));
            Ok(Space.MapAlloc(new(Start + G1), 8 * K4, RW, true));
            for (ulong at = 0; at < 8 * K4; at += K4)
            {
                Assert.Equal(GuestAccessStatus.Ok, Space.Write(new(Start + G1 + at), noise));
            }

            Ok(Space.Unmap(new(Start + G1), 8 * K4));
        }

        Volatile.Write(ref stop, true);
        reader.Join();
        Assert.Null(wrong);
        Assert.Equal(_empty, _host.UsedFrames);
    }

    [Fact]
    public void Unmapping_the_middle_cuts_the_region_in_two_and_keeps_the_ends()
    {
        Ok(Space.MapAlloc(new(Start), 2 * M2, RW, true));
        Assert.Equal(GuestAccessStatus.Ok, Space.WriteObject(new(Start + K4 - 8), 42UL));
        Ok(Space.Unmap(new(Start + K4), M2));
        Assert.Equal(2, Space.RegionCount);
        Assert.Equal((2 * M2 / K4) - (M2 / K4), Space.ResidentFrames);
        Assert.Equal(GuestAccessStatus.Ok, Space.ReadObject(new(Start + K4 - 8), out ulong kept));
        Assert.Equal(42UL, kept);
        Assert.Equal(GuestAccessStatus.NotMapped, Space.ReadObject(new(Start + K4 - 7), out ulong _));
        Assert.Equal(GuestAccessStatus.Ok, Space.ReadObject(new(Start + K4 + M2), out ulong _));
        Ok(Space.MapLinear(new(Start + K4), new(0), M2, R));
        Ok(Space.Unmap(new(Start), 2 * M2));
        Assert.Equal((_empty, 0), (_host.UsedFrames, Space.RegionCount));
    }

    [Fact]
    public void Protecting_cuts_regions_and_protecting_back_joins_and_merges_them()
    {
        Ok(Space.MapLinear(new(Start), new(G1), G1, RWX));
        ulong tables = Space.TableFrames;
        Ok(Space.Protect(new(Start + M2), K4, R));
        Assert.Equal(3, Space.RegionCount);
        Assert.Equal(PageFaultOutcome.Permission, Space.HandlePageFault(new(Start + M2), MappingFlags.Write));
        Assert.Equal(PageFaultOutcome.AlreadyPresent, Space.HandlePageFault(new(Start + M2 + K4), MappingFlags.Write));
        Assert.True(Space.TryGetRegion(new(Start + M2 + K4), out AddressRegion upper));
        Assert.Equal(G1 + M2 + K4, upper.Target.Value);
        Ok(Space.Protect(new(Start + M2), K4, RWX));
        Assert.Equal((1, tables), (Space.RegionCount, Space.TableFrames));
        Assert.Equal(AddressSpaceError.NotMapped, Space.Protect(new(Start + M2), G1, R));
    }

    [Fact]
    public void Neighbouring_regions_never_share_a_block_so_that_unmapping_needs_no_frame()
    {
        Ok(Space.MapLinear(new(Start), new(G1), M2 / 2, RW));
        Ok(Space.MapLinear(new(Start + (M2 / 2)), new(G1 + (M2 / 2)), M2 / 2, RW));
        Ok(Space.MapAlloc(new(Start + M2), M2 / 2, RW, false));
        Ok(Space.MapAlloc(new(Start + M2 + (M2 / 2)), M2 / 2, RW, false));
        Ok(Space.Protect(new(Start), 2 * M2, R));
        _host.Budget = 0;
        Ok(Space.Unmap(new(Start), M2 / 2));
        Ok(Space.Unmap(new(Start + M2), M2 / 2));
        Assert.True(Space.Translate(new(Start + (M2 / 2)), out _));
        Assert.Equal(NestedWalkStatus.Lazy, Space.Walk(new(Start + M2 + (M2 / 2)), R, out _));
        Space.Clear();
        Assert.Equal((_empty, 0, 0UL), (_host.UsedFrames, Space.RegionCount, Space.ResidentFrames));
    }

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
        Thread[] writers = [.. Enumerable.Range(0, 2).Select(id => new Thread(() =>
        {
            Random random = new(id);
            while (!Volatile.Read(ref stop))
            {
                ulong at = Start + ((ulong)random.Next(Pages) * K4) + ((ulong)id * 8);
                Space.ReadVolatile(new(at), AccessWidth.Qword, out ulong count);
                Space.WriteVolatile(new(at), AccessWidth.Qword, count + 1);
            }
        }))];
        foreach (Thread writer in writers)
        {
            writer.Start();
        }

        ulong[] copy = new ulong[Pages * 2];
        ulong[] dirty = new ulong[1];
        for (int round = 0; round < 300; round++)
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

        Assert.True(total > 0);
    }

    [Fact]
    public void Random_changes_with_random_failures_agree_with_a_model_and_leak_nothing()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        const int Pages = 1100;
        MappingFlags?[] rights = new MappingFlags?[Pages];
        byte[] content = new byte[Pages];
        MappingFlags[] kinds = [RW, R, RWX];
        for (int step = 0; step < 400; step++)
        {
            string where = $"seed {seed} step {step}";
            int first = random.Next(Pages);
            int count = random.Next(1, random.Next(2) == 0 ? 8 : Pages) is int n && n < Pages - first ? n : Pages - first;
            GuestPhysAddr start = new(Start + ((ulong)first * K4));
            Span<MappingFlags?> range = rights.AsSpan(first, count);
            MappingFlags flags = kinds[random.Next(kinds.Length)];
            _host.Budget = random.Next(3) == 0 ? random.Next(4) : int.MaxValue;
            AddressSpaceError error = AddressSpaceError.None;
            bool free = range.IndexOfAnyExcept((MappingFlags?)null) < 0;
            switch (random.Next(4))
            {
                case 0:
                    error = Space.MapAlloc(start, (ulong)count * K4, flags, random.Next(2) == 0);
                    Assert.True(error is AddressSpaceError.OutOfFrames or AddressSpaceError.TooManyRegions
                        || error == (free ? AddressSpaceError.None : AddressSpaceError.Overlap), $"map {error}, {where}");
                    if (error == AddressSpaceError.None)
                    {
                        range.Fill(flags);
                        content.AsSpan(first, count).Clear();
                    }

                    break;
                case 1:
                    error = Space.Unmap(start, (ulong)count * K4);
                    Assert.True(error is AddressSpaceError.OutOfFrames or AddressSpaceError.TooManyRegions
                        || error == (free ? AddressSpaceError.NotMapped : AddressSpaceError.None), $"unmap {error}, {where}");
                    if (error == AddressSpaceError.None)
                    {
                        range.Clear();
                    }

                    break;
                case 2:
                    bool covered = !range.Contains(null);
                    error = Space.Protect(start, (ulong)count * K4, flags);
                    Assert.True(error is AddressSpaceError.OutOfFrames or AddressSpaceError.TooManyRegions
                        || error == (covered ? AddressSpaceError.None : AddressSpaceError.NotMapped), $"protect {error}, {where}");
                    if (error == AddressSpaceError.None)
                    {
                        range.Fill(flags);
                    }

                    break;
                default:
                    GuestAccessStatus status = Space.WriteObject(start + 77, (byte)step);
                    GuestAccessStatus expected = rights[first] is not { } have ? GuestAccessStatus.NotMapped
                        : (have & MappingFlags.Write) == 0 ? GuestAccessStatus.Permission : GuestAccessStatus.Ok;
                    Assert.True(status == expected || (expected == GuestAccessStatus.Ok && status == GuestAccessStatus.OutOfMemory),
                        $"write {status}, not {expected}, {where}");
                    content[first] = status == GuestAccessStatus.Ok ? (byte)step : content[first];
                    break;
            }

            _host.Budget = int.MaxValue;
            int probe = random.Next(Pages);
            GuestAccessStatus read = Space.ReadObject(new(Start + ((ulong)probe * K4) + 77), out byte value);
            Assert.True(rights[probe] == null ? read == GuestAccessStatus.NotMapped : read == GuestAccessStatus.Ok && value == content[probe],
                $"page {probe}: {read} {value}, not {rights[probe]} {content[probe]}, {where}");
            Assert.True(_host.UsedFrames == Space.ResidentFrames + Space.TableFrames, $"leak, {where}");
        }

        Space.Clear();
        Assert.True(_host.UsedFrames == _empty, $"leak, seed {seed}");
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

    private static void Ok(AddressSpaceError error) => Assert.Equal(AddressSpaceError.None, error);
}
