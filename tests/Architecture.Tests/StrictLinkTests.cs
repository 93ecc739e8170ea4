using System.Diagnostics;

namespace Architecture.Tests;

/// <summary>The proof that the shared sources need no heap and no exceptions: that the link succeeds, and that it can fail.</summary>
public sealed class StrictLinkTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    /// <summary>Compiles, and needs symbols that no platform provides; the linker reports all of them at once.</summary>
    private const string Offences = """
        using System.Runtime;

        internal sealed class Box { public int Value; }

        internal static class Offences
        {
            [RuntimeExport("offence_heap")]
            public static object Heap(int value) => new Box { Value = value };

            [RuntimeExport("offence_throw")]
            public static void Throw(System.Exception what) => throw what;
        }
        """;

    /// <summary>What ilc itself refuses, for want of the parts of the corlib that it would call.</summary>
    private const string Delegate = """
        using System.Runtime;

        internal delegate int Callback();

        internal static class Offences
        {
            private static int Answer() => 42;

            private static int Call(Callback callback) => callback();

            [RuntimeExport("offence_delegate")]
            public static int CallBack() => Call(Answer);
        }
        """;

    [Fact]
    public async Task Shared_sources_link_with_nothing_undefined()
    {
        using var build = new LinkBuild();
        (int code, string output) = await build.RunAsync(null);
        Assert.True(code == 0, output);
        (code, output) = await RunAsync("nm", ["--undefined-only", build.Image]);
        Assert.True(code == 0 && output.Trim().Length == 0, $"undefined in the image:\n{output}");
        (_, output) = await RunAsync("nm", ["--defined-only", build.Image]);
        Assert.DoesNotContain("RhpNewFast", output, StringComparison.Ordinal);
        Assert.All(
            ["axvcpu_check_core", "axvcpu_check_sv39x4", "axvcpu_check_uart", "axvcpu_check_virtio_blk"], root => Assert.Contains(root, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Objects_and_exceptions_do_not_link()
    {
        using var build = new LinkBuild();
        (int code, string output) = await build.RunAsync(Offences);
        Assert.NotEqual(0, code);
        Assert.All(
            ["undefined reference to `RhpNewFast'", "undefined reference to `RhpThrowEx'"],
            symbol => Assert.Contains(symbol, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Delegates_do_not_compile()
    {
        using var build = new LinkBuild();
        (int code, string output) = await build.RunAsync(Delegate);
        Assert.NotEqual(0, code);
        Assert.Contains("Offences.CallBack()", output, StringComparison.Ordinal);
        Assert.Matches("Expected method 'Initialize\\w+' not found on type '\\[\\S+\\]System.Delegate'", output);
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        // A test host sets variables that would send the build astray.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_limit);
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, output + await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>A build of the bare-metal project in a folder of its own, with one more source file.</summary>
    private sealed class LinkBuild : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("axvcpu-link-");

        public LinkBuild()
        {
            if (!OperatingSystem.IsLinux() || System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture != System.Runtime.InteropServices.Architecture.X64)
                Assert.Skip("the link check runs on linux-x64 only");
            foreach (string tool in (string[])["as", "ld", "nm"])
            {
                // Where the project file looks for them.
                if (!File.Exists("/usr/bin/" + tool))
                    Assert.Skip($"'{tool}' is not installed (binutils)");
            }
        }

        public string Image => Path.Combine(_folder.FullName, "obj", "link", "linkcheck.elf");

        public async Task<(int Code, string Output)> RunAsync(string? source)
        {
            string folder = _folder.FullName;
            var arguments = new List<string>
            {
                "build", Repository.ProjectFile("AxVCpu.BareMetal"), "-nologo", "-v", "n", "-nodeReuse:false", "-p:UseSharedCompilation=false",
                $"-p:BaseIntermediateOutputPath={folder}/obj/", $"-p:MSBuildProjectExtensionsPath={folder}/obj/",
                $"-p:IntermediateOutputPath={folder}/obj/link/", $"-p:OutputPath={folder}/bin/",
            };
            if (source is not null)
            {
                string file = Path.Combine(folder, "Offences.cs");
                await File.WriteAllTextAsync(file, source, TestContext.Current.CancellationToken);
                arguments.Add($"-p:ExtraLinkCheck={file}");
            }

            return await StrictLinkTests.RunAsync("dotnet", arguments);
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
