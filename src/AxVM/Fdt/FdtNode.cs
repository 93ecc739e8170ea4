using System.Buffers.Binary;
using System.Text;

namespace AxVM.Fdt;

/// <summary>A property of a devicetree node.</summary>
/// <param name="Name">The property's name, 1 to 31 characters by the specification (Devicetree Specification v0.4, 2.2.4).</param>
/// <param name="Value">Its bytes; integers are big-endian.</param>
public readonly record struct FdtProperty(string Name, ReadOnlyMemory<byte> Value);

/// <summary>A node of a devicetree, built in memory and written by <see cref="FlattenedDeviceTree"/>.</summary>
/// <param name="name">The node's name with its unit address, <c>serial@10000000</c>; empty for the root.</param>
public sealed class FdtNode(string name)
{
    private readonly List<FdtProperty> _properties = [];
    private readonly List<FdtNode> _children = [];

    /// <summary>The name with its unit address; empty for the root.</summary>
    public string Name { get; } = name;

    /// <summary>The properties in the order they were set.</summary>
    public IReadOnlyList<FdtProperty> Properties => _properties;

    /// <summary>The child nodes in the order they were added.</summary>
    public IReadOnlyList<FdtNode> Children => _children;

    /// <summary>Adds a child and returns it.</summary>
    public FdtNode AddChild(string childName) => AddChild(new FdtNode(childName));

    /// <summary>Adds a child and returns it.</summary>
    public FdtNode AddChild(FdtNode child)
    {
        ArgumentNullException.ThrowIfNull(child);
        _children.Add(child);
        return child;
    }

    /// <summary>Sets a property to bytes, replacing an earlier value, and returns this node.</summary>
    public FdtNode Set(string property, ReadOnlySpan<byte> value)
    {
        FdtProperty entry = new(property, value.ToArray());
        int index = _properties.FindIndex(existing => existing.Name == property);
        if (index >= 0)
        {
            _properties[index] = entry;
        }
        else
        {
            _properties.Add(entry);
        }

        return this;
    }

    /// <summary>Sets a property that is true by being there, and returns this node.</summary>
    public FdtNode Set(string property) => Set(property, ReadOnlySpan<byte>.Empty);

    /// <summary>Sets a property to 32-bit cells, and returns this node.</summary>
    public FdtNode SetCells(string property, params ReadOnlySpan<uint> cells)
    {
        byte[] value = new byte[cells.Length * sizeof(uint)];
        for (int i = 0; i < cells.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(i * sizeof(uint)), cells[i]);
        }

        return Set(property, value);
    }

    /// <summary>Sets a property to 64-bit numbers, two cells each, and returns this node.</summary>
    public FdtNode SetLongs(string property, params ReadOnlySpan<ulong> numbers)
    {
        byte[] value = new byte[numbers.Length * sizeof(ulong)];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(i * sizeof(ulong)), numbers[i]);
        }

        return Set(property, value);
    }

    /// <summary>Sets a property to a list of strings, each closed by a zero byte, and returns this node.</summary>
    public FdtNode SetText(string property, params ReadOnlySpan<string> texts)
    {
        using MemoryStream bytes = new();
        foreach (string text in texts)
        {
            bytes.Write(Encoding.UTF8.GetBytes(text));
            bytes.WriteByte(0);
        }

        return Set(property, bytes.ToArray());
    }

    /// <summary>Adds a property without looking for an earlier one, so that reading stays linear in the blob's size.</summary>
    internal void Append(string property, ReadOnlySpan<byte> value) => _properties.Add(new FdtProperty(property, value.ToArray()));

    /// <summary>The property's bytes, or <c>null</c> when the node does not have it.</summary>
    public ReadOnlyMemory<byte>? Find(string property)
    {
        foreach (FdtProperty entry in _properties)
        {
            if (entry.Name == property)
            {
                return entry.Value;
            }
        }

        return null;
    }

    /// <summary>The child of that name, or <c>null</c>. A name without a unit address finds the first node that has one.</summary>
    public FdtNode? Child(string childName)
    {
        ArgumentNullException.ThrowIfNull(childName);
        return _children.Find(child => child.Name == childName)
            ?? _children.Find(child => child.Name.StartsWith(childName + "@", StringComparison.Ordinal));
    }

    /// <summary>The node at <paramref name="path"/> below this one, <c>/soc/serial@10000000</c>, or <c>null</c>.</summary>
    public FdtNode? At(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        FdtNode? node = this;
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            node = node?.Child(part);
        }

        return node;
    }
}

/// <summary>An entry of the memory reservation block.</summary>
/// <param name="Address">First guest-physical address.</param>
/// <param name="Size">Bytes.</param>
public readonly record struct FdtReservation(ulong Address, ulong Size);

/// <summary>A blob that is not a flattened devicetree.</summary>
/// <param name="problem">What is wrong, and where in the blob.</param>
public sealed class FdtException(string problem) : Exception(problem);
