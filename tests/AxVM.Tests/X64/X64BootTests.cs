using System.Buffers.Binary;
using System.Text;
using AxVCpu;
using AxVM.Boards;
using AxVM.Boot;
using AxVM.Config;
using AxVM.Tests.Boot;

namespace AxVM.Tests.X64;

public sealed class X64BootTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    /// <summary>A bzImage whose kernel is 4096 bytes.</summary>
    private static byte[] BzImage(Action<byte[]>? change = null)
    {
        byte[] image = new byte[5 * 512 + 4096];
        image[0x1F1] = 4;
        image[0x201] = 0x6A;
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x20F);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x22C), 0x7FFF_FFFF);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x230), 0x20_0000);
        image[0x234] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x236), 3);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x238), 2047);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(0x258), 0x100_0000);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x260), 0x40_0000);
        change?.Invoke(image);
        return image;
    }

    private X64BootPlan Plan(byte[] kernel, Action<VmConfig>? change = null)
    {
        File.WriteAllBytes(_file, kernel);
        VmConfig config = VmConfig.Generate("test", _file, memorySize: 64 << 20);
        config.Base.Architecture = GuestArchitecture.X64;
        change?.Invoke(config);
        return X64BootPlan.Make(X64VirtConfig.From(config), [0]);
    }

    private static ReadOnlySpan<byte> At(X64BootPlan plan, ulong address) => plan.Images.Single(image => image.Address == address).Data.Span;

    [Fact]
    public void A_bzimage_starts_at_its_64_bit_entry_with_its_own_header_in_boot_params()
    {
        X64BootPlan plan = Plan(BzImage(), config => config.Kernel.CommandLine = "a b");
        Assert.Equal((X64Start.Long, 0x100_0200UL, true), (plan.Start, plan.Entry, plan.IsLinux));
        Assert.Equal(4096, At(plan, 0x100_0000).Length);
        ReadOnlySpan<byte> page = At(plan, plan.BootData);
        Assert.Equal("HdrS", Encoding.ASCII.GetString(page.Slice(0x202, 4)));
        Assert.Equal(0xFF, page[0x210]);
        Assert.Equal(0xE_0000UL, BinaryPrimitives.ReadUInt64LittleEndian(page[0x70..]));
        uint commandLine = BinaryPrimitives.ReadUInt32LittleEndian(page[0x228..]);
        Assert.Equal("a b\0", Encoding.ASCII.GetString(At(plan, commandLine)));
        ReadOnlySpan<byte> seed = At(plan, BinaryPrimitives.ReadUInt64LittleEndian(page[0x250..]));
        Assert.Equal((9, 32), (BinaryPrimitives.ReadInt32LittleEndian(seed[8..]), BinaryPrimitives.ReadInt32LittleEndian(seed[12..])));
        Assert.Equal(48, seed.Length);
    }

    [Fact]
    public void The_memory_map_has_the_hole_and_what_is_beyond()
    {
        X64BootPlan plan = Plan(BzImage(), config => config.Memory.Size = 4UL << 30);
        ReadOnlySpan<byte> page = At(plan, plan.BootData);
        List<(ulong, ulong, uint)> map = [];
        for (int i = 0; i < page[0x1E8]; i++)
        {
            ReadOnlySpan<byte> entry = page.Slice(0x2D0 + 20 * i, 20);
            map.Add((BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[16..])));
        }

        Assert.Equal(
            [(0UL, 0x9_FC00UL, 1u), (0x9_FC00, 0x400, 2), (0xE_0000, 0x2_0000, 2), (0x10_0000, 0xBFF0_0000, 1), (0x1_0000_0000, 0x4000_0000, 1)], map);
    }

    [Fact]
    public void A_ramdisk_that_the_kernel_cannot_reach_is_refused()
    {
        ImageException e = Assert.Throws<ImageException>(() => Plan(
            BzImage(image =>
            {
                BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x236), 1);
                BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x22C), 0x1F_FFFF);
            }),
            config => config.Kernel.RamdiskPath = _file));
        Assert.Contains("reaches only 0x1fffff", e.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[]> Malformed => new()
    {
        { "is a truncated bzImage: it has 600 bytes", BzImage()[..600] },
        { "boot protocol 2.11; at least 2.12", BzImage(image => image[0x206] = 11) },
        { "is a bzImage of a 32-bit kernel", BzImage(image => image[0x236] = 0) },
        { "its header ends at 0x203", BzImage(image => image[0x201] = 1) },
        { "its kernel would begin at 0xa00, but it has 0xa00 bytes", BzImage()[..(5 * 512)] },
        { "its kernel would begin at 0x20000", BzImage(image => image[0x1F1] = 255) },
        { "its alignment 0x200001 is not a power of two", BzImage(image => image[0x230] = 1) },
        { "needs 4030726144 bytes of memory, but the guest has 67108864", BzImage(image => image[0x263] = 0xF0) },
        { "does not fit the guest's RAM", BzImage(image => image[0x25C] = 0x7F) },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_bzimage_is_named_with_what_is_wrong(string problem, byte[] image)
    {
        ImageException e = Assert.Throws<ImageException>(() => Plan(image));
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(_file), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_damage_never_ends_in_anything_but_a_message()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        for (int round = 0; round < 2000; round++)
        {
            byte[] image = random.Next(2) == 0 ? BzImage() : PvhElf();
            for (int change = random.Next(1, 8); change > 0; change--)
                image[random.Next(2) == 0 ? random.Next(0x270) : random.Next(image.Length)] = (byte)random.Next(256);
            image = image[..random.Next(1, image.Length + 1)];
            try
            {
                Plan(image);
            }
            catch (Exception e) when (e is ImageException or ConfigException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {round}: {e}");
            }
        }
    }

    [Fact]
    public void An_elf_with_the_pvh_note_starts_there_in_protected_mode()
    {
        X64BootPlan plan = Plan(PvhElf(), config => config.Kernel.CommandLine = "pvh");
        Assert.Equal((X64Start.Pvh, 0x20_0010UL), (plan.Start, plan.Entry));
        ReadOnlySpan<byte> info = At(plan, plan.BootData);
        Assert.Equal(0x336EC578u, BinaryPrimitives.ReadUInt32LittleEndian(info));
        Assert.Equal(0xE_0000UL, BinaryPrimitives.ReadUInt64LittleEndian(info[32..]));
        ulong map = BinaryPrimitives.ReadUInt64LittleEndian(info[40..]);
        Assert.Equal(4, BinaryPrimitives.ReadInt32LittleEndian(info[48..]));
        Assert.Equal(0x9_FC00UL, BinaryPrimitives.ReadUInt64LittleEndian(info[(int)(map - plan.BootData + 8)..]));
        Assert.Equal("pvh\0", Encoding.ASCII.GetString(At(plan, BinaryPrimitives.ReadUInt64LittleEndian(info[24..]))));
    }

    [Fact]
    public void A_vmlinux_is_known_by_the_notes_of_linux_and_another_pvh_kernel_is_not_taken_for_one()
    {
        ElfBuilder Kernel() => new ElfBuilder { Machine = 62, Entry = 0x20_0000 }.Segment(0x20_0000, 0x20_0000, [0xF4], 1);
        const uint BuildSalt = 0x100;
        Assert.False(Plan(Kernel().PvhEntry(0x20_0000).Build()).IsLinux);
        Assert.False(Plan(Kernel().Build()).IsLinux);
        X64BootPlan plan = Plan(Kernel().Note("Linux", BuildSalt, [0, 0, 0, 0]).PvhEntry(0x20_0000).Build());
        Assert.Equal((X64Start.Pvh, true), (plan.Start, plan.IsLinux));
        plan = Plan(Kernel().Note("Linux", BuildSalt, [1, 2, 3, 4, 5]).Build());
        Assert.Equal((X64Start.Long, true), (plan.Start, plan.IsLinux));
    }

    [Fact]
    public void A_segment_of_the_files_own_headers_may_lie_where_no_memory_is()
    {
        byte[] elf = PvhElf();
        elf[56] = 3;
        WriteSegment(elf.AsSpan(176), 1, 0, 0xF_F000, 64 + 3 * 56);
        X64BootPlan plan = Plan(elf);
        Assert.Equal(0x20_0010UL, plan.Entry);
        Assert.DoesNotContain(plan.Images, image => image.Address < 0x10_0000 && image.End > 0xA_0000);
    }

    [Fact]
    public void A_note_longer_than_its_segment_is_damage()
    {
        byte[] elf = PvhElf();
        BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(0x1004), 0x1000);
        Assert.Contains("a note is longer than its segment", Assert.Throws<ImageException>(() => Plan(elf)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_tables_map_the_first_4_gigabytes_to_themselves()
    {
        byte[] tables = X64BootData.IdentityPageTables(0x9000);
        ulong Entry(int table, int index) => BinaryPrimitives.ReadUInt64LittleEndian(tables.AsSpan(table * 4096 + index * 8));
        Assert.Equal(0xA003UL, Entry(0, 0));
        for (ulong address = 0; address < 1UL << 32; address += 1 << 21)
        {
            ulong directory = Entry(1, (int)(address >> 30));
            int table = (int)((directory >> 12) - 9);
            Assert.Equal(address | 0x83, Entry(table, (int)(address >> 21 & 511)));
        }
    }

    [Theory]
    [InlineData("[engine]\ntier = \"interpreter\"", "engine.tier")]
    [InlineData("[engine]\nname = \"software\"", "\"software\" has no x86_64 guests; use \"kvm\"")]
    [InlineData("[kernel]\nkernel_path = \"k\"\nbios_path = \"b\"", "kernel.bios_path")]
    [InlineData("[memory]\nsize = \"1M\"", "memory.size")]
    [InlineData("[kernel]\nkernel_path = \"k\"\nmemory_regions = [[0x10_0000, 0x100_0000, 7, 0]]", "must begin at 0")]
    [InlineData("[kernel]\nkernel_path = \"k\"\nmemory_regions = [[0, 0xD000_0000, 7, 0]]", "reaches into the board's devices")]
    [InlineData("[devices]\nemu_devices = [[\"pic\", 0x20, 2, 0, 0x25]]", "is not a device of the x86-64 virt board")]
    public void What_the_board_cannot_do_is_named(string toml, string message)
    {
        VmConfig config = VmConfig.Parse(toml, "vm.toml");
        config.Base.Architecture = GuestArchitecture.X64;
        Assert.Contains(message, Assert.Throws<ConfigException>(() => X64VirtConfig.From(config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_architecture_is_that_of_the_configuration_the_engine_or_the_kernels_file()
    {
        File.WriteAllBytes(_file, BzImage());
        VmConfig config = VmConfig.Generate("test", _file);
        Assert.Equal(GuestArchitecture.X64, BoardChoice.Find(config));
        config.Engine.Name = "software";
        Assert.Equal(GuestArchitecture.Riscv64, BoardChoice.Find(config));
        config.Base.Architecture = GuestArchitecture.X64;
        Assert.Equal(GuestArchitecture.X64, BoardChoice.Find(config));
        Assert.Equal(GuestArchitecture.Riscv64, BoardChoice.Find(VmConfig.Generate("test", "/nothing")));
        VmConfig back = VmConfig.Parse(config.ToToml());
        Assert.Equal(GuestArchitecture.X64, back.Base.Architecture);
    }

    /// <summary>An ELF of one segment at 2 MiB, with a note that names 0x200010 as entry.</summary>
    private static byte[] PvhElf()
    {
        byte[] elf = new byte[0x1020];
        Span<byte> data = elf;
        ElfFile.Magic.CopyTo(data);
        data[4] = 2;
        data[5] = 1;
        data[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(data[16..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(data[18..], 62);
        BinaryPrimitives.WriteUInt64LittleEndian(data[24..], 0x20_0000);
        BinaryPrimitives.WriteUInt64LittleEndian(data[32..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(data[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(data[56..], 2);
        WriteSegment(data[64..], 1, 0x800, 0x20_0000, 0x100);
        WriteSegment(data[120..], 4, 0x1000, 0, 0x14);
        BinaryPrimitives.WriteUInt32LittleEndian(data[0x1000..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(data[0x1004..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(data[0x1008..], 18);
        "Xen\0"u8.CopyTo(data[0x100C..]);
        BinaryPrimitives.WriteUInt32LittleEndian(data[0x1010..], 0x20_0010);
        return elf;
    }

    private static void WriteSegment(Span<byte> entry, uint type, ulong offset, ulong address, ulong size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(entry, type);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[32..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[40..], size);
    }
}
