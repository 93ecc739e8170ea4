using System.Buffers.Binary;
using AxVCpu;

namespace AxVM.Boot;

/// <summary>
/// A little-endian ELF program (System V gABI, "Object Files"), of 64 bits or, for x86, of 32: loadable segments by their
/// physical addresses, entry and symbols translated to physical addresses. Nothing in the file is trusted.
/// </summary>
internal sealed partial class ElfFile
{
    private const int LeastHeaderSize = 52;
    private const int ClassAt = 4;
    private const int OrderAt = 5;
    private const int MachineAt = 18;
    private const ulong Page = 0x1000;
    private const uint TypeLoad = 1;        // PT_LOAD
    private const uint TypeNote = 4;        // PT_NOTE
    private const uint XenPhys32Entry = 18; // XEN_ELFNOTE_PHYS32_ENTRY
    private const byte Class32 = 1;         // ELFCLASS32
    private const byte Class64 = 2;         // ELFCLASS64
    private const ushort TypeExecutable = 2; // ET_EXEC
    private const ushort TypeShared = 3;     // ET_DYN
    private const ushort MachineX86 = 3;
    private const ushort MachineX64 = 62;
    private const ushort MachineAarch64 = 183;
    private const ushort MachineRiscv = 243;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly string _name;
    private readonly List<(ulong Virtual, ulong Physical, ulong Size)> _spans = [];
    private bool _is64;

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

    /// <summary>Whether it is of 64 bits.</summary>
    public bool Is64 => _is64;

    /// <summary>The physical address that the Xen note of a PVH kernel names for a start in 32-bit mode, or <c>null</c>.</summary>
    public ulong? PvhEntry { get; private set; }

    /// <summary>Whether it can lie anywhere: it is position independent, and linked for address 0, where no memory is.</summary>
    public bool IsMovable { get; private set; }

    /// <summary>Whether a note of Linux is in it, as in each vmlinux (include/linux/elfnote-lto.h, build-salt.h).</summary>
    public bool IsLinux { get; private set; }

    public static ElfFile Parse(ReadOnlyMemory<byte> file, string name, GuestArchitecture architecture)
    {
        ElfFile elf = new(file, name);
        elf.ReadHeader(architecture);
        return elf;
    }

    /// <summary>The architecture that a file's first bytes name; null when they are not an ELF header, or of another machine.</summary>
    public static GuestArchitecture? FindArchitecture(ReadOnlySpan<byte> start) => start.Length < LeastHeaderSize || !start.StartsWith(Magic)
        ? null
        : BinaryPrimitives.ReadUInt16LittleEndian(start[MachineAt..]) switch
        {
            MachineRiscv => GuestArchitecture.Riscv64,
            MachineAarch64 => GuestArchitecture.Aarch64,
            MachineX64 or MachineX86 => GuestArchitecture.X64,
            _ => null,
        };

    private void ReadHeader(GuestArchitecture architecture)
    {
        ReadOnlySpan<byte> header = Slice(0, LeastHeaderSize, "header");
        if (header[OrderAt] != 1)
        {
            throw new ImageException(_name, "is a big-endian ELF file; a little-endian one is needed");
        }

        // The class of an x86 program says how its processor starts; the other architectures have no 32-bit guests.
        if (header[ClassAt] is not (Class32 or Class64) || (header[ClassAt] == Class32 && architecture != GuestArchitecture.X64))
        {
            throw new ImageException(_name, header[ClassAt] == Class32
                ? "is a 32-bit ELF file; a 64-bit one is needed"
                : $"is an ELF file of the unknown class {header[ClassAt]}; a 64-bit one is needed");
        }

        _is64 = header[ClassAt] == Class64;
        header = Slice(0, (ulong)ElfHeader.Size(_is64), "header");
        GuestArchitecture found = FindArchitecture(header) ?? throw new ImageException(
            _name, $"is an ELF file for machine {BinaryPrimitives.ReadUInt16LittleEndian(header[MachineAt..])}, but the guest is {KernelImage.Text(architecture)}");
        KernelImage.CheckArchitecture(_name, "an ELF file", found, architecture);
        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(header[16..]);
        if (type is not (TypeExecutable or TypeShared))
        {
            throw new ImageException(_name, $"is an ELF file of type {type}; a linked program (type 2 or 3) is needed");
        }

        ReadSegments(ElfHeader.ProgramHeaders(header, _is64), ElfHeader.ProgramHeaderSize(header, _is64), ElfHeader.ProgramHeaderCount(header, _is64));
        IsMovable = type == TypeShared && Segments.Min(segment => segment.Address) == 0;
        Entry = ToPhysical(ElfHeader.Entry(header, _is64));
    }

    private void ReadSegments(ulong tableAt, ushort entrySize, ushort count)
    {
        if (count == 0 || entrySize < ElfSegment.Size(_is64))
        {
            throw new ImageException(_name, "is an ELF file without program headers, so there is nothing to load");
        }

        ReadOnlySpan<byte> table = Slice(tableAt, (ulong)entrySize * count, "program headers");
        List<(ulong Start, ulong End)> ofTheFile = [(0, tableAt + ((ulong)entrySize * count))];
        for (int i = 0; i < count; i++)
        {
            ElfSegment entry = ElfSegment.Read(table[(i * entrySize)..], _is64);
            if (entry.Type == TypeNote)
            {
                ofTheFile.Add((entry.Offset, entry.Offset + entry.FileSize));
            }
        }

        for (int i = 0; i < count; i++)
        {
            ElfSegment entry = ElfSegment.Read(table[(i * entrySize)..], _is64);
            (ulong offset, ulong fileSize, ulong physical, ulong memorySize) = (entry.Offset, entry.FileSize, entry.Physical, entry.MemorySize);
            if (entry.Type == TypeNote)
            {
                ReadNotes(Slice(offset, fileSize, "notes"));
            }

            if (entry.Type != TypeLoad || memorySize == 0)
            {
                continue;
            }

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
            Segments.Add(new ImageSegment(physical, data, memorySize, HeaderBytes(data.Span, offset, ofTheFile)));
            _spans.Add((entry.Virtual, physical, memorySize));
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
    /// linked for: whole pages that hold nothing else, or a segment of their own. Notes, such as that of the build, it then puts
    /// there too, or to the address where programs of an operating system begin.
    /// </summary>
    private static ulong HeaderBytes(ReadOnlySpan<byte> segment, ulong offset, List<(ulong Start, ulong End)> ofTheFile)
    {
        int at = 0;
        while (at < segment.Length)
        {
            ulong place = offset + (ulong)at;
            ulong end = 0;
            foreach ((ulong Start, ulong End) part in ofTheFile)
            {
                end = place >= part.Start && place < part.End ? ulong.Max(end, part.End) : end;
            }

            if (end == 0)
            {
                break;
            }

            at = (int)ulong.Min(end - offset, (ulong)segment.Length);
            int content = segment[at..].IndexOfAnyExcept((byte)0);
            at = content < 0 ? segment.Length : at + content;
        }

        return at == segment.Length ? (ulong)at : (ulong)at & ~(Page - 1);
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
