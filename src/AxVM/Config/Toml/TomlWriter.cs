using System.Globalization;
using System.Text;

namespace AxVM.Config.Toml;

/// <summary>Writes a table as TOML 1.0 text that <see cref="TomlReader"/> reads back to the same values.</summary>
internal static class TomlWriter
{
    private const int InlineWidth = 100;

    public static string Write(TomlTable root)
    {
        StringBuilder text = new();
        WriteTable(text, root, []);
        return text.ToString();
    }

    private static void WriteTable(StringBuilder text, TomlTable table, List<string> path)
    {
        // Plain values first: after a sub-table's header they would belong to that sub-table.
        foreach (TomlEntry entry in table)
        {
            if (!HasHeader(entry.Value))
            {
                text.Append(Key(entry.Key)).Append(" = ");
                WriteValue(text, entry.Value);
                text.Append('\n');
            }
        }

        foreach (TomlEntry entry in table)
        {
            if (!HasHeader(entry.Value))
            {
                continue;
            }

            path.Add(Key(entry.Key));
            if (entry.Value is TomlTable inner)
            {
                WriteHeader(text, path, "[", "]");
                WriteTable(text, inner, path);
            }
            else
            {
                foreach (TomlValue element in (TomlArray)entry.Value)
                {
                    WriteHeader(text, path, "[[", "]]");
                    WriteTable(text, (TomlTable)element, path);
                }
            }

            path.RemoveAt(path.Count - 1);
        }
    }

    private static bool HasHeader(TomlValue value) =>
        value is TomlTable { Origin: not TomlTableOrigin.Inline } or TomlArray { IsTableArray: true };

    private static void WriteHeader(StringBuilder text, List<string> path, string open, string close)
    {
        if (text.Length > 0)
        {
            text.Append('\n');
        }

        text.Append(open).AppendJoin('.', path).Append(close).Append('\n');
    }

    private static void WriteValue(StringBuilder text, TomlValue value)
    {
        switch (value)
        {
            case TomlInteger integer:
                text.Append(Integer(integer));
                break;
            case TomlFloat number:
                text.Append(Float(number.Value));
                break;
            case TomlBoolean boolean:
                text.Append(boolean.Value ? "true" : "false");
                break;
            case TomlString s:
                text.Append(Quote(s.Value));
                break;
            case TomlArray array:
                WriteArray(text, array);
                break;
            case TomlTable table:
                WriteInlineTable(text, table);
                break;
        }
    }

    private static void WriteArray(StringBuilder text, TomlArray array)
    {
        List<string> items = [];
        foreach (TomlValue item in array)
        {
            StringBuilder one = new();
            WriteValue(one, item);
            items.Add(one.ToString());
        }

        if (items.Sum(item => item.Length + 2) <= InlineWidth)
        {
            text.Append('[').AppendJoin(", ", items).Append(']');
            return;
        }

        text.Append("[\n");
        foreach (string item in items)
        {
            text.Append("  ").Append(item).Append(",\n");
        }

        text.Append(']');
    }

    private static void WriteInlineTable(StringBuilder text, TomlTable table)
    {
        text.Append("{ ");
        bool first = true;
        foreach (TomlEntry entry in table)
        {
            text.Append(first ? string.Empty : ", ").Append(Key(entry.Key)).Append(" = ");
            WriteValue(text, entry.Value);
            first = false;
        }

        text.Append(first ? "}" : " }");
    }

    private static string Integer(TomlInteger integer)
    {
        if (integer.Radix == 10 || integer.Value < 0)
        {
            return integer.Value.ToString(CultureInfo.InvariantCulture);
        }

        if (integer.Radix != 16)
        {
            return (integer.Radix == 8 ? "0o" : "0b") + Convert.ToString(integer.Value, integer.Radix);
        }

        // Addresses read best in groups of four digits, as the original's files write them.
        string digits = integer.Value.ToString("x", CultureInfo.InvariantCulture);
        StringBuilder grouped = new("0x");
        for (int i = 0; i < digits.Length; i++)
        {
            if (i > 0 && (digits.Length - i) % 4 == 0)
            {
                grouped.Append('_');
            }

            grouped.Append(digits[i]);
        }

        return grouped.ToString();
    }

    private static string Float(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny(".eE") >= 0 ? text : text + ".0";
    }

    private static string Key(string key) =>
        key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? key : Quote(key);

    private static string Quote(string value)
    {
        StringBuilder text = new("\"");
        foreach (char c in value)
        {
            string? escape = c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\t' => "\\t",
                '\n' => "\\n",
                '\f' => "\\f",
                '\r' => "\\r",
                _ => c < ' ' || c == '\x7f' ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}") : null,
            };
            text.Append(escape ?? c.ToString());
        }

        return text.Append('"').ToString();
    }
}
