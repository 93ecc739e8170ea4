using System.Buffers.Binary;
using System.Text;
using AxVM.Boards;

namespace AxVM.Boot;

/// <summary>The block by which a Multiboot loader tells a kernel about its machine.</summary>
internal static class MultibootInformation
{
    /// <summary>What eax holds at the entry of a kernel of version 1 (3.2, "Machine state").</summary>
    public const uint Magic1 = 0x2BADB002;

    /// <summary>What eax holds at the entry of a kernel of version 2 (3.3, "I386 machine state").</summary>
    public const uint Magic2 = 0x36D76289;

    private const string LoaderName = "axvisor";
    private const int TagAlignment = 8;

    /// <summary>Tags of the information of version 2 (3.6).</summary>
    private enum Tag : uint
    {
        End = 0,
        CommandLine = 1,
        LoaderName = 2,
        Module = 3,
        BasicMemory = 4,
        MemoryMap = 6,
        Framebuffer = 8,
        AcpiNew = 15,
    }

    /// <summary>What the block is made of. Addresses and lengths are in bytes; all of it lies below 4 GiB.</summary>
    /// <param name="Address">Where the block will lie.</param>
    /// <param name="CommandLine">The kernel's words, without its own name.</param>
    /// <param name="KernelName">The kernel's file, which version 1 has as the command line's first word.</param>
    /// <param name="Modules">The modules.</param>
    /// <param name="Map">The memory map.</param>
    /// <param name="Rsdp">The ACPI root pointer, copied into the information of version 2.</param>
    internal readonly record struct Contents(
        ulong Address, string CommandLine, string KernelName, IReadOnlyList<BootModule> Modules, IReadOnlyList<E820Range> Map, ReadOnlyMemory<byte> Rsdp);

    /// <summary>Whether a kernel that requires this type of tag is told it.</summary>
    public static bool CanTell(uint tag) => Enum.IsDefined((Tag)tag);

    /// <summary>What eax holds at the entry.</summary>
    public static uint Magic(MultibootVersion version) => version == MultibootVersion.One ? Magic1 : Magic2;

    /// <summary>The block for a kernel of that version; ebx holds its address at the entry.</summary>
    public static byte[] Build(MultibootVersion version, in Contents contents) => version == MultibootVersion.One ? Build1(contents) : Build2(contents);

    // 3.3, "Boot information format".
    private static byte[] Build1(in Contents contents)
    {
        const int InfoSize = 116;
        const int ModuleSize = 16;
        const int EntrySize = 24;
        const uint HasMemory = 1 << 0;
        const uint HasCommandLine = 1 << 2;
        const uint HasModules = 1 << 3;
        const uint HasMap = 1 << 6;
        const uint HasLoaderName = 1 << 9;
        const uint HasFramebuffer = 1 << 12;
        const int FramebufferAt = 88;
        uint start = (uint)contents.Address;
        List<byte> block = [.. new byte[InfoSize]];
        uint Append(ReadOnlySpan<byte> bytes)
        {
            uint at = start + (uint)block.Count;
            block.AddRange(bytes);
            return at;
        }

        byte[] map = new byte[contents.Map.Count * EntrySize];
        for (int i = 0; i < contents.Map.Count; i++)
        {
            // The size does not count itself.
            Put(map, i * EntrySize, EntrySize - sizeof(uint));
            WriteRange(map.AsSpan((i * EntrySize) + sizeof(uint)), contents.Map[i]);
        }

        uint mapAt = Append(map);
        uint modulesAt = Append(new byte[contents.Modules.Count * ModuleSize]);
        uint commandLineAt = Append(Text($"{contents.KernelName} {contents.CommandLine}".TrimEnd()));
        uint loaderAt = Append(Text(LoaderName));
        uint[] moduleTextsAt = [.. contents.Modules.Select(module => Append(Text(module.Text)))];
        byte[] result = [.. block];
        (uint lower, uint upper) = Memory(contents.Map);
        Put(result, 0, HasMemory | HasCommandLine | (contents.Modules.Count == 0 ? 0 : HasModules) | HasMap | HasLoaderName | HasFramebuffer);
        Put(result, 4, lower);
        Put(result, 8, upper);
        Put(result, 16, commandLineAt);
        Put(result, 20, (uint)contents.Modules.Count);
        Put(result, 24, modulesAt);
        Put(result, 44, (uint)map.Length);
        Put(result, 48, mapAt);
        Put(result, 64, loaderAt);
        TextScreen().CopyTo(result, FramebufferAt);
        for (int i = 0; i < contents.Modules.Count; i++)
        {
            int at = (int)(modulesAt - start) + (i * ModuleSize);
            Put(result, at, (uint)contents.Modules[i].Address);
            Put(result, at + 4, (uint)contents.Modules[i].End);
            Put(result, at + 8, moduleTextsAt[i]);
        }

        return result;
    }

