using System.Diagnostics;
using AxVCpu.Software.Riscv64.Isa;

namespace Axvisor.Tests;

/// <summary>Axvisor on a pseudo-terminal, made by script(1).</summary>
public sealed class TerminalTests : IDisposable
{
    private const string Echo = """
        _start:
            li   s0, 0x10000000
            li   t2, '>'
            sb   t2, 0(s0)
        1:  lbu  t0, 5(s0)
            andi t0, t0, 1
            beqz t0, 1b
            lbu  t1, 0(s0)
            addi t1, t1, 64
            sb   t1, 0(s0)
            j    1b
        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    private Process? _script;

    /// <summary>Ends what a failed test has left running.</summary>
    public void Dispose()
    {
        if (_script is { HasExited: false })
            _script.Kill(entireProcessTree: true);
        _script?.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("keys", 0)]
    [InlineData("TERM", 143)]
    public async Task The_terminal_is_raw_for_the_guest_and_as_before_afterwards(string end, int code)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "script(1) is not installed");
        string kernel = _folder.File("echo.elf");
        await File.WriteAllBytesAsync(kernel, Assembler.Assemble(Echo, 0x8000_0000).ToElf(), TestContext.Current.CancellationToken);
        string shell = _folder.File("on-terminal.sh");
        string before = _folder.File("before");
        string after = _folder.File("after");
        string processId = _folder.File("pid");
        await File.WriteAllTextAsync(shell, $"""
            stty -g > '{before}'
            sh -c 'echo $$ > "{processId}"; exec dotnet "{Path.Combine(AppContext.BaseDirectory, "axvisor.dll")}" run --kernel "{kernel}" --profile machine'
            echo "code=$?"
            stty -g > '{after}'

            """, TestContext.Current.CancellationToken);

        Process script = _script = Process.Start(new ProcessStartInfo("script", ["-q", "-c", $"sh '{shell}'", "/dev/null"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        System.Text.StringBuilder output = new();
        Task reading = Task.Run(async () =>
        {
            char[] buffer = new char[1024];
            int got;
            while ((got = await script.StandardOutput.ReadAsync(buffer)) > 0)
            {
                lock (output)
                    output.Append(buffer, 0, got);
            }
        }, TestContext.Current.CancellationToken);
        string Seen()
        {
            lock (output)
                return output.ToString();
        }
        async Task Expect(string text)
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (!Seen().Contains(text, StringComparison.Ordinal))
            {
                Assert.True(watch.Elapsed < s_patience, $"'{text}' was not printed: {Seen()}");
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }

        await Expect(">");
        await script.StandardInput.WriteAsync("\x03"); // Ctrl-C is the guest's: 3 + 64 is C
        await script.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        await Expect("C");
        if (end == "keys")
        {
            await script.StandardInput.WriteAsync("\x01x");
            await script.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        }
        else
        {
            string id = (await File.ReadAllTextAsync(processId, TestContext.Current.CancellationToken)).Trim();
            await CliProcess.SignalAsync(end, id);
        }
        await Expect("code=");
        await script.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await reading;
        Assert.Contains($"code={code}", Seen(), StringComparison.Ordinal);
        Assert.Equal(
            await File.ReadAllTextAsync(before, TestContext.Current.CancellationToken),
            await File.ReadAllTextAsync(after, TestContext.Current.CancellationToken));
    }
}
