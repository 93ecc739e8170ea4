namespace AxVCpu.Devices;

/// <summary>What <see cref="FdtCursor.Next"/> came upon.</summary>
public enum FdtItem : byte
{
    /// <summary>A node begins: <see cref="FdtCursor.Name"/>.</summary>
    Node,
    /// <summary>The innermost node ends.</summary>
    EndNode,
    /// <summary>A property of the innermost node: <see cref="FdtCursor.Name"/>, <see cref="FdtCursor.Value"/>.</summary>
    Property,
    /// <summary>The tree is complete.</summary>
    End,
    /// <summary>The blob is malformed: <see cref="FdtCursor.Problem"/>. It stays so.</summary>
    Malformed,
}

/// <summary>A walk over a structure block in order, without trusting a byte of it. It takes time linear in the block's size.</summary>
public ref struct FdtCursor
{
    private readonly ReadOnlySpan<byte> _structure;
    private readonly ReadOnlySpan<byte> _strings;
    private ReadOnlySpan<byte> _name;
    private ReadOnlySpan<byte> _value;
    private int _at;
    private int _item;
    private int _depth;
    private uint _nameOffset;
    private bool _rootSeen;
    private FdtStatus _problem;

    internal FdtCursor(ReadOnlySpan<byte> structure, ReadOnlySpan<byte> strings, int at = 0, int depth = 0)
    {
        _structure = structure;
        _strings = strings;
        _at = at;
        _item = at;
        _depth = depth;
        _rootSeen = depth != 0;
    }

    /// <summary>The name of the node or property last found, without its closing zero.</summary>
    public readonly ReadOnlySpan<byte> Name => _name;

    /// <summary>The value of the property last found.</summary>
    public readonly ReadOnlySpan<byte> Value => _value;

    /// <summary>Where in the strings block the name of the property last found is.</summary>
    public readonly uint NameOffset => _nameOffset;

    /// <summary>How many nodes are open; 1 inside the root.</summary>
    public readonly int Depth => _depth;

    /// <summary>Where in the structure block the item last found begins; for a bad name, where the name is.</summary>
    public readonly int Offset => _item;

    /// <summary>What is wrong, after <see cref="FdtItem.Malformed"/>.</summary>
    public readonly FdtStatus Problem => _problem;

    /// <summary>Moves on to the next item.</summary>
    public FdtItem Next()
    {
        while (_problem == FdtStatus.Ok)
        {
            _item = _at;
            if (!TryWord(out uint token))
                return Fail(FdtStatus.Truncated);
            switch ((FdtToken)token)
            {
                case FdtToken.Nop:
                    continue;
                case FdtToken.BeginNode:
                    return BeginNode();
                case FdtToken.EndNode:
                    if (_depth == 0)
                        return Fail(FdtStatus.UnmatchedEnd);
                    _depth--;
                    return FdtItem.EndNode;
                case FdtToken.Property:
                    return Property();
                case FdtToken.End:
                    if (_depth != 0 || !_rootSeen)
                        return Fail(FdtStatus.OpenNode);
                    // Looking again finds the end again.
                    _at = _item;
                    return FdtItem.End;
                default:
                    return Fail(FdtStatus.BadToken);
            }
        }
        return FdtItem.Malformed;
    }

    private FdtItem Fail(FdtStatus problem)
    {
        _problem = problem;
        return FdtItem.Malformed;
    }

    private FdtItem BeginNode()
    {
        if (!TryText(_structure, (uint)_at, _structure.Length, out _name))
        {
            _item = _at;
            return Fail(FdtStatus.OpenNodeName);
        }
        if (_depth >= FdtFormat.MaximumDepth)
            return Fail(FdtStatus.TooDeep);
        if (_depth == 0 && _rootSeen)
            return Fail(FdtStatus.SecondRoot);
        _rootSeen = true;
        _depth++;
        _at = Aligned(_at + _name.Length + 1);
        return FdtItem.Node;
    }

    private FdtItem Property()
    {
        if (!TryWord(out uint size) || !TryWord(out _nameOffset) || size > (uint)(_structure.Length - _at))
            return Fail(FdtStatus.Truncated);
        if (!TryText(_strings, _nameOffset, FdtFormat.MaximumNameLength, out _name) || _name.Length == 0)
        {
            _item = (int)(_nameOffset & int.MaxValue);
            return Fail(FdtStatus.BadPropertyName);
        }
        if (_depth == 0)
            return Fail(FdtStatus.PropertyOutsideNode);
        _value = _structure.Slice(_at, (int)size);
        _at = Aligned(_at + (int)size);
        return FdtItem.Property;
    }

    // The last item's padding may be cut off: then the next one does not begin.
    private readonly int Aligned(int at) => at > _structure.Length - 3 ? _structure.Length : (at + 3) & ~3;

    private bool TryWord(out uint word)
    {
        word = 0;
        if (_structure.Length - _at < 4)
            return false;
        word = BigEndian.Get32(_structure, _at);
        _at += 4;
        return true;
    }

    private static bool TryText(ReadOnlySpan<byte> block, uint offset, int longest, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (offset >= (uint)block.Length)
            return false;
        int start = (int)offset;
        int limit = longest < block.Length - start ? start + longest + 1 : block.Length;
        for (int end = start; end < limit; end++)
        {
            if (block[end] != 0)
                continue;
            text = block.Slice(start, end - start);
            return true;
        }
        return false;
    }
}