    // 3.4, "Boot information format": tags that begin at multiples of eight.
    private static byte[] Build2(in Contents contents)
    {
        const int EntrySize = 24;
        List<byte> block = [.. new byte[8]];
        void Add(Tag type, params ReadOnlySpan<byte> data)
        {
            Span<byte> head = stackalloc byte[8];
            Put(head, 0, (uint)type);
            Put(head, 4, (uint)(head.Length + data.Length));
            block.AddRange(head);
            block.AddRange(data);
            block.AddRange(new byte[-block.Count & (TagAlignment - 1)]);
        }

        Add(Tag.CommandLine, Text(contents.CommandLine));
        Add(Tag.LoaderName, Text(LoaderName));
        foreach (BootModule module in contents.Modules)
        {
            Add(Tag.Module, [.. Words((uint)module.Address, (uint)module.End), .. Text(module.Text)]);
        }

        (uint lower, uint upper) = Memory(contents.Map);
        Add(Tag.BasicMemory, Words(lower, upper));
        byte[] map = new byte[8 + (contents.Map.Count * EntrySize)];
        Put(map, 0, EntrySize);
        for (int i = 0; i < contents.Map.Count; i++)
        {
            WriteRange(map.AsSpan(8 + (i * EntrySize)), contents.Map[i]);
        }

        Add(Tag.MemoryMap, map);
        Add(Tag.Framebuffer, [.. TextScreen(), 0, 0]);
        Add(Tag.AcpiNew, contents.Rsdp.Span);
        Add(Tag.End);
        byte[] result = [.. block];
        Put(result, 0, (uint)result.Length);
        return result;
    }

    /// <summary>KiB of RAM from 0 up and from 1 MiB up.</summary>
    private static (uint Lower, uint Upper) Memory(IReadOnlyList<E820Range> map)
    {
        const ulong HighRam = 1 << 20;
        ulong Kibibytes(ulong from) => map.FirstOrDefault(range => range.Address == from && range.Type == E820Type.Usable).Length >> 10;
        return ((uint)Kibibytes(0), (uint)Kibibytes(HighRam));
    }

    private static void WriteRange(Span<byte> entry, in E820Range range)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(entry, range.Address);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], range.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], (uint)range.Type);
    }

    /// <summary>The screen: address, bytes in a row, columns, rows, bits of a cell, and that the cells are characters.</summary>
    private static byte[] TextScreen()
    {
        const byte EgaText = 2;
        byte[] fields = new byte[22];
        BinaryPrimitives.WriteUInt64LittleEndian(fields, X64VirtLayout.TextScreen);
        Put(fields, 8, X64TextScreen.Columns * X64TextScreen.CellSize);
        Put(fields, 12, X64TextScreen.Columns);
        Put(fields, 16, X64TextScreen.Rows);
        fields[20] = X64TextScreen.CellSize * 8;
        fields[21] = EgaText;
        return fields;
    }

    private static byte[] Text(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    private static byte[] Words(uint first, uint second)
    {
        byte[] words = new byte[8];
        Put(words, 0, first);
        Put(words, 4, second);
        return words;
    }

    private static void Put(Span<byte> data, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(data[at..], value);
}
