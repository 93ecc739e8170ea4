namespace Axvisor.BareMetal;

/// <summary>Programs of the host by their names.</summary>
internal static class SearchPath
{
    /// <summary>Finds a program as a shell would.</summary>
    /// <returns>Its path, or null.</returns>
    internal static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
