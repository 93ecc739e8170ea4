using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Axvisor.Commands;
using Axvisor.Terminal;

namespace Axvisor.BareMetal;

/// <summary>A machine with EL2 in QEMU, on which the hypervisor runs.</summary>
/// <param name="Image">The hypervisor.</param>
/// <param name="Archive">Its guests.</param>
internal sealed record QemuMachine(string Image, string Archive)
{
    private const string Program = "qemu-system-aarch64";

    /// <summary>Number of physical CPUs.</summary>
    public int Cpus { get; init; } = 2;

    /// <summary>RAM in MiB.</summary>
    public int MemoryMiB { get; init; } = 2048;

    /// <summary>The CPU's model, as QEMU names it.</summary>
    public string CpuModel { get; init; } = "max,sve=off,sme=off,pauth-impdef=on";

    /// <summary>The hypervisor's boot arguments.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>More words for QEMU.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    /// <summary>The words after QEMU's name.</summary>
    internal IReadOnlyList<string> Words =>
    [
        "-M", "virt,virtualization=on,gic-version=3", "-cpu", CpuModel,
        "-smp", Cpus.ToString(CultureInfo.InvariantCulture), "-m", string.Create(CultureInfo.InvariantCulture, $"{MemoryMiB}M"),
        "-nographic", "-nodefaults", "-serial", "mon:stdio", "-kernel", Image, "-initrd", Archive, "-append", Arguments, .. Extra,
    ];

    /// <summary>Finds QEMU.</summary>
    /// <exception cref="InputException">It is missing; the message names the package.</exception>
    internal static string FindProgram() =>
        SearchPath.Find(Program) ?? throw new InputException($"'{Program}' was not found: the machine needs the package qemu-system-arm");

    /// <summary>Runs the machine on this terminal until it powers off; the terminal is as before on every way out.</summary>
    /// <returns>QEMU's exit code, or null when the time ran out.</returns>
    /// <exception cref="InputException">QEMU is missing.</exception>
    internal async Task<int?> RunAsync(TimeSpan? limit, CancellationToken cancellation)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (limit is { } time)
            end.CancelAfter(time);
        using RawTerminal? terminal = RawTerminal.Enter();
        using Process process = Start();
        try
        {
            await process.WaitForExitAsync(end.Token).ConfigureAwait(false);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            Kill(process);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            return null;
        }
    }

    private Process Start()
    {
        // Its input and output are ours: nothing lies between the terminal and the machine.
        ProcessStartInfo info = new(FindProgram(), Words) { UseShellExecute = false };
        try
        {
            return Process.Start(info) ?? throw new InputException($"'{Program}' could not be started");
        }
        catch (Win32Exception e)
        {
            throw new InputException($"'{Program}' could not be started: {e.Message}", e);
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
