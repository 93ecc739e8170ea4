namespace AxVCpu.Devices;

/// <summary>
/// A node of a <see cref="FdtBlob"/>, or none (<see cref="Exists"/>): whatever is looked for below a node that does not exist does
/// not exist either, so that look-ups chain. Navigation walks the blob; nothing is indexed.
/// </summary>
public readonly ref struct FdtNodeView
{
    private readonly ReadOnlySpan<byte> _structure;
    private readonly ReadOnlySpan<byte> _strings;
    // Where the node's begin token is; a depth of 0 stands for what is around the root, -1 for no node.
    private readonly int _at;
    private readonly int _depthPlusOne;

    internal FdtNodeView(ReadOnlySpan<byte> structure, ReadOnlySpan<byte> strings, int at, int depth)
    {
        _structure = structure;
        _strings = strings;
        _at = at;
        _depthPlusOne = depth + 1;
    }

    /// <summary>Whether there is such a node.</summary>
    public bool Exists => _depthPlusOne > 1;

    /// <summary>Where in the structure block the node begins: its identity within the blob.</summary>
    public int Offset => _at;

    /// <summary>The name with its unit address; empty for the root and for no node.</summary>
    public ReadOnlySpan<byte> Name
    {
        get
        {
            FdtCursor cursor = Inside(out bool exists);
            return exists ? cursor.Name : default;
        }
    }

    /// <summary>The first child.</summary>
    public FdtNodeView FirstChild
    {
        get
        {
            if (_depthPlusOne == 0)
                return default;
            FdtCursor cursor = Exists ? Inside(out _) : new FdtCursor(_structure, _strings);
            FdtItem item;
            do
                item = cursor.Next();
            while (item == FdtItem.Property);
            return item == FdtItem.Node ? new FdtNodeView(_structure, _strings, cursor.Offset, cursor.Depth) : default;
        }
    }

    /// <summary>The next node with the same parent.</summary>
    public FdtNodeView NextSibling
    {
        get
        {
            FdtCursor cursor = Inside(out bool exists);
            if (!exists)
                return default;
            int depth = cursor.Depth;
            while (true)
            {
                FdtItem item = cursor.Next();
                if (item == FdtItem.Node && cursor.Depth == depth)
                    return new FdtNodeView(_structure, _strings, cursor.Offset, depth);
                if (item is FdtItem.End or FdtItem.Malformed || item == FdtItem.EndNode && cursor.Depth < depth - 1)
                    return default;
            }
        }
    }

    /// <summary>The node around this one; none for the root.</summary>
    public FdtNodeView Parent
    {
        get
        {
            if (_depthPlusOne <= 2)
                return default;
            Span<int> path = stackalloc int[FdtFormat.MaximumDepth + 1];
            FdtCursor cursor = new(_structure, _strings);
            while (true)
            {
                FdtItem item = cursor.Next();
                if (item is FdtItem.End or FdtItem.Malformed)
                    return default;
                if (item != FdtItem.Node)
                    continue;
                path[cursor.Depth] = cursor.Offset;
                if (cursor.Offset == _at)
                    return new FdtNodeView(_structure, _strings, path[cursor.Depth - 1], cursor.Depth - 1);
            }
        }
    }

    /// <summary>The next node of the tree in the order of the blob, whatever its depth: a walk over all nodes.</summary>
    public FdtNodeView NextInBlob
    {
        get
        {
            FdtCursor cursor = Inside(out bool exists);
            while (exists)
            {
                FdtItem item = cursor.Next();
                if (item == FdtItem.Node)
                    return new FdtNodeView(_structure, _strings, cursor.Offset, cursor.Depth);
                exists = item is FdtItem.Property or FdtItem.EndNode;
            }
            return default;
        }
    }

    /// <summary>A walk that begins after this node's begin token, at its first property, and ends with the tree.</summary>
    internal FdtCursor Inside(out bool exists)
    {
        exists = Exists;
        if (!exists)
            return default;
        FdtCursor cursor = new(_structure, _strings, _at, _depthPlusOne - 2);
        exists = cursor.Next() == FdtItem.Node;
        return cursor;
    }

    /// <summary>Finds a property's value; properties stand before child nodes (5.4.2).</summary>
    public bool TryProperty(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        FdtCursor cursor = Inside(out bool exists);
        while (exists && cursor.Next() == FdtItem.Property)
        {
            if (!FdtText.Same(cursor.Name, name))
                continue;
            value = cursor.Value;
            return true;
        }
        value = default;
        return false;
    }

    /// <summary>Whether the node has the property, whatever its value.</summary>
    public bool Has(ReadOnlySpan<byte> name) => TryProperty(name, out _);

    /// <summary>Reads one 32-bit cell.</summary>
    /// <returns>False when the property does not exist or is shorter.</returns>
    public bool TryCell(ReadOnlySpan<byte> name, int index, out uint cell)
    {
        bool found = TryProperty(name, out ReadOnlySpan<byte> value) && index >= 0 && value.Length / 4 > index;
        cell = found ? BigEndian.Get32(value, index * 4) : 0;
        return found;
    }

    /// <summary>Reads the first 32-bit cell of a property.</summary>
    public bool TryCell(ReadOnlySpan<byte> name, out uint cell) => TryCell(name, 0, out cell);

    /// <summary>Reads a number of one or two cells, as its length says.</summary>
    public bool TryNumber(ReadOnlySpan<byte> name, out ulong number)
    {
        number = 0;
        if (!TryProperty(name, out ReadOnlySpan<byte> value) || value.Length is not (4 or 8))
            return false;
        number = value.Length == 4 ? BigEndian.Get32(value, 0) : BigEndian.Get64(value, 0);
        return true;
    }

    /// <summary>Reads the first string of a property, without its closing zero.</summary>
    public bool TryText(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> text)
    {
        text = default;
        return TryProperty(name, out ReadOnlySpan<byte> value) && FdtText.TryPart(ref value, out text);
    }

    /// <summary>Whether one of the strings of <c>compatible</c> is <paramref name="model"/> (2.3.1).</summary>
    public bool IsCompatible(ReadOnlySpan<byte> model)
    {
        TryProperty("compatible"u8, out ReadOnlySpan<byte> list);
        while (FdtText.TryPart(ref list, out ReadOnlySpan<byte> part))
        {
            if (FdtText.Same(part, model))
                return true;
        }
        return false;
    }

    /// <summary>Whether the node is to be used: <c>status</c> is absent, <c>okay</c> or <c>ok</c> (2.3.4).</summary>
    public bool IsEnabled => !TryText("status"u8, out ReadOnlySpan<byte> status) || FdtText.Same(status, "okay"u8) || FdtText.Same(status, "ok"u8);

    /// <summary>The child of that name. A name without a unit address finds the first node that has one (2.2.3).</summary>
    public FdtNodeView Child(ReadOnlySpan<byte> name)
    {
        FdtNodeView similar = default;
        for (FdtNodeView child = FirstChild; child.Exists; child = child.NextSibling)
        {
            ReadOnlySpan<byte> childName = child.Name;
            if (FdtText.Same(childName, name))
                return child;
            if (!similar.Exists && childName.Length > name.Length && childName[name.Length] == (byte)'@' && FdtText.Same(childName.Slice(0, name.Length), name))
                similar = child;
        }
        return similar;
    }

    /// <summary>The node at a path below this one, parts separated by slashes; leading and doubled slashes count for nothing.</summary>
    public FdtNodeView At(ReadOnlySpan<byte> path)
    {
        FdtNodeView node = this;
        int start = 0;
        for (int at = 0; at <= path.Length; at++)
        {
            if (at < path.Length && path[at] != (byte)'/')
                continue;
            if (at > start)
                node = node.Child(path.Slice(start, at - start));
            start = at + 1;
        }
        return node;
    }

    /// <summary>This node, or the first after it in the blob, that is compatible with <paramref name="model"/>.</summary>
    public FdtNodeView FindCompatible(ReadOnlySpan<byte> model)
    {
        FdtNodeView node = this;
        while (node.Exists && !node.IsCompatible(model))
            node = node.NextInBlob;
        return node;
    }

    /// <summary>This node, or the first after it in the blob, with that <c>phandle</c> (2.3.3).</summary>
    public FdtNodeView FindPhandle(uint phandle)
    {
        FdtNodeView node = this;
        while (node.Exists && !(node.TryCell("phandle"u8, out uint own) && own == phandle))
            node = node.NextInBlob;
        return node;
    }
}
