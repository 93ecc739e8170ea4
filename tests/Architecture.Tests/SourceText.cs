using System.Text;

namespace Architecture.Tests;

/// <summary>Just enough of C#'s lexical grammar to tell code from comments and literals.</summary>
internal static class SourceText
{
    /// <summary>Blanks comments and the content of string and character literals; the quotes and all line ends stay.</summary>
    public static string WithoutProse(string text)
    {
        var code = new StringBuilder(text.Length);
        for (int at = 0; at < text.Length;)
        {
            int end = EndOfProse(text, at, out int keep);
            if (end == at)
            {
                code.Append(text[at++]);
                continue;
            }

            for (int index = at; index < end; index++)
                code.Append(index < at + keep || index >= end - keep || text[index] == '\n' ? text[index] : ' ');
            at = end;
        }

        return code.ToString();
    }

    /// <summary>Counts the line, from 1, that a position is on.</summary>
    public static int LineAt(string text, int position) => text.AsSpan(0, position).Count('\n') + 1;

    // Where the comment or literal at a position ends; the position itself when there is none.
    private static int EndOfProse(string text, int at, out int keep)
    {
        keep = 0;
        ReadOnlySpan<char> rest = text.AsSpan(at);
        if (rest.StartsWith("//"))
            return at + LengthOr(rest.Length, rest.IndexOf('\n'));
        if (rest.StartsWith("/*"))
            return at + 2 + LengthOr(rest.Length - 4, rest[2..].IndexOf("*/")) + 2;
        keep = 1;
        if (rest.StartsWith("\"\"\""))
        {
            int quotes = LengthOr(rest.Length, rest.IndexOfAnyExcept('"'));
            int close = rest[quotes..].IndexOf(new string('"', quotes));
            keep = quotes;
            return close < 0 ? text.Length : at + quotes + close + quotes;
        }

        bool isVerbatim = at > 0 && (text[at - 1] == '@' || (at > 1 && text[at - 1] == '$' && text[at - 2] == '@'));
        if (rest[0] is '"' or '\'')
            return at + EndOfLiteral(rest, isVerbatim);
        return at;
    }

    private static int LengthOr(int fallback, int index) => index < 0 ? fallback : index;

    private static int EndOfLiteral(ReadOnlySpan<char> rest, bool isVerbatim)
    {
        for (int index = 1; index < rest.Length; index++)
        {
            if (rest[index] == '\\' && !isVerbatim)
                index++;
            else if (rest[index] == rest[0] && isVerbatim && index + 1 < rest.Length && rest[index + 1] == rest[0])
                index++;
            else if (rest[index] == rest[0])
                return index + 1;
            else if (rest[index] == '\n' && !isVerbatim)
                return index;
        }

        return rest.Length;
    }
}
