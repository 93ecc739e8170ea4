using System.Buffers.Binary;
using System.IO.Compression;
using AxVCpu;
using AxVM.Boot;

namespace AxVM.Tests.Boot;

public sealed class KernelImageTests
{
    private const ulong Ram = 64UL << 20;

    private static KernelImage Parse(byte[] file) => KernelImage.Parse(file, "k", GuestArchitecture.Riscv64, Ram);

    private static string Refusal(byte[] file) => Assert.Throws<ImageException>(() => Parse(file)).Message;

    private static byte[] LinuxImage(ulong textOffset = 0x20_0000, ulong imageSize = 0x10_0000, uint magic = 0x05435352)
    {
        byte[] file = new byte[4096];
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(8), textOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(16), imageSize);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(56), magic);
        return file;
    }

    private static byte[] Gzip(byte[] data)
    {
        using MemoryStream target = new();
        using (GZipStream stream = new(target, CompressionLevel.Fastest))
        {
            stream.Write(data);
        }

        return target.ToArray();
    }

    private static byte[] Elf() => new ElfBuilder { Entry = 0xffff_ffff_8000_0010 }
        .Segment(0xffff_ffff_8000_0000, 0x8020_0000, new byte[300], 0x1000)
        .Segment(0xffff_ffff_8000_2000, 0x8020_2000, new byte[200], 200)
        .Symbol("main", 0xffff_ffff_8000_0020)
        .Symbol("tohost", 0xffff_ffff_8000_2040)
        .Symbol("fromhost", 0xffff_ffff_8000_2080)
        .Build();

    [Fact]
    public void A_Linux_image_tells_where_and_how_large_it_is()
    {
        KernelImage image = Parse(LinuxImage());
        Assert.Equal(ImageFormat.LinuxImage, image.Format);
        Assert.Equal(0x20_0000UL, image.TextOffset);
        Assert.Equal(0x10_0000UL, image.MemorySize);
        Assert.False(image.WasCompressed);
    }

    [Fact]
    public void A_compressed_Linux_image_is_unpacked()
    {
        KernelImage image = Parse(Gzip(LinuxImage()));
        Assert.Equal(ImageFormat.LinuxImage, image.Format);
        Assert.True(image.WasCompressed);
        Assert.Equal(LinuxImage(), image.Segments[0].Data.ToArray());
    }

    [Fact]
    public void A_Linux_image_of_another_architecture_is_named() =>
        Assert.Equal("k: is a Linux Image for aarch64, but the guest is riscv64", Refusal(LinuxImage(magic: 0x644d5241)));

    [Theory]
    [InlineData(0x20_0000UL, 1UL << 40)]
    [InlineData(ulong.MaxValue, 0x1000UL)]
    [InlineData(0x20_0000UL, ulong.MaxValue)]
    public void A_Linux_image_that_wants_more_than_the_guest_has_is_refused(ulong offset, ulong size) =>
        Assert.Contains("but the guest has", Refusal(LinuxImage(offset, size)), StringComparison.Ordinal);

    [Fact]
    public void An_elf_is_loaded_by_physical_addresses_with_entry_and_symbols_translated()
    {
        KernelImage image = Parse(Elf());
        Assert.Equal(ImageFormat.Elf, image.Format);
        Assert.Equal(0x8020_0010UL, image.Entry);
        Assert.Equal(0x8020_2040UL, image.ToHost);
        Assert.Equal(0x8020_2080UL, image.FromHost);
        Assert.Equal([0x8020_0000UL, 0x8020_2000UL], image.Segments.Select(segment => segment.Address));
        Assert.Equal(0x1000UL, image.Segments[0].MemorySize);
    }

    [Fact]
    public void Elf_files_of_the_wrong_kind_are_named()
    {
        Assert.Contains("for x86_64, but the guest is riscv64", Refusal(new ElfBuilder { Machine = 62 }.Segment(0, 0, [1], 1).Build()), StringComparison.Ordinal);
        Assert.Contains("machine 8", Refusal(new ElfBuilder { Machine = 8 }.Segment(0, 0, [1], 1).Build()), StringComparison.Ordinal);
        Assert.Contains("32-bit", Refusal(new ElfBuilder { Class = 1 }.Segment(0, 0, [1], 1).Build()), StringComparison.Ordinal);
        Assert.Contains("type 1", Refusal(new ElfBuilder { Type = 1 }.Segment(0, 0, [1], 1).Build()), StringComparison.Ordinal);
        Assert.Contains("program headers", Refusal(new ElfBuilder().Build()), StringComparison.Ordinal);
        Assert.Contains("wraps around", Refusal(new ElfBuilder().Segment(0, ulong.MaxValue - 4, [1], 100).Build()), StringComparison.Ordinal);
        Assert.Contains("more bytes in the file", Refusal(new ElfBuilder().Segment(0, 0, new byte[50], 10).Build()), StringComparison.Ordinal);
    }

    [Fact]
    public void An_elf_cut_off_anywhere_is_refused_with_the_typed_exception()
    {
        byte[] elf = Elf();
        for (int length = 4; length < elf.Length; length++)
        {
            Assert.Contains("truncated", Refusal(elf[..length]), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Damaged_files_are_read_or_refused_and_nothing_else()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        byte[][] files = [Elf(), Gzip(Elf()), LinuxImage(), Gzip(LinuxImage())];
        for (int round = 0; round < 4_000; round++)
        {
            byte[] damaged = (byte[])files[round % files.Length].Clone();
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            Exception? e = Record.Exception(() => Parse(damaged[..random.Next(damaged.Length / 2, damaged.Length)]));
            Assert.True(e is null or ImageException, $"seed {seed}, round {round}: {e}");
        }
    }

    [Fact]
    public void A_gzip_cut_off_at_every_64th_byte_is_refused()
    {
        byte[] data = new byte[20_000];
        new Random(1).NextBytes(data);
        byte[] packed = Gzip(data);
        for (int length = 64; length < packed.Length; length += 64)
        {
            byte[] cut = packed[..length];
            Assert.Equal("k: is a truncated or damaged gzip file", Refusal(cut));
        }
    }

    [Fact]
    public void A_gzip_that_unpacks_to_more_than_the_guest_has_is_stopped()
    {
        byte[] bomb = Gzip(new byte[100 << 20]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("decompresses to more than", Refusal(bomb), StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 * (long)Ram);
    }

    [Fact]
    public void Files_of_other_forms_are_named()
    {
        Assert.Contains("xz", Refusal([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, 0, 0]), StringComparison.Ordinal);
        Assert.Contains("zstd", Refusal([0x28, 0xb5, 0x2f, 0xfd, 0]), StringComparison.Ordinal);
        Assert.Contains("zboot", Refusal("MZ\0\0zimg...."u8.ToArray()), StringComparison.Ordinal);
        byte[] bzImage = new byte[0x400];
        "HdrS"u8.CopyTo(bzImage.AsSpan(0x202));
        Assert.Contains("bzImage", Refusal(bzImage), StringComparison.Ordinal);
        Assert.Contains("empty", Refusal([]), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_bytes_are_raw() => Assert.Equal(ImageFormat.Raw, Parse([0x13, 0, 0, 0]).Format);

    [Fact]
    public void Files_that_cannot_be_read_are_named()
    {
        Assert.Equal("/nowhere/k: does not exist", Assert.Throws<ImageException>(() => KernelImage.Load("/nowhere/k", GuestArchitecture.Riscv64, Ram)).Message);
        string folder = Path.GetTempPath();
        Assert.Equal($"{folder}: is a directory, not a file", Assert.Throws<ImageException>(() => KernelImage.Load(folder, GuestArchitecture.Riscv64, Ram)).Message);
    }
}
