using System.Buffers.Binary;
using System.Text;

namespace AxVM.Fdt;

/// <summary>
/// A devicetree and its flattened form (Devicetree Specification v0.4, chapter 5): header, memory reservation
/// block, structure block and strings block, all numbers big-endian, version 17.
/// </summary>
public sealed class FlattenedDeviceTree
{
    /// <summary>The header's first word (5.2).</summary>
    public const uint Magic = 0xd00dfeed;

    /// <summary>The largest blob that is read, in bytes: as much as Linux takes.</summary>
    public const int MaximumSize = 2 << 20;

    internal const int HeaderSize = 40;
    internal const uint Version = 17;
    internal const uint LastCompatibleVersion = 16;

    /// <summary>The root node.</summary>
    public FdtNode Root { get; init; } = new(string.Empty);

    /// <summary>The memory reservation block's entries.</summary>
    public IList<FdtReservation> Reservations { get; init; } = [];

    /// <summary>The physical id of the CPU that boots.</summary>
    public uint BootCpu { get; set; }

    /// <summary>Reads a blob, which may come from anywhere.</summary>
    /// <exception cref="FdtException">The blob is malformed; nothing else is thrown whatever it holds.</exception>
    public static FlattenedDeviceTree Read(ReadOnlySpan<byte> blob) => FdtReader.Read(blob);

    /// <summary>The whole blob, exactly as long as its header says.</summary>
    public byte[] ToBlob()
    {
        Writer writer = new();
        writer.WriteNode(Root);
        writer.WriteToken(FdtToken.End);
        byte[] structure = writer.Structure.ToArray();
        byte[] strings = writer.Strings.ToArray();
        int reservationBytes = (Reservations.Count + 1) * 16;
        int structureAt = HeaderSize + reservationBytes;
        int stringsAt = structureAt + structure.Length;
        byte[] blob = new byte[stringsAt + strings.Length];

        // 5.2: the ten words of the header in order.
        ReadOnlySpan<uint> header =
        [
            Magic, (uint)blob.Length, (uint)structureAt, (uint)stringsAt, HeaderSize, Version, LastCompatibleVersion, BootCpu,
            (uint)strings.Length, (uint)structure.Length,
        ];
        for (int i = 0; i < header.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(blob.AsSpan(i * 4), header[i]);
        }

        int at = HeaderSize;
        foreach (FdtReservation reservation in Reservations)
        {
            BinaryPrimitives.WriteUInt64BigEndian(blob.AsSpan(at), reservation.Address);
            BinaryPrimitives.WriteUInt64BigEndian(blob.AsSpan(at + 8), reservation.Size);
            at += 16;
        }

        structure.CopyTo(blob, structureAt);
        strings.CopyTo(blob, stringsAt);
        return blob;
    }

    /// <summary>The tree as readable source text (Devicetree Specification v0.4, chapter 6).</summary>
    public string ToDts() => DtsWriter.Write(this);

    /// <summary>The structure and strings blocks as they grow; a property name is stored once.</summary>
    private sealed class Writer
    {
        private readonly Dictionary<string, uint> _names = new(StringComparer.Ordinal);

        public MemoryStream Structure { get; } = new();

        public MemoryStream Strings { get; } = new();

        public void WriteNode(FdtNode node)
        {
            WriteToken(FdtToken.BeginNode);
            WriteText(Structure, node.Name);
            Align();
            foreach (FdtProperty property in node.Properties)
            {
                WriteToken(FdtToken.Property);
                WriteWord((uint)property.Value.Length);
                WriteWord(NameOffset(property.Name));
                Structure.Write(property.Value.Span);
                Align();
            }

            foreach (FdtNode child in node.Children)
            {
                WriteNode(child);
            }

            WriteToken(FdtToken.EndNode);
        }

        public void WriteToken(FdtToken token) => WriteWord((uint)token);

        private void WriteWord(uint word)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, word);
            Structure.Write(bytes);
        }

        private uint NameOffset(string name)
        {
            if (!_names.TryGetValue(name, out uint offset))
            {
                offset = (uint)Strings.Length;
                _names.Add(name, offset);
                WriteText(Strings, name);
            }

            return offset;
        }

        private static void WriteText(MemoryStream stream, string text)
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.WriteByte(0);
        }

        private void Align()
        {
            while (Structure.Length % 4 != 0)
            {
                Structure.WriteByte(0);
            }
        }
    }
}

/// <summary>The tokens of the structure block (5.4.1).</summary>
internal enum FdtToken : uint
{
    BeginNode = 1,
    EndNode = 2,
    Property = 3,
    Nop = 4,
    End = 9,
}
