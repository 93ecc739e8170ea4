using System.Buffers.Binary;
using System.Text;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>Writes a minimal riscv64 ELF executable (System V gABI chapters 4 and 5; RISC-V psABI, "ELF Object Files").</summary>
internal static class ElfImage
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;
    private const ushort EM_RISCV = 243;
    private const uint EF_RISCV_RVC = 1;
    private const uint SHT_PROGBITS = 1;
    private const uint SHT_SYMTAB = 2;
    private const uint SHT_STRTAB = 3;
    private const ulong SHF_WRITE_ALLOC_EXECINSTR = 7;
    private const uint PF_R_W_X = 7;
    private const byte STB_GLOBAL_STT_NOTYPE = 1 << 4;
    private const ushort SHN_ABS = 0xFFF1;
    private const int TextAlignment = 4096;

    public static byte[] Write(byte[] code, ulong baseAddress, ulong entry, IReadOnlyDictionary<string, ulong> symbols)
    {
        // The gABI wants file offset and address congruent modulo the alignment.
        int codeOffset = TextAlignment + (int)(baseAddress % TextAlignment);
        byte[] names = Encoding.ASCII.GetBytes("\0.text\0.symtab\0.strtab\0.shstrtab\0");
        (byte[] symbolTable, byte[] strings) = Symbols(symbols, baseAddress, (ulong)code.Length);
        int symbolOffset = Align8(codeOffset + code.Length);
        int stringOffset = symbolOffset + symbolTable.Length;
        int namesOffset = stringOffset + strings.Length;
        int sectionOffset = Align8(namesOffset + names.Length);
        byte[] image = new byte[sectionOffset + 5 * SectionHeaderSize];

        code.CopyTo(image, codeOffset);
        symbolTable.CopyTo(image, symbolOffset);
        strings.CopyTo(image, stringOffset);
        names.CopyTo(image, namesOffset);
        WriteHeader(image, entry, sectionOffset);
        WriteSegment(image.AsSpan(HeaderSize), codeOffset, baseAddress, code.Length);

        Span<byte> sections = image.AsSpan(sectionOffset + SectionHeaderSize);
        WriteSection(sections, 1, SHT_PROGBITS, SHF_WRITE_ALLOC_EXECINSTR, baseAddress, codeOffset, code.Length, 0, 0, 4, 0);
        WriteSection(sections[SectionHeaderSize..], 7, SHT_SYMTAB, 0, 0, symbolOffset, symbolTable.Length, 3, 1, 8, SymbolSize);
        WriteSection(sections[(2 * SectionHeaderSize)..], 15, SHT_STRTAB, 0, 0, stringOffset, strings.Length, 0, 0, 1, 0);
        WriteSection(sections[(3 * SectionHeaderSize)..], 23, SHT_STRTAB, 0, 0, namesOffset, names.Length, 0, 0, 1, 0);
        return image;
    }

    private static int Align8(int value) => (value + 7) & ~7;

    private static (byte[] Table, byte[] Strings) Symbols(IReadOnlyDictionary<string, ulong> symbols, ulong baseAddress, ulong length)
    {
        byte[] table = new byte[(symbols.Count + 1) * SymbolSize];
        List<byte> strings = [0];
        int at = SymbolSize;
        foreach ((string name, ulong value) in symbols.OrderBy(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Span<byte> symbol = table.AsSpan(at, SymbolSize);
            BinaryPrimitives.WriteUInt32LittleEndian(symbol, (uint)strings.Count);
            symbol[4] = STB_GLOBAL_STT_NOTYPE;
            BinaryPrimitives.WriteUInt16LittleEndian(symbol[6..], value - baseAddress <= length ? (ushort)1 : SHN_ABS);
            BinaryPrimitives.WriteUInt64LittleEndian(symbol[8..], value);
            strings.AddRange(Encoding.UTF8.GetBytes(name));
            strings.Add(0);
            at += SymbolSize;
        }

        return (table, [.. strings]);
    }

    private static void WriteHeader(Span<byte> to, ulong entry, int sectionOffset)
    {
        ReadOnlySpan<byte> ident = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        ident.CopyTo(to);
        BinaryPrimitives.WriteUInt16LittleEndian(to[16..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(to[18..], EM_RISCV);
        BinaryPrimitives.WriteUInt32LittleEndian(to[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(to[24..], entry);
        BinaryPrimitives.WriteUInt64LittleEndian(to[32..], HeaderSize);
        BinaryPrimitives.WriteUInt64LittleEndian(to[40..], (ulong)sectionOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(to[48..], EF_RISCV_RVC);
        BinaryPrimitives.WriteUInt16LittleEndian(to[52..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(to[54..], ProgramHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(to[56..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(to[58..], SectionHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(to[60..], 5);
        BinaryPrimitives.WriteUInt16LittleEndian(to[62..], 4);
    }

    private static void WriteSegment(Span<byte> to, int offset, ulong address, int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], PF_R_W_X);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(to[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(to[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(to[32..], (ulong)length);
        BinaryPrimitives.WriteUInt64LittleEndian(to[40..], (ulong)length);
        BinaryPrimitives.WriteUInt64LittleEndian(to[48..], TextAlignment);
    }

    private static void WriteSection(
        Span<byte> to, uint name, uint type, ulong flags, ulong address, int offset, int length, uint link, uint info, ulong align, ulong entrySize)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, name);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], type);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(to[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(to[24..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(to[32..], (ulong)length);
        BinaryPrimitives.WriteUInt32LittleEndian(to[40..], link);
        BinaryPrimitives.WriteUInt32LittleEndian(to[44..], info);
        BinaryPrimitives.WriteUInt64LittleEndian(to[48..], align);
        BinaryPrimitives.WriteUInt64LittleEndian(to[56..], entrySize);
    }
}
