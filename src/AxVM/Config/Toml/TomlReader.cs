using System.Globalization;

namespace AxVM.Config.Toml;

/// <summary>
/// Reads TOML 1.0 strictly. Dates and times are refused with a clear message, because no VM setting is one.
/// The depth of nesting is bounded, so a hostile file cannot exhaust the stack.
/// </summary>
internal sealed partial class TomlReader
{
    private const int MaximumDepth = 64;
    private const char EndOfText = '\uffff';

    private readonly string _text;
    private int _at;
    private int _line = 1;
    private int _lineStart;
    private int _depth;

    private TomlReader(string text) => _text = text;

    private TomlPosition Here => new(_line, _at - _lineStart + 1);

    private char Current => _at < _text.Length ? _text[_at] : EndOfText;

    private bool AtEnd => _at >= _text.Length;

    /// <summary>The root table of <paramref name="text"/>.</summary>
    /// <exception cref="TomlException">The text is not TOML.</exception>
    public static TomlTable Read(string text) => new TomlReader(text).ReadDocument();

    private TomlTable ReadDocument()
    {
        TomlTable root = new(TomlTableOrigin.Header) { Position = Here };
        TomlTable section = root;
        while (true)
        {
            SkipBlankLines();
            if (AtEnd)
            {
                return root;
            }

            if (Current == '[')
            {
                section = ReadHeader(root);
            }
            else
            {
                ReadKeyValue(section);
            }

            EndLine();
        }
    }

    private TomlTable ReadHeader(TomlTable root)
    {
        TomlPosition start = Here;
        Advance();
        bool isArray = Current == '[';
        if (isArray)
        {
            Advance();
        }

        List<(string Name, TomlPosition Position)> path = ReadKey();
        Expect(']', isArray ? "']]' to close the header" : "']' to close the header");
        if (isArray)
        {
            Expect(']', "']]' to close the header");
        }

        TomlTable table = root;
        for (int i = 0; i < path.Count - 1; i++)
        {
            table = EnterForHeader(table, path, i);
        }

        (string name, TomlPosition position) = path[^1];
        return isArray ? AppendTable(table, path, name, position, start) : DefineTable(table, path, name, position, start);
    }

    private static TomlTable EnterForHeader(TomlTable table, List<(string Name, TomlPosition Position)> path, int index)
    {
        (string name, TomlPosition position) = path[index];
        if (!table.TryGet(name, out TomlEntry entry))
        {
            TomlTable created = new(TomlTableOrigin.Implicit) { Position = position };
            table.Add(name, created, position);
            return created;
        }

        return entry.Value switch
        {
            TomlTable { Origin: not TomlTableOrigin.Inline } inner => inner,
            TomlArray { IsTableArray: true } array => (TomlTable)array[array.Count - 1],
            _ => throw new TomlException(position, $"'{PathText(path, index)}' is {entry.Value.Kind} from line {entry.KeyPosition.Line} and cannot be extended by a header"),
        };
    }

    private static TomlTable AppendTable(
        TomlTable table, List<(string Name, TomlPosition Position)> path, string name, TomlPosition position, TomlPosition start)
    {
        TomlArray array;
        if (!table.TryGet(name, out TomlEntry entry))
        {
            array = new TomlArray(isTableArray: true) { Position = start };
            table.Add(name, array, position);
        }
        else if (entry.Value is TomlArray { IsTableArray: true } existing)
        {
            array = existing;
        }
        else
        {
            throw new TomlException(position, $"'{PathText(path, path.Count - 1)}' is already {entry.Value.Kind}, from line {entry.KeyPosition.Line}");
        }

        TomlTable element = new(TomlTableOrigin.Header) { Position = start };
        array.Add(element);
        return element;
    }

    private static TomlTable DefineTable(
        TomlTable table, List<(string Name, TomlPosition Position)> path, string name, TomlPosition position, TomlPosition start)
    {
        if (!table.TryGet(name, out TomlEntry entry))
        {
            TomlTable created = new(TomlTableOrigin.Header) { Position = start };
            table.Add(name, created, position);
            return created;
        }

        if (entry.Value is TomlTable { Origin: TomlTableOrigin.Implicit } implied)
        {
            implied.Define();
            return implied;
        }

        throw new TomlException(position, $"duplicate table '{PathText(path, path.Count - 1)}', first defined on line {entry.KeyPosition.Line}");
    }

    private void ReadKeyValue(TomlTable table)
    {
        List<(string Name, TomlPosition Position)> path = ReadKey();
        Expect('=', "'=' after the key");
        SkipSpaces();
        for (int i = 0; i < path.Count - 1; i++)
        {
            (string part, TomlPosition partPosition) = path[i];
            if (!table.TryGet(part, out TomlEntry entry))
            {
                TomlTable created = new(TomlTableOrigin.Dotted) { Position = partPosition };
                table.Add(part, created, partPosition);
                table = created;
            }
            else if (entry.Value is TomlTable { Origin: TomlTableOrigin.Dotted } inner)
            {
                table = inner;
            }
            else
            {
                throw new TomlException(partPosition, $"'{PathText(path, i)}' is already {entry.Value.Kind}, from line {entry.KeyPosition.Line}, and a dotted key cannot add to it");
            }
        }

        (string name, TomlPosition position) = path[^1];
        if (table.TryGet(name, out TomlEntry first))
        {
            throw new TomlException(position, $"duplicate key '{PathText(path, path.Count - 1)}', first given on line {first.KeyPosition.Line}");
        }

        table.Add(name, ReadValue(), position);
    }

