using System.Buffers.Binary;
using AxVCpu;

namespace AxVM.Boot;

/// <summary>
/// A 64-bit little-endian ELF program (System V gABI, "Object Files"): loadable segments by their physical addresses,
/// entry and symbols translated to physical addresses. Nothing in the file is trusted.
/// </summary>
internal sealed class ElfFile
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;
    private const int MachineAt = 18;
    private const ulong Page = 0x1000;
    private const uint TypeLoad = 1;        // PT_LOAD
    private const uint TypeNote = 4;        // PT_NOTE
    private const uint XenPhys32Entry = 18; // XEN_ELFNOTE_PHYS32_ENTRY
    private const uint SectionSymbols = 2;  // SHT_SYMTAB
    private const ushort TypeExecutable = 2; // ET_EXEC
    private const ushort TypeShared = 3;     // ET_DYN
    private const ushort MachineX64 = 62;
    private const ushort MachineAarch64 = 183;
    private const ushort MachineRiscv = 243;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly string _name;
    private readonly List<(ulong Virtual, ulong Physical, ulong Size)> _spans = [];

    private ElfFile(ReadOnlyMemory<byte> file, string name)
    {
        _file = file;
        _name = name;
    }

    public static ReadOnlySpan<byte> Magic => [0x7f, (byte)'E', (byte)'L', (byte)'F'];

    /// <summary>The PT_LOAD segments that occupy memory.</summary>
    public List<ImageSegment> Segments { get; } = [];

    /// <summary>The physical address of the entry point.</summary>
    public ulong Entry { get; private set; }

    /// <summary>The physical address that the Xen note of a PVH kernel names for a start in 32-bit mode, or <c>null</c>.</summary>
    public ulong? PvhEntry { get; private set; }

    /// <summary>Whether a note of Linux is in it, as in each vmlinux (include/linux/elfnote-lto.h, build-salt.h).</summary>
    public bool IsLinux { get; private set; }

    public static ElfFile Parse(ReadOnlyMemory<byte> file, string name, GuestArchitecture architecture)
    {
        ElfFile elf = new(file, name);
        elf.ReadHeader(architecture);
        return elf;
    }

    /// <summary>The architecture that a file's first bytes name; null when they are not an ELF header, or of another machine.</summary>
    public static GuestArchitecture? FindArchitecture(ReadOnlySpan<byte> start) => start.Length < HeaderSize || !start.StartsWith(Magic)
        ? null
        : BinaryPrimitives.ReadUInt16LittleEndian(start[MachineAt..]) switch
        {
            MachineRiscv => GuestArchitecture.Riscv64,
            MachineAarch64 => GuestArchitecture.Aarch64,
            MachineX64 => GuestArchitecture.X64,
            _ => null,
        };

    /// <summary>The physical address of a symbol, or <c>null</c>. A file whose symbol table is damaged is refused.</summary>
    public ulong? SymbolAddress(string symbol)
    {
        foreach ((ulong offset, ulong size, ulong names, ulong namesSize) in SymbolTables())
        {
            ReadOnlySpan<byte> symbols = Slice(offset, size, "symbol table");
            ReadOnlySpan<byte> text = Slice(names, namesSize, "symbol names");
            for (int at = 0; at + SymbolSize <= symbols.Length; at += SymbolSize)
            {
                uint nameAt = BinaryPrimitives.ReadUInt32LittleEndian(symbols[at..]);
                bool defined = BinaryPrimitives.ReadUInt16LittleEndian(symbols[(at + 6)..]) != 0;
                if (defined && nameAt < (uint)text.Length && IsName(text[(int)nameAt..], symbol))
                {
                    return ToPhysical(BinaryPrimitives.ReadUInt64LittleEndian(symbols[(at + 8)..]));
                }
            }
        }

        return null;
    }

    private static bool IsName(ReadOnlySpan<byte> text, string symbol)
    {
        if (text.Length <= symbol.Length || text[symbol.Length] != 0)
        {
            return false;
        }

        for (int i = 0; i < symbol.Length; i++)
        {
            if (text[i] != symbol[i])
            {
                return false;
            }
        }

        return true;
    }

    private void ReadHeader(GuestArchitecture architecture)
    {
        ReadOnlySpan<byte> header = Slice(0, HeaderSize, "header");
        if (header[4] != 2)
        {
            throw new ImageException(_name, "is a 32-bit ELF file; a 64-bit one is needed");
        }

        if (header[5] != 1)
        {
            throw new ImageException(_name, "is a big-endian ELF file; a little-endian one is needed");
        }

        GuestArchitecture found = FindArchitecture(header) ?? throw new ImageException(
            _name, $"is an ELF file for machine {BinaryPrimitives.ReadUInt16LittleEndian(header[MachineAt..])}, but the guest is {KernelImage.Text(architecture)}");
        KernelImage.CheckArchitecture(_name, "an ELF file", found, architecture);
        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(header[16..]);
        if (type is not (TypeExecutable or TypeShared))
        {
            throw new ImageException(_name, $"is an ELF file of type {type}; a linked program (type 2 or 3) is needed");
        }

        ReadSegments(
            BinaryPrimitives.ReadUInt64LittleEndian(header[32..]),
            BinaryPrimitives.ReadUInt16LittleEndian(header[54..]),
            BinaryPrimitives.ReadUInt16LittleEndian(header[56..]));
        Entry = ToPhysical(BinaryPrimitives.ReadUInt64LittleEndian(header[24..]));
    }

    private void ReadSegments(ulong tableAt, ushort entrySize, ushort count)
    {
        if (count == 0 || entrySize < ProgramHeaderSize)
        {
            throw new ImageException(_name, "is an ELF file without program headers, so there is nothing to load");
        }

        ReadOnlySpan<byte> table = Slice(tableAt, (ulong)entrySize * count, "program headers");
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = table.Slice(i * entrySize, ProgramHeaderSize);
            ulong memorySize = BinaryPrimitives.ReadUInt64LittleEndian(entry[40..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(entry) == TypeNote)
            {
                ReadNotes(Slice(BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]), "notes"));
            }

            if (BinaryPrimitives.ReadUInt32LittleEndian(entry) != TypeLoad || memorySize == 0)
            {
                continue;
            }

            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]);
            ulong fileSize = BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]);
            ulong physical = BinaryPrimitives.ReadUInt64LittleEndian(entry[24..]);
            if (fileSize > memorySize)
            {
                throw new ImageException(_name, $"is a damaged ELF file: segment {i} has more bytes in the file than in memory");
            }

            if (physical > ulong.MaxValue - memorySize)
            {
                throw new ImageException(_name, $"is a damaged ELF file: segment {i} wraps around the end of the address space");
            }

            Slice(offset, fileSize, $"segment {i}");
            ReadOnlyMemory<byte> data = _file.Slice((int)offset, (int)fileSize);
            ulong headers = offset == 0 ? HeaderBytes(data.Span, tableAt + ((ulong)entrySize * count)) : 0;
            Segments.Add(new ImageSegment(physical, data, memorySize, headers));
            _spans.Add((BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]), physical, memorySize));
        }

        if (Segments.Count == 0)
        {
            throw new ImageException(_name, "is an ELF file without a loadable segment");
        }
    }

    /// <summary>Looks for the entry of PVH and for Linux (gABI, "Note Section"; Xen's public header elfnote.h).</summary>
    private void ReadNotes(ReadOnlySpan<byte> notes)
    {
        const int NoteHeader = 12;
        while (notes.Length >= NoteHeader)
        {
            uint nameSize = BinaryPrimitives.ReadUInt32LittleEndian(notes);
            uint dataSize = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            ulong dataAt = NoteHeader + (((ulong)nameSize + 3) & ~3UL);
            ulong next = dataAt + (((ulong)dataSize + 3) & ~3UL);
            if (dataAt + dataSize > (ulong)notes.Length)
            {
                throw new ImageException(_name, "is a damaged ELF file: a note is longer than its segment");
            }

            ReadOnlySpan<byte> owner = notes.Slice(NoteHeader, (int)nameSize);
            IsLinux |= owner.SequenceEqual("Linux\0"u8);
            if (type == XenPhys32Entry && owner.SequenceEqual("Xen\0"u8) && dataSize is sizeof(uint) or sizeof(ulong))
            {
                ReadOnlySpan<byte> value = notes[(int)dataAt..];
                PvhEntry = dataSize == sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(value) : BinaryPrimitives.ReadUInt64LittleEndian(value);
            }

            notes = notes[(int)ulong.Min(next, (ulong)notes.Length)..];
        }
    }

    /// <summary>
    /// A linker often maps the file's headers in front of the first section, one page below the address the program was
    /// linked for: whole pages that hold nothing else.
    /// </summary>
    private static ulong HeaderBytes(ReadOnlySpan<byte> segment, ulong headersEnd)
    {
        if (headersEnd > (ulong)segment.Length)
        {
            return 0;
        }

        int content = segment[(int)headersEnd..].IndexOfAnyExcept((byte)0);
        return (content < 0 ? (ulong)segment.Length : headersEnd + (ulong)content) & ~(Page - 1);
    }

    private List<(ulong Offset, ulong Size, ulong Names, ulong NamesSize)> SymbolTables()
    {
        ReadOnlySpan<byte> header = _file.Span;
        ulong tableAt = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        ushort entrySize = BinaryPrimitives.ReadUInt16LittleEndian(header[58..]);
        ushort count = BinaryPrimitives.ReadUInt16LittleEndian(header[60..]);
        List<(ulong, ulong, ulong, ulong)> tables = [];
        if (tableAt == 0 || count == 0 || entrySize < SectionHeaderSize)
        {
            return tables;
        }

        ReadOnlySpan<byte> table = Slice(tableAt, (ulong)entrySize * count, "section headers");
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> section = table.Slice(i * entrySize, SectionHeaderSize);
            uint link = BinaryPrimitives.ReadUInt32LittleEndian(section[40..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) != SectionSymbols || link >= count)
            {
                continue;
            }

            ReadOnlySpan<byte> names = table.Slice((int)link * entrySize, SectionHeaderSize);
            tables.Add((
                BinaryPrimitives.ReadUInt64LittleEndian(section[24..]), BinaryPrimitives.ReadUInt64LittleEndian(section[32..]),
                BinaryPrimitives.ReadUInt64LittleEndian(names[24..]), BinaryPrimitives.ReadUInt64LittleEndian(names[32..])));
            if (tables.Count > 1)
            {
                throw new ImageException(_name, "is a damaged ELF file: it has more than one symbol table");
            }
        }

        return tables;
    }

    /// <summary>A linked address as a physical one; an address of no segment is taken as physical already.</summary>
    private ulong ToPhysical(ulong address)
    {
        foreach ((ulong start, ulong physical, ulong size) in _spans)
        {
            if (address - start < size)
            {
                return physical + (address - start);
            }
        }

        return address;
    }

    private ReadOnlySpan<byte> Slice(ulong offset, ulong size, string what) =>
        offset <= (ulong)_file.Length && size <= (ulong)_file.Length - offset
            ? _file.Span.Slice((int)offset, (int)size)
            : throw new ImageException(_name, $"is a truncated ELF file: its {what} (0x{size:x} bytes at 0x{offset:x}) lies beyond its 0x{_file.Length:x} bytes");
}
