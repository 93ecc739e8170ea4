using System.CommandLine;
using System.Runtime.CompilerServices;
using Axvisor.Guests;
using AxVM;
using AxVM.Fdt;

namespace Axvisor.Commands;

/// <summary><c>axvisor dump-dtb</c>: the devicetree that a machine's guest would see.</summary>
internal static class DumpDtbCommand
{
    internal static Command Create(GuestCatalog catalog)
    {
        MachineOptions machine = new(catalog);
        OutputFile output = new("Write to a file, not to standard output");
        Option<bool> source = new("--dts") { Description = "Print devicetree source, as it is always done on a terminal" };
        Command command = new("dump-dtb", "Print the devicetree of the machine that the same words after 'run' would start");
        machine.AddTo(command);
        output.AddTo(command);
        command.Options.Add(source);
        command.SetAction(async (result, cancellation) =>
        {
            VmConfig config = await machine.ReadAsync(result, cancellation).ConfigureAwait(false);
            VirtualMachine vm = VirtualMachine.Create(config, new VmOptions { DiscardConsole = true });
            await using ConfiguredAsyncDisposable disposing = vm.ConfigureAwait(false);
            FlattenedDeviceTree tree = vm.DescribeToGuest();
            string text = tree.ToDts();
            output.Write(result, result.GetValue(source) ? System.Text.Encoding.UTF8.GetBytes(text) : tree.ToBlob(), text);
            return ExitCode.Success;
        });
        return command;
    }
}
