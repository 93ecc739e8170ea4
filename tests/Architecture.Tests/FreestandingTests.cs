using System.Text.RegularExpressions;

namespace Architecture.Tests;

/// <summary>
/// The freestanding sources use no construct that needs a heap, exceptions or delegates. The link check proves it for the code that it
/// reaches; this reads all of it, and says in which line.
/// </summary>
public sealed class FreestandingTests
{
    public static TheoryData<string, string> Banned => new()
    {
        { "exceptions", @"\bthrow\b|\btry\b(?=\s*\{)|\bcatch\b" },
        { "collections", @"\bnew\s+(List|Dictionary|HashSet|Queue|Stack)\b|\bSystem\.Collections\b" },
        { "arrays made at run time", @"(?<!stackalloc\s)\bnew\s+[\w.]+(<[^>]*>)?\[(?!\])" },
        { "LINQ", @"\bSystem\.Linq\b|\.(Select|Where|ToArray|ToList)\(" },
        { "string building", @"\bstring\.\w|\$""|\bStringBuilder\b|\.ToString\(" },
        { "delegates", @"\bdelegate\b(?!\*)|\b(Action|Func)<|\bevent\b" },
        { "checked arithmetic", @"\bchecked\b" },
        { "records, iterators, async", @"\brecord\s+(struct\b|class\b|[A-Z]\w*\s*[({<])|\byield\s+return\b|\basync\b|\bawait\b" },
        { "interfaces that box", @"\bI(Equatable|Comparable|Disposable|Enumerable)\b" },
        { "classes with state", @"(?<!static\s)(?<!static\sunsafe\s)(?<!static\spartial\s)(?<!static\sunsafe\spartial\s)\bclass\b(?=\s+\w+\s*(\{|:|<))" },
        { "hosted services", @"\bMath\.|\bDebug\.|\bConsole\.|\bEnvironment\.|\bThread\b|\bThreadStatic\b|\bConvert\.|\block\s*\(" },
        { "conditional compilation", @"^\s*#(if|else|elif)\b" },
    };

    [Fact]
    public void The_freestanding_sources_are_found() => Assert.All(
        Layers.Freestanding, folder => Assert.Contains(Sources(), file => file.Path.StartsWith(folder + "/", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Banned))]
    public void Freestanding_sources_use_no(string construct, string pattern)
    {
        var banned = new Regex(pattern, RegexOptions.Multiline);
        string[] found =
        [
            .. Sources().SelectMany(file => banned.Matches(file.Code)
                .Select(match => $"{file}:{SourceText.LineAt(file.Text, match.Index)}: {match.Value.Trim()}")),
        ];
        Assert.True(found.Length == 0, $"{construct}:\n{string.Join('\n', found)}");
    }

    private static IEnumerable<SourceFile> Sources() => Repository.Sources([.. Layers.Freestanding])
        .Where(file => !file.Path.Contains("/Hosted/", StringComparison.Ordinal));
}
