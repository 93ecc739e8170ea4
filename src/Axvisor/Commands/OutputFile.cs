using System.CommandLine;
using Axvisor.Terminal;

namespace Axvisor.Commands;

/// <summary>The <c>--output FILE</c> and <c>--force</c> options: results to standard output, or to a file that appears whole or not at all.</summary>
internal sealed class OutputFile
{
    private readonly Option<string?> _file;
    private readonly Option<bool> _force = new("--force") { Description = "Overwrite the output file" };

    internal OutputFile(string description) => _file = new Option<string?>("--output", "-o") { HelpName = "FILE", Description = description };

    internal void AddTo(Command command)
    {
        command.Options.Add(_file);
        command.Options.Add(_force);
    }

    /// <summary>Writes the result where it was asked for.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="bytes">The result.</param>
    /// <param name="terminalText">For binary results: the text a terminal gets in its place.</param>
    /// <exception cref="InputException">The file exists, or cannot be written.</exception>
    internal void Write(ParseResult result, byte[] bytes, string? terminalText)
    {
        if (result.GetValue(_file) is { } path)
        {
            WriteFile(path, bytes, result.GetValue(_force));
            return;
        }
        TextWriter output = result.InvocationConfiguration.Output;
        if (terminalText is not null && !Console.IsOutputRedirected)
            output.Write(terminalText);
        else if (output is StandardOutputWriter)
            StandardOutputWriter.WriteBytes(bytes);
        else
            output.Write(System.Text.Encoding.Latin1.GetString(bytes));
    }

    private static void WriteFile(string path, byte[] bytes, bool force)
    {
        if (Directory.Exists(path))
            throw new InputException($"--output {path} is a directory");
        if (File.Exists(path) && !force)
            throw new InputException($"--output {path} exists; --force overwrites it");
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, bytes);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--output {path} cannot be written: {e.Message}", e);
        }
        finally
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
        }
    }
}
