namespace AxVCpu.Memory.Tests;

/// <summary>Entries against values worked out by hand from the specifications' tables.</summary>
public sealed class EncodingTests
{
    private const MappingFlags R = MappingFlags.Read;
    private const MappingFlags RW = MappingFlags.Read | MappingFlags.Write;
    private const MappingFlags RX = MappingFlags.Read | MappingFlags.Execute;
    private const MappingFlags RWX = RW | MappingFlags.Execute;
    private static readonly HostPhysAddr s_frame = new(0x0000_1234_4000_0000);

    [Fact]
    public void Ept_entries_have_the_bits_of_the_Intel_manual()
    {
        // Table entry: read, write, execute. Page: 2:0 rights, 5:3 memory type (6 = WB, 0 = UC), 7 page size.
        Assert.Equal(0x0000_1234_4000_0007UL, X64Ept.EncodeTable(s_frame));
        Assert.Equal(0x0000_1234_4000_0037UL, X64Ept.EncodeLeaf(s_frame, RWX, 0));
        Assert.Equal(0x0000_1234_4000_0031UL, X64Ept.EncodeLeaf(s_frame, R, 0));
        Assert.Equal(0x0000_1234_4000_00B5UL, X64Ept.EncodeLeaf(s_frame, RX, 1));
        Assert.Equal(0x0000_1234_4000_00B3UL, X64Ept.EncodeLeaf(s_frame, RW, 2));
        Assert.Equal(0x0000_1234_4000_0003UL, X64Ept.EncodeLeaf(s_frame, RW | MappingFlags.Device, 0));
        Assert.Equal(0x0020_1234_4000_0003UL, X64Ept.EncodeLeaf(s_frame, RW | MappingFlags.Uncached, 0));
        Assert.Equal(0x0000_1234_4000_001EUL, X64Ept.RootRegister(s_frame, 7));
    }

    [Fact]
    public void Npt_entries_have_the_bits_of_the_AMD_manual()
    {
        // P 0, RW 1, US 2, PWT 3, PCD 4, A 5, D 6, PS 7, NX 63.
        Assert.Equal(0x0000_1234_4000_0027UL, X64Npt.EncodeTable(s_frame));
        Assert.Equal(0x0000_1234_4000_0067UL, X64Npt.EncodeLeaf(s_frame, RWX, 0));
        Assert.Equal(0x8000_1234_4000_0065UL, X64Npt.EncodeLeaf(s_frame, R, 0));
        Assert.Equal(0x0000_1234_4000_00E5UL, X64Npt.EncodeLeaf(s_frame, RX, 1));
        Assert.Equal(0x8000_1234_4000_007FUL, X64Npt.EncodeLeaf(s_frame, RW | MappingFlags.Device, 0));
        Assert.Equal(0x8000_1234_4000_0077UL, X64Npt.EncodeLeaf(s_frame, RW | MappingFlags.Uncached, 0));
        Assert.Equal(0x0000_1234_4000_0000UL, X64Npt.RootRegister(s_frame, 7));
    }

    [Fact]
    public void Stage_2_entries_have_the_bits_of_the_Arm_manual()
    {
        // 1:0 type, 5:2 MemAttr, 7:6 S2AP, 9:8 SH, 10 AF, 54 XN.
        Assert.Equal(0x0000_1234_4000_0003UL, Aarch64Stage2<Ipa40>.EncodeTable(s_frame));
        Assert.Equal(0x0000_1234_4000_07FFUL, Aarch64Stage2<Ipa40>.EncodeLeaf(s_frame, RWX, 0));
        Assert.Equal(0x0040_1234_4000_077FUL, Aarch64Stage2<Ipa40>.EncodeLeaf(s_frame, R, 0));
        Assert.Equal(0x0000_1234_4000_077DUL, Aarch64Stage2<Ipa40>.EncodeLeaf(s_frame, RX, 1));
        Assert.Equal(0x0000_1234_4000_07FDUL, Aarch64Stage2<Ipa40>.EncodeLeaf(s_frame, RWX, 2));
        Assert.Equal(0x0040_1234_4000_06C7UL, Aarch64Stage2<Ipa40>.EncodeLeaf(s_frame, RW | MappingFlags.Device, 0));
        Assert.Equal(0x0040_1234_4000_06D7UL, Aarch64Stage2<Ipa40>.EncodeLeaf(s_frame, RW | MappingFlags.Uncached, 0));
        Assert.Equal(0x0007_1234_4000_0000UL, Aarch64Stage2<Ipa40>.RootRegister(s_frame, 7));
    }

    [Fact]
    public void Riscv_entries_have_the_bits_of_the_privileged_specification()
    {
        // V 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, RSW 9:8, PPN from 10. A pointer has only V.
        Assert.Equal((0x1_2344_0000UL << 10) | 0x01, Sv39x4.EncodeTable(s_frame));
        Assert.Equal((0x1_2344_0000UL << 10) | 0xDF, Sv39x4.EncodeLeaf(s_frame, RWX, 0));
        Assert.Equal((0x1_2344_0000UL << 10) | 0xD3, Sv48x4.EncodeLeaf(s_frame, R, 0));
        Assert.Equal((0x1_2344_0000UL << 10) | 0xDB, Sv48x4.EncodeLeaf(s_frame, RX, 2));
        Assert.Equal((0x1_2344_0000UL << 10) | 0x1D7, Sv48x4.EncodeLeaf(s_frame, RW | MappingFlags.Device, 0));
        Assert.Equal((0x1_2344_0000UL << 10) | 0x2D7, Sv48x4.EncodeLeaf(s_frame, RW | MappingFlags.Uncached, 0));
        Assert.Equal(0x8000_7001_2344_0000UL, Sv39x4.RootRegister(s_frame, 7));
        Assert.Equal(0x9000_7001_2344_0000UL, Sv48x4.RootRegister(s_frame, 7));
    }

