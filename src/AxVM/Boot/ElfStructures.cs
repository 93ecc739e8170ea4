using System.Buffers.Binary;

namespace AxVM.Boot;

/// <summary>The fields of an ELF header (System V gABI, "ELF Header"); in both classes they are the same, at other offsets.</summary>
internal static class ElfHeader
{
    public static int Size(bool is64) => is64 ? 64 : 52;

    public static ulong Entry(ReadOnlySpan<byte> header, bool is64) => Word(header, 24, 24, is64);

    public static ulong ProgramHeaders(ReadOnlySpan<byte> header, bool is64) => Word(header, 28, 32, is64);

    public static ulong Sections(ReadOnlySpan<byte> header, bool is64) => Word(header, 32, 40, is64);

    public static ushort ProgramHeaderSize(ReadOnlySpan<byte> header, bool is64) => Half(header, 42, 54, is64);

    public static ushort ProgramHeaderCount(ReadOnlySpan<byte> header, bool is64) => Half(header, 44, 56, is64);

    public static ushort SectionSize(ReadOnlySpan<byte> header, bool is64) => Half(header, 46, 58, is64);

    public static ushort SectionCount(ReadOnlySpan<byte> header, bool is64) => Half(header, 48, 60, is64);

    public static ushort SectionNames(ReadOnlySpan<byte> header, bool is64) => Half(header, 50, 62, is64);

    /// <summary>A field of the class's own size: an address, an offset or a length.</summary>
    public static ulong Word(ReadOnlySpan<byte> data, int at32, int at64, bool is64) => is64
        ? BinaryPrimitives.ReadUInt64LittleEndian(data[at64..])
        : BinaryPrimitives.ReadUInt32LittleEndian(data[at32..]);

    private static ushort Half(ReadOnlySpan<byte> data, int at32, int at64, bool is64) => BinaryPrimitives.ReadUInt16LittleEndian(data[(is64 ? at64 : at32)..]);
}

/// <summary>A program header (gABI, "Program Header").</summary>
internal readonly record struct ElfSegment(uint Type, ulong Offset, ulong Virtual, ulong Physical, ulong FileSize, ulong MemorySize)
{
    public static int Size(bool is64) => is64 ? 56 : 32;

    public static ElfSegment Read(ReadOnlySpan<byte> entry, bool is64) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(entry), ElfHeader.Word(entry, 4, 8, is64), ElfHeader.Word(entry, 8, 16, is64),
        ElfHeader.Word(entry, 12, 24, is64), ElfHeader.Word(entry, 16, 32, is64), ElfHeader.Word(entry, 20, 40, is64));
}

/// <summary>A section header (gABI, "Sections").</summary>
internal readonly record struct ElfSection(uint Name, uint Type, ulong Address, ulong Offset, ulong Size, uint Link)
{
    public static int HeaderSize(bool is64) => is64 ? 64 : 40;

    public static ElfSection Read(ReadOnlySpan<byte> entry, bool is64) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(entry), BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]), ElfHeader.Word(entry, 12, 16, is64),
        ElfHeader.Word(entry, 16, 24, is64), ElfHeader.Word(entry, 20, 32, is64), BinaryPrimitives.ReadUInt32LittleEndian(entry[(is64 ? 40 : 24)..]));
}
