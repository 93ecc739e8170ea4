using System.Runtime.InteropServices;

namespace AxVCpu.Memory.Tests;

public sealed class EptAddressSpaceTests : AddressSpaceTests<X64Ept>;

public sealed class NptAddressSpaceTests : AddressSpaceTests<X64Npt>;

public sealed class Stage2Ipa40AddressSpaceTests : AddressSpaceTests<Aarch64Stage2<Ipa40>>;

public sealed class Stage2Ipa48AddressSpaceTests : AddressSpaceTests<Aarch64Stage2<Ipa48>>;

public sealed class Sv39x4AddressSpaceTests : AddressSpaceTests<Sv39x4>;

public sealed class Sv48x4AddressSpaceTests : AddressSpaceTests<Sv48x4>;

/// <summary>The address space, the same tests over every format.</summary>
public abstract unsafe partial class AddressSpaceTests<TFormat> : IDisposable
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
    public void Clearing_frees_owned_frames_only_and_invalidates_once()
    {
        Assert.True(_host.Frames.TryAllocFrame(out HostPhysAddr borrowed, out _));
        Ok(Space.MapAlloc(new(Start), 3 * K4, RW, true));
        Ok(Space.MapLinear(new(Start + (3 * K4)), borrowed, K4, RW));
        Ok(Space.MapAlloc(new(Start + (4 * K4)), 3 * K4, RW, false));
        Assert.Equal(PageFaultOutcome.Handled, Space.HandlePageFault(new(Start + (5 * K4)), RW));
        ulong usedDuring = 0;
        _host.Tlb.OnInvalidate = (_, _) => usedDuring = _host.UsedFrames;
        ulong used = _host.UsedFrames;
        Space.Clear();
        Assert.Equal([(TFormat.Invalidation, 0UL, ulong.MaxValue)], _host.Tlb.Calls);
        Assert.Equal((used, _empty + 1, 0UL), (usedDuring, _host.UsedFrames, Space.ResidentFrames));
        _host.Frames.DeallocFrame(borrowed);
        Ok(Space.MapAlloc(new(Start), M2, RW, true));
    }

    private static void Ok(AddressSpaceError error) => Assert.Equal(AddressSpaceError.None, error);
}
