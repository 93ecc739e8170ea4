using System.Text;
using AxVCpu.Devices;

namespace AxVM.Fdt;

/// <summary>Writes a tree of objects as a blob, through the writer that bare metal uses too.</summary>
internal sealed class FdtFlattener
{
    private readonly FlattenedDeviceTree _tree;
    private readonly Dictionary<string, uint> _names = new(StringComparer.Ordinal);
    private int _nodeBytes;
    private int _nameBytes;

    public FdtFlattener(FlattenedDeviceTree tree)
    {
        _tree = tree;
        Measure(tree.Root);
    }

    public byte[] ToBlob()
    {
        // Header, reservations with the entry that closes them, structure with its end token, names.
        byte[] room = new byte[FdtFormat.HeaderSize + (_tree.Reservations.Count + 1) * FdtFormat.ReservationSize + _nodeBytes + sizeof(uint) + _nameBytes];
        FdtBuilder builder = new(room, _nameBytes);
        foreach (FdtReservation reservation in _tree.Reservations)
        {
            builder.Reserve(reservation.Address, reservation.Size);
        }

        _names.Clear();
        Write(ref builder, _tree.Root);
        int length = builder.Finish(_tree.BootCpu);
        return length == room.Length
            ? room
            : throw new FdtException($"the tree cannot be flattened: nodes nest at most {FdtFormat.MaximumDepth} deep, every property has a name, and no reservation is empty");
    }

    // Names count once, and only the distinct ones.
    private void Measure(FdtNode root)
    {
        Stack<FdtNode> open = new([root]);
        while (open.TryPop(out FdtNode? node))
        {
            _nodeBytes += 2 * sizeof(uint) + Padded(Encoding.UTF8.GetByteCount(node.Name) + 1);
            foreach (FdtProperty property in node.Properties)
            {
                _nodeBytes += 3 * sizeof(uint) + Padded(property.Value.Length);
                if (_names.TryAdd(property.Name, 0))
                {
                    _nameBytes += Encoding.UTF8.GetByteCount(property.Name) + 1;
                }
            }

            foreach (FdtNode child in node.Children)
            {
                open.Push(child);
            }
        }
    }

    private void Write(ref FdtBuilder builder, FdtNode node)
    {
        builder.BeginNode(Encoding.UTF8.GetBytes(node.Name));
        foreach (FdtProperty property in node.Properties)
        {
            if (!_names.TryGetValue(property.Name, out uint name))
            {
                name = builder.AppendName(Encoding.UTF8.GetBytes(property.Name));
                _names.Add(property.Name, name);
            }

            builder.BeginProperty(name);
            builder.AppendBytes(property.Value.Span);
            builder.EndProperty();
        }

        foreach (FdtNode child in node.Children)
        {
            if (builder.HasFailed)
            {
                return;
            }

            Write(ref builder, child);
        }

        builder.EndNode();
    }

    private static int Padded(int bytes) => (bytes + 3) & ~3;
}
