using System.CommandLine;
using System.Globalization;
using Axvisor.Guests;
using AxVM;
using AxVM.Boot;
using AxVM.Config;

namespace Axvisor.Commands;

/// <summary><c>axvisor check</c>: everything that can be wrong with a machine before it runs, without running it.</summary>
internal static class CheckCommand
{
    internal static Command Create(GuestCatalog catalog)
    {
        MachineOptions machine = new(catalog);
        Option<bool> json = JsonOutput.Option();
        Command command = new("check", "Check a configuration and the files it names, without running it") { json };
        machine.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            TextWriter output = result.InvocationConfiguration.Output;
            bool asJson = result.GetValue(json);
            try
            {
                VmConfig config = await machine.ReadAsync(result, cancellation).ConfigureAwait(false);
                VirtualMachine vm = VirtualMachine.Create(config, new VmOptions { DiscardConsole = true });
                await using (vm.ConfigureAwait(false))
                    await vm.LoadAsync(cancellation).ConfigureAwait(false);
                Report(output, asJson, config);
                return ExitCode.Success;
            }
            catch (Exception e) when (asJson && e is ConfigException or ImageException or InputException or PreparationException or EngineUnavailableException)
            {
                IEnumerable<string> problems = e is ConfigException config ? config.Problems.Select(problem => problem.ToString()) : [e.Message];
                JsonOutput.Write(output, writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteBoolean("valid", false);
                    writer.WriteStartArray("problems");
                    foreach (string problem in problems)
                        writer.WriteStringValue(problem);
                    writer.WriteEndArray();
                    writer.WriteEndObject();
                });
                return e is EngineUnavailableException ? ExitCode.Unavailable : ExitCode.BadInput;
            }
        });
        return command;
    }

    private static void Report(TextWriter output, bool json, VmConfig config)
    {
        string memory = ByteSize.Format(config.Memory.Size);
        if (!json)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{config.Base.Name}: good ({config.Base.CpuCount} vCPU(s), {memory} RAM, {config.Disks.Count} disk(s))"));
            return;
        }
        JsonOutput.Write(output, writer =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean("valid", true);
            writer.WriteString("name", config.Base.Name);
            writer.WriteNumber("cpus", config.Base.CpuCount);
            writer.WriteNumber("memoryBytes", config.Memory.Size);
            writer.WriteString("kernel", config.Kernel.Path);
            writer.WriteNumber("disks", config.Disks.Count);
            writer.WriteEndObject();
        });
    }
}
