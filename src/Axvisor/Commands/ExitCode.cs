namespace Axvisor.Commands;

/// <summary>What the process ends with. A guest's own code takes the place of <see cref="Success"/>.</summary>
internal static class ExitCode
{
    /// <summary>The command did its work; for <c>run</c>: the guest powered off.</summary>
    internal const int Success = 0;

    /// <summary>Bad input or usage: one line on standard error names the thing.</summary>
    internal const int BadInput = 2;

    /// <summary>The engine that the guest needs cannot be used on this host; the message says why and what to do instead.</summary>
    internal const int Unavailable = 69;

    /// <summary>axvisor itself or the host failed.</summary>
    internal const int Internal = 70;

    /// <summary>The highest code that a process can end with; a guest's own code up to here is the program's.</summary>
    internal const int Maximum = 255;

    /// <summary>What a guest's code that a process cannot end with becomes.</summary>
    internal const int GuestMaximum = 120;

    /// <summary>The time of <c>--timeout</c> ran out.</summary>
    internal const int Timeout = 124;

    /// <summary>Ended by a signal: this plus the signal's number, so 130 after Ctrl-C.</summary>
    internal const int SignalBase = 128;

    /// <summary>Nobody reads standard output any more (SIGPIPE).</summary>
    internal const int OutputClosed = SignalBase + 13;
}
