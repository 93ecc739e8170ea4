using System.Buffers.Binary;

namespace AxVM.Boot;

/// <content>Symbols and sections.</content>
internal sealed partial class ElfFile
{
    private const int SymbolSize32 = 16;
    private const int SymbolSize64 = 24;
    private const uint SectionSymbols = 2; // SHT_SYMTAB

    /// <summary>The physical address of a symbol, or <c>null</c>. A file whose symbol table is damaged is refused.</summary>
    public ulong? SymbolAddress(string symbol)
    {
        foreach ((ulong offset, ulong size, ulong names, ulong namesSize) in SymbolTables())
        {
            ReadOnlySpan<byte> symbols = Slice(offset, size, "symbol table");
            ReadOnlySpan<byte> text = Slice(names, namesSize, "symbol names");
            int symbolSize = _is64 ? SymbolSize64 : SymbolSize32;
            for (int at = 0; at + symbolSize <= symbols.Length; at += symbolSize)
            {
                ReadOnlySpan<byte> entry = symbols[at..];
                uint nameAt = BinaryPrimitives.ReadUInt32LittleEndian(entry);
                bool defined = BinaryPrimitives.ReadUInt16LittleEndian(entry[(_is64 ? 6 : 14)..]) != 0;
                if (defined && nameAt < (uint)text.Length && IsName(text[(int)nameAt..], symbol))
                {
                    return ToPhysical(ElfHeader.Word(entry, 4, 8, _is64));
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

    /// <summary>Where a section lies in memory, by its physical address, and its bytes there; <c>null</c> when the file has none of that name.</summary>
    public (ulong Address, ulong Size)? FindSection(string name)
    {
        ReadOnlySpan<byte> table = Sections(out int entrySize, out int count, out int namesIndex);
        if (count == 0 || namesIndex >= count)
        {
            return null;
        }

        ElfSection namesAt = ElfSection.Read(table[(namesIndex * entrySize)..], _is64);
        ReadOnlySpan<byte> names = Slice(namesAt.Offset, namesAt.Size, "section names");
        for (int i = 1; i < count; i++)
        {
            ElfSection section = ElfSection.Read(table[(i * entrySize)..], _is64);
            if (section.Name < (uint)names.Length && section.Address != 0 && IsName(names[(int)section.Name..], name))
            {
                return (ToPhysical(section.Address), section.Size);
            }
        }

        return null;
    }

    private ReadOnlySpan<byte> Sections(out int entrySize, out int count, out int namesIndex)
    {
        ReadOnlySpan<byte> header = _file.Span;
        ulong tableAt = ElfHeader.Sections(header, _is64);
        entrySize = ElfHeader.SectionSize(header, _is64);
        count = ElfHeader.SectionCount(header, _is64);
        namesIndex = ElfHeader.SectionNames(header, _is64);
        if (tableAt == 0 || entrySize < ElfSection.HeaderSize(_is64))
        {
            count = 0;
        }

        return count == 0 ? default : Slice(tableAt, (ulong)entrySize * (ulong)count, "section headers");
    }

    private List<(ulong Offset, ulong Size, ulong Names, ulong NamesSize)> SymbolTables()
    {
        List<(ulong, ulong, ulong, ulong)> tables = [];
        ReadOnlySpan<byte> table = Sections(out int entrySize, out int count, out _);
        for (int i = 0; i < count; i++)
        {
            ElfSection section = ElfSection.Read(table[(i * entrySize)..], _is64);
            if (section.Type != SectionSymbols || section.Link >= (uint)count)
            {
                continue;
            }

            ElfSection names = ElfSection.Read(table[((int)section.Link * entrySize)..], _is64);
            tables.Add((section.Offset, section.Size, names.Offset, names.Size));
            if (tables.Count > 1)
            {
                throw new ImageException(_name, "is a damaged ELF file: it has more than one symbol table");
            }
        }

        return tables;
    }
}
