using System.CommandLine;
using System.Text.Json;
using Axvisor.Guests;
using Axvisor.Terminal;
using Spectre.Console;

namespace Axvisor.Commands;

/// <summary><c>axvisor guests</c>: the named guests, and their preparation.</summary>
internal static class GuestsCommand
{
    internal static Command Create(GuestCatalog catalog)
    {
        Option<bool> json = JsonOutput.Option();
        Command list = new("list", "List the named guests") { json };
        list.SetAction(result => List(catalog, result.GetValue(json), result.InvocationConfiguration.Output));

        Argument<string> name = new("name") { Description = "The guest" };
        name.CompletionSources.Add(_ => catalog.Guests.Select(guest => new System.CommandLine.Completions.CompletionItem(guest.Name)));
        Option<bool> force = new("--force") { Description = "Make it again, with today's packages" };
        Command prepare = new("prepare", "Fetch and make what a guest needs, without running it") { name, force };
        prepare.SetAction((result, cancellation) =>
            PrepareAsync(catalog, result.GetValue(name)!, result.GetValue(force), result.InvocationConfiguration.Output, cancellation));

        Option<bool> ownJson = JsonOutput.Option();
        Command command = new("guests", "List or prepare the named guests") { list, prepare, ownJson };
        command.SetAction(result => List(catalog, result.GetValue(ownJson), result.InvocationConfiguration.Output));
        return command;
    }

    private static int List(GuestCatalog catalog, bool json, TextWriter output)
    {
        if (json)
        {
            JsonOutput.Write(output, writer =>
            {
                writer.WriteStartArray();
                foreach (NamedGuest guest in catalog.Guests)
                    WriteGuest(writer, guest);
                writer.WriteEndArray();
            });
            return ExitCode.Success;
        }
        Table table = TextTable.Create("guest", "what it is", "state");
        foreach (NamedGuest guest in catalog.Guests)
        {
            string state = !guest.NeedsPackages ? "bundled" : guest.FindPrepared()?.Origin ?? "made from Debian packages at the first run";
            table.AddRow(Markup.Escape(guest.Name), Markup.Escape(guest.Summary), Markup.Escape(state));
        }
        TextTable.Write(table, output);
        return ExitCode.Success;
    }

    private static void WriteGuest(Utf8JsonWriter writer, NamedGuest guest)
    {
        PreparedGuest? prepared = guest.FindPrepared();
        writer.WriteStartObject();
        writer.WriteString("name", guest.Name);
        writer.WriteString("summary", guest.Summary);
        writer.WriteString("architecture", guest.Architecture);
        writer.WriteBoolean("needsPackages", guest.NeedsPackages);
        writer.WriteBoolean("prepared", prepared is not null);
        writer.WriteString("kernel", prepared?.Kernel);
        writer.WriteString("initrd", prepared?.InitialRamDisk);
        writer.WriteString("bios", prepared?.Firmware);
        writer.WriteString("append", prepared?.CommandLine);
        writer.WriteString("origin", prepared?.Origin);
        writer.WriteEndObject();
    }

    private static async Task<int> PrepareAsync(GuestCatalog catalog, string name, bool force, TextWriter output, CancellationToken cancellation)
    {
        NamedGuest guest = catalog.Find(name)
            ?? throw new InputException($"no guest is named '{name}'; there are {string.Join(", ", catalog.Guests.Select(known => known.Name))}");
        PreparationReport report = PreparationReport.Create();
        PreparedGuest prepared;
        try
        {
            prepared = await guest.PrepareAsync(force, report, cancellation).ConfigureAwait(false);
        }
        finally
        {
            report.Finish();
        }
        foreach (string? file in (string?[])[prepared.Firmware, prepared.Kernel, prepared.InitialRamDisk])
        {
            if (file is not null)
                await output.WriteLineAsync(file).ConfigureAwait(false);
        }
        return ExitCode.Success;
    }
}
