namespace AxVM.Config;

/// <summary>One thing that is wrong with a configuration.</summary>
/// <param name="File">The file, or <c>null</c> when the configuration did not come from one.</param>
/// <param name="Line">The line, from 1; 0 when the value was not read from a text.</param>
/// <param name="Column">The column, from 1; 0 when the value was not read from a text.</param>
/// <param name="Field">The field's path, for instance <c>kernel.memory_regions[1][0]</c>; empty for the whole text.</param>
/// <param name="Message">What is wrong, with the value found, and what would be right.</param>
public sealed record ConfigProblem(string? File, int Line, int Column, string Field, string Message)
{
    /// <summary>The problem in one line: <c>file:line:column: field: message</c>.</summary>
    public override string ToString()
    {
        string place = Line > 0 ? $"{File ?? "config"}:{Line}:{Column}: " : File is null ? string.Empty : $"{File}: ";
        return Field.Length > 0 ? $"{place}{Field}: {Message}" : place + Message;
    }
}

/// <summary>A VM configuration that cannot be used. The message has one line for each problem.</summary>
public sealed class ConfigException : Exception
{
    /// <summary>Reports <paramref name="problems"/>, at least one.</summary>
    public ConfigException(IReadOnlyList<ConfigProblem> problems)
        : base(string.Join('\n', problems ?? []))
    {
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentOutOfRangeException.ThrowIfZero(problems.Count, nameof(problems));
        Problems = problems;
    }

    /// <summary>Reports one problem of a field that was not read from a file.</summary>
    public ConfigException(string field, string message)
        : this([new ConfigProblem(null, 0, 0, field, message)])
    {
    }

    /// <summary>The problems in the order of the text.</summary>
    public IReadOnlyList<ConfigProblem> Problems { get; }
}
