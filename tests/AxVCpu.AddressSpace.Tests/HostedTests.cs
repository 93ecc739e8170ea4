namespace AxVCpu.Memory.Tests;

public sealed unsafe class HostedTests
{
    private const ulong K4 = 4096;
    private const ulong M2 = 2UL << 20;
    private const ulong Ram = 0x8000_0000;
    private const MappingFlags RW = MappingFlags.Read | MappingFlags.Write;

    public static TheoryData<NestedFormat> Formats => [.. Enum.GetValues<NestedFormat>()];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Every_format_serves_reads_writes_and_page_faults(NestedFormat format)
    {
        using GuestAddressSpace space = GuestAddressSpace.Create(format, 64 << 20);
        Assert.Equal(AddressSpaceError.None, space.MapAlloc(new(Ram), 64 << 20, RW, populate: false));
        Assert.Equal(GuestAccessStatus.Ok, space.WriteObject(new(Ram + K4 - 4), 0x1122_3344_5566_7788UL));
        Assert.Equal(GuestAccessStatus.Ok, space.ReadObject(new(Ram + K4 - 4), out ulong value));
        Assert.Equal(0x1122_3344_5566_7788UL, value);
        Assert.Equal(2UL, space.ResidentFrames);
        Assert.Equal(space.ResidentFrames + space.TableFrames, space.Arena.UsedFrames);
        Assert.Equal(PageFaultOutcome.Handled, space.HandlePageFault(new(Ram + M2), RW));
        Assert.Equal(NestedWalkStatus.Mapped, space.Walk(new(Ram + M2), RW, out _));
        Assert.Equal(format, space.Format);
        Assert.NotEqual(0UL, space.Root.Value);
    }

    [Fact]
    public void An_engine_walks_the_tables_by_itself_with_the_identity_map()
    {
        using GuestAddressSpace space = GuestAddressSpace.Create(NestedFormat.Sv48x4, 8 << 20);
        Assert.Equal(AddressSpaceError.None, space.MapAlloc(new(Ram), M2, RW, populate: true));
        NestedWalkStatus status =
            NestedWalker<Sv48x4>.Walk(space.Root, new(Ram + 8), MappingFlags.Write, default(IdentityPhysMap), out NestedTranslation found);
        Assert.Equal(NestedWalkStatus.Mapped, status);
        *(ulong*)found.Address.Value = 77;
        Assert.Equal(GuestAccessStatus.Ok, space.ReadObject(new(Ram + 8), out ulong value));
        Assert.Equal(77UL, value);
    }

    [Fact]
    public void All_of_the_memory_limit_can_be_resident_and_no_more()
    {
        using GuestAddressSpace space = GuestAddressSpace.Create(NestedFormat.Sv39x4, 4 << 20);
        Assert.Equal(AddressSpaceError.None, space.MapAlloc(new(Ram), 64 << 20, RW, populate: false));
        Assert.Equal(GuestAccessStatus.Ok, space.Write(new(Ram), new byte[4 << 20]));
        Assert.Equal(GuestAccessStatus.OutOfMemory, space.Write(new(Ram), new byte[64 << 20]));
        Assert.Equal(AddressSpaceError.None, space.Unmap(new(Ram), 64 << 20));
        Assert.Equal(space.TableFrames, space.Arena.UsedFrames);
    }

    [Fact]
    public void The_invalidator_hears_of_unmapped_ranges_and_the_memory_listener_of_mappings()
    {
        using GuestAddressSpace space = GuestAddressSpace.Create(NestedFormat.Ept, 8 << 20);
        Listener listener = new();
        Assert.Equal(AddressSpaceError.None, space.MapAlloc(new(0), M2, RW, populate: true));
        space.SetInvalidator(listener);
        space.SetMemoryListener(listener);
        Assert.Equal(AddressSpaceError.None, space.MapAlloc(new(Ram), M2, RW, populate: false));
        Assert.Equal(AddressSpaceError.Overlap, space.MapAlloc(new(Ram), M2, RW, populate: false));
        Assert.Equal(AddressSpaceError.None, space.Unmap(new(0), M2));
        Assert.Equal(["map 0+200000", "map 80000000+200000", "invalidate 0+200000", "unmap 0+200000"], listener.Log);
    }

