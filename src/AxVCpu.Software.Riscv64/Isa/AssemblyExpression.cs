using System.Globalization;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>Raised inside the assembler; <see cref="Assembler"/> adds file and line.</summary>
internal sealed class AssemblySyntaxException(string message) : Exception(message);

/// <summary>Where an expression finds the names in it.</summary>
internal interface ISymbolSource
{
    /// <summary>The value of a name, of <c>.</c> or of a numeric label reference such as <c>1f</c>; false while it is not known yet.</summary>
    bool TryGet(string name, out long value);

    /// <summary><c>%pcrel_hi(target)</c>, <c>%pcrel_lo(label)</c> and the other relocation operators.</summary>
    long Relocate(string name, long value);
}

/// <summary>
/// Evaluates <c>+ - * / % &lt;&lt; &gt;&gt; &amp; | ^ ~ ( )</c> over 64-bit integers that wrap, numbers, characters, symbols and <c>%hi(..)</c> operators.
/// Precedence is that of C.
/// </summary>
internal ref struct AssemblyExpression
{
    private const int MaxDepth = 64;

    private readonly string _text;
    private readonly ISymbolSource _symbols;
    private int _at;
    private int _depth;

    private AssemblyExpression(string text, ISymbolSource symbols)
    {
        _text = text;
        _symbols = symbols;
    }

    /// <summary>Name of the symbol that made the last <see cref="TryEvaluate"/> fail.</summary>
    private string? _missing;

    /// <summary>Evaluates; false when a symbol has no value yet.</summary>
    public static bool TryEvaluate(string text, ISymbolSource symbols, out long value, out string? missing)
    {
        AssemblyExpression parser = new(text, symbols);
        value = parser.Binary(0);
        parser.SkipSpace();
        if (parser._at != text.Length)
            throw new AssemblySyntaxException($"'{text[parser._at..]}' is left over after an expression");
        missing = parser._missing;
        return missing is null;
    }

    /// <summary>Evaluates; a symbol without a value is an error.</summary>
    public static long Evaluate(string text, ISymbolSource symbols) => TryEvaluate(text, symbols, out long value, out string? missing)
        ? value
        : throw new AssemblySyntaxException($"symbol '{missing}' is not defined");

    private static int Precedence(ReadOnlySpan<char> op) => op switch
    {
        "|" => 1,
        "^" => 2,
        "&" => 3,
        "<<" or ">>" => 4,
        "+" or "-" => 5,
        "*" or "/" or "%" => 6,
        _ => 0,
    };

    private long Binary(int above)
    {
        if (++_depth > MaxDepth)
            throw new AssemblySyntaxException("the expression is nested too deeply");
        long left = Unary();
        while (true)
        {
            SkipSpace();
            int length = _at + 1 < _text.Length && _text[_at] is '<' or '>' ? 2 : 1;
            if (_at + length > _text.Length)
                break;
            ReadOnlySpan<char> op = _text.AsSpan(_at, length);
            int precedence = Precedence(op);
            if (precedence == 0 || precedence <= above)
                break;
            _at += length;
            long right = Binary(precedence);
            left = Apply(op, left, right);
        }

        _depth--;
        return left;
    }

    private readonly long Apply(ReadOnlySpan<char> op, long left, long right)
    {
        if (op is "/" or "%")
        {
            // An unknown symbol reads as 0 in the first pass.
            if (right == 0)
                return _missing is null ? throw new AssemblySyntaxException("division by zero") : 0;
            return right == -1 ? (op is "/" ? -left : 0) : op is "/" ? left / right : left % right;
        }

        return op switch
        {
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "<<" => right is >= 0 and < 64 ? left << (int)right : 0,
            ">>" => right is >= 0 and < 64 ? (long)((ulong)left >> (int)right) : 0,
            "+" => left + right,
            "-" => left - right,
            _ => left * right,
        };
    }

    private long Unary()
    {
        SkipSpace();
        if (_at >= _text.Length)
            throw new AssemblySyntaxException("a number, symbol or '(' is expected");
        char c = _text[_at];
        if (c is '-' or '~' or '+')
        {
            _at++;
            if (++_depth > MaxDepth)
                throw new AssemblySyntaxException("the expression is nested too deeply");
            long value = Unary();
            _depth--;
            return c == '-' ? -value : c == '~' ? ~value : value;
        }

        if (c == '(')
            return Parenthesized();
        if (c == '%')
        {
            int open = _text.IndexOf('(', _at);
            if (open < 0)
                throw new AssemblySyntaxException("'(' is expected after a % operator");
            string name = _text[_at..open].Trim();
            _at = open;
            long value = Parenthesized();
            return _missing is null ? _symbols.Relocate(name, value) : 0;
        }

        return c == '\'' ? Character() : char.IsAsciiDigit(c) ? Number() : Symbol();
    }

    private long Parenthesized()
    {
        _at++;
        long value = Binary(0);
        SkipSpace();
        if (_at >= _text.Length || _text[_at] != ')')
            throw new AssemblySyntaxException("')' is missing");
        _at++;
        return value;
    }

    private long Character()
    {
        int end = _at + 1;
        if (end < _text.Length && _text[end] == '\\')
            end++;
        end++;
        if (end >= _text.Length || _text[end] != '\'')
            throw new AssemblySyntaxException("a character constant is written 'c'");
        byte[] bytes = AssemblySource.Unescape(_text[(_at + 1)..end]);
        _at = end + 1;
        return bytes[0];
    }

    private long Number()
    {
        int end = _at;
        while (end < _text.Length && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] == '_'))
            end++;
        string word = _text[_at..end].Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        _at = end;
        if (word.Length > 1 && word[^1] is 'f' or 'b' && word.AsSpan(0, word.Length - 1).IndexOfAnyExceptInRange('0', '9') < 0)
            return Named(word);
        bool ok = word.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.TryParse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            : word.StartsWith("0b", StringComparison.Ordinal)
                ? ulong.TryParse(word.AsSpan(2), NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture, out value)
                : ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        return ok ? (long)value : throw new AssemblySyntaxException($"'{word}' is not a number (decimal, 0x.. or 0b.., up to 64 bits)");
    }

    private long Symbol()
    {
        int end = _at;
        while (end < _text.Length && AssemblySource.IsSymbolCharacter(_text[end]))
            end++;
        if (end == _at)
            throw new AssemblySyntaxException($"'{_text[_at]}' cannot begin an expression");
        string name = _text[_at..end];
        _at = end;
        return Named(name);
    }

    private long Named(string name)
    {
        if (_symbols.TryGet(name, out long value))
            return value;
        _missing ??= name;
        return 0;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
    }
}
