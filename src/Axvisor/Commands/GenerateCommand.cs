using System.CommandLine;
using Axvisor.Guests;
using AxVM;

namespace Axvisor.Commands;

/// <summary><c>axvisor generate</c>: writes a machine's configuration file.</summary>
internal static class GenerateCommand
{
    internal static Command Create(GuestCatalog catalog)
    {
        MachineOptions machine = new(catalog);
        OutputFile output = new("Write to a file, not to standard output");
        Command command = new("generate", "Print a configuration file for the machine that the same words after 'run' would start");
        machine.AddTo(command);
        output.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            VmConfig config = await machine.ReadAsync(result, cancellation).ConfigureAwait(false);
            output.Write(result, System.Text.Encoding.UTF8.GetBytes(config.ToToml()), terminalText: null);
            return ExitCode.Success;
        });
        return command;
    }
}
