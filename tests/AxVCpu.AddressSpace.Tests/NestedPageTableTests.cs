namespace AxVCpu.Memory.Tests;

public sealed class EptTableTests : NestedPageTableTests<X64Ept>;

public sealed class NptTableTests : NestedPageTableTests<X64Npt>;

public sealed class Stage2Ipa39TableTests : NestedPageTableTests<Aarch64Stage2<Ipa39>>;

public sealed class Stage2Ipa40TableTests : NestedPageTableTests<Aarch64Stage2<Ipa40>>;

public sealed class Stage2Ipa48TableTests : NestedPageTableTests<Aarch64Stage2<Ipa48>>;

public sealed class Sv39x4TableTests : NestedPageTableTests<Sv39x4>;

public sealed class Sv48x4TableTests : NestedPageTableTests<Sv48x4>;

/// <summary>The nested table, the same tests over every format.</summary>
public abstract partial class NestedPageTableTests<TFormat> : IDisposable
    where TFormat : struct, INestedFormat
{
    private protected const ulong K4 = 4096;
    private protected const ulong M2 = 2UL << 20;
    private protected const ulong G1 = 1UL << 30;
    private protected const MappingFlags RW = MappingFlags.Read | MappingFlags.Write;
    private protected const MappingFlags RWX = RW | MappingFlags.Execute;
    private const ulong Gpa = 4 * G1;
    private const ulong Hpa = 0x40_0000_0000;

    private readonly TestHost _host = new();
    private readonly ulong _rootFrames;
    private NestedPageTable<TFormat, TestFrames> _table;
    private RecordingTlb _tlb;

    protected NestedPageTableTests()
    {
        _tlb = _host.Tlb.Sink;
        Assert.True(NestedPageTable<TFormat, TestFrames>.TryCreate(_host.Frames, out _table));
        _rootFrames = _host.UsedFrames;
    }

    public void Dispose()
    {
        _table.Dispose();
        ulong left = _host.UsedFrames;
        _host.Dispose();
        Assert.Equal(0UL, left);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void The_root_has_the_size_and_alignment_of_the_format()
    {
        Assert.Equal(NestedGeometry<TFormat>.RootFrames, _rootFrames);
        Assert.True(_table.Root.IsAligned(_rootFrames * K4));
    }

    [Fact]
    public void An_empty_table_maps_nothing_up_to_and_beyond_the_end_of_the_address_space()
    {
        Assert.Equal(NestedWalkStatus.NotMapped, Walk(0, out _));
        Assert.Equal(NestedWalkStatus.NotMapped, Walk(NestedGeometry<TFormat>.AddressLimit - 1, out _));
        Assert.Equal(NestedWalkStatus.NotMapped, Walk(NestedGeometry<TFormat>.AddressLimit, out _));
        Assert.Equal(NestedWalkStatus.NotMapped, Walk(ulong.MaxValue, out _));
    }

    [Fact]
    public void Defect_the_root_was_one_page__the_last_page_of_the_address_space_can_be_mapped()
    {
        ulong last = NestedGeometry<TFormat>.AddressLimit - K4;
        Map(last, Hpa, K4);
        Assert.Equal(NestedWalkStatus.Mapped, Walk(last + 5, out NestedTranslation found));
        Assert.Equal(Hpa + 5, found.Address.Value);
        Assert.Equal(NestedWalkStatus.NotMapped, Walk(last - (1UL << 38), out _));
        Ok(_table.Protect(new(last), K4, MappingFlags.Read, ref _tlb));
        Ok(_table.Unmap(new(last), K4, false, ref _tlb));
        Assert.Equal(_rootFrames, _table.TableFrames);
    }

    [Fact]
    public void Mapping_uses_the_largest_blocks_that_both_addresses_allow()
    {
        Map(Gpa - K4, Hpa - K4, (2 * G1) + M2 + (2 * K4));
        Assert.Equal(K4, BlockAt(Gpa - K4));
        Assert.Equal(G1, BlockAt(Gpa));
        Assert.Equal(G1, BlockAt(Gpa + (2 * G1) - 1));
        Assert.Equal(M2, BlockAt(Gpa + (2 * G1)));
        Assert.Equal(K4, BlockAt(Gpa + (2 * G1) + M2));
        Assert.Equal(NestedWalkStatus.NotMapped, Walk(Gpa + (2 * G1) + M2 + K4, out _));

        // Misaligned against each other: only what the offset allows.
        Map(Gpa + (8 * G1), Hpa + M2, G1);
        Assert.Equal(M2, BlockAt(Gpa + (8 * G1)));
        Map(Gpa + (12 * G1), Hpa + K4, M2);
        Assert.Equal(K4, BlockAt(Gpa + (12 * G1)));
    }

    [Fact]
    public void A_512_gigabyte_block_is_used_only_where_the_format_has_one()
    {
        const ulong G512 = 512 * G1;
        if (NestedGeometry<TFormat>.AddressLimit < 2 * G512)
        {
            Assert.Equal(AddressSpaceError.OutOfRange, _table.Map(new(G512), new(0), G512, RWX, ref _tlb));
            return;
        }

        Map(G512, 0, G512);
        Assert.Equal(TFormat.MaxBlockLevel == 3 ? G512 : G1, BlockAt(G512 + 12345));
    }

    [Fact]
    public void A_walk_gives_the_address_the_base_and_the_flags()
    {
        Map(Gpa, Hpa, M2, RW | MappingFlags.Device);
        Assert.Equal(NestedWalkStatus.Mapped, Walk(Gpa + 0x1234, out NestedTranslation found));
        Assert.Equal((Hpa + 0x1234, Hpa, M2, RW | MappingFlags.Device), (found.Address.Value, found.Base.Value, found.BlockSize, found.Flags));
        Assert.Equal(
            NestedWalkStatus.Permission, NestedWalker<TFormat>.Walk(_table.Root, new(Gpa), MappingFlags.Execute, _host.Frames, out _));
        Assert.Equal(
            NestedWalkStatus.Mapped, NestedWalker<TFormat>.Walk(_table.Root, new(Gpa), MappingFlags.Write, _host.Frames, out _));
    }

    [Fact]
    public void Bad_ranges_are_typed_errors_and_change_nothing()
    {
        ulong limit = NestedGeometry<TFormat>.AddressLimit;
        Assert.Equal(AddressSpaceError.ZeroSize, _table.Map(new(Gpa), new(Hpa), 0, RW, ref _tlb));
        Assert.Equal(AddressSpaceError.Misaligned, _table.Map(new(Gpa + 1), new(Hpa), K4, RW, ref _tlb));
        Assert.Equal(AddressSpaceError.Misaligned, _table.Map(new(Gpa), new(Hpa + 1), K4, RW, ref _tlb));
        Assert.Equal(AddressSpaceError.Misaligned, _table.Map(new(Gpa), new(Hpa), K4 + 1, RW, ref _tlb));
        Assert.Equal(AddressSpaceError.OutOfRange, _table.Map(new(limit), new(Hpa), K4, RW, ref _tlb));
        Assert.Equal(AddressSpaceError.OutOfRange, _table.Map(new(limit - K4), new(Hpa), 2 * K4, RW, ref _tlb));
        Assert.Equal(AddressSpaceError.OutOfRange, _table.Map(new(Gpa), new(Hpa), ulong.MaxValue - K4 + 1, RW, ref _tlb));
        Assert.Equal(AddressSpaceError.OutOfRange, _table.Map(new(Gpa), new(ulong.MaxValue - K4 + 1), 2 * K4, RW, ref _tlb));
        Assert.Equal(AddressSpaceError.OutOfRange, _table.Map(new(Gpa), new(1UL << 60), K4, RW, ref _tlb));
        Assert.Equal(AddressSpaceError.OutOfRange, _table.Unmap(new(limit), K4, false, ref _tlb));
        Assert.Equal(AddressSpaceError.ZeroSize, _table.Protect(new(Gpa), 0, RW, ref _tlb));
        Map(Gpa + M2, Hpa, K4);
        ulong frames = _table.TableFrames;
        Assert.Equal(AddressSpaceError.Overlap, _table.Map(new(Gpa), new(Hpa), 2 * M2, RW, ref _tlb));
        Assert.Equal(AddressSpaceError.Overlap, _table.MapLazy(new(Gpa + M2), K4, ref _tlb));
        Assert.Equal(frames, _table.TableFrames);
        Assert.Equal(NestedWalkStatus.NotMapped, Walk(Gpa, out _));
    }

    [Theory]
    [InlineData(M2)]
    [InlineData(G1)]
    public void Defect_part_of_a_huge_page_could_not_be_unmapped__it_is_split_and_the_rest_stays(ulong block)
    {
        Map(Gpa, Hpa, block);
        ulong hole = Gpa + (block / 2) + K4;
        Ok(_table.Unmap(new(hole), 2 * K4, false, ref _tlb));
        Assert.Equal(NestedWalkStatus.NotMapped, Walk(hole, out _));
        Assert.Equal(NestedWalkStatus.NotMapped, Walk(hole + (2 * K4) - 1, out _));
        for (ulong at = Gpa; at < Gpa + block; at += block / 16)
        {
            Assert.Equal(NestedWalkStatus.Mapped, Walk(at, out NestedTranslation found));
            Assert.Equal(at - Gpa + Hpa, found.Address.Value);
        }

        Assert.Equal(Hpa + (hole - K4 - Gpa), Address(hole - K4));
        Assert.Equal(Hpa + (hole + (2 * K4) - Gpa), Address(hole + (2 * K4)));
        Assert.True(_host.Tlb.Covers(hole) && _host.Tlb.Covers(hole + K4));
    }

    [Fact]
    public void Protecting_a_part_splits_and_protecting_it_back_merges()
    {
        Map(Gpa, Hpa, G1);
        ulong before = _table.TableFrames;
        Ok(_table.Protect(new(Gpa + M2), K4, MappingFlags.Read, ref _tlb));
        Assert.Equal(before + 2, _table.TableFrames);
        Assert.Equal(MappingFlags.Read, FlagsAt(Gpa + M2));
        Assert.Equal(RWX, FlagsAt(Gpa + M2 + K4));
        Assert.Equal(RWX, FlagsAt(Gpa + M2 - 1));
        Assert.Equal(M2, BlockAt(Gpa));
        Assert.True(_host.Tlb.Covers(Gpa + M2));

        Ok(_table.Protect(new(Gpa + M2), K4, RWX, ref _tlb));
        Assert.Equal(2UL, _table.TryMerge(new(Gpa), G1, ref _tlb));
        Assert.Equal(before, _table.TableFrames);
        Assert.Equal(G1, BlockAt(Gpa + M2));
    }

    [Fact]
    public void Pages_that_fill_a_block_merge_only_when_they_are_uniform_and_aligned()
    {
        for (ulong at = 0; at < M2; at += K4)
        {
            Map(Gpa + at, Hpa + at, K4);
        }

        Ok(_table.Protect(new(Gpa + (7 * K4)), K4, RW, ref _tlb));
        Assert.Equal(0UL, _table.TryMerge(new(Gpa), M2, ref _tlb));
        Ok(_table.Protect(new(Gpa + (7 * K4)), K4, RWX, ref _tlb));
        Assert.Equal(0UL, _table.TryMerge(new(Gpa), M2 - K4, ref _tlb));
        Assert.Equal(1UL, _table.TryMerge(new(Gpa), M2, ref _tlb));
        Assert.Equal(M2, BlockAt(Gpa));

        Map(Gpa + M2, Hpa + K4, M2);
        Assert.Equal(0UL, _table.TryMerge(new(Gpa + M2), M2, ref _tlb));
    }

    [Fact]
    public void Without_rights_a_mapping_keeps_its_frames_and_lets_nobody_in()
    {
        Map(Gpa, Hpa, M2, RW | MappingFlags.Uncached);
        Ok(_table.Protect(new(Gpa), M2, MappingFlags.Uncached, ref _tlb));
        Assert.Equal(NestedWalkStatus.Mapped, Walk(Gpa + 8, out NestedTranslation found));
        Assert.Equal((Hpa + 8, MappingFlags.Uncached), (found.Address.Value, found.Flags));
        Assert.Equal(
            NestedWalkStatus.Permission, NestedWalker<TFormat>.Walk(_table.Root, new(Gpa), MappingFlags.Read, _host.Frames, out _));
        Ok(_table.Protect(new(Gpa), K4, RWX, ref _tlb));
        Assert.Equal(RWX, FlagsAt(Gpa));
        Assert.Equal(MappingFlags.Uncached, FlagsAt(Gpa + K4));
        Assert.Equal(Hpa + K4, Address(Gpa + K4));
    }

    [Fact]
    public void Lazy_markers_are_as_large_as_can_be_and_split_for_one_page()
    {
        ulong before = _table.TableFrames;
        Ok(_table.MapLazy(new(Gpa), G1, ref _tlb));
        Assert.Equal(NestedWalkStatus.Lazy, Walk(Gpa + G1 - 1, out NestedTranslation marker));
        Assert.Equal(G1, marker.BlockSize);
        Ok(_table.Populate(new(Gpa + M2 + K4), new(Hpa), RW, ref _tlb));
        Assert.Equal((Hpa, K4), (Address(Gpa + M2 + K4), BlockAt(Gpa + M2 + K4)));
        Assert.Equal(NestedWalkStatus.Lazy, Walk(Gpa + M2, out _));
        Assert.Equal(NestedWalkStatus.Lazy, Walk(Gpa + (2 * M2), out marker));
        Assert.Equal(M2, marker.BlockSize);
        Assert.Equal(AddressSpaceError.NotMapped, _table.Populate(new(Gpa + M2 + K4), new(Hpa), RW, ref _tlb));
        Assert.Equal(AddressSpaceError.NotMapped, _table.Populate(new(Gpa - K4), new(Hpa), RW, ref _tlb));
        Ok(_table.Unmap(new(Gpa), G1, false, ref _tlb));
        Assert.Equal(_rootFrames, _table.TableFrames);
        Assert.True(before >= _rootFrames);
    }

    [Fact]
    public void Running_out_of_frames_anywhere_leaves_table_and_frame_count_as_they_were()
    {
        Map(Gpa, Hpa, G1);
        Ok(_table.MapLazy(new(Gpa + G1), G1, ref _tlb));
        int failures = 0;
        Func<AddressSpaceError>[] operations =
        [
            () => _table.Map(new(Gpa + (3 * G1) - K4), new(Hpa), M2 + (2 * K4), RW, ref _tlb),
            () => _table.MapLazy(new((16 * G1) - K4), 2 * K4, ref _tlb),
            () => _table.Unmap(new(Gpa + K4), M2, false, ref _tlb),
            () => _table.Unmap(new(Gpa + G1 - K4), 3 * K4, false, ref _tlb),
            () => _table.Protect(new(Gpa + M2 - K4), M2 + (2 * K4), MappingFlags.Read, ref _tlb),
            () => _table.Populate(new(Gpa + G1 + M2), new(Hpa), RW, ref _tlb),
        ];
        foreach (Func<AddressSpaceError> operation in operations)
        {
            ulong frames = _table.TableFrames;
            for (int budget = 0; ; budget++)
            {
                _host.Budget = budget;
                AddressSpaceError error = operation();
                if (error == AddressSpaceError.None)
                {
                    break;
                }

                failures++;
                Assert.Equal(AddressSpaceError.OutOfFrames, error);
                Assert.Equal(frames, _table.TableFrames);
                Assert.Equal(frames, _host.UsedFrames);
            }

            _host.Budget = int.MaxValue;
            Ok(_table.Unmap(new(0), 32 * G1, false, ref _tlb));
            Assert.Equal(_rootFrames, _host.UsedFrames);
            Map(Gpa, Hpa, G1);
            Ok(_table.MapLazy(new(Gpa + G1), G1, ref _tlb));
            Assert.Equal(G1, BlockAt(Gpa));
        }

        Assert.True(failures >= operations.Length);
    }

    [Fact]
    public void Frames_are_freed_only_after_the_invalidation_is_complete()
    {
        Assert.True(_host.Frames.TryAllocFrame(out HostPhysAddr frame, out _));
        Ok(_table.Map(new(Gpa), frame, K4, RW, ref _tlb));
        ulong used = _host.UsedFrames;
        ulong usedDuring = 0;
        NestedWalkStatus statusDuring = NestedWalkStatus.Mapped;
        _host.Tlb.OnInvalidate = (_, _) =>
        {
            usedDuring = _host.UsedFrames;
            statusDuring = Walk(Gpa, out _);
        };
        Ok(_table.Unmap(new(Gpa), K4, true, ref _tlb));
        Assert.Equal((used, NestedWalkStatus.NotMapped), (usedDuring, statusDuring));
        Assert.Equal(_rootFrames, _host.UsedFrames);
    }

    [Fact]
    public void Splitting_breaks_before_it_makes_where_the_format_needs_it()
    {
        Map(Gpa, Hpa, M2);
        NestedWalkStatus during = default;
        _host.Tlb.OnInvalidate = (start, size) =>
        {
            if (during == default && size == M2 && start == Gpa)
            {
                during = Walk(Gpa + K4, out _);
            }
        };
        Ok(_table.Protect(new(Gpa), K4, MappingFlags.Read, ref _tlb));
        Assert.Equal(TFormat.NeedsBreakBeforeMake ? NestedWalkStatus.Lazy : NestedWalkStatus.Mapped, during);
        Assert.Contains((TFormat.Invalidation, Gpa, M2), _host.Tlb.Calls);
    }

    [Fact]
    public void Walks_during_splits_and_merges_always_find_the_same_memory()
    {
        Map(Gpa, Hpa, M2);
        bool stop = false;
        string? wrong = null;
        long walks = 0;
        Thread reader = new(() =>
        {
            while (!Volatile.Read(ref stop) && wrong == null)
            {
                ulong at = Gpa + ((ulong)(walks & 511) * K4) + 16;
                NestedWalkStatus status = Walk(at, out NestedTranslation found);
                bool broken = TFormat.NeedsBreakBeforeMake && status == NestedWalkStatus.Lazy;
                if (!broken && (status != NestedWalkStatus.Mapped || found.Address.Value != Hpa + (at - Gpa)))
                {
                    wrong = $"{status} {found.Address.Value:x} at {at:x}";
                }

                Interlocked.Increment(ref walks);
            }
        });
        reader.Start();

        // As an engine's invalidation does: returns when the walk that was under way is over.
        _host.Tlb.OnInvalidate = (_, _) =>
        {
            long seen = Interlocked.Read(ref walks);
            while (Interlocked.Read(ref walks) <= seen + 1 && wrong == null)
            {
                Thread.Yield();
            }
        };
        for (int i = 0; i < 30; i++)
        {
            Ok(_table.Protect(new(Gpa + ((ulong)(i & 511) * K4)), K4, MappingFlags.Read, ref _tlb));
            Ok(_table.Protect(new(Gpa), M2, RWX, ref _tlb));
        }

        Volatile.Write(ref stop, true);
        reader.Join();
        _host.Tlb.OnInvalidate = null;
        Assert.Null(wrong);
        Assert.True(walks > 30);
        Assert.Equal(M2, BlockAt(Gpa));
    }

    private static void Ok(AddressSpaceError error) => Assert.Equal(AddressSpaceError.None, error);

    private void Map(ulong gpa, ulong hpa, ulong size, MappingFlags flags = RWX) => Ok(_table.Map(new(gpa), new(hpa), size, flags, ref _tlb));

    private NestedWalkStatus Walk(ulong gpa, out NestedTranslation found) => _table.Walk(new(gpa), out found);

    private ulong BlockAt(ulong gpa)
    {
        Assert.Equal(NestedWalkStatus.Mapped, Walk(gpa, out NestedTranslation found));
        return found.BlockSize;
    }

    private ulong Address(ulong gpa)
    {
        Assert.Equal(NestedWalkStatus.Mapped, Walk(gpa, out NestedTranslation found));
        return found.Address.Value;
    }

    private MappingFlags FlagsAt(ulong gpa)
    {
        Assert.Equal(NestedWalkStatus.Mapped, Walk(gpa, out NestedTranslation found));
        return found.Flags;
    }
}
