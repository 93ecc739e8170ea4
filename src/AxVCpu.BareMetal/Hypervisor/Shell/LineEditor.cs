using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>Where bytes go.</summary>
internal interface IByteSink
{
    /// <summary>Takes bytes, in order.</summary>
    void Write(ReadOnlySpan<byte> bytes);
}

/// <summary>What a key did to the line.</summary>
internal enum LineEvent : byte
{
    /// <summary>The line was edited, or nothing happened.</summary>
    None,

    /// <summary>The line is complete; read it, then begin a new one.</summary>
    Line,

    /// <summary>The line was given up (Ctrl-C).</summary>
    Cancelled,
}

[InlineArray(LineEditor.Capacity)]
internal struct LineBytes
{
    private byte _first;
}

[InlineArray(LineEditor.HistoryLines)]
internal struct LineHistory
{
    private HistoryLine _first;
}

internal struct HistoryLine
{
    internal LineBytes Bytes;
    internal int Length;
}

/// <summary>
/// One line of input from a terminal: cursor keys, Home, End, Delete, the usual control keys, and the last lines. It takes bytes as they
/// come from a serial line, whatever they are; what it does not know it ignores.
/// </summary>
internal struct LineEditor
{
    /// <summary>The longest line; more is not taken.</summary>
    internal const int Capacity = 256;

    internal const int HistoryLines = 8;

    private enum Escape : byte
    {
        None,
        Started,
        Bracket,
        Single,
    }

    private LineBytes _line;
    private LineHistory _history;
    private int _length;
    private int _cursor;
    private int _remembered;
    private int _shown;
    private int _parameter;
    private Escape _escape;
    private byte _previous;

    /// <summary>The line as it is.</summary>
    [UnscopedRef]
    internal readonly ReadOnlySpan<byte> Line => ((ReadOnlySpan<byte>)_line).Slice(0, _length);

    /// <summary>Begins an empty line.</summary>
    internal void Begin()
    {
        _length = 0;
        _cursor = 0;
        _shown = 0;
        _escape = Escape.None;
    }

    /// <summary>Takes one byte of input and echoes what it changes.</summary>
    internal LineEvent Take<TSink>(byte input, ref TSink sink)
        where TSink : IByteSink
    {
        byte previous = _previous;
        _previous = input;
        if (_escape != Escape.None)
        {
            TakeEscape(input, ref sink);
            return LineEvent.None;
        }
        if (input == (byte)'\n' && previous == (byte)'\r')
            return LineEvent.None; // the second half of one line end
        if (input is (byte)'\r' or (byte)'\n')
        {
            sink.Write("\r\n"u8);
            Remember();
            return LineEvent.Line;
        }
        if (input is >= (byte)' ' and < 0x7F)
        {
            Insert(input, ref sink);
            return LineEvent.None;
        }
        return TakeControl(input, ref sink);
    }

    /// <summary>Writes the line again after something else was printed, with the cursor where it was.</summary>
    internal readonly void Redraw<TSink>(ref TSink sink)
        where TSink : IByteSink
    {
        sink.Write(Line);
        MoveLeft(_length - _cursor, ref sink);
    }

    private LineEvent TakeControl<TSink>(byte input, ref TSink sink)
        where TSink : IByteSink
    {
        const byte Control = 0x40; // Ctrl-X is X minus this
        switch (input)
        {
            case 0x1B:
                _escape = Escape.Started;
                break;
            case 0x7F or 0x08:
                if (_cursor > 0)
                {
                    MoveTo(_cursor - 1, ref sink);
                    Remove(1, ref sink);
                }
                break;
            case (byte)'A' - Control:
                MoveTo(0, ref sink);
                break;
            case (byte)'E' - Control:
                MoveTo(_length, ref sink);
                break;
            case (byte)'B' - Control:
                MoveTo(_cursor - 1, ref sink);
                break;
            case (byte)'F' - Control:
                MoveTo(_cursor + 1, ref sink);
                break;
            case (byte)'D' - Control:
                Remove(1, ref sink);
                break;
            case (byte)'K' - Control:
                Remove(_length - _cursor, ref sink);
                break;
            case (byte)'U' - Control:
                Cut(0, ref sink);
                break;
            case (byte)'W' - Control:
                Cut(StartOfWord(), ref sink);
                break;
            case (byte)'P' - Control:
                Recall(_shown + 1, ref sink);
                break;
            case (byte)'N' - Control:
                Recall(_shown - 1, ref sink);
                break;
            case (byte)'C' - Control:
                sink.Write("^C\r\n"u8);
                Begin();
                return LineEvent.Cancelled;
        }
        return LineEvent.None;
    }

