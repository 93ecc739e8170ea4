using System.Buffers.Binary;
using System.Text;

namespace AxVM.Tests.Boot;

/// <summary>Writes small ELF files for the loader tests.</summary>
internal sealed class ElfBuilder
{
    private const uint LoadType = 1; // PT_LOAD
    private const uint NoteType = 4; // PT_NOTE

    private readonly List<(uint Type, ulong Virtual, ulong Physical, byte[] Data, ulong MemorySize)> _segments = [];
    private readonly List<(string Name, ulong Value)> _symbols = [];

    public ushort Machine { get; init; } = 243;

    public byte Class { get; init; } = 2;

    public ushort Type { get; init; } = 2;

    public ulong Entry { get; init; } = 0x8000_0000;

    public ElfBuilder Segment(ulong virtualAddress, ulong physical, byte[] data, ulong memorySize)
    {
        _segments.Add((LoadType, virtualAddress, physical, data, memorySize));
        return this;
    }

    /// <summary>The note that names the 32-bit entry of a PVH kernel (Xen's public header elfnote.h, XEN_ELFNOTE_PHYS32_ENTRY).</summary>
    public ElfBuilder PvhEntry(uint entry) => Note("Xen", 18, BitConverter.GetBytes(entry));

    /// <summary>A note in a segment of its own (gABI, "Note Section").</summary>
    public ElfBuilder Note(string owner, uint type, byte[] data)
    {
        byte[] name = Encoding.ASCII.GetBytes(owner + "\0");
        byte[] note = new byte[12 + ((name.Length + 3) & ~3) + ((data.Length + 3) & ~3)];
        BinaryPrimitives.WriteInt32LittleEndian(note, name.Length);
        BinaryPrimitives.WriteInt32LittleEndian(note.AsSpan(4), data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(note.AsSpan(8), type);
        name.CopyTo(note, 12);
        data.CopyTo(note, 12 + ((name.Length + 3) & ~3));
        _segments.Add((NoteType, 0, 0, note, (ulong)note.Length));
        return this;
    }

    public ElfBuilder Symbol(string name, ulong value)
    {
        _symbols.Add((name, value));
        return this;
    }

    public byte[] Build()
    {
        MemoryStream file = new();
        int programHeaders = 64;
        int at = programHeaders + (56 * _segments.Count);
        byte[] head = new byte[at];
        int segmentAt = at;
        for (int i = 0; i < _segments.Count; i++)
        {
            (uint type, ulong virtualAddress, ulong physical, byte[] data, ulong memorySize) = _segments[i];
            Span<byte> entry = head.AsSpan(programHeaders + (56 * i));
            BinaryPrimitives.WriteUInt32LittleEndian(entry, type);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], (ulong)segmentAt);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], virtualAddress);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[24..], physical);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[32..], (ulong)data.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[40..], memorySize);
            segmentAt += data.Length;
        }

        MemoryStream names = new();
        names.WriteByte(0);
        MemoryStream symbols = new(new byte[24 * (_symbols.Count + 1)]);
        for (int i = 0; i < _symbols.Count; i++)
        {
            byte[] entry = new byte[24];
            BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)names.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(6), 1);
            BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(8), _symbols[i].Value);
            symbols.Position = 24 * (i + 1);
            symbols.Write(entry);
            names.Write(Encoding.ASCII.GetBytes(_symbols[i].Name + "\0"));
        }

        int symbolsAt = segmentAt;
        int namesAt = symbolsAt + (int)symbols.Length;
        int sectionsAt = namesAt + (int)names.Length;
        ((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', Class, 1, 1]).CopyTo(head);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(16), Type);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(18), Machine);
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(24), Entry);
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(32), (ulong)programHeaders);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(56), (ushort)_segments.Count);
        bool hasSymbols = _symbols.Count > 0;
        if (hasSymbols)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(40), (ulong)sectionsAt);
            BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(58), 64);
            BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(60), 3);
        }

        file.Write(head);
        foreach ((_, _, _, byte[] data, _) in _segments)
        {
            file.Write(data);
        }

        if (hasSymbols)
        {
            file.Write(symbols.ToArray());
            file.Write(names.ToArray());
            byte[] sections = new byte[3 * 64];
            WriteSection(sections.AsSpan(64), 2, symbolsAt, (int)symbols.Length, 2);
            WriteSection(sections.AsSpan(128), 3, namesAt, (int)names.Length, 0);
            file.Write(sections);
        }

        return file.ToArray();
    }

    private static void WriteSection(Span<byte> section, uint type, int offset, int size, uint link)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(section[4..], type);
        BinaryPrimitives.WriteUInt64LittleEndian(section[24..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(section[32..], (ulong)size);
        BinaryPrimitives.WriteUInt32LittleEndian(section[40..], link);
    }
}
