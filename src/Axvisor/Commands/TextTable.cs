using Spectre.Console;

namespace Axvisor.Commands;

/// <summary>Tables for people, on whatever the output is; as plain text where it is not a terminal.</summary>
internal static class TextTable
{
    private const int PlainWidth = 160;

    internal static Table Create(params string[] columns)
    {
        Table table = new() { Border = TableBorder.Simple };
        foreach (string column in columns)
            table.AddColumn(new TableColumn(column));
        return table;
    }

    internal static void Write(Table table, TextWriter output)
    {
        bool terminal = !Console.IsOutputRedirected;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        if (!terminal)
            console.Profile.Width = PlainWidth;
        console.Write(table);
    }
}