    private void TakeEscape<TSink>(byte input, ref TSink sink)
        where TSink : IByteSink
    {
        if (_escape == Escape.Started)
        {
            _escape = input == (byte)'[' ? Escape.Bracket : input == (byte)'O' ? Escape.Single : Escape.None;
            _parameter = 0;
            return;
        }
        if (_escape == Escape.Bracket && input is >= (byte)'0' and <= (byte)'9')
        {
            _parameter = _parameter < 100 ? (_parameter * 10) + (input - '0') : _parameter;
            return;
        }
        if (_escape == Escape.Bracket && input == (byte)';')
            return; // modifiers are of no interest
        _escape = Escape.None;
        switch (input)
        {
            case (byte)'A':
                Recall(_shown + 1, ref sink);
                break;
            case (byte)'B':
                Recall(_shown - 1, ref sink);
                break;
            case (byte)'C':
                MoveTo(_cursor + 1, ref sink);
                break;
            case (byte)'D':
                MoveTo(_cursor - 1, ref sink);
                break;
            case (byte)'H':
                MoveTo(0, ref sink);
                break;
            case (byte)'F':
                MoveTo(_length, ref sink);
                break;
            case (byte)'~' when _parameter is 1 or 7:
                MoveTo(0, ref sink);
                break;
            case (byte)'~' when _parameter is 4 or 8:
                MoveTo(_length, ref sink);
                break;
            case (byte)'~' when _parameter == 3:
                Remove(1, ref sink);
                break;
        }
    }

    private void Insert<TSink>(byte value, ref TSink sink)
        where TSink : IByteSink
    {
        if (_length == Capacity)
        {
            sink.Write("\a"u8);
            return;
        }
        for (int i = _length; i > _cursor; i--)
            _line[i] = _line[i - 1];
        _line[_cursor] = value;
        _length++;
        sink.Write(Line.Slice(_cursor));
        _cursor++;
        MoveLeft(_length - _cursor, ref sink);
    }

    /// <summary>Removes bytes behind the cursor.</summary>
    private void Remove<TSink>(int count, ref TSink sink)
        where TSink : IByteSink
    {
        count = count < _length - _cursor ? count : _length - _cursor;
        if (count <= 0)
            return;
        for (int i = _cursor; i + count < _length; i++)
            _line[i] = _line[i + count];
        _length -= count;
        sink.Write(Line.Slice(_cursor));
        sink.Write("\e[K"u8);
        MoveLeft(_length - _cursor, ref sink);
    }

    /// <summary>Removes what lies between <paramref name="start"/> and the cursor.</summary>
    private void Cut<TSink>(int start, ref TSink sink)
        where TSink : IByteSink
    {
        int count = _cursor - start;
        MoveTo(start, ref sink);
        Remove(count, ref sink);
    }

    private readonly int StartOfWord()
    {
        int at = _cursor;
        while (at > 0 && _line[at - 1] == (byte)' ')
            at--;
        while (at > 0 && _line[at - 1] != (byte)' ')
            at--;
        return at;
    }

    private void MoveTo<TSink>(int position, ref TSink sink)
        where TSink : IByteSink
    {
        position = position < 0 ? 0 : position > _length ? _length : position;
        if (position < _cursor)
            MoveLeft(_cursor - position, ref sink);
        else
            sink.Write(Line.Slice(_cursor, position - _cursor));
        _cursor = position;
    }

    private static void MoveLeft<TSink>(int count, ref TSink sink)
        where TSink : IByteSink
    {
        for (; count > 0; count--)
            sink.Write("\b"u8);
    }

    private void Remember()
    {
        if (_length == 0)
            return;
        for (int i = HistoryLines - 1; i > 0; i--)
            _history[i] = _history[i - 1];
        _history[0].Bytes = _line;
        _history[0].Length = _length;
        _remembered = _remembered < HistoryLines ? _remembered + 1 : HistoryLines;
    }

    /// <summary>Puts an earlier line, counted from 1, in place of this one; 0 is an empty line.</summary>
    private void Recall<TSink>(int number, ref TSink sink)
        where TSink : IByteSink
    {
        if (number < 0 || number > _remembered)
            return;
        MoveTo(0, ref sink);
        Remove(_length, ref sink);
        _shown = number;
        if (number == 0)
            return;
        _line = _history[number - 1].Bytes;
        _length = _history[number - 1].Length;
        _cursor = _length;
        sink.Write(Line);
    }
}