    [Fact]
    public void The_dirty_log_owns_its_bitmap()
    {
        using GuestAddressSpace space = GuestAddressSpace.Create(NestedFormat.Npt, 8 << 20);
        Assert.Equal(AddressSpaceError.NotMapped, space.EnableDirtyLog(new(Ram)));
        Assert.Equal(AddressSpaceError.None, space.MapAlloc(new(Ram), 64 * K4, RW, populate: false));
        Assert.Equal(AddressSpaceError.None, space.EnableDirtyLog(new(Ram)));
        Assert.Equal(AddressSpaceError.DirtyLogState, space.EnableDirtyLog(new(Ram)));
        Assert.True(space.TryGetHostPointer(new(Ram + (3 * K4)), 16, RW, out nint pointer));
        *(ulong*)pointer = 5;
        space.MarkDirty(new(Ram + (3 * K4)), 8);
        ulong[] dirty = new ulong[1];
        Assert.Equal(AddressSpaceError.None, space.FetchAndClearDirty(new(Ram), dirty));
        Assert.Equal(8UL, dirty[0]);
        Assert.Equal(AddressSpaceError.None, space.DisableDirtyLog(new(Ram)));
        Assert.Equal(AddressSpaceError.None, space.EnableDirtyLog(new(Ram)));
        Assert.Equal(AddressSpaceError.None, space.Unmap(new(Ram), 64 * K4));
        Assert.Equal(AddressSpaceError.NotMapped, space.FetchAndClearDirty(new(Ram), dirty));
    }

    [Fact]
    public void A_disposed_address_space_says_so()
    {
        GuestAddressSpace space = GuestAddressSpace.Create(NestedFormat.Stage2, 1 << 20);
        space.Dispose();
        space.Dispose();
        Assert.Throws<ObjectDisposedException>(() => space.Root);
        Assert.Throws<ObjectDisposedException>(() => space.HandlePageFault(new(0), RW));
        Assert.Throws<ObjectDisposedException>(() => space.Arena.UsedFrames);
    }

    [Fact]
    public void The_arena_hands_out_distinct_frames_bounded_by_its_limit_from_many_threads()
    {
        using RamArena arena = new(4 << 20);
        ArenaFrames frames = arena.Frames;
        HashSet<ulong> all = [];
        Parallel.For(0, 4, _ =>
        {
            while (frames.TryAllocFrame(out HostPhysAddr frame, out bool _))
            {
                lock (all)
                {
                    Assert.True(all.Add(frame.Value) && frame.IsAligned(K4));
                }
            }
        });
        Assert.Equal((1024, 1024UL, 1024UL), (all.Count, arena.UsedFrames, arena.PeakFrames));
        Parallel.ForEach(all, frame => frames.DeallocFrame(new(frame)));
        Assert.Equal((0UL, 1024UL), (arena.UsedFrames, arena.PeakFrames));
    }

    [Fact]
    public void The_arena_reuses_runs_aligns_them_and_says_which_frames_are_zero()
    {
        using RamArena arena = new(4 << 20);
        ArenaFrames frames = arena.Frames;
        Assert.True(frames.TryAllocFrames(4, 4 * K4, out HostPhysAddr root, out bool zeroed));
        Assert.True(root.IsAligned(4 * K4));
        Assert.Equal(OperatingSystem.IsLinux(), zeroed);
        Assert.True(frames.TryAllocFrames(512, M2, out HostPhysAddr block, out _));
        Assert.True(block.IsAligned(M2));
        Assert.False(frames.TryAllocFrames(512, M2, out _, out _));
        frames.DeallocFrames(block, 512);
        Assert.True(frames.TryAllocFrames(512, M2, out HostPhysAddr again, out zeroed) && again == block && !zeroed);
        for (ulong i = 0; i < 512; i++)
        {
            frames.DeallocFrame(again + (i * K4));
        }

        for (int i = 0; i < 1020; i++)
        {
            Assert.True(frames.TryAllocFrame(out _, out _));
        }

        Assert.False(frames.TryAllocFrame(out _, out _));
        Assert.Equal(1024UL, arena.UsedFrames);
    }

