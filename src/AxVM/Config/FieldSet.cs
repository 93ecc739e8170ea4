using System.Globalization;
using AxVM.Config.Toml;

namespace AxVM.Config;

/// <summary>Collects what is wrong with one text, so that all of it is told at once.</summary>
internal sealed class ProblemList(string? file)
{
    private readonly List<ConfigProblem> _problems = [];

    /// <summary>Where each field stood that was read, by its path.</summary>
    public Dictionary<string, TomlPosition> Places { get; } = new(StringComparer.Ordinal);

    public void Add(TomlPosition position, string field, string message) =>
        _problems.Add(new ConfigProblem(file, position.Line, position.Column, field, message));

    /// <summary>Throws when there were problems, ordered by their place in the text.</summary>
    public void ThrowIfAny()
    {
        if (_problems.Count > 0)
        {
            throw new ConfigException([.. _problems.OrderBy(problem => problem.Line).ThenBy(problem => problem.Column)]);
        }
    }
}

/// <summary>
/// Takes typed fields out of one table, or out of one positional array whose places have names, and reports
/// whatever does not fit. A field that was asked for is known; <see cref="RejectUnknown"/> reports the others.
/// </summary>
internal sealed class FieldSet
{
    private readonly ProblemList _problems;
    private readonly string _path;
    private readonly TomlTable? _table;
    private readonly TomlArray? _array;
    private readonly List<string> _asked = [];

    public FieldSet(ProblemList problems, string path, TomlTable table)
    {
        _problems = problems;
        _path = path;
        _table = table;
        Position = table.Position;
    }

    private FieldSet(ProblemList problems, string path, TomlArray array)
    {
        _problems = problems;
        _path = path;
        _array = array;
        Position = array.Position;
    }

    public TomlPosition Position { get; }

    public string Path => _path;

    /// <summary>The place of a field for a problem found later, when fields are compared with each other.</summary>
    public TomlPosition PositionOf(string key) => Find(key, out TomlValue? value, out _) ? value!.Position : Position;

    public void Problem(string key, string message) => _problems.Add(PositionOf(key), Name(key), message);

    public bool Has(string key) => Find(key, out _, out _);

    public FieldSet Section(string key)
    {
        if (!Find(key, out TomlValue? value, out string path))
        {
            return new FieldSet(_problems, path, new TomlTable(TomlTableOrigin.Implicit) { Position = Position });
        }

        if (value is TomlTable table)
        {
            return new FieldSet(_problems, path, table);
        }

        Wrong(value!, path, $"a table, written [{path}]");
        return new FieldSet(_problems, path, new TomlTable(TomlTableOrigin.Implicit) { Position = value!.Position });
    }

    public IEnumerable<FieldSet> Sections(string key)
    {
        foreach ((TomlValue value, string path) in Items(key, $"tables, each written [[{key}]]"))
        {
            if (value is TomlTable table)
            {
                yield return new FieldSet(_problems, path, table);
            }
            else
            {
                Wrong(value, path, $"a table, written [[{key}]]");
            }
        }
    }

    /// <summary>The entries of an array whose items are tables, or arrays with the fields in a fixed order.</summary>
    /// <param name="key">The array's name.</param>
    /// <param name="shape">The order of the fields, for messages.</param>
    /// <param name="minimum">The fewest places a positional entry has.</param>
    /// <param name="maximum">The most places a positional entry has.</param>
    public IEnumerable<FieldSet> Entries(string key, string shape, int minimum, int maximum)
    {
        foreach ((TomlValue value, string path) in Items(key, $"entries of the form {shape}"))
        {
            switch (value)
            {
                case TomlTable table:
                    yield return new FieldSet(_problems, path, table);
                    break;
                case TomlArray array when array.Count >= minimum && array.Count <= maximum:
                    yield return new FieldSet(_problems, path, array);
                    break;
                case TomlArray array:
                    _problems.Add(value.Position, path, $"has {array.Count} items where {shape} is expected");
                    break;
                default:
                    Wrong(value, path, shape);
                    break;
            }
        }
    }