    private TomlValue ReadValue()
    {
        TomlPosition start = Here;
        switch (Current)
        {
            case '"' or '\'':
                return new TomlString(ReadString(allowMultiline: true)) { Position = start };
            case '[':
                return ReadArray(start);
            case '{':
                return ReadInlineTable(start);
            default:
                return ReadScalar(start);
        }
    }

    private TomlArray ReadArray(TomlPosition start)
    {
        Enter(start);
        Advance();
        TomlArray array = new() { Position = start };
        while (true)
        {
            SkipBlankLines();
            if (Current == ']')
            {
                break;
            }

            if (AtEnd)
            {
                throw new TomlException(Here, $"the array that begins at {start} is not closed: ']' is missing");
            }

            array.Add(ReadValue());
            SkipBlankLines();
            if (Current == ',')
            {
                Advance();
            }
            else if (Current != ']' && !AtEnd)
            {
                throw new TomlException(Here, $"expected ',' or ']' in the array, found {Found()}");
            }
        }

        Advance();
        _depth--;
        return array;
    }

    private TomlTable ReadInlineTable(TomlPosition start)
    {
        Enter(start);
        Advance();
        // The keys are read into a table that still takes dotted keys; what is handed out is closed.
        TomlTable table = new(TomlTableOrigin.Inline) { Position = start };
        SkipSpaces();
        if (Current != '}')
        {
            while (true)
            {
                SkipSpaces();
                ReadKeyValue(table);
                SkipSpaces();
                if (Current == '}')
                {
                    break;
                }

                if (Current != ',')
                {
                    throw new TomlException(Here, $"expected ',' or '}}' in the inline table, found {Found()}");
                }

                Advance();
            }
        }

        Advance();
        _depth--;
        return table;
    }

    private List<(string Name, TomlPosition Position)> ReadKey()
    {
        List<(string Name, TomlPosition Position)> path = [];
        while (true)
        {
            SkipSpaces();
            TomlPosition position = Here;
            if (path.Count == MaximumDepth)
            {
                throw new TomlException(position, $"a key of more than {MaximumDepth} parts");
            }

            path.Add((ReadSimpleKey(), position));
            SkipSpaces();
            if (Current != '.')
            {
                return path;
            }

            Advance();
        }
    }

    private string ReadSimpleKey()
    {
        if (Current is '"' or '\'')
        {
            return ReadString(allowMultiline: false);
        }

        int start = _at;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '_' or '-')
        {
            Advance();
        }

        return _at > start ? _text[start.._at] : throw new TomlException(Here, $"expected a key, found {Found()}");
    }

    private void Enter(TomlPosition start)
    {
        if (++_depth > MaximumDepth)
        {
            throw new TomlException(start, $"nested more than {MaximumDepth} deep");
        }
    }

    private void EndLine()
    {
        SkipSpaces();
        SkipComment();
        if (!AtEnd && !TryNewline())
        {
            throw new TomlException(Here, $"expected the end of the line, found {Found()}");
        }
    }

    private void SkipBlankLines()
    {
        do
        {
            SkipSpaces();
            SkipComment();
        }
        while (TryNewline());
    }

    private void SkipSpaces()
    {
        while (Current is ' ' or '\t')
        {
            Advance();
        }
    }

    private void SkipComment()
    {
        if (Current != '#')
        {
            return;
        }

        while (!AtEnd && !AtNewline())
        {
            RefuseControl("a comment");
            Advance();
        }
    }

    private bool AtNewline() => Current == '\n' || (Current == '\r' && _at + 1 < _text.Length && _text[_at + 1] == '\n');

    private bool TryNewline()
    {
        if (!AtNewline())
        {
            return false;
        }

        _at += Current == '\r' ? 2 : 1;
        _line++;
        _lineStart = _at;
        return true;
    }

    private void Expect(char wanted, string what)
    {
        SkipSpaces();
        if (Current != wanted || AtEnd)
        {
            throw new TomlException(Here, $"expected {what}, found {Found()}");
        }

        Advance();
    }

    private void Advance() => _at++;

    private void RefuseControl(string where)
    {
        char c = Current;
        if ((c < ' ' && c != '\t') || c == '\x7f')
        {
            throw new TomlException(Here, string.Create(CultureInfo.InvariantCulture, $"control character U+{(int)c:X4} in {where}"));
        }

        bool lonely = char.IsSurrogate(c) &&
            !(char.IsHighSurrogate(c) ? _at + 1 < _text.Length && char.IsLowSurrogate(_text[_at + 1]) : _at > 0 && char.IsHighSurrogate(_text[_at - 1]));
        if (lonely)
        {
            throw new TomlException(Here, $"half of a surrogate pair in {where}");
        }
    }

    private string Found()
    {
        if (AtEnd)
        {
            return "the end of the file";
        }

        char c = Current;
        return c is '\n' or '\r' ? "the end of the line"
            : char.IsControl(c) ? string.Create(CultureInfo.InvariantCulture, $"U+{(int)c:X4}")
            : $"'{c}'";
    }

    private static string PathText(List<(string Name, TomlPosition Position)> path, int last) =>
        string.Join('.', path.Take(last + 1).Select(part => part.Name));
}
