namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>What the shell can do.</summary>
internal enum ShellVerb : byte
{
    /// <summary>An empty line.</summary>
    Nothing,
    Help,
    VmList,
    VmShow,
    VmCreate,
    VmStart,
    VmStop,
    VmSuspend,
    VmResume,
    VmRestart,
    VmDelete,
    Console,
    Log,
    Cpus,
    Memory,
    Channels,
    Version,
    Clear,
    Reboot,
    PowerOff,
}

/// <summary>What is wrong with a line.</summary>
internal enum ShellProblem : byte
{
    None,
    UnknownCommand,
    UnknownOption,
    MissingTarget,
    TooManyWords,
}

/// <summary>A line of the shell, understood: a verb, at most <see cref="MaxTargets"/> targets and switches. It refers to the line.</summary>
internal readonly ref struct ShellCommand
{
    /// <summary>The most VMs that one command names.</summary>
    internal const int MaxTargets = 8;

    private readonly ReadOnlySpan<byte> _rest;

    private ShellCommand(ShellVerb verb, ShellProblem problem, ReadOnlySpan<byte> offender, ReadOnlySpan<byte> rest, int targets, bool force)
    {
        Verb = verb;
        Problem = problem;
        Offender = offender;
        _rest = rest;
        TargetCount = targets;
        IsForced = force;
    }

    internal ShellVerb Verb { get; }

    internal ShellProblem Problem { get; }

    /// <summary>The word that is wrong.</summary>
    internal ReadOnlySpan<byte> Offender { get; }

    /// <summary>How many words follow that are no options.</summary>
    internal int TargetCount { get; }

    /// <summary>Whether -f or --force was given.</summary>
    internal bool IsForced { get; }

    /// <summary>A target by its number.</summary>
    internal ReadOnlySpan<byte> Target(int index)
    {
        ReadOnlySpan<byte> rest = _rest;
        while (TakeWord(ref rest, out ReadOnlySpan<byte> word))
        {
            if (!IsOption(word) && index-- == 0)
                return word;
        }
        return default;
    }

    /// <summary>Understands a line.</summary>
    internal static ShellCommand Parse(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line;
        if (!TakeWord(ref rest, out ReadOnlySpan<byte> word))
            return new ShellCommand(ShellVerb.Nothing, ShellProblem.None, default, default, 0, false);
        ShellVerb verb;
        if (Is(word, "vm"u8))
        {
            if (!TakeWord(ref rest, out word))
                return new ShellCommand(ShellVerb.VmList, ShellProblem.None, default, default, 0, false);
            verb = VmVerb(word);
        }
        else
        {
            verb = PlainVerb(word);
        }
        if (verb == ShellVerb.Nothing)
            return new ShellCommand(verb, ShellProblem.UnknownCommand, word, default, 0, false);
        return ParseRest(verb, rest);
    }

    /// <summary>Reads an unsigned decimal number.</summary>
    internal static bool TryParseNumber(ReadOnlySpan<byte> word, out uint value)
    {
        value = 0;
        if (word.Length is 0 or > 10)
            return false;
        ulong number = 0;
        for (int i = 0; i < word.Length; i++)
        {
            if (word[i] is < (byte)'0' or > (byte)'9')
                return false;
            number = (number * 10) + (uint)(word[i] - '0');
        }
        value = (uint)number;
        return number <= uint.MaxValue;
    }

    /// <summary>Whether two words are the same.</summary>
    internal static bool Is(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length)
            return false;
        for (int i = 0; i < left.Length; i++)
        {
            if (left[i] != right[i])
                return false;
        }
        return true;
    }

    private static ShellCommand ParseRest(ShellVerb verb, ReadOnlySpan<byte> rest)
    {
        ReadOnlySpan<byte> words = rest;
        int targets = 0;
        bool force = false;
        while (TakeWord(ref words, out ReadOnlySpan<byte> word))
        {
            if (IsOption(word))
            {
                bool known = verb is ShellVerb.VmStop or ShellVerb.VmDelete or ShellVerb.VmRestart && (Is(word, "-f"u8) || Is(word, "--force"u8));
                if (!known)
                    return new ShellCommand(verb, ShellProblem.UnknownOption, word, default, 0, false);
                force = true;
            }
            else if (++targets > MostTargets(verb))
            {
                return new ShellCommand(verb, ShellProblem.TooManyWords, word, default, 0, false);
            }
        }
        ShellProblem problem = targets < FewestTargets(verb) ? ShellProblem.MissingTarget : ShellProblem.None;
        return new ShellCommand(verb, problem, default, rest, targets, force);
    }

    private static int FewestTargets(ShellVerb verb) => verb is >= ShellVerb.VmShow and <= ShellVerb.Console ? 1 : 0;

    private static int MostTargets(ShellVerb verb) => verb switch
    {
        >= ShellVerb.VmShow and <= ShellVerb.VmDelete => MaxTargets,
        ShellVerb.Console or ShellVerb.Log => 1,
        ShellVerb.Help => 2,
        _ => 0,
    };

    private static ShellVerb VmVerb(ReadOnlySpan<byte> word) =>
        Is(word, "list"u8) || Is(word, "ls"u8) ? ShellVerb.VmList
        : Is(word, "show"u8) ? ShellVerb.VmShow
        : Is(word, "create"u8) ? ShellVerb.VmCreate
        : Is(word, "start"u8) ? ShellVerb.VmStart
        : Is(word, "stop"u8) ? ShellVerb.VmStop
        : Is(word, "suspend"u8) || Is(word, "pause"u8) ? ShellVerb.VmSuspend
        : Is(word, "resume"u8) ? ShellVerb.VmResume
        : Is(word, "restart"u8) || Is(word, "reset"u8) ? ShellVerb.VmRestart
        : Is(word, "delete"u8) ? ShellVerb.VmDelete
        : Is(word, "console"u8) ? ShellVerb.Console
        : Is(word, "help"u8) ? ShellVerb.Help
        : ShellVerb.Nothing;

    private static ShellVerb PlainVerb(ReadOnlySpan<byte> word) =>
        Is(word, "help"u8) || Is(word, "?"u8) ? ShellVerb.Help
        : Is(word, "console"u8) ? ShellVerb.Console
        : Is(word, "log"u8) ? ShellVerb.Log
        : Is(word, "cpus"u8) ? ShellVerb.Cpus
        : Is(word, "memory"u8) ? ShellVerb.Memory
        : Is(word, "channels"u8) ? ShellVerb.Channels
        : Is(word, "version"u8) || Is(word, "uname"u8) ? ShellVerb.Version
        : Is(word, "clear"u8) ? ShellVerb.Clear
        : Is(word, "reboot"u8) ? ShellVerb.Reboot
        : Is(word, "poweroff"u8) || Is(word, "exit"u8) || Is(word, "quit"u8) ? ShellVerb.PowerOff
        : ShellVerb.Nothing;

    private static bool IsOption(ReadOnlySpan<byte> word) => word[0] == (byte)'-' && word.Length > 1;

    private static bool TakeWord(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> word)
    {
        int start = 0;
        while (start < rest.Length && rest[start] is (byte)' ' or (byte)'\t')
            start++;
        int end = start;
        while (end < rest.Length && rest[end] is not ((byte)' ' or (byte)'\t'))
            end++;
        word = rest.Slice(start, end - start);
        rest = rest.Slice(end);
        return word.Length != 0;
    }
}