    /// <summary>How many places a positional entry has; 0 for a table.</summary>
    public int PositionalCount => _array?.Count ?? 0;

    public string? Text(string key)
    {
        if (!Find(key, out TomlValue? value, out string path))
        {
            return null;
        }

        if (value is TomlString text)
        {
            return text.Value;
        }

        Wrong(value!, path, "a string");
        return null;
    }

    /// <summary>A string that is not empty; an empty one counts as absent, as the original's generated files have it.</summary>
    public string? FileName(string key) => Text(key) is { Length: > 0 } name ? name : null;

    public bool? Flag(string key)
    {
        if (!Find(key, out TomlValue? value, out string path))
        {
            return null;
        }

        if (value is TomlBoolean boolean)
        {
            return boolean.Value;
        }

        Wrong(value!, path, "true or false");
        return null;
    }

    public ulong? Number(string key, ulong minimum = 0, ulong maximum = long.MaxValue) =>
        Find(key, out TomlValue? value, out string path) ? Number(value!, path, minimum, maximum) : null;

    public IReadOnlyList<ulong> Numbers(string key)
    {
        List<ulong> numbers = [];
        foreach ((TomlValue value, string path) in Items(key, "integers"))
        {
            if (Number(value, path, 0, long.MaxValue) is ulong number)
            {
                numbers.Add(number);
            }
        }

        return numbers;
    }

    public IReadOnlyList<string> Texts(string key)
    {
        List<string> texts = [];
        foreach ((TomlValue item, string path) in Items(key, "strings"))
        {
            // The original wraps each path in an array of its own; both spellings are taken.
            TomlValue value = item is TomlArray { Count: 1 } wrapped ? wrapped[0] : item;
            if (value is TomlString text)
            {
                texts.Add(text.Value);
            }
            else
            {
                Wrong(value, path, "a string");
            }
        }

        return texts;
    }

    /// <summary>A number of bytes: an integer, or a string with one of the suffixes K, M, G, T.</summary>
    public ulong? Bytes(string key, ulong minimum, ulong maximum)
    {
        if (!Find(key, out TomlValue? value, out string path))
        {
            return null;
        }

        if (value is TomlString text)
        {
            if (ByteSize.TryParse(text.Value, out ulong bytes))
            {
                return InRange(value, path, bytes, minimum, maximum);
            }

            _problems.Add(value.Position, path, $"\"{text.Value}\" is not a size; write bytes, or a number with K, M or G such as \"512M\"");
            return null;
        }

        if (value is TomlInteger)
        {
            return Number(value, path, minimum, maximum);
        }

        Wrong(value!, path, "a size such as \"512M\" or 0x2000_0000");
        return null;
    }

