using System.Reflection;

namespace Architecture.Tests;

/// <summary>Where the sources lie, and the assemblies built from them.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The names of the folders under src, one project each.</summary>
    public static IReadOnlyList<string> Projects { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(path => !IsBuildOutput(path)).Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal),
    ];

    public static string ProjectFile(string project) => Path.Combine(Root, "src", project, project + ".csproj");

    public static Assembly Load(string project) => Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, Layers.AssemblyName(project) + ".dll"));

    /// <summary>The hand-written C# files under some folders of the repository.</summary>
    public static IEnumerable<SourceFile> Sources(params string[] folders) => folders
        .Select(folder => Path.Combine(Root, folder))
        .Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        .Where(path => !IsBuildOutput(path))
        .Select(path => new SourceFile(Path.GetRelativePath(Root, path).Replace('\\', '/'), File.ReadAllText(path)))
        .OrderBy(file => file.Path, StringComparer.Ordinal);

    private static bool IsBuildOutput(string path)
    {
        string[] parts = Path.GetRelativePath(Root, path).Split(Path.DirectorySeparatorChar);
        return parts.Contains("obj") || parts.Contains("bin");
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "AxVCpu.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"no AxVCpu.slnx above {AppContext.BaseDirectory}");
    }
}

/// <summary>A source file: its path from the repository's root, with slashes, and its text.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    public string Name => System.IO.Path.GetFileName(Path);

    public int LineCount => Text.AsSpan().TrimEnd('\n').Count('\n') + 1;

    /// <summary>The text with comments and the content of literals blanked, so that words in prose do not count; lines stay lines.</summary>
    public string Code => SourceText.WithoutProse(Text);

    public override string ToString() => Path;
}
