using System.Buffers;
using System.Globalization;
using System.Text;

namespace AxVM.Config.Toml;

internal sealed partial class TomlReader
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789_");

    private string ReadString(bool allowMultiline)
    {
        char quote = Current;
        bool literal = quote == '\'';
        if (_at + 2 < _text.Length && _text[_at + 1] == quote && _text[_at + 2] == quote)
        {
            return allowMultiline
                ? ReadMultilineString(quote, literal)
                : throw new TomlException(Here, "a key cannot be a multi-line string");
        }

        TomlPosition start = Here;
        StringBuilder value = new();
        Advance();
        while (Current != quote || AtEnd)
        {
            if (AtEnd || AtNewline())
            {
                throw new TomlException(Here, $"the string that begins at {start} is not closed on its line");
            }

            if (Current == '\\' && !literal)
            {
                ReadEscape(value);
                continue;
            }

            RefuseControl("a string; write it as an escape");
            value.Append(Current);
            Advance();
        }

        Advance();
        return value.ToString();
    }

    private string ReadMultilineString(char quote, bool literal)
    {
        TomlPosition start = Here;
        StringBuilder value = new();
        _at += 3;
        TryNewline(); // a newline right after the opening quotes is not part of the value
        while (true)
        {
            if (AtEnd)
            {
                throw new TomlException(Here, $"the string that begins at {start} is not closed");
            }

            if (Current == quote)
            {
                int run = 0;
                while (run < 5 && _at + run < _text.Length && _text[_at + run] == quote)
                {
                    run++;
                }

                _at += run;
                if (run < 3)
                {
                    value.Append(quote, run);
                    continue;
                }

                value.Append(quote, run - 3); // up to two quotes may touch the closing ones
                return value.ToString();
            }

            int lineBegin = _at;
            if (TryNewline())
            {
                value.Append(_text, lineBegin, _at - lineBegin);
            }
            else if (Current == '\\' && !literal)
            {
                if (!TrySkipLineEnding())
                {
                    ReadEscape(value);
                }
            }
            else
            {
                RefuseControl("a string; write it as an escape");
                value.Append(Current);
                Advance();
            }
        }
    }

    /// <summary>A backslash at the end of a line swallows all white space up to the next visible character.</summary>
    private bool TrySkipLineEnding()
    {
        int ahead = _at + 1;
        while (ahead < _text.Length && _text[ahead] is ' ' or '\t')
        {
            ahead++;
        }

        bool newline = ahead < _text.Length &&
            (_text[ahead] == '\n' || (_text[ahead] == '\r' && ahead + 1 < _text.Length && _text[ahead + 1] == '\n'));
        if (!newline)
        {
            return false;
        }

        _at = ahead;
        do
        {
            SkipSpaces();
        }
        while (TryNewline());

        return true;
    }

    private void ReadEscape(StringBuilder value)
    {
        TomlPosition start = Here;
        Advance();
        char kind = Current;
        switch (AtEnd ? EndOfText : kind)
        {
            case 'b': value.Append('\b'); break;
            case 't': value.Append('\t'); break;
            case 'n': value.Append('\n'); break;
            case 'f': value.Append('\f'); break;
            case 'r': value.Append('\r'); break;
            case '"': value.Append('"'); break;
            case '\\': value.Append('\\'); break;
            case 'u': AppendScalar(value, start, 4); return;
            case 'U': AppendScalar(value, start, 8); return;
            default:
                throw new TomlException(start, $"unknown escape '\\{(AtEnd ? string.Empty : kind)}'; known are \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX");
        }

        Advance();
    }

    private void AppendScalar(StringBuilder value, TomlPosition start, int digits)
    {
        Advance();
        if (_at + digits > _text.Length ||
            !uint.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code) ||
            !Rune.IsValid(code))
        {
            throw new TomlException(start, $"the escape needs {digits} hexadecimal digits naming a Unicode scalar value");
        }

        value.Append(new Rune(code).ToString());
        _at += digits;
    }

    private TomlValue ReadScalar(TomlPosition start)
    {
        int begin = _at;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '_' or '+' or '-' or '.' or ':')
        {
            Advance();
        }

        string token = _text[begin.._at];
        switch (token)
        {
            case "true": return new TomlBoolean(true) { Position = start };
            case "false": return new TomlBoolean(false) { Position = start };
            case "inf" or "+inf": return new TomlFloat(double.PositiveInfinity) { Position = start };
            case "-inf": return new TomlFloat(double.NegativeInfinity) { Position = start };
            case "nan" or "+nan" or "-nan": return new TomlFloat(double.NaN) { Position = start };
            case "": throw new TomlException(start, $"expected a value, found {Found()}");
        }

        if (LooksLikeDateOrTime(token))
        {
            throw new TomlException(start, $"'{token}' is a date or a time, which no setting takes; put it in quotes if a string is meant");
        }

        return TryPrefixed(token, start) ?? TryDecimal(token, start) ?? (TomlValue?)TryFloat(token, start)
            ?? throw new TomlException(start, $"'{token}' is not a value; a string needs quotes");
    }

    private static bool LooksLikeDateOrTime(string token) =>
        (token.Length >= 5 && char.IsAsciiDigit(token[0]) && char.IsAsciiDigit(token[1]) && token[2] == ':') ||
        (token.Length >= 10 && token.AsSpan(0, 4).IndexOfAnyExceptInRange('0', '9') < 0 && token[4] == '-' && token[7] == '-');

    private static TomlInteger? TryPrefixed(string token, TomlPosition start)
    {
        int radix = token.Length > 1 && token[0] == '0' ? token[1] switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (radix == 0)
        {
            return null;
        }

        ReadOnlySpan<char> digits = token.AsSpan(2);
        ulong value = 0;
        bool overflow = false;
        for (int i = 0; i < digits.Length; i++)
        {
            char c = digits[i];
            if (c == '_')
            {
                continue;
            }

            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
            {
                throw new TomlException(start, $"'{token}' has '{c}', which is not a digit of base {radix}");
            }

            overflow |= value > (ulong.MaxValue - (uint)digit) / (uint)radix;
            value = unchecked((value * (uint)radix) + (uint)digit);
        }

        CheckUnderscores(digits, token, start);
        return overflow || value > long.MaxValue ? throw OutOfRange(token, start) : new TomlInteger((long)value, radix) { Position = start };
    }

    private static TomlInteger? TryDecimal(string token, TomlPosition start)
    {
        ReadOnlySpan<char> digits = token.AsSpan(token[0] is '+' or '-' ? 1 : 0);
        if (digits.IsEmpty || digits.ContainsAnyExcept(s_digits))
        {
            return null;
        }

        CheckUnderscores(digits, token, start);
        if (digits[0] == '0' && digits.Length > 1)
        {
            throw new TomlException(start, $"'{token}' has a leading zero; octal is written 0o{digits.TrimStart("0_")}");
        }

        return long.TryParse(token.Replace("_", string.Empty, StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? new TomlInteger(value) { Position = start }
            : throw OutOfRange(token, start);
    }

    private static TomlFloat? TryFloat(string token, TomlPosition start)
    {
        // float = int ( exp | "." digits [ exp ] )
        ReadOnlySpan<char> rest = token.AsSpan(token[0] is '+' or '-' ? 1 : 0);
        int whole = Digits(rest);
        if (whole == 0 || (rest[0] == '0' && whole > 1))
        {
            return null;
        }

        CheckUnderscores(rest[..whole], token, start);
        ReadOnlySpan<char> tail = rest[whole..];
        if (!tail.IsEmpty && tail[0] == '.')
        {
            int fraction = Digits(tail[1..]);
            if (fraction == 0)
            {
                return null;
            }

            CheckUnderscores(tail.Slice(1, fraction), token, start);
            tail = tail[(fraction + 1)..];
        }

        if (!tail.IsEmpty && tail[0] is 'e' or 'E')
        {
            tail = tail[1..];
            tail = tail[(!tail.IsEmpty && tail[0] is '+' or '-' ? 1 : 0)..];
            int exponent = Digits(tail);
            if (exponent == 0)
            {
                return null;
            }

            CheckUnderscores(tail[..exponent], token, start);
            tail = tail[exponent..];
        }

        return tail.IsEmpty
            ? new TomlFloat(double.Parse(token.Replace("_", string.Empty, StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture)) { Position = start }
            : null;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAnyExcept(s_digits);
        return end < 0 ? text.Length : end;
    }

    private static void CheckUnderscores(ReadOnlySpan<char> digits, string token, TomlPosition start)
    {
        if (digits.IsEmpty || digits[0] == '_' || digits[^1] == '_' || digits.IndexOf("__", StringComparison.Ordinal) >= 0)
        {
            throw new TomlException(start, $"'{token}': '_' must stand between two digits");
        }
    }

    private static TomlException OutOfRange(string token, TomlPosition start) =>
        new(start, $"'{token}' does not fit a signed 64-bit integer");
}
