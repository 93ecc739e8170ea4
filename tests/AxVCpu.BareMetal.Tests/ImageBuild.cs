using System.Diagnostics;

namespace AxVCpu.BareMetal.Tests;

/// <summary>Builds images with the project's own build, and runs them.</summary>
internal static class ImageBuild
{
    private static readonly Lock s_lock = new();
    private static readonly string s_root = FindRoot();

    /// <summary>Where the tests' sources are.</summary>
    public static string Sources { get; } = Path.Combine(s_root, "tests", "AxVCpu.BareMetal.Tests");

    private static string Project => Path.Combine(s_root, "src", "AxVCpu.BareMetal", "AxVCpu.BareMetal.csproj");

    /// <summary>Builds an image; skips the test where the tools are missing.</summary>
    /// <param name="name">The image's name; the product's own is <c>axvisor-aarch64</c>.</param>
    /// <param name="main">The folder that stands for the hypervisor, or null for the hypervisor.</param>
    /// <param name="sources">More sources.</param>
    /// <returns>The path without its extension when it succeeds, and what the build said.</returns>
    public static (string? Image, string Output) Build(string name, string? main, params string[] sources)
    {
        Tools.Require("aarch64-linux-gnu-ld", "binutils-aarch64-linux-gnu");
        List<string> arguments =
            ["build", Project, "-nologo", "-v", "m", "-nodeReuse:false", "-c", "Release", "-p:Image=aarch64", $"-p:ImageName={name}"];
        if (main is not null)
            arguments.Add($"-p:ImageMain={Path.Combine(Sources, main)}");
        if (sources.Length > 0)
            arguments.Add($"-p:ImageSources={string.Join("%3B", sources.Select(source => Path.Combine(Sources, source)))}");
        // One at a time: the builds share the project's restored packages.
        lock (s_lock)
        {
            (int code, string output) = Tools.Run("dotnet", TimeSpan.FromMinutes(3), [.. arguments]);
            string image = Path.Combine(s_root, "src", "AxVCpu.BareMetal", "bin", "Release", "aarch64", name);
            return (code == 0 ? image : null, output);
        }
    }

    /// <summary>Runs an image until QEMU ends, or until a line holds <paramref name="last"/>.</summary>
    public static string[] Run(string image, string last, params string[] more)
    {
        Tools.Require("qemu-system-aarch64", "qemu-system-arm");
        string[] machine =
        [
            "-M", "virt,virtualization=on,gic-version=3", "-cpu", "max,sve=off,sme=off,pauth-impdef=on", "-smp", "2", "-m", "512", "-nodefaults",
            "-display", "none", "-serial", "stdio", "-kernel", image + ".img",
        ];
        return Tools.RunUntil("qemu-system-aarch64", TimeSpan.FromSeconds(60), last, [.. machine, .. more]);
    }

    private static string FindRoot()
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
        using Process process = Start(program, arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"{program} did not end within {limit}:\n{output.Result}{error.Result}");
        }

        return (process.ExitCode, output.Result + error.Result);
    }

    /// <summary>Runs a program until it ends, prints a line that holds <paramref name="last"/>, or the time is over; gives its lines.</summary>
    public static string[] RunUntil(string program, TimeSpan limit, string last, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        using var end = new Timer(_ => process.Kill(entireProcessTree: true), null, limit, Timeout.InfiniteTimeSpan);
        Task<string> error = process.StandardError.ReadToEndAsync();
        var lines = new List<string>();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line.Trim());
            if (line.Contains(last, StringComparison.Ordinal))
                process.Kill(entireProcessTree: true);
        }

        process.WaitForExit();
        lines.Add(error.Result);
        return [.. lines];
    }

    private static Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }
}
