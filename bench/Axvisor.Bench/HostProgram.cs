using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Axvisor.Bench;

/// <summary>The integer program in C, compiled for the host: what the hardware does without a virtual CPU.</summary>
internal sealed class HostProgram : IDisposable
{
    private readonly string _file;

    private HostProgram(string file, string compiler)
    {
        _file = file;
        Compiler = compiler;
    }

    /// <summary>Name and version of the compiler.</summary>
    public string Compiler { get; }

    /// <summary>Compiles it; null when there is no C compiler.</summary>
    public static HostProgram? Compile()
    {
        string source = Path.Combine(Path.GetTempPath(), $"axvisor-bench-{Environment.ProcessId}.c");
        string file = Path.ChangeExtension(source, ".host");
        try
        {
            string version = Output("gcc", "--version").Split('\n')[0];
            File.WriteAllText(source, Programs.Text("integer.c"));
            Output("gcc", "-O2", "-o", file, source);
            return new HostProgram(file, version);
        }
        catch (Win32Exception)
        {
            return null;
        }
        finally
        {
            File.Delete(source);
        }
    }

    /// <summary>Runs it once.</summary>
    public Measurement Run()
    {
        string[] words = Output(_file).Split(' ');
        return new Measurement(
            ulong.Parse(words[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            long.Parse(words[1], CultureInfo.InvariantCulture) / 1e9);
    }

    public void Dispose() => File.Delete(_file);

    private static string Output(string file, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{file} ended with code {process.ExitCode}");
    }
}
