using System.Text;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>One statement: any labels before it are separate.</summary>
internal readonly record struct AssemblyStatement(int Line, string Text, string[] Labels, string Name, string Operands);

/// <summary>Cuts assembly text into statements and operands. Comments: <c>#</c> and <c>//</c> to the end of the line, <c>/* */</c>; <c>;</c> separates.</summary>
internal static class AssemblySource
{
    public static bool IsSymbolCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$';

    /// <summary>All statements, empty ones left out.</summary>
    public static IEnumerable<AssemblyStatement> Statements(string source)
    {
        int number = 0;
        bool inComment = false;
        foreach (string line in source.Split('\n'))
        {
            number++;
            foreach (string text in Cut(line, ref inComment))
            {
                if (Parse(number, text) is { } statement)
                    yield return statement;
            }
        }
    }

    /// <summary>Operands at the top level: commas inside parentheses or quotes do not separate.</summary>
    public static string[] SplitOperands(string operands)
    {
        List<string> list = [];
        int depth = 0;
        int start = 0;
        for (int i = 0; i < operands.Length; i++)
        {
            char c = operands[i];
            if (c is '"' or '\'')
                i = QuoteEnd(operands, i);
            else if (c == '(')
                depth++;
            else if (c == ')')
                depth--;
            else if (c == ',' && depth == 0)
            {
                list.Add(operands[start..i].Trim());
                start = i + 1;
            }
        }

        string last = operands[start..].Trim();
        if (last.Length != 0 || list.Count != 0)
            list.Add(last);
        return [.. list];
    }

    /// <summary>The bytes of a quoted string, quotes and escapes resolved.</summary>
    public static byte[] StringBytes(string operand)
    {
        if (operand.Length < 2 || operand[0] != '"' || operand[^1] != '"')
            throw new AssemblySyntaxException("a string in double quotes is expected");
        return Unescape(operand[1..^1]);
    }

    /// <summary>Resolves <c>\n \t \r \0 \\ \" \' \e \xHH</c>.</summary>
    public static byte[] Unescape(string text)
    {
        List<byte> bytes = [];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                int run = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text, i, run));
                i += run - 1;
                continue;
            }

            i++;
            char c = i < text.Length ? text[i] : ' ';
            if (c == 'x')
            {
                int end = i + 1;
                while (end < text.Length && end < i + 3 && char.IsAsciiHexDigit(text[end]))
                    end++;
                if (end == i + 1)
                    throw new AssemblySyntaxException("\\x needs one or two hexadecimal digits");
                bytes.Add(Convert.ToByte(text[(i + 1)..end], 16));
                i = end - 1;
                continue;
            }

            bytes.Add(c switch
            {
                'n' => (byte)'\n',
                't' => (byte)'\t',
                'r' => (byte)'\r',
                '0' => 0,
                'e' => 27,
                '\\' or '"' or '\'' => (byte)c,
                _ => throw new AssemblySyntaxException($"escape \\{c} is not known (use \\n \\t \\r \\0 \\e \\\\ \\\" \\' \\xHH)"),
            });
        }

        return [.. bytes];
    }

    private static List<string> Cut(string line, ref bool inComment)
    {
        List<string> pieces = [];
        StringBuilder current = new();
        for (int i = 0; i < line.Length; i++)
        {
            char next = i + 1 < line.Length ? line[i + 1] : ' ';
            if (inComment)
            {
                if (line[i] == '*' && next == '/')
                {
                    inComment = false;
                    i++;
                }

                continue;
            }

            char c = line[i];
            if (c is '"' or '\'')
            {
                int end = int.Min(QuoteEnd(line, i), line.Length - 1);
                current.Append(line, i, end - i + 1);
                i = end;
            }
            else if (c == '#' || (c == '/' && next == '/'))
                break;
            else if (c == '/' && next == '*')
            {
                inComment = true;
                current.Append(' ');
                i++;
            }
            else if (c == ';')
            {
                pieces.Add(current.ToString());
                current.Clear();
            }
            else
                current.Append(c);
        }

        pieces.Add(current.ToString());
        return pieces;
    }

    /// <summary>Index of the closing quote, or of the end. A character constant is one character long, whatever it is.</summary>
    private static int QuoteEnd(string text, int open)
    {
        int i = open + 1;
        while (i < text.Length && text[i] != text[open])
            i += text[i] == '\\' ? 2 : 1;
        return i;
    }

    private static AssemblyStatement? Parse(int line, string text)
    {
        List<string> labels = [];
        string rest = text.Trim();
        while (true)
        {
            int end = 0;
            while (end < rest.Length && IsSymbolCharacter(rest[end]))
                end++;
            if (end == 0 || end >= rest.Length || rest[end] != ':')
                break;
            labels.Add(rest[..end]);
            rest = rest[(end + 1)..].TrimStart();
        }

        if (rest.Length == 0 && labels.Count == 0)
            return null;
        int nameEnd = 0;
        while (nameEnd < rest.Length && !char.IsWhiteSpace(rest[nameEnd]) && rest[nameEnd] != '=')
            nameEnd++;
        string name = rest[..nameEnd];
        string operands = rest[nameEnd..].Trim();
        if (operands.StartsWith('=') && name.Length != 0)
            return new AssemblyStatement(line, text, [.. labels], ".set", $"{name},{operands[1..]}");
        return new AssemblyStatement(line, text, [.. labels], name.ToLowerInvariant(), operands);
    }
}
