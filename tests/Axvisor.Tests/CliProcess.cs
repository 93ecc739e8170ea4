using System.Diagnostics;
using System.Text;

namespace Axvisor.Tests;

/// <summary>The command line as a process of its own, with pipes for its console.</summary>
internal sealed class CliProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_endPatience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly Task _reading;
    private int _expectedUpTo;

    private CliProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(CopyAsync(process.StandardOutput.BaseStream, _output), CopyAsync(process.StandardError.BaseStream, _errors));
    }

    internal int Id => _process.Id;

    internal Stream Input => _process.StandardInput.BaseStream;

    internal string Output => Snapshot(_output);

    internal string Errors => Snapshot(_errors);

    /// <summary>Starts axvisor with some words, in a fresh environment except for what is given.</summary>
    internal static CliProcess Start(params string[] words) => Start(words, variables: []);

    internal static CliProcess Start(string[] words, params (string Name, string Value)[] variables)
    {
        ProcessStartInfo info = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "axvisor.dll"), .. words])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach ((string name, string value) in variables)
            info.Environment[name] = value;
        return new CliProcess(Process.Start(info)!);
    }

    /// <summary>Runs axvisor to its end with nothing typed.</summary>
    internal static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] words)
    {
        await using CliProcess cli = Start(words);
        cli.Input.Close();
        int code = await cli.WaitAsync();
        return (code, cli.Output, cli.Errors);
    }

    /// <summary>Waits until a text is printed after the last one expected.</summary>
    internal async Task<string> ExpectAsync(string text, TimeSpan timeout)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            bool ended = _reading.IsCompleted;
            string output = Output;
            int at = output.IndexOf(text, _expectedUpTo, StringComparison.Ordinal);
            if (at >= 0)
            {
                string before = output[_expectedUpTo..at];
                _expectedUpTo = at + text.Length;
                return before;
            }
            Assert.False(ended, $"axvisor ended before it printed \"{text}\"; it printed:\n{output}\n{Errors}");
            Assert.True(watch.Elapsed < timeout, $"\"{text}\" was not printed within {timeout.TotalSeconds} s; axvisor printed:\n{output}\n{Errors}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    internal async Task TypeAsync(string text)
    {
        await Input.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);
        await Input.FlushAsync(TestContext.Current.CancellationToken);
    }

    internal async Task<int> WaitAsync()
    {
        try
        {
            await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_endPatience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"axvisor did not end; it printed:\n{Output}\n{Errors}");
        }
        await _reading;
        return _process.ExitCode;
    }

    /// <summary>Sends a signal to a process, by the shell's own command: the program of this name is not on every machine.</summary>
    internal static async Task SignalAsync(string signal, string processId)
    {
        using Process shell = Process.Start("sh", ["-c", "kill -s \"$0\" \"$1\"", signal, processId]);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, shell.ExitCode);
    }

    internal void StopReading() => _process.StandardOutput.BaseStream.Close();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    private static async Task CopyAsync(Stream from, StringBuilder to)
    {
        byte[] buffer = new byte[4096];
        try
        {
            int got;
            while ((got = await from.ReadAsync(buffer)) > 0)
            {
                lock (to)
                    to.Append(Encoding.Latin1.GetString(buffer, 0, got));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The test closed its end.
        }
    }

    private static string Snapshot(StringBuilder text)
    {
        lock (text)
            return text.ToString();
    }
}
