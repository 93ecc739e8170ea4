using System.Diagnostics;

namespace AxVCpu.BareMetal.Tests;

/// <summary>The image of <c>ExitImage/</c>: built once, run once, for all tests of its class.</summary>
public sealed class ExitImage
{
    private static readonly string s_root = FindRoot();
    private readonly Lazy<string[]> _output = new(BuildAndRun);

    /// <summary>What it printed. Skips the test where the tools are missing.</summary>
    public string[] Run()
    {
        Tools.Require("qemu-system-aarch64", "qemu-system-arm");
        Tools.Require("aarch64-linux-gnu-ld", "binutils-aarch64-linux-gnu");
        return _output.Value;
    }

    private static string[] BuildAndRun()
    {
        string tests = Path.Combine(s_root, "tests", "AxVCpu.BareMetal.Tests");
        string project = Path.Combine(s_root, "src", "AxVCpu.BareMetal", "AxVCpu.BareMetal.csproj");
        (int code, string output) = Tools.Run(
            "dotnet", TimeSpan.FromMinutes(3),
            "build", project, "-nologo", "-v", "q", "-nodeReuse:false", "-c", "Release", "-p:Image=aarch64", "-p:ImageName=exit-test",
            $"-p:ImageMain={Path.Combine(tests, "ExitImage")}", $"-p:ImageSources={Path.Combine(tests, "Shared", "ExitSequence.cs")}");
        Assert.True(code == 0, output);
        string image = Path.Combine(s_root, "src", "AxVCpu.BareMetal", "bin", "Release", "aarch64", "exit-test.img");
        (code, output) = Tools.Run(
            "qemu-system-aarch64", TimeSpan.FromSeconds(60), "-M", "virt,virtualization=on,gic-version=3", "-cpu", "max,sve=off,sme=off,pauth-impdef=on",
            "-smp", "2", "-m", "512", "-nodefaults", "-display", "none", "-serial", "stdio", "-kernel", image);
        Assert.True(code == 0, output);
        return output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    internal static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "AxVCpu.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the tests do not run from a checkout");
    }
}

/// <summary>Programs that the tests start.</summary>
internal static class Tools
{
    /// <summary>Skips the test when a program is missing, and says which package has it.</summary>
    public static void Require(string program, string package)
    {
        bool found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
        if (!found)
            Assert.Skip($"{program} is not installed (package {package})");
    }

    /// <summary>Runs a program to its end, or kills it when the time is over.</summary>
    public static (int Code, string Output) Run(string program, TimeSpan limit, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"{program} did not end within {limit}:\n{output.Result}{error.Result}");
        }

        return (process.ExitCode, output.Result + error.Result);
    }
}
