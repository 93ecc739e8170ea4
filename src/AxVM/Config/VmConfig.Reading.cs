using System.Text;
using AxVM.Config;
using AxVM.Config.Toml;

namespace AxVM;

public sealed partial class VmConfig
{
    private const long MaximumFileBytes = 1 << 20;

    /// <summary>Reads a configuration file.</summary>
    /// <exception cref="ConfigException">The text is not a VM configuration; every problem is listed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static VmConfig Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = File.OpenRead(path);
        if (file.Length > MaximumFileBytes)
        {
            throw new ConfigException([new ConfigProblem(path, 0, 0, string.Empty, $"has {file.Length} bytes; a VM configuration has at most {MaximumFileBytes}")]);
        }

        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        try
        {
            ReadOnlySpan<byte> body = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes;
            return Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body), path);
        }
        catch (DecoderFallbackException e)
        {
            int line = 1 + bytes.AsSpan(0, int.Min(e.Index, bytes.Length)).Count((byte)'\n');
            throw new ConfigException([new ConfigProblem(path, line, 1, string.Empty, "the text is not UTF-8")]);
        }
    }

    /// <summary>Reads a configuration from a text.</summary>
    /// <param name="toml">The text.</param>
    /// <param name="file">The file's name for messages and relative paths, or <c>null</c>.</param>
    /// <exception cref="ConfigException">The text is not a VM configuration; every problem is listed.</exception>
    public static VmConfig Parse(string toml, string? file = null)
    {
        ArgumentNullException.ThrowIfNull(toml);
        TomlTable root;
        try
        {
            root = TomlReader.Read(toml);
        }
        catch (TomlException e)
        {
            throw new ConfigException([new ConfigProblem(file, e.Position.Line, e.Position.Column, string.Empty, e.Problem)]);
        }

        ProblemList problems = new(file);
        VmConfig config = new VmConfigBinder(new FieldSet(problems, string.Empty, root)).Bind(file);
        config.Places = problems.Places;
        problems.ThrowIfAny();
        return config;
    }

    /// <summary>A path of this configuration as the process can open it: relative to the configuration file.</summary>
    public string ResolvePath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string? folder = SourcePath is null ? null : Path.GetDirectoryName(Path.GetFullPath(SourcePath));
        return folder is null ? path : Path.Combine(folder, path);
    }
}
