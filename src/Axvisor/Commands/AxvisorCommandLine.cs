using System.CommandLine;
using System.CommandLine.Parsing;
using Axvisor.Guests;
using AxVCpu;
using AxVCpu.Devices;
using AxVM;
using AxVM.Boot;
using AxVM.Config;

namespace Axvisor.Commands;

/// <summary>The command line as a whole: its commands, and what any failure becomes.</summary>
internal sealed class AxvisorCommandLine
{
    private readonly RootCommand _root = new("Runs virtual machines: a hypervisor written in C#.");
    private readonly Option<bool> _verbose = new("--verbose")
    {
        Description = "Show the details of an internal failure", Recursive = true,
    };

    /// <summary>Builds the commands.</summary>
    /// <param name="catalog">The named guests.</param>
    /// <param name="requireEngine">What <c>run</c> asks before it prepares a named guest, see <see cref="MachineOptions"/>; null asks this host.</param>
    internal AxvisorCommandLine(GuestCatalog catalog, Action<GuestArchitecture>? requireEngine = null)
    {
        _root.Options.Add(_verbose);
        foreach (Command command in (Command[])
        [
            RunCommand.Create(catalog, requireEngine), CheckCommand.Create(catalog), GenerateCommand.Create(catalog), GuestsCommand.Create(catalog),
            EnginesCommand.Create(), DumpDtbCommand.Create(catalog), BareMetalCommand.Create(catalog),
        ])
        {
            _root.Subcommands.Add(command);
        }
    }

    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">The words after the program's name.</param>
    /// <param name="output">Where data goes.</param>
    /// <param name="errors">Where messages go.</param>
    /// <param name="cancellation">Ends the command.</param>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    internal async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        ParseResult result = _root.Parse(arguments);
        try
        {
            if (result.Errors.Count > 0)
            {
                foreach (ParseError error in result.Errors)
                    await errors.WriteLineAsync($"axvisor: {OneLine(error.Message)}").ConfigureAwait(false);
                await errors.WriteLineAsync($"axvisor: see '{HelpCommand(result)}'").ConfigureAwait(false);
                return ExitCode.BadInput;
            }
            InvocationConfiguration invocation = new()
            {
                Output = output,
                Error = errors,
                EnableDefaultExceptionHandler = false, // failures become exit codes below
                ProcessTerminationTimeout = null, // signals are handled by the program
            };
            return await result.InvokeAsync(invocation, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (ConfigException e)
        {
            foreach (ConfigProblem problem in e.Problems)
                await errors.WriteLineAsync($"axvisor: {OneLine(problem.ToString())}").ConfigureAwait(false);
            return ExitCode.BadInput;
        }
        catch (EngineUnavailableException e)
        {
            await errors.WriteLineAsync($"axvisor: {OneLine(e.Message)}").ConfigureAwait(false);
            return ExitCode.Unavailable;
        }
        catch (Exception e) when (e is InputException or PreparationException or ImageException or DiskOpenException or FileNotFoundException
            or DirectoryNotFoundException or UnauthorizedAccessException or PathTooLongException)
        {
            await errors.WriteLineAsync($"axvisor: {OneLine(e.Message)}").ConfigureAwait(false);
            return ExitCode.BadInput;
        }
        catch (Exception e)
        {
            string kind = e is EngineException or IOException or OutOfMemoryException ? "" : "internal failure: ";
            await errors.WriteLineAsync(result.GetValue(_verbose)
                ? $"axvisor: {kind}{e}"
                : $"axvisor: {kind}{OneLine(e.Message)} (--verbose shows more)").ConfigureAwait(false);
            return ExitCode.Internal;
        }
    }

    private static string HelpCommand(ParseResult result)
    {
        string command = "axvisor";
        for (CommandResult? at = result.CommandResult; at?.Parent is CommandResult parent; at = parent)
            command = parent.Parent is null ? $"{command} {at.Command.Name}" : $"{command} {parent.Command.Name} {at.Command.Name}";
        return command + " --help";
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
