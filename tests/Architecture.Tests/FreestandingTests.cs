using System.Text.RegularExpressions;

namespace Architecture.Tests;

/// <summary>
/// The freestanding sources use no construct that needs a heap, exceptions or delegates. The link check proves it for the code that it
/// reaches; this reads all of it, and says in which line.
/// </summary>
public sealed class FreestandingTests
{
    /// <summary>A construct, what it looks like, and one piece of code that shows it is found.</summary>
    public static TheoryData<string, string, string> Banned => new()
    {
        { "exceptions", @"\bthrow\b|\btry\b(?=\s*\{)|\bcatch\b", @"throw new E();" },
        { "collections", @"\bnew\s+(List|Dictionary|HashSet|Queue|Stack)\b|\bSystem\.Collections\b", @"var x = new List<int>();" },
        { "arrays made at run time", @"(?<!stackalloc\s)\bnew\s+[\w.]+(<[^>]*>)?\[(?!\])", @"var x = new byte[4];" },
        { "LINQ", @"\bSystem\.Linq\b|\.(Select|Where|ToArray|ToList)\(", @"x.Select(y)" },
        { "string building", @"\bstring\.\w|\$""|\bStringBuilder\b|\.ToString\(", @"$""""" },
        { "delegates", @"\bdelegate\b(?!\*)|\b(Action|Func)<|\bevent\b", @"Func<int> f;" },
        { "checked arithmetic", @"\bchecked\b", @"checked(a + b)" },
        { "records, iterators, async", @"\brecord\s+(struct\b|class\b|[A-Z]\w*\s*[({<])|\byield\s+return\b|\basync\b|\bawait\b", @"record struct R(int A);" },
        { "interfaces that box", @"\bI(Equatable|Comparable|Disposable|Enumerable)\b", @"struct S : IEquatable<S>" },
        { "classes with state", @"(?<!static\s)(?<!static\sunsafe\s)(?<!static\spartial\s)(?<!static\sunsafe\spartial\s)\bclass\b(?=\s+\w+\s*(\{|:|<))", @"internal sealed class C { }" },
        { "hosted services", @"\bMath\.|\bDebug\.|\bConsole\.|\bEnvironment\.|\bThread\b|\bThreadStatic\b|\bConvert\.|\block\s*\(", @"Math.Max(a, b)" },
        { "conditional compilation", @"^\s*#(if|else|elif)\b", @"#if NET" },
    };

    [Fact]
    public void The_freestanding_sources_are_found() => Assert.All(
        Layers.Freestanding, folder => Assert.Contains(Sources(), file => file.Path.StartsWith(folder + "/", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Banned))]
    public void Freestanding_sources_use_no(string construct, string pattern, string offence)
    {
        var banned = new Regex(pattern, RegexOptions.Multiline);
        Assert.Matches(banned, offence);
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
