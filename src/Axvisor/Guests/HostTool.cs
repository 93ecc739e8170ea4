using System.ComponentModel;
using System.Diagnostics;

namespace Axvisor.Guests;

/// <summary>Runs a program of the host (apt-get, dpkg-deb) to its end, without a shell.</summary>
internal static class HostTool
{
    /// <summary>What a program left behind.</summary>
    /// <param name="ExitCode">Its exit code.</param>
    /// <param name="Output">Its standard output.</param>
    /// <param name="Errors">Its standard error.</param>
    internal readonly record struct Result(int ExitCode, string Output, string Errors)
    {
        /// <summary>The line that says most about a failure: the last error line of apt or dpkg, else the last line at all.</summary>
        internal string Reason
        {
            get
            {
                string[] lines = Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                string? line = lines.FirstOrDefault(l => l.StartsWith("E: ", StringComparison.Ordinal))
                    ?? lines.LastOrDefault(l => l.Contains("error", StringComparison.OrdinalIgnoreCase)) ?? lines.LastOrDefault();
                return line is null ? $"exit code {ExitCode}" : line.StartsWith("E: ", StringComparison.Ordinal) ? line[3..] : line;
            }
        }
    }

    /// <summary>Runs a program and collects its text output.</summary>
    internal static async Task<Result> RunAsync(string program, IReadOnlyList<string> arguments, string? workingFolder, CancellationToken cancellation)
    {
        using Process process = Start(program, arguments, workingFolder);
        using CancellationTokenRegistration kill = cancellation.Register(() => Kill(process));
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        Result result = new(process.ExitCode, await output.ConfigureAwait(false), await errors.ConfigureAwait(false));
        cancellation.ThrowIfCancellationRequested();
        return result;
    }

    /// <summary>Runs a program whose standard output is binary data for <paramref name="consume"/>.</summary>
    internal static async Task<Result> RunAsync(
        string program, IReadOnlyList<string> arguments, Func<Stream, Task> consume, CancellationToken cancellation)
    {
        using Process process = Start(program, arguments, workingFolder: null);
        using CancellationTokenRegistration kill = cancellation.Register(() => Kill(process));
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await consume(process.StandardOutput.BaseStream).ConfigureAwait(false);
        }
        catch
        {
            Kill(process);
            throw;
        }
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        Result result = new(process.ExitCode, "", await errors.ConfigureAwait(false));
        cancellation.ThrowIfCancellationRequested();
        return result;
    }

    private static Process Start(string program, IReadOnlyList<string> arguments, string? workingFolder)
    {
        ProcessStartInfo info = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder ?? "",
        };
        info.Environment["LC_ALL"] = "C"; // messages are matched and shown in one language
        info.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        try
        {
            Process process = Process.Start(info) ?? throw new PreparationException($"{program} could not be started");
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception e)
        {
            throw new PreparationException(
                $"'{program}' was not found: named guests come from Debian packages and need apt-get and dpkg-deb on this system", e);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself in between.
        }
    }
}
