using Axvisor.Guests;
using Spectre.Console;

namespace Axvisor.Terminal;

/// <summary>Shows preparation on standard error: a moving bar on a terminal, one line for each step elsewhere.</summary>
internal sealed class PreparationReport : IPreparationProgress
{
    private const int BarWidth = 30;

    private readonly TextWriter _errors;
    private readonly IAnsiConsole? _terminal;
    private string _step = "";
    private int _shownPercent = -1;

    private PreparationReport(TextWriter errors, IAnsiConsole? terminal)
    {
        _errors = errors;
        _terminal = terminal;
    }

    /// <summary>Makes the report that suits what standard error is.</summary>
    internal static PreparationReport Create()
    {
        IAnsiConsole? terminal = Console.IsErrorRedirected
            ? null
            : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return new PreparationReport(Console.Error, terminal is { Profile.Capabilities.Ansi: true } ? terminal : null);
    }

    /// <inheritdoc/>
    public void Step(string description)
    {
        Finish();
        _step = description;
        _shownPercent = -1;
        if (_terminal is null)
            _errors.WriteLine($"axvisor: {description} ...");
        else
            _terminal.Markup($"[grey]axvisor:[/] {Markup.Escape(description)} ...");
    }

    /// <inheritdoc/>
    public void Advance(long done, long total)
    {
        int percent = (int)(100 * done / total);
        if (_terminal is null || percent == _shownPercent)
            return;
        _shownPercent = percent;
        int full = percent * BarWidth / 100;
        _terminal.Markup($"\r[grey]axvisor:[/] {Markup.Escape(_step)} [green]{new string('#', full)}[/][grey]{new string('-', BarWidth - full)}[/] {percent,3} %");
    }

    /// <summary>Ends the line of the last step.</summary>
    internal void Finish()
    {
        if (_terminal is not null && _step.Length > 0)
            _terminal.WriteLine();
        _step = "";
    }
}
