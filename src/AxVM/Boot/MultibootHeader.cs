using System.Buffers.Binary;

namespace AxVM.Boot;

/// <summary>Which Multiboot specification a header is of.</summary>
internal enum MultibootVersion
{
    /// <summary>"Multiboot Specification version 0.6.96".</summary>
    One = 1,

    /// <summary>"Multiboot2 Specification version 2.0".</summary>
    Two = 2,
}

/// <summary>The header by which a kernel asks to be loaded by a Multiboot loader. Nothing in the file is trusted.</summary>
internal sealed class MultibootHeader
{
    private const uint Magic1 = 0x1BADB002;
    private const uint Magic2 = 0xE85250D6;
    private const int Reach1 = 8192;
    private const int Reach2 = 32768;
    private const int Alignment1 = 4;
    private const int Alignment2 = 8;
    private const int Size1 = 12;
    private const int Size2 = 16;

    // Multiboot 1, 3.1.2: bits 0 to 15 must be understood. Modules are page aligned here anyway, and all that the memory fields of
    // bit 1 ask for is always told; bit 2 asks for a video mode, which a machine without a screen has none of.
    private const uint Understood1 = 0b111;
    private const uint HasAddresses1 = 1 << 16;
    private const int AddressesSize1 = 32;

    // Multiboot 2, 3.1.3 and on.
    private const ushort TagEnd = 0;
    private const ushort TagInformation = 1;
    private const ushort TagAddress = 2;
    private const ushort TagEntry = 3;
    private const ushort TagRelocatable = 10;
    private const ushort Optional = 1;
    private const int TagHeader = 8;

    private MultibootHeader(MultibootVersion version) => Version = version;

    /// <summary>Whose rules it is under.</summary>
    public MultibootVersion Version { get; }

    /// <summary>What the header itself says about the place of the kernel; <c>null</c> when its ELF headers say it.</summary>
    public ImageSegment? Load { get; private set; }

    /// <summary>The entry that the header names; <c>null</c> when it is that of the ELF file.</summary>
    public ulong? Entry { get; private set; }

    /// <summary>Looks for a header; <c>null</c> when the file has none. A header of version 1 is preferred, as QEMU knows no other.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <exception cref="ImageException">The header is damaged or asks for what is not possible.</exception>
    public static MultibootHeader? Find(ReadOnlyMemory<byte> file, string name)
    {
        int at = FindMagic(file.Span, MultibootVersion.One);
        if (at >= 0)
        {
            return Parse1(file, at, name);
        }

        at = FindMagic(file.Span, MultibootVersion.Two);
        return at >= 0 ? Parse2(file, at, name) : null;
    }

    /// <summary>Whether there is a header at the begin of a file.</summary>
    public static bool IsOne(ReadOnlySpan<byte> start) => FindMagic(start, MultibootVersion.One) >= 0 || FindMagic(start, MultibootVersion.Two) >= 0;

    /// <summary>Bytes of a file's begin in which a header may be.</summary>
    public static int Reach => Reach2;

    private static int FindMagic(ReadOnlySpan<byte> data, MultibootVersion version)
    {
        (uint magic, int reach, int step, int size) = version == MultibootVersion.One
            ? (Magic1, Reach1, Alignment1, Size1)
            : (Magic2, Reach2, Alignment2, Size2);
        for (int at = 0; at + size <= int.Min(data.Length, reach); at += step)
        {
            if (Word(data, at) == magic)
            {
                uint sum = 0;
                for (int field = 0; field < size; field += sizeof(uint))
                {
                    sum += Word(data, at + field);
                }

                if (sum == 0)
                {
                    return at;
                }
            }
        }

        return -1;
    }

    private static MultibootHeader Parse1(ReadOnlyMemory<byte> file, int at, string name)
    {
        ReadOnlySpan<byte> data = file.Span;
        uint flags = Word(data, at + 4);
        uint unknown = flags & 0xffff & ~Understood1;
        if (unknown != 0)
        {
            throw new ImageException(name, $"asks by its Multiboot header for features 0x{unknown:x}, which version 1 does not define");
        }

        MultibootHeader header = new(MultibootVersion.One);
        if ((flags & HasAddresses1) != 0)
        {
            if (at + AddressesSize1 > data.Length)
            {
                throw new ImageException(name, "is truncated: its Multiboot header has no room for its addresses");
            }

            header.Load = Segment(file, at, Word(data, at + 12), Word(data, at + 16), Word(data, at + 20), Word(data, at + 24), name);
            header.Entry = Word(data, at + 28);
        }

        return header;
    }

