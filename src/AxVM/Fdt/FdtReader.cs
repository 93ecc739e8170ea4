using System.Text;
using AxVCpu.Devices;

namespace AxVM.Fdt;

/// <summary>Builds the tree of objects from a blob, and says in words what a malformed one has wrong, and where.</summary>
internal sealed class FdtReader
{
    private readonly Dictionary<uint, string> _names = [];

    public static FlattenedDeviceTree Read(ReadOnlySpan<byte> blob)
    {
        FdtStatus status = FdtBlob.OpenBlocks(blob, out FdtBlob opened);
        if (status != FdtStatus.Ok)
        {
            throw new FdtException(Explain(status, blob));
        }

        return new FlattenedDeviceTree
        {
            Reservations = Reservations(opened),
            BootCpu = opened.BootCpu,
            Root = new FdtReader().ReadTree(opened.Walk()),
        };
    }

    private static List<FdtReservation> Reservations(FdtBlob blob)
    {
        List<FdtReservation> list = [];
        while (blob.TryReservation(list.Count, out ulong address, out ulong size))
        {
            list.Add(new FdtReservation(address, size));
        }

        return list;
    }

    private FdtNode ReadTree(FdtCursor cursor)
    {
        FdtNode? root = null;
        Stack<FdtNode> open = new();
        while (true)
        {
            switch (cursor.Next())
            {
                case FdtItem.Node:
                    FdtNode node = new(Encoding.UTF8.GetString(cursor.Name));
                    if (open.TryPeek(out FdtNode? parent))
                    {
                        parent.AddChild(node);
                    }

                    root ??= node;
                    open.Push(node);
                    break;
                case FdtItem.EndNode:
                    open.Pop();
                    break;
                case FdtItem.Property:
                    open.Peek().Append(Name(cursor), cursor.Value);
                    break;
                case FdtItem.End:
                    return root!;
                default:
                    throw new FdtException(Explain(cursor, open.Count));
            }
        }
    }

    private string Name(FdtCursor cursor)
    {
        if (!_names.TryGetValue(cursor.NameOffset, out string? name))
        {
            name = Encoding.UTF8.GetString(cursor.Name);
            _names.Add(cursor.NameOffset, name);
        }

        return name;
    }

    private static string Explain(FdtStatus status, ReadOnlySpan<byte> blob) => status switch
    {
        FdtStatus.TooShort => $"the devicetree blob has {blob.Length} bytes, fewer than its header",
        FdtStatus.BadMagic => $"the blob begins with 0x{FdtBlob.Word(blob, FdtHeaderWord.Magic):x8} instead of the devicetree magic 0x{FdtFormat.Magic:x8}",
        FdtStatus.BadSize => $"the devicetree says it has {FdtBlob.Word(blob, FdtHeaderWord.TotalSize)} bytes, but the blob has {blob.Length}",
        FdtStatus.BadVersion => $"devicetree version {FdtBlob.Word(blob, FdtHeaderWord.Version)} (compatible to "
            + $"{FdtBlob.Word(blob, FdtHeaderWord.LastCompatibleVersion)}) is not supported; version {FdtFormat.Version} is",
        FdtStatus.BadStructureBlock => Outside(blob, "structure", FdtHeaderWord.StructureOffset, FdtHeaderWord.StructureSize),
        FdtStatus.BadStringsBlock => Outside(blob, "strings", FdtHeaderWord.StringsOffset, FdtHeaderWord.StringsSize),
        _ => $"the memory reservation block at 0x{FdtBlob.Word(blob, FdtHeaderWord.ReservationsOffset):x} is not closed",
    };

    private static string Explain(FdtCursor cursor, int open)
    {
        string place = $"at 0x{cursor.Offset:x}";
        return cursor.Problem switch
        {
            FdtStatus.Truncated => $"the devicetree's structure block ends within the item {place}",
            FdtStatus.OpenNodeName => $"a devicetree node's name {place} is not closed",
            FdtStatus.BadPropertyName => $"a devicetree property's name {place} of the strings block is not a name",
            FdtStatus.TooDeep => $"devicetree nodes nest more than {FdtFormat.MaximumDepth} deep {place}",
            FdtStatus.SecondRoot => $"the devicetree has a second root {place}",
            FdtStatus.UnmatchedEnd => $"a devicetree node ends {place} that did not begin",
            FdtStatus.PropertyOutsideNode => $"a property {place} is outside of every node",
            FdtStatus.OpenNode => $"the devicetree ends {place} with {open} nodes open",
            _ => $"unknown token in the devicetree's structure block {place}",
        };
    }

    private static string Outside(ReadOnlySpan<byte> blob, string name, FdtHeaderWord offset, FdtHeaderWord size) =>
        $"the {name} block (0x{FdtBlob.Word(blob, offset):x}, 0x{FdtBlob.Word(blob, size):x} bytes) lies outside the devicetree of 0x{FdtBlob.Word(blob, FdtHeaderWord.TotalSize):x} bytes";
}