    [Fact]
    public void A_static_hal_serves_as_a_frame_source_even_for_a_16_kilobyte_root()
    {
        using RamArena arena = new(1 << 20);
        TestHal.Source = arena.Frames;
        Assert.True(NestedPageTable<Sv39x4, HalFrames<TestHal>>.TryCreate(default, out NestedPageTable<Sv39x4, HalFrames<TestHal>> table));
        Assert.True(table.Root.IsAligned(4 * K4));
        Assert.Equal(4UL, arena.UsedFrames);
        NoTlb tlb = default;
        Assert.Equal(AddressSpaceError.None, table.Map(new(Ram), new(Ram), M2 + K4, RW, ref tlb));
        table.Dispose();
        Assert.Equal(0UL, arena.UsedFrames);
    }

    [Fact]
    public void An_engine_with_slots_of_its_own_gets_frames_for_lazy_regions_and_reports_what_it_saw_written()
    {
        using GuestAddressSpace space = GuestAddressSpace.Create(NestedFormat.Npt, 8 << 20);
        Assert.Equal(AddressSpaceError.None, space.MapAlloc(new(Ram), 16 * K4, RW, populate: false));
        Assert.False(space.Translate(new(Ram), out _));
        Listener listener = new() { NeedsFrames = true, OnCollect = region => space.MarkDirty(region.Start + K4, K4) };
        space.SetMemoryListener(listener);
        Assert.True(space.TranslateAndGetLimit(new(Ram), out _, out ulong limit));
        Assert.Equal(16 * K4, limit);
        Assert.Equal(AddressSpaceError.None, space.MapAlloc(new(Ram + M2), 16 * K4, RW, populate: false));
        Assert.True(space.Translate(new(Ram + M2 + (15 * K4)), out _));
        Assert.Equal([$"map {Ram:x}+10000", $"map {Ram + M2:x}+10000"], listener.Log);

        listener.Log.Clear();
        ulong[] bits = new ulong[1];
        Assert.Equal(AddressSpaceError.None, space.EnableDirtyLog(new(Ram)));
        Assert.Equal(AddressSpaceError.None, space.FetchAndClearDirty(new(Ram), bits));
        Assert.Equal(AddressSpaceError.None, space.DisableDirtyLog(new(Ram)));
        Assert.Equal(0b10UL, bits[0]);
        Assert.Equal([$"map {Ram:x}+10000", $"collect {Ram:x}+10000", $"map {Ram:x}+10000"], listener.Log);
    }

    /// <summary>Hands out single frames with arbitrary content, starting off the alignment of a root.</summary>
    private sealed class TestHal : IVCpuHal
    {
        internal static ArenaFrames Source { get; set; }

        public static bool AllocFrame(out HostPhysAddr frame)
        {
            bool found = Source.TryAllocFrame(out frame, out bool _);
            if (found)
            {
                new Span<byte>((void*)frame.Value, 4096).Fill(0xFF);
            }

            return found;
        }

        public static void DeallocFrame(HostPhysAddr frame) => Source.DeallocFrame(frame);

        public static HostVirtAddr PhysToVirt(HostPhysAddr address) => new(address.Value);

        public static HostPhysAddr VirtToPhys(HostVirtAddr address) => new(address.Value);
    }

    private sealed class Listener : INestedTlbListener, IGuestMemoryListener
    {
        internal List<string> Log { get; } = [];

        public bool NeedsFrames { get; init; }

        internal Action<AddressRegion>? OnCollect { get; init; }

        public void CollectDirty(in AddressRegion region)
        {
            Log.Add($"collect {region.Start.Value:x}+{region.Size:x}");
            OnCollect?.Invoke(region);
        }

        public void Invalidate(GuestPhysAddr start, ulong size) => Log.Add($"invalidate {start.Value:x}+{size:x}");

        public void Mapped(in AddressRegion region) => Log.Add($"map {region.Start.Value:x}+{region.Size:x}");

        public void Unmapped(GuestPhysAddr start, ulong size) => Log.Add($"unmap {start.Value:x}+{size:x}");
    }
}
