using System.Buffers.Binary;
using System.Text;

namespace AxVM.Boot;

/// <summary>What a range of the memory map is to an x86-64 guest (ACPI 6.5, table 15.3).</summary>
internal enum E820Type : uint
{
    Usable = 1,
    Reserved = 2,
    AcpiReclaimable = 3,
}

/// <summary>One range of the memory map.</summary>
internal readonly record struct E820Range(ulong Address, ulong Length, E820Type Type);

/// <summary>The structures through which an x86-64 kernel learns about its machine.</summary>
internal static class X64BootData
{
    /// <summary>Bytes of boot_params.</summary>
    public const int BootParamsSize = 0x1000;

    /// <summary>Bytes of the identity page tables: the first 4 GiB in pages of 2 MiB.</summary>
    public const int PageTablesSize = 6 * PageSize;

    /// <summary>The most ranges that boot_params holds (E820_MAX_ENTRIES_ZEROPAGE).</summary>
    public const int MaximumRanges = 128;

    private const int PageSize = 0x1000;
    private const int E820Size = 20;

    /// <summary>Where things lie that boot_params points to; a length of 0 is a thing that is not there.</summary>
    internal readonly record struct Pointers(
        ulong CommandLine, ulong Initrd, ulong InitrdSize, ulong SetupData, ulong Rsdp);

