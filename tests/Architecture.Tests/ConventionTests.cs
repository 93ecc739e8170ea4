using System.Text.RegularExpressions;

namespace Architecture.Tests;

/// <summary>What is said once about all sources.</summary>
public sealed partial class ConventionTests
{
    private const int MaxLines = 500;

    /// <summary>Files that are one table, which is read row by row.</summary>
    private static readonly string[] s_tables = [];

    [Fact]
    public void A_file_is_short_unless_it_is_a_table() =>
        Assert.Empty(Product().Where(file => file.LineCount > MaxLines && !s_tables.Contains(file.Path)).Select(file => $"{file}: {file.LineCount} lines"));

    [Fact]
    public void The_list_of_long_tables_has_no_idle_entry() =>
        Assert.Equal(s_tables, Product().Where(file => file.LineCount > MaxLines && s_tables.Contains(file.Path)).Select(file => file.Path));

    [Fact]
    public void Nothing_is_left_for_later() =>
        AssertNone(Repository.Sources("src", "samples", "bench", "tests").Where(file => file.Name != nameof(ConventionTests) + ".cs"), Unfinished(), file => file.Text);

    [Fact]
    public void Namespaces_are_file_scoped_and_those_of_the_project()
    {
        var wrong = new List<string>();
        foreach (SourceFile file in Product())
        {
            string project = file.Path.Split('/')[1];
            string root = Layers.NamespaceOf(project);
            foreach (Match match in Namespace().Matches(file.Code))
            {
                string name = match.Groups["name"].Value;
                if (match.Groups["end"].Value != ";")
                    wrong.Add($"{file}: namespace {name} is a block");
                if (name != root && !name.StartsWith(root + ".", StringComparison.Ordinal) && project != "AxVCpu.BareMetal")
                    wrong.Add($"{file}: namespace {name} is not {root}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void A_type_is_named_after_what_it_is()
    {
        IEnumerable<string> types = Layers.HostedProjects.SelectMany(project => Repository.Load(project).GetTypes())
            .Where(type => !type.Name.StartsWith('<')).Select(type => type.Name.Split('`')[0]);
        IEnumerable<string> files = Repository.Sources("src", "samples", "bench", "tests").Select(file => Path.GetFileNameWithoutExtension(file.Name));
        Assert.Empty(types.Concat(files).Where(name => VagueName().IsMatch(name)).Distinct());
    }

    [Fact]
    public void Every_kind_of_exit_is_shown_by_a_test()
    {
        string tests = string.Concat(Repository.Sources("tests").Where(file => !file.Path.StartsWith("tests/Architecture.Tests/", StringComparison.Ordinal)).Select(file => file.Code));
        string[] kinds = Enum.GetNames(Repository.Load("AxVCpu").GetType("AxVCpu.VCpuExitKind", throwOnError: true)!);
        Assert.NotEmpty(kinds);
        Assert.DoesNotContain(kinds, kind => !Regex.IsMatch(tests, $@"\bVCpuExitKind\.{kind}\b"));
    }

    [Theory]
    [InlineData("a(\"x\\\"//y\", '\\'');", "a(\"      \", '  ');")]
    [InlineData("a(); // throw\nb();", "a();         \nb();")]
    [InlineData("a(/* throw */ 1);", "a(            1);")]
    [InlineData("a(@\"\\\"); throw b;", "a(@\" \"); throw b;")]
    [InlineData("a(\"\"\"throw \"x\" \"\"\");", "a(\"\"\"          \"\"\");")]
    public void Prose_is_told_from_code(string text, string code) => Assert.Equal(code, SourceText.WithoutProse(text));

    // The private corlib names types of several namespaces of System in one file.
    private static IEnumerable<SourceFile> Product() =>
        Repository.Sources("src").Where(file => !file.Path.StartsWith("src/AxVCpu.BareMetal/Corlib/", StringComparison.Ordinal));

    private static void AssertNone(IEnumerable<SourceFile> files, Regex banned, Func<SourceFile, string> select)
    {
        SourceFile[] all = [.. files];
        Assert.NotEmpty(all);
        Assert.Matches(banned, "// TO" + "DO: later");
        Assert.Empty(all.SelectMany(file => banned.Matches(select(file)).Select(match => $"{file}:{SourceText.LineAt(file.Text, match.Index)}: {match.Value.Trim()}")));
    }

    [GeneratedRegex(@"\bTODO\b|\bFIXME\b|\bXXX\b|\bNotImplementedException\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+)\s*(?<end>[;{])", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"(Util|Utils|Utilities|Helper|Helpers|Manager|Managers)$")]
    private static partial Regex VagueName();
}