    private static MultibootHeader Parse2(ReadOnlyMemory<byte> file, int at, string name)
    {
        ReadOnlySpan<byte> data = file.Span;
        uint architecture = Word(data, at + 4);
        if (architecture != 0)
        {
            throw new ImageException(name, $"has a Multiboot 2 header for architecture {architecture}; 0, i386 in protected mode, is needed");
        }

        uint length = Word(data, at + 8);
        if (length < Size2 || length > (uint)(data.Length - at))
        {
            throw new ImageException(name, $"has a damaged Multiboot 2 header: its length is 0x{length:x}");
        }

        MultibootHeader header = new(MultibootVersion.Two);
        ReadOnlySpan<byte> tags = data.Slice(at + Size2, (int)length - Size2);
        while (tags.Length >= TagHeader)
        {
            ushort type = BinaryPrimitives.ReadUInt16LittleEndian(tags);
            bool isOptional = (BinaryPrimitives.ReadUInt16LittleEndian(tags[2..]) & Optional) != 0;
            uint size = Word(tags, 4);
            if (size < TagHeader || size > (uint)tags.Length)
            {
                throw new ImageException(name, $"has a damaged Multiboot 2 header: tag {type} has 0x{size:x} bytes");
            }

            if (type == TagEnd)
            {
                break;
            }

            header.Take(type, tags[..(int)size], isOptional, file, at, name);
            tags = tags[int.Min((int)((size + Alignment2 - 1) & ~(uint)(Alignment2 - 1)), tags.Length)..];
        }

        return header;
    }

    private void Take(ushort type, ReadOnlySpan<byte> tag, bool isOptional, ReadOnlyMemory<byte> file, int headerAt, string name)
    {
        const int AddressSize = 24;
        const int EntrySize = 12;
        switch (type)
        {
            case TagAddress when tag.Length >= AddressSize:
                Load = Segment(file, headerAt, Word(tag, 8), Word(tag, 12), Word(tag, 16), Word(tag, 20), name);
                break;
            case TagEntry when tag.Length >= EntrySize:
                Entry = Word(tag, 8);
                break;
            case TagInformation:
                RequireKnown(tag, isOptional, name);
                break;
            case TagAddress or TagEntry:
                throw new ImageException(name, $"has a damaged Multiboot 2 header: tag {type} has 0x{tag.Length:x} bytes");
            case > TagEntry and <= TagRelocatable:
                // Console and framebuffer: there is none. Modules are aligned, a movable kernel stays where it was linked, and no EFI is below.
                break;
            default:
                if (!isOptional)
                {
                    throw new ImageException(name, $"asks by its Multiboot 2 header for tag {type}, which is not known");
                }

                break;
        }
    }

    /// <summary>Kinds of information that are never told: a kernel that cannot do without is refused here, not lost later.</summary>
    private static void RequireKnown(ReadOnlySpan<byte> tag, bool isOptional, string name)
    {
        for (int at = TagHeader; !isOptional && at + sizeof(uint) <= tag.Length; at += sizeof(uint))
        {
            uint wanted = Word(tag, at);
            if (!MultibootInformation.CanTell(wanted))
            {
                throw new ImageException(name, $"requires by its Multiboot 2 header information of type {wanted}, which this machine does not have");
            }
        }
    }

    /// <summary>The "a.out kludge": the header says which of the file's bytes go where.</summary>
    private static ImageSegment Segment(ReadOnlyMemory<byte> file, int headerAt, uint headerAddress, uint load, uint loadEnd, uint bssEnd, string name)
    {
        // Multiboot 2 has -1 for a file that is loaded from its begin.
        if (load == uint.MaxValue)
        {
            load = headerAddress - (uint)headerAt;
        }

        long from = headerAt - ((long)headerAddress - load);
        long size = loadEnd == 0 ? file.Length - from : (long)loadEnd - load;
        long memory = bssEnd == 0 ? size : (long)bssEnd - load;
        if (headerAddress < load || from < 0 || size <= 0 || size > file.Length - from || memory < size)
        {
            throw new ImageException(
                name, $"has a damaged Multiboot header: header 0x{headerAddress:x}, load 0x{load:x} to 0x{loadEnd:x}, bss to 0x{bssEnd:x} do not fit its 0x{file.Length:x} bytes");
        }

        return new ImageSegment(load, file.Slice((int)from, (int)size), (ulong)memory);
    }

    private static uint Word(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt32LittleEndian(data[at..]);
}
