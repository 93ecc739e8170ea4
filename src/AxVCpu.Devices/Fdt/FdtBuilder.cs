namespace AxVCpu.Devices;

/// <summary>
/// Writes a flattened devicetree into the caller's memory, front to back: reservations, then nodes with their properties before their
/// children, then <see cref="Finish"/>. Whatever goes wrong is remembered and told there: too little room, too deep, a call out of turn.
/// </summary>
public ref struct FdtBuilder
{
    // What most trees need for the names of their properties.
    private const int DefaultNameRoom = 2048;

    private readonly Span<byte> _buffer;
    private readonly int _namesAt;
    private int _nameBytes;
    private int _structureAt;
    private int _at;
    private int _depth;
    private int _valueAt;
    private bool _failed;

    /// <summary>A tree with a name block of ordinary size.</summary>
    public FdtBuilder(Span<byte> buffer)
        : this(buffer, buffer.Length / 4 < DefaultNameRoom ? buffer.Length / 4 : DefaultNameRoom)
    {
    }

    /// <summary>A tree.</summary>
    /// <param name="buffer">Where it goes; the end of it holds the property names until <see cref="Finish"/>.</param>
    /// <param name="nameRoom">Bytes for the distinct names of properties, each with its closing zero.</param>
    public FdtBuilder(Span<byte> buffer, int nameRoom)
    {
        _buffer = buffer;
        _failed = nameRoom < 0 || nameRoom > buffer.Length - FdtFormat.HeaderSize;
        _namesAt = _failed ? 0 : buffer.Length - nameRoom;
        _at = FdtFormat.HeaderSize;
    }

    /// <summary>Whether something went wrong already.</summary>
    public readonly bool HasFailed => _failed;

    /// <summary>Adds an entry to the memory reservation block; before the first node.</summary>
    public void Reserve(ulong address, ulong size)
    {
        // An entry of zeroes would end the list.
        if (_structureAt != 0 || (address | size) == 0)
            _failed = true;
        Word((uint)(address >> 32));
        Word((uint)address);
        Word((uint)(size >> 32));
        Word((uint)size);
    }

    /// <summary>Begins a node inside the one that is open.</summary>
    /// <param name="name">The name with its unit address; empty for the root alone.</param>
    public void BeginNode(scoped ReadOnlySpan<byte> name) => Begin(name, default);

    /// <summary>Begins a node called <c>name@address</c>, the address in hexadecimal.</summary>
    public void BeginNode(scoped ReadOnlySpan<byte> name, ulong unitAddress)
    {
        Span<byte> digits = stackalloc byte[17];
        digits[0] = (byte)'@';
        int length = 1;
        for (int shift = 60; shift >= 0; shift -= 4)
        {
            int digit = (int)(unitAddress >> shift) & 15;
            if (digit != 0 || length > 1 || shift == 0)
                digits[length++] = (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);
        }
        Begin(name, digits.Slice(0, length));
    }

    private void Begin(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> suffix)
    {
        if (_structureAt == 0)
            CloseReservations();
        // One root, as deep as a reader goes, and not within a property's value.
        if (_depth >= FdtFormat.MaximumDepth || _depth == 0 && _at != _structureAt || _valueAt != 0)
            _failed = true;
        _depth++;
        Word((uint)FdtToken.BeginNode);
        Raw(name);
        Raw(suffix);
        Zeroes(1);
        Align();
    }

    /// <summary>Ends the innermost node.</summary>
    public void EndNode()
    {
        if (_depth == 0 || _valueAt != 0)
            _failed = true;
        _depth--;
        Word((uint)FdtToken.EndNode);
    }

    /// <summary>Where a property's name is in the name block; it is added when it is new.</summary>
    public uint AddName(scoped ReadOnlySpan<byte> name)
    {
        int start = 0;
        for (int at = 0; at < _nameBytes && !_failed; at++)
        {
            if (_buffer[_namesAt + at] != 0)
                continue;
            ReadOnlySpan<byte> known = _buffer.Slice(_namesAt + start, at - start);
            if (FdtText.Same(known, name))
                return (uint)start;
            start = at + 1;
        }
        return AppendName(name);
    }

    /// <summary>Adds a property's name without looking for an earlier one of the same spelling, for callers that know.</summary>
    public uint AppendName(scoped ReadOnlySpan<byte> name)
    {
        if (_failed || name.IsEmpty || name.Length >= _buffer.Length - _namesAt - _nameBytes)
        {
            _failed = true;
            return 0;
        }
        int at = _namesAt + _nameBytes;
        name.CopyTo(_buffer.Slice(at));
        _buffer[at + name.Length] = 0;
        uint offset = (uint)_nameBytes;
        _nameBytes += name.Length + 1;
        return offset;
    }

    /// <summary>Begins a property whose value <see cref="AppendCell"/> and its like put together.</summary>
    public void BeginProperty(scoped ReadOnlySpan<byte> name) => BeginProperty(AddName(name));

    /// <summary>Begins a property by where its name is.</summary>
    public void BeginProperty(uint nameOffset)
    {
        if (_depth == 0 || _valueAt != 0)
            _failed = true;
        Word((uint)FdtToken.Property);
        Word(0);
        Word(nameOffset);
        _valueAt = _at;
    }

    /// <summary>Adds a 32-bit cell to the value.</summary>
    public void AppendCell(uint cell) => Word(cell);

    /// <summary>Adds a 64-bit number, two cells, to the value.</summary>
    public void AppendNumber(ulong number)
    {
        Word((uint)(number >> 32));
        Word((uint)number);
    }

    /// <summary>Adds bytes to the value.</summary>
    public void AppendBytes(scoped ReadOnlySpan<byte> bytes) => Raw(bytes);

    /// <summary>Adds a string and its closing zero to the value.</summary>
    public void AppendText(scoped ReadOnlySpan<byte> text)
    {
        Raw(text);
        Zeroes(1);
    }

    /// <summary>Ends the property.</summary>
    public void EndProperty()
    {
        if (_valueAt == 0)
            _failed = true;
        if (!_failed)
            BigEndian.Put32(_buffer, _valueAt - 8, (uint)(_at - _valueAt));
        _valueAt = 0;
        Align();
    }

    /// <summary>Adds a property of bytes.</summary>
    public void Property(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        BeginProperty(name);
        Raw(value);
        EndProperty();
    }

    /// <summary>Adds a property that is true by being there.</summary>
    public void Flag(scoped ReadOnlySpan<byte> name) => Property(name, default);

    /// <summary>Adds a property of one cell.</summary>
    public void Cell(scoped ReadOnlySpan<byte> name, uint cell)
    {
        BeginProperty(name);
        Word(cell);
        EndProperty();
    }

    /// <summary>Adds a property of one 64-bit number.</summary>
    public void Number(scoped ReadOnlySpan<byte> name, ulong number)
    {
        BeginProperty(name);
        AppendNumber(number);
        EndProperty();
    }

    /// <summary>Adds a property of one string.</summary>
    public void Text(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> text)
    {
        BeginProperty(name);
        AppendText(text);
        EndProperty();
    }

    /// <summary>Adds <c>reg</c> with one range, two cells for its address and two for its size.</summary>
    public void Register(ulong address, ulong size)
    {
        BeginProperty("reg"u8);
        AppendNumber(address);
        AppendNumber(size);
        EndProperty();
    }

    /// <summary>Adds a copy of a node with everything below it. The caller answers for what the copy refers to.</summary>
    public void Copy(scoped FdtNodeView node)
    {
        FdtCursor cursor = node.Inside(out bool exists);
        if (!exists)
            return;
        int outside = cursor.Depth - 1;
        BeginNode(cursor.Name);
        while (!_failed && cursor.Depth > outside)
        {
            switch (cursor.Next())
            {
                case FdtItem.Node:
                    BeginNode(cursor.Name);
                    break;
                case FdtItem.EndNode:
                    EndNode();
                    break;
                case FdtItem.Property:
                    Property(cursor.Name, cursor.Value);
                    break;
                default:
                    _failed = true;
                    break;
            }
        }
    }

    /// <summary>Completes the blob.</summary>
    /// <param name="bootCpu">The physical id of the CPU that boots.</param>
    /// <returns>Its bytes from the start of the buffer; 0 when it did not fit, or a call was out of turn.</returns>
    public int Finish(uint bootCpu)
    {
        if (_depth != 0 || _structureAt == 0 || _at == _structureAt)
            _failed = true;
        Word((uint)FdtToken.End);
        if (_failed)
            return 0;
        int structureSize = _at - _structureAt;
        int total = _at + _nameBytes;
        // The names move down to the structure block; they never stand below it.
        _buffer.Slice(_namesAt, _nameBytes).CopyTo(_buffer.Slice(_at));
        Header(FdtHeaderWord.Magic, FdtFormat.Magic);
        Header(FdtHeaderWord.TotalSize, (uint)total);
        Header(FdtHeaderWord.StructureOffset, (uint)_structureAt);
        Header(FdtHeaderWord.StringsOffset, (uint)_at);
        Header(FdtHeaderWord.ReservationsOffset, FdtFormat.HeaderSize);
        Header(FdtHeaderWord.Version, FdtFormat.Version);
        Header(FdtHeaderWord.LastCompatibleVersion, FdtFormat.LastCompatibleVersion);
        Header(FdtHeaderWord.BootCpu, bootCpu);
        Header(FdtHeaderWord.StringsSize, (uint)_nameBytes);
        Header(FdtHeaderWord.StructureSize, (uint)structureSize);
        return total;
    }

    private readonly void Header(FdtHeaderWord word, uint value) => BigEndian.Put32(_buffer, (int)word * 4, value);

    private void CloseReservations()
    {
        Zeroes(FdtFormat.ReservationSize);
        _structureAt = _at;
    }

    private void Word(uint value)
    {
        if (!Fits(4))
            return;
        BigEndian.Put32(_buffer, _at, value);
        _at += 4;
    }

    private void Raw(scoped ReadOnlySpan<byte> bytes)
    {
        if (!Fits(bytes.Length))
            return;
        bytes.CopyTo(_buffer.Slice(_at));
        _at += bytes.Length;
    }

    private void Zeroes(int count)
    {
        for (; count > 0 && Fits(1); count--)
            _buffer[_at++] = 0;
    }

    private void Align()
    {
        while (!_failed && (_at & 3) != 0)
            Zeroes(1);
    }

    private bool Fits(int bytes)
    {
        if (bytes > _namesAt - _at)
            _failed = true;
        return !_failed;
    }
}