    [Fact]
    public void Each_format_has_the_sizes_of_its_specification()
    {
        Assert.Equal((4, 48, 512, 1UL), Shape<X64Ept>());
        Assert.Equal((4, 48, 512, 1UL), Shape<X64Npt>());
        Assert.Equal((3, 39, 512, 1UL), Shape<Aarch64Stage2<Ipa39>>());
        Assert.Equal((3, 40, 1024, 2UL), Shape<Aarch64Stage2<Ipa40>>());
        Assert.Equal((4, 44, 32, 1UL), Shape<Aarch64Stage2<Ipa44>>());
        Assert.Equal((4, 48, 512, 1UL), Shape<Aarch64Stage2<Ipa48>>());
        Assert.Equal((3, 41, 2048, 4UL), Shape<Sv39x4>());
        Assert.Equal((4, 50, 2048, 4UL), Shape<Sv48x4>());
        Assert.Equal((24u, 1u), (Aarch64Stage2<Ipa40>.T0Sz, Aarch64Stage2<Ipa40>.Sl0));
        Assert.Equal((16u, 2u), (Aarch64Stage2<Ipa48>.T0Sz, Aarch64Stage2<Ipa48>.Sl0));
    }

    [Fact]
    public void Every_combination_of_flags_reads_back_as_its_effective_flags()
    {
        RoundTrip<X64Ept>();
        RoundTrip<X64Npt>();
        RoundTrip<Aarch64Stage2<Ipa40>>();
        RoundTrip<Sv39x4>();
        RoundTrip<Sv48x4>();
    }

    [Fact]
    public void Non_present_entries_are_non_present_in_every_format_and_never_mistaken_for_empty()
    {
        foreach (NonPresentKind kind in Enum.GetValues<NonPresentKind>())
        {
            foreach (MappingFlags memory in new[] { MappingFlags.None, MappingFlags.Device, MappingFlags.Uncached })
            {
                ulong entry = NonPresentEntry.Encode(kind, new HostPhysAddr(0x000F_FFFF_FFFF_F000), memory);
                Assert.False(X64Ept.IsPresent(entry) || X64Npt.IsPresent(entry) || Sv39x4.IsPresent(entry) || Sv48x4.IsPresent(entry)
                    || Aarch64Stage2<Ipa40>.IsPresent(entry));
                Assert.Equal(0UL, entry & (1UL << 10));
                Assert.Equal(kind, NonPresentEntry.KindOf(entry));
                Assert.Equal(0x000F_FFFF_FFFF_F000UL, NonPresentEntry.AddressOf(entry).Value);
                Assert.Equal(memory, NonPresentEntry.MemoryOf(entry));
            }
        }

        Assert.Equal(NonPresentKind.Empty, NonPresentEntry.KindOf(0));
        Assert.Equal(NonPresentKind.Lazy, NonPresentEntry.KindOf(NonPresentEntry.Lazy));
    }

    [Fact]
    public void Defect_tlb_maintenance_was_for_the_wrong_stage__each_format_names_its_nested_operation()
    {
        Assert.Equal(NestedInvalidation.Invept, X64Ept.Invalidation);
        Assert.Equal(NestedInvalidation.FlushGuestAsid, X64Npt.Invalidation);
        Assert.Equal(NestedInvalidation.TlbiIpas2, Aarch64Stage2<Ipa40>.Invalidation);
        Assert.Equal(NestedInvalidation.HfenceGvma, Sv39x4.Invalidation);
        Assert.Equal(NestedInvalidation.HfenceGvma, Sv48x4.Invalidation);
    }

    private static (int Levels, int Bits, int RootEntries, ulong RootFrames) Shape<TFormat>()
        where TFormat : struct, INestedFormat =>
        (TFormat.Levels, TFormat.AddressBits, NestedGeometry<TFormat>.RootEntries, NestedGeometry<TFormat>.RootFrames);

    private static void RoundTrip<TFormat>()
        where TFormat : struct, INestedFormat
    {
        for (int bits = 0; bits < 64; bits++)
        {
            MappingFlags wished = (MappingFlags)bits;
            MappingFlags effective = EffectiveFlags.Of(wished);
            Assert.Equal((wished & EffectiveFlags.Access) != 0, (effective & R) != 0);
            if ((effective & R) == 0)
            {
                continue;
            }

            for (int level = 0; level <= TFormat.MaxBlockLevel; level++)
            {
                HostPhysAddr frame = new(0x7FUL << 39);
                ulong entry = TFormat.EncodeLeaf(frame, effective, level);
                Assert.True(TFormat.IsPresent(entry), $"{typeof(TFormat).Name} {wished} at level {level}");
                Assert.False(TFormat.IsTable(entry, level), $"{typeof(TFormat).Name} {wished} at level {level}");
                Assert.Equal(effective, TFormat.FlagsOf(entry));
                Assert.Equal(frame, TFormat.AddressOf(entry));
            }
        }

        ulong table = TFormat.EncodeTable(s_frame);
        Assert.True(TFormat.IsPresent(table) && TFormat.IsTable(table, 1));
        Assert.Equal(s_frame, TFormat.AddressOf(table));
    }
}
