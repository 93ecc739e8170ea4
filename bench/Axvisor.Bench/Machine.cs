using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Axvisor.Bench;

/// <summary>One of the two programs that are compared, started as a process of its own.</summary>
internal sealed class Machine(string name, string file, string[] prefix)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    public string Name => name;

    public static Machine Axvisor(BenchOptions options) =>
        new("axvisor", "dotnet", [options.Axvisor, "run", .. options.Tier is { } tier ? (string[])["--tier", tier] : []]);

    public static Machine Qemu() => new("qemu", "qemu-system-riscv64", ["-M", "virt", "-accel", "tcg", "-nographic"]);

    /// <summary>The first line of QEMU's --version; null when it is not installed.</summary>
    public static string? QemuVersion()
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("qemu-system-riscv64", "--version") { RedirectStandardOutput = true })!;
            string line = process.StandardOutput.ReadLine() ?? "";
            process.WaitForExit();
            return line;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Runs a guest program that prints its result and its own time by the guest's 10 MHz clock.</summary>
    public Measurement RunProgram(string elf, int cpus = 1)
    {
        string count = cpus.ToString(CultureInfo.InvariantCulture);
        string[] arguments = name == "qemu"
            ? [.. prefix, "-smp", count, "-bios", "none", "-m", "128", "-kernel", elf]
            : [.. prefix, "--cpus", count, "--bios", "none", "--profile", "machine", "--memory", "128M", "--kernel", elf];
        using Process process = Start(arguments);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        ulong[] numbers = [.. output.Split('\n').Select(line => line.Trim()).Where(line => line.Length == 16)
            .Select(line => ulong.Parse(line, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        return numbers is [ulong result, ulong ticks]
            ? new Measurement(result, ticks / 1e7)
            : throw new InvalidOperationException($"{name} printed no result and time: {output}");
    }

    /// <summary>Boots Linux and returns the seconds from process start to the shell's prompt; the process is left at the prompt.</summary>
    public (double Seconds, Process Process) Boot(string kernel, string initrd)
    {
        string[] arguments = name == "qemu"
            ? [.. prefix, "-smp", "1", "-m", "512", "-kernel", kernel, "-initrd", initrd, "-append", "console=ttyS0 quiet"]
            : [.. prefix, "--memory", "512M", "--kernel", kernel, "--initrd", initrd, "--append", "console=ttyS0 quiet"];
        long start = Stopwatch.GetTimestamp();
        Process process = Start(arguments);
        var seen = new StringBuilder();
        var buffer = new char[256];
        while (!seen.ToString().Contains("~ # ", StringComparison.Ordinal))
        {
            int read = process.StandardOutput.Read(buffer);
            if (read <= 0 || Stopwatch.GetElapsedTime(start) > s_patience)
                throw new InvalidOperationException($"{name} did not reach the prompt: {seen}");
            seen.Append(buffer, 0, read);
        }

        return (Stopwatch.GetElapsedTime(start).TotalSeconds, process);
    }

    /// <summary>Ends a machine that was booted.</summary>
    public static void PowerOff(Process process)
    {
        process.StandardInput.Write("poweroff\n");
        process.StandardInput.Flush();
        if (!process.WaitForExit(TimeSpan.FromSeconds(30)))
            process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    private Process Start(string[] arguments) => Process.Start(new ProcessStartInfo(file, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;
}
