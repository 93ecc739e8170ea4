using System.Collections;

namespace AxVM.Config.Toml;

/// <summary>Where something stands in a text: both numbers count from 1, columns count UTF-16 units.</summary>
internal readonly record struct TomlPosition(int Line, int Column)
{
    public override string ToString() => $"{Line}:{Column}";
}

/// <summary>A text that is not TOML 1.0, or uses the one part of it that is refused (dates and times).</summary>
internal sealed class TomlException(TomlPosition position, string problem) : Exception($"{position}: {problem}")
{
    /// <summary>Where the problem is.</summary>
    public TomlPosition Position { get; } = position;

    /// <summary>The problem, without its position.</summary>
    public string Problem { get; } = problem;
}

/// <summary>A value read from, or to be written to, a TOML text.</summary>
internal abstract class TomlValue
{
    /// <summary>Where the value begins; 0:0 for a value that was not read from a text.</summary>
    public TomlPosition Position { get; init; }

    /// <summary>What the value is, for messages: "an integer", "a string" ...</summary>
    public abstract string Kind { get; }
}

/// <summary>A 64-bit signed integer, as TOML requires.</summary>
internal sealed class TomlInteger(long value, int radix = 10) : TomlValue
{
    public long Value { get; } = value;

    /// <summary>2, 8, 10 or 16: how it was, or shall be, written.</summary>
    public int Radix { get; } = radix;

    public override string Kind => "an integer";
}

/// <summary>An IEEE 754 binary64 number.</summary>
internal sealed class TomlFloat(double value) : TomlValue
{
    public double Value { get; } = value;

    public override string Kind => "a float";
}

/// <summary>true or false.</summary>
internal sealed class TomlBoolean(bool value) : TomlValue
{
    public bool Value { get; } = value;

    public override string Kind => "a boolean";
}

/// <summary>A string, whatever of the four spellings it had.</summary>
internal sealed class TomlString(string value) : TomlValue
{
    public string Value { get; } = value;

    public override string Kind => "a string";
}

/// <summary>An array; <see cref="IsTableArray"/> tells <c>[[x]]</c> from <c>x = [..]</c>.</summary>
internal sealed class TomlArray(bool isTableArray = false) : TomlValue, IEnumerable<TomlValue>
{
    private readonly List<TomlValue> _items = [];

    /// <summary>Whether the array is written with <c>[[name]]</c> headers, which alone may append to it.</summary>
    public bool IsTableArray { get; } = isTableArray;

    public int Count => _items.Count;

    public TomlValue this[int index] => _items[index];

    public override string Kind => IsTableArray ? "an array of tables" : "an array";

    public void Add(TomlValue value) => _items.Add(value);

    public IEnumerator<TomlValue> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>How a table came to be; decides what may still be added to it (TOML 1.0, "Table").</summary>
internal enum TomlTableOrigin : byte
{
    /// <summary>Only named on the way to another: <c>a</c> in <c>[a.b]</c>; one header may still define it.</summary>
    Implicit,

    /// <summary>Defined by its own header.</summary>
    Header,

    /// <summary>Made by a dotted key; only dotted keys of the same section add to it.</summary>
    Dotted,

    /// <summary><c>{ ... }</c>: complete where it stands.</summary>
    Inline,
}

/// <summary>A key of a table with the place where it was written.</summary>
internal readonly record struct TomlEntry(string Key, TomlPosition KeyPosition, TomlValue Value);

/// <summary>A table; keeps the order of its keys.</summary>
internal sealed class TomlTable(TomlTableOrigin origin) : TomlValue, IEnumerable<TomlEntry>
{
    private readonly List<TomlEntry> _entries = [];
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);

    public TomlTableOrigin Origin { get; private set; } = origin;

    public int Count => _entries.Count;

    public override string Kind => "a table";

    public bool TryGet(string key, out TomlEntry entry)
    {
        if (_index.TryGetValue(key, out int index))
        {
            entry = _entries[index];
            return true;
        }

        entry = default;
        return false;
    }

    /// <summary>Adds a key that the table does not have yet.</summary>
    public void Add(string key, TomlValue value, TomlPosition keyPosition = default)
    {
        _index.Add(key, _entries.Count);
        _entries.Add(new TomlEntry(key, keyPosition, value));
    }

    /// <summary>A header now defines this table, which so far was only implied.</summary>
    public void Define() => Origin = TomlTableOrigin.Header;

    public IEnumerator<TomlEntry> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