    /// <summary>One of a few words.</summary>
    public T? Choice<T>(string key, params ReadOnlySpan<(string Word, T Value)> words)
        where T : struct
    {
        if (Text(key) is not string text)
        {
            return null;
        }

        foreach ((string word, T value) in words)
        {
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        List<string> known = [];
        foreach ((string word, _) in words)
        {
            known.Add($"\"{word}\"");
        }

        Problem(key, $"\"{text}\" is not one of {string.Join(", ", known)}");
        return null;
    }

    /// <summary>One of an enumeration's numeric codes.</summary>
    public T? Code<T>(string key)
        where T : struct, Enum
    {
        if (Number(key) is not ulong number)
        {
            return null;
        }

        if (number <= int.MaxValue && Enum.IsDefined((T)(object)(int)number))
        {
            return (T)(object)(int)number;
        }

        string known = string.Join(", ", Enum.GetValues<T>().Select(value =>
            string.Create(CultureInfo.InvariantCulture, $"0x{Convert.ToInt32(value, CultureInfo.InvariantCulture):x} {value}")));
        Problem(key, string.Create(CultureInfo.InvariantCulture, $"0x{number:x} is not a known code; known are {known}"));
        return null;
    }

    public T Required<T>(string key, T? value)
        where T : struct
    {
        if (value is null && !Has(key))
        {
            _problems.Add(Position, Name(key), "is missing");
        }

        return value ?? default;
    }

    public string Required(string key, string? value)
    {
        if (value is null && !Has(key))
        {
            _problems.Add(Position, Name(key), "is missing");
        }

        return value ?? string.Empty;
    }

    /// <summary>Reports every field that nothing asked for, with the most similar known name.</summary>
    public void RejectUnknown()
    {
        foreach (TomlEntry entry in _table ?? new TomlTable(TomlTableOrigin.Implicit))
        {
            if (_asked.Contains(entry.Key))
            {
                continue;
            }

            string? near = SimilarName.Find(entry.Key, _asked);
            string known = near is null ? $"known are {string.Join(", ", _asked.Order(StringComparer.Ordinal))}" : $"did you mean '{near}'?";
            _problems.Add(entry.KeyPosition, _path.Length == 0 ? entry.Key : $"{_path}.{entry.Key}", $"unknown {(entry.Value is TomlTable ? "section" : "field")}; {known}");
        }
    }

    /// <summary>Looks for a field by one of the names in <paramref name="key"/>, which is <c>name|alias@place</c>.</summary>
    private bool Find(string key, out TomlValue? value, out string path)
    {
        (string[] names, int place) = Parse(key);
        if (_array is not null)
        {
            path = $"{_path}[{place}]";
            value = place >= 0 && place < _array.Count ? _array[place] : null;
            return Remember(path, value);
        }

        value = null;
        path = Name(key);
        foreach (string name in names)
        {
            if (!_asked.Contains(name))
            {
                _asked.Add(name);
            }

            if (value is null && _table!.TryGet(name, out TomlEntry entry))
            {
                value = entry.Value;
                path = _path.Length == 0 ? name : $"{_path}.{name}";
            }
        }

        return Remember(path, value);
    }

    private bool Remember(string path, TomlValue? value)
    {
        if (value is not null)
        {
            _problems.Places[path] = value.Position;
        }

        return value is not null;
    }

    private string Name(string key)
    {
        (string[] names, int place) = Parse(key);
        return _array is not null ? $"{_path}[{place}]" : _path.Length == 0 ? names[0] : $"{_path}.{names[0]}";
    }

    private static (string[] Names, int Place) Parse(string key)
    {
        int at = key.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? (key.Split('|'), -1) : (key[..at].Split('|'), int.Parse(key.AsSpan(at + 1), CultureInfo.InvariantCulture));
    }

    private List<(TomlValue Value, string Path)> Items(string key, string what)
    {
        List<(TomlValue, string)> items = [];
        if (!Find(key, out TomlValue? value, out string path))
        {
            return items;
        }

        if (value is not TomlArray array)
        {
            Wrong(value!, path, $"an array of {what}");
            return items;
        }

        for (int i = 0; i < array.Count; i++)
        {
            items.Add((array[i], $"{path}[{i}]"));
        }

        return items;
    }

    private ulong? Number(TomlValue value, string path, ulong minimum, ulong maximum)
    {
        if (value is not TomlInteger integer)
        {
            Wrong(value, path, "an integer");
            return null;
        }

        if (integer.Value < 0)
        {
            _problems.Add(value.Position, path, $"{integer.Value} is negative");
            return null;
        }

        return InRange(value, path, (ulong)integer.Value, minimum, maximum);
    }

    private ulong? InRange(TomlValue value, string path, ulong number, ulong minimum, ulong maximum)
    {
        if (number >= minimum && number <= maximum)
        {
            return number;
        }

        _problems.Add(value.Position, path, $"{number} is out of range; {minimum} to {maximum} is possible");
        return null;
    }

    private void Wrong(TomlValue value, string path, string wanted)
    {
        string shown = value switch
        {
            TomlInteger integer => $" {integer.Value}",
            TomlString text => text.Value.Length <= 40 ? $" \"{text.Value}\"" : string.Empty,
            TomlBoolean boolean => boolean.Value ? " true" : " false",
            _ => string.Empty,
        };
        _problems.Add(value.Position, path, $"is {value.Kind}{shown}, expected {wanted}");
    }
}
