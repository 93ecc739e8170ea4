using System.CommandLine;
using AxVCpu;
using Spectre.Console;

namespace Axvisor.Commands;

/// <summary><c>axvisor engines</c>: what can run guests here, and why the others cannot.</summary>
internal static class EnginesCommand
{
    internal static Command Create()
    {
        Option<bool> json = JsonOutput.Option();
        Command command = new("engines", "List the engines, whether they work here, and why not") { json };
        command.SetAction(result =>
        {
            TextWriter output = result.InvocationConfiguration.Output;
            if (result.GetValue(json))
                WriteJson(output);
            else
                WriteTable(output);
            return ExitCode.Success;
        });
        return command;
    }

    private static void WriteTable(TextWriter output)
    {
        Table table = TextTable.Create("engine", "guests", "here", "detail");
        foreach (IEngine engine in KnownEngines.All)
        {
            EngineProbe probe = engine.Probe();
            table.AddRow(Markup.Escape(engine.Name), Markup.Escape(Guests(engine)), probe.IsAvailable ? "yes" : "no", Markup.Escape(probe.Detail));
        }
        TextTable.Write(table, output);
    }

    private static void WriteJson(TextWriter output) => JsonOutput.Write(output, writer =>
    {
        writer.WriteStartArray();
        foreach (IEngine engine in KnownEngines.All)
        {
            EngineProbe probe = engine.Probe();
            EngineCapabilities capabilities = engine.Capabilities;
            writer.WriteStartObject();
            writer.WriteString("name", engine.Name);
            writer.WriteStartArray("guests");
            foreach (GuestArchitecture guest in engine.Guests)
                writer.WriteStringValue(EngineNames.Text(guest));
            writer.WriteEndArray();
            writer.WriteBoolean("available", probe.IsAvailable);
            writer.WriteString("detail", probe.Detail);
            writer.WriteStartArray("capabilities");
            foreach (EngineCapabilities capability in Enum.GetValues<EngineCapabilities>())
            {
                if (capability != EngineCapabilities.None && capabilities.HasFlag(capability))
                    writer.WriteStringValue(capability.ToString());
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    });

    private static string Guests(IEngine engine) => string.Join(", ", engine.Guests.Select(EngineNames.Text));
}
