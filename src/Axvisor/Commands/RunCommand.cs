using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.CompilerServices;
using Axvisor.Guests;
using Axvisor.Terminal;
using AxVCpu;
using AxVM;

namespace Axvisor.Commands;

/// <summary><c>axvisor run</c>: a guest's console on this terminal until the guest ends.</summary>
internal static class RunCommand
{
    internal static Command Create(GuestCatalog catalog, Action<GuestArchitecture>? requireEngine = null)
    {
        MachineOptions machine = new(catalog, requireEngine);
        Option<double?> timeout = new("--timeout")
        {
            HelpName = "SECONDS", Description = $"End the guest after this time, with exit code {ExitCode.Timeout}", CustomParser = ParseTimeout,
        };
        Option<bool> noReboot = new("--no-reboot") { Description = "End when the guest asks for a reset, instead of starting it again" };
        Option<bool> statistics = new("--stats") { Description = "At the end, print to standard error what was counted: exits, instructions, translations" };
        Option<bool> json = new("--json") { Description = "Print the statistics as JSON" };
        Command command = new("run", "Run a guest: its console is here, Ctrl-A X leaves");
        machine.AddTo(command);
        command.Options.Add(timeout);
        command.Options.Add(noReboot);
        command.Options.Add(statistics);
        command.Options.Add(json);
        SignatureFile signature = new();
        signature.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            VmConfig config = await machine.ReadAsync(result, cancellation, runs: true).ConfigureAwait(false);
            TextWriter errors = result.InvocationConfiguration.Error;
            VmOptions options = new()
            {
                RestartOnReset = !result.GetValue(noReboot),
                Restarting = why => errors.WriteLine($"axvisor: {why}; the guest starts again (--no-reboot ends the run instead)"),
            };
            Action<VmStatistics>? report = result.GetValue(statistics) || result.GetValue(json)
                ? counted => StatisticsReport.Write(counted, result.GetValue(json), errors)
                : null;
            return await RunAsync(config, options, result, signature, result.GetValue(timeout), errors, report, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        VmConfig config, VmOptions options, ParseResult line, SignatureFile signature, double? timeout, TextWriter errors, Action<VmStatistics>? report,
        CancellationToken cancellation)
    {
        using CancellationTokenSource left = new();
        using CancellationTokenSource expired = new();
        using CancellationTokenSource outputClosed = new();
        using CancellationTokenSource end =
            CancellationTokenSource.CreateLinkedTokenSource(cancellation, left.Token, expired.Token, outputClosed.Token);
        VirtualMachine vm = VirtualMachine.Create(config, options);
        await using ConfiguredAsyncDisposable disposing = vm.ConfigureAwait(false);
        await vm.LoadAsync(cancellation).ConfigureAwait(false); // all that is wrong with the input shows before the terminal changes
        signature.Check(line, vm);

        if (RawTerminal.IsPossible)
            await errors.WriteLineAsync($"axvisor: {vm.Name}, Ctrl-A X leaves").ConfigureAwait(false);
        VmExit exit;
        VmStatistics counted;
        string? screen;
        using (RawTerminal? terminal = RawTerminal.Enter())
        {
            ConsoleBridge bridge = new(vm.Console, terminal is not null, left.Cancel);
            Task<bool> output = bridge.CopyOutputAsync(CancellationToken.None);
            if (timeout is { } seconds)
                expired.CancelAfter(TimeSpan.FromSeconds(seconds));
            Task<VmExit> run = vm.RunAsync(end.Token);
            bridge.StartInput();
            if (await Task.WhenAny(run, output).ConfigureAwait(false) == output)
                await outputClosed.CancelAsync().ConfigureAwait(false);
            exit = await run.ConfigureAwait(false);
            counted = vm.GetStatistics();
            if (exit.Reason is VmExitReason.PowerOff or VmExitReason.GuestExit or VmExitReason.Reset)
                signature.Write(line, vm);
            screen = vm.ReadScreen();
            await vm.DisposeAsync().ConfigureAwait(false); // the console's end: everything printed has then been copied
            if (!await output.ConfigureAwait(false))
                return ExitCode.OutputClosed;
        }

        if (screen is not null)
        {
            await errors.WriteLineAsync("axvisor: on the guest's screen:").ConfigureAwait(false);
            await line.InvocationConfiguration.Output.WriteAsync(screen).ConfigureAwait(false);
        }
        report?.Invoke(counted);
        switch (exit.Reason)
        {
            case VmExitReason.PowerOff or VmExitReason.Reset:
                return ExitCode.Success;
            case VmExitReason.Halted:
                await errors.WriteLineAsync("axvisor: the guest has halted with interrupts off; nothing can get it going").ConfigureAwait(false);
                return ExitCode.Success;
            case VmExitReason.GuestExit:
                return exit.Code is >= 0 and <= ExitCode.Maximum ? exit.Code : ExitCode.GuestMaximum;
            case VmExitReason.Failed:
                await errors.WriteLineAsync($"axvisor: {exit.Message}").ConfigureAwait(false);
                return ExitCode.Internal;
        }
        if (expired.IsCancellationRequested && !left.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            await errors.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"axvisor: the guest did not end within {timeout} s")).ConfigureAwait(false);
            return ExitCode.Timeout;
        }
        return ExitCode.Success; // left by key; after a signal the program puts the signal's code in its place
    }

    private static double? ParseTimeout(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        const double Longest = 1e7; // a timer's limit is near 49 days
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and < Longest)
            return seconds;
        result.AddError($"--timeout {text}: not a number of seconds greater than 0");
        return null;
    }
}
