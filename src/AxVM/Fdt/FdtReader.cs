using System.Buffers.Binary;
using System.Text;

namespace AxVM.Fdt;

/// <summary>
/// Reads a flattened devicetree without trusting a byte of it: every offset is checked against the blob, and the
/// depth of nodes is bounded.
/// </summary>
internal ref struct FdtReader
{
    private const int MaximumDepth = 64;

    private readonly ReadOnlySpan<byte> _structure;
    private readonly ReadOnlySpan<byte> _strings;
    private readonly Dictionary<uint, string> _names;
    private int _at;

    private FdtReader(ReadOnlySpan<byte> structure, ReadOnlySpan<byte> strings)
    {
        _structure = structure;
        _strings = strings;
        _names = [];
    }

    public static FlattenedDeviceTree Read(ReadOnlySpan<byte> blob)
    {
        if (blob.Length < FlattenedDeviceTree.HeaderSize)
        {
            throw new FdtException($"the devicetree blob has {blob.Length} bytes, fewer than its header");
        }

        if (Header(blob, 0) != FlattenedDeviceTree.Magic)
        {
            throw new FdtException($"the blob begins with 0x{Header(blob, 0):x8} instead of the devicetree magic 0xd00dfeed");
        }

        uint total = Header(blob, 1);
        if (total < FlattenedDeviceTree.HeaderSize || total > (uint)blob.Length || total > FlattenedDeviceTree.MaximumSize)
        {
            throw new FdtException($"the devicetree says it has {total} bytes, but the blob has {blob.Length}");
        }

        uint version = Header(blob, 5);
        uint lastCompatible = Header(blob, 6);
        if (version < FlattenedDeviceTree.Version || lastCompatible > FlattenedDeviceTree.Version)
        {
            throw new FdtException($"devicetree version {version} (compatible to {lastCompatible}) is not supported; version 17 is");
        }

        blob = blob[..(int)total];
        FdtReader reader = new(Block(blob, Header(blob, 2), Header(blob, 9), "structure"), Block(blob, Header(blob, 3), Header(blob, 8), "strings"));
        return new FlattenedDeviceTree
        {
            Reservations = Reservations(blob, Header(blob, 4)),
            BootCpu = Header(blob, 7),
            Root = reader.ReadTree(),
        };
    }

    private static uint Header(ReadOnlySpan<byte> blob, int word) => BinaryPrimitives.ReadUInt32BigEndian(blob[(word * 4)..]);

    private static ReadOnlySpan<byte> Block(ReadOnlySpan<byte> blob, uint offset, uint size, string name) =>
        offset <= (uint)blob.Length && size <= (uint)blob.Length - offset
            ? blob.Slice((int)offset, (int)size)
            : throw new FdtException($"the {name} block (0x{offset:x}, 0x{size:x} bytes) lies outside the devicetree of 0x{blob.Length:x} bytes");

    private static List<FdtReservation> Reservations(ReadOnlySpan<byte> blob, uint offset)
    {
        List<FdtReservation> list = [];
        for (ulong at = offset; ; at += 16)
        {
            if (at + 16 > (ulong)blob.Length)
            {
                throw new FdtException($"the memory reservation block at 0x{offset:x} is not closed");
            }

            ulong address = BinaryPrimitives.ReadUInt64BigEndian(blob[(int)at..]);
            ulong size = BinaryPrimitives.ReadUInt64BigEndian(blob[((int)at + 8)..]);
            if (address == 0 && size == 0)
            {
                return list;
            }

            list.Add(new FdtReservation(address, size));
        }
    }

    private FdtNode ReadTree()
    {
        FdtNode? root = null;
        Stack<FdtNode> open = new();
        while (true)
        {
            int tokenAt = _at;
            switch ((FdtToken)Word())
            {
                case FdtToken.Nop:
                    break;
                case FdtToken.BeginNode:
                    FdtNode node = new(NodeName());
                    if (open.Count >= MaximumDepth)
                    {
                        throw new FdtException($"devicetree nodes nest more than {MaximumDepth} deep at 0x{tokenAt:x}");
                    }

                    if (open.TryPeek(out FdtNode? parent))
                    {
                        parent.AddChild(node);
                    }
                    else if (root is null)
                    {
                        root = node;
                    }
                    else
                    {
                        throw new FdtException($"the devicetree has a second root at 0x{tokenAt:x}");
                    }

                    open.Push(node);
                    break;
                case FdtToken.EndNode:
                    if (!open.TryPop(out _))
                    {
                        throw new FdtException($"a devicetree node ends at 0x{tokenAt:x} that did not begin");
                    }

                    break;
                case FdtToken.Property:
                    uint size = Word();
                    string name = Name(Word());
                    ReadOnlySpan<byte> value = Bytes(size);
                    if (!open.TryPeek(out FdtNode? owner))
                    {
                        throw new FdtException($"property '{name}' at 0x{tokenAt:x} is outside of every node");
                    }

                    owner.Append(name, value);
                    break;
                case FdtToken.End:
                    return root is not null && open.Count == 0
                        ? root
                        : throw new FdtException($"the devicetree ends at 0x{tokenAt:x} with {open.Count} nodes open");
                default:
                    throw new FdtException($"unknown token in the devicetree's structure block at 0x{tokenAt:x}");
            }
        }
    }

    private uint Word() => BinaryPrimitives.ReadUInt32BigEndian(Bytes(4));

    /// <summary>The next bytes; the position moves on to the next multiple of four.</summary>
    private ReadOnlySpan<byte> Bytes(uint count)
    {
        if (_at > _structure.Length || count > (uint)(_structure.Length - _at))
        {
            throw new FdtException($"the devicetree's structure block ends at 0x{_structure.Length:x} within an item at 0x{_at:x}");
        }

        ReadOnlySpan<byte> bytes = _structure.Slice(_at, (int)count);
        _at = (_at + (int)count + 3) & ~3;
        return bytes;
    }

    private string NodeName()
    {
        int length = _at <= _structure.Length ? _structure[_at..].IndexOf((byte)0) : -1;
        return length >= 0
            ? Encoding.UTF8.GetString(Bytes((uint)length + 1)[..length])
            : throw new FdtException($"a devicetree node's name at 0x{_at:x} is not closed");
    }

    private readonly string Name(uint offset)
    {
        if (_names.TryGetValue(offset, out string? known))
        {
            return known;
        }

        int length = offset < (uint)_strings.Length ? _strings[(int)offset..].IndexOf((byte)0) : -1;
        // 2.2.4.1 allows 31 characters; a bound at all keeps overlapping names from multiplying the blob's size.
        if (length is < 1 or > 255)
        {
            throw new FdtException($"a devicetree property's name at 0x{offset:x} of the strings block is not a name");
        }

        string name = Encoding.UTF8.GetString(_strings.Slice((int)offset, length));
        _names.Add(offset, name);
        return name;
    }
}