    /// <summary>boot_params, the "zero page" (Documentation/arch/x86/zero-page.rst) with the kernel's setup header in it.</summary>
    /// <param name="header">The setup header of a bzImage; empty for other kernels.</param>
    /// <param name="map">The memory map.</param>
    /// <param name="pointers">Where things lie.</param>
    public static byte[] BootParams(ReadOnlySpan<byte> header, IReadOnlyList<E820Range> map, in Pointers pointers)
    {
        const int AcpiRsdpAt = 0x70;
        const int ExtRamdiskImageAt = 0xc0;
        const int ExtRamdiskSizeAt = 0xc4;
        const int ExtCommandLineAt = 0xc8;
        const int E820EntriesAt = 0x1e8;
        const int TypeOfLoaderAt = 0x210;
        const int RamdiskImageAt = 0x218;
        const int RamdiskSizeAt = 0x21c;
        const int CommandLineAt = 0x228;
        const int SetupDataAt = 0x250;
        const int E820TableAt = 0x2d0;
        const byte UndefinedLoader = 0xff;
        byte[] page = new byte[BootParamsSize];
        Span<byte> data = page;
        header.CopyTo(data[BzImageHeader.HeaderOffset..]);
        data[TypeOfLoaderAt] = UndefinedLoader;
        PutHalves(data, RamdiskImageAt, ExtRamdiskImageAt, pointers.Initrd);
        PutHalves(data, RamdiskSizeAt, ExtRamdiskSizeAt, pointers.InitrdSize);
        PutHalves(data, CommandLineAt, ExtCommandLineAt, pointers.CommandLine);
        BinaryPrimitives.WriteUInt64LittleEndian(data[SetupDataAt..], pointers.SetupData);
        BinaryPrimitives.WriteUInt64LittleEndian(data[AcpiRsdpAt..], pointers.Rsdp);
        data[E820EntriesAt] = (byte)map.Count;
        for (int i = 0; i < map.Count; i++)
        {
            Span<byte> entry = data[(E820TableAt + (i * E820Size))..];
            BinaryPrimitives.WriteUInt64LittleEndian(entry, map[i].Address);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], map[i].Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], (uint)map[i].Type);
        }

        return page;
    }

    /// <summary>A setup_data node with random bytes for the kernel's pool (Documentation/arch/x86/boot.rst, setup_data).</summary>
    public static byte[] SetupDataSeed(ReadOnlySpan<byte> seed)
    {
        const uint SetupRngSeed = 9;
        byte[] node = new byte[16 + seed.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(node.AsSpan(8), SetupRngSeed);
        BinaryPrimitives.WriteInt32LittleEndian(node.AsSpan(12), seed.Length);
        seed.CopyTo(node.AsSpan(16));
        return node;
    }

    /// <summary>hvm_start_info of version 1 with its module list and memory map behind it (Xen's public header arch-x86/hvm/start_info.h).</summary>
    /// <param name="address">Where the block lies.</param>
    /// <param name="map">The memory map.</param>
    /// <param name="pointers">Where things lie.</param>
    /// <param name="modules">What the kernel is given; their words lie behind the map.</param>
    public static byte[] PvhStartInfo(ulong address, IReadOnlyList<E820Range> map, in Pointers pointers, IReadOnlyList<BootModule> modules)
    {
        const uint Magic = 0x336ec578;
        const int InfoSize = 56;
        const int ModuleSize = 32;
        const int RangeSize = 24;
        int rangesAt = InfoSize + (modules.Count * ModuleSize);
        int wordsAt = rangesAt + (map.Count * RangeSize);
        byte[] words = [.. modules.Where(module => module.Arguments.Length != 0).SelectMany(module => CommandLine(module.Arguments))];
        byte[] block = [.. new byte[wordsAt], .. words];
        Span<byte> info = block;
        BinaryPrimitives.WriteUInt32LittleEndian(info, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(info[4..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(info[12..], (uint)modules.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(info[16..], modules.Count != 0 ? address + InfoSize : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(info[24..], pointers.CommandLine);
        BinaryPrimitives.WriteUInt64LittleEndian(info[32..], pointers.Rsdp);
        BinaryPrimitives.WriteUInt64LittleEndian(info[40..], address + (ulong)rangesAt);
        BinaryPrimitives.WriteInt32LittleEndian(info[48..], map.Count);
        for (int i = 0; i < modules.Count; i++)
        {
            Span<byte> entry = info[(InfoSize + (i * ModuleSize))..];
            BinaryPrimitives.WriteUInt64LittleEndian(entry, modules[i].Address);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], modules[i].Size);
            if (modules[i].Arguments.Length != 0)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], address + (ulong)wordsAt);
                wordsAt += CommandLine(modules[i].Arguments).Length;
            }
        }

        for (int i = 0; i < map.Count; i++)
        {
            Span<byte> entry = info[(rangesAt + (i * RangeSize))..];
            BinaryPrimitives.WriteUInt64LittleEndian(entry, map[i].Address);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], map[i].Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], (uint)map[i].Type);
        }

        return block;
    }

    /// <summary>Page tables that map the first 4 GiB to themselves (Intel SDM volume 3A, 4.5): a PML4, a PDPT and four page directories.</summary>
    /// <param name="address">Where they lie; the PML4 is first.</param>
    public static byte[] IdentityPageTables(ulong address)
    {
        const ulong PresentWritable = 0b11;
        const ulong LargePage = 1 << 7;
        const int Directories = 4;
        const int Entries = 512;
        byte[] tables = new byte[PageTablesSize];
        void Put(int table, int index, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(tables.AsSpan((table * PageSize) + (index * 8)), value);

        Put(0, 0, (address + PageSize) | PresentWritable);
        for (int directory = 0; directory < Directories; directory++)
        {
            Put(1, directory, (address + (ulong)((2 + directory) * PageSize)) | PresentWritable);
            for (int entry = 0; entry < Entries; entry++)
            {
                Put(2 + directory, entry, ((ulong)((directory * Entries) + entry) << 21) | LargePage | PresentWritable);
            }
        }

        return tables;
    }

    /// <summary>A command line with its closing zero.</summary>
    public static byte[] CommandLine(string? text) => [.. Encoding.UTF8.GetBytes(text ?? string.Empty), 0];

    private static void PutHalves(Span<byte> page, int low, int high, ulong value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(page[low..], (uint)value);
        BinaryPrimitives.WriteUInt32LittleEndian(page[high..], (uint)(value >> 32));
    }
}
