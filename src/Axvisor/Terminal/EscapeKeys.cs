namespace Axvisor.Terminal;

/// <summary>What the person at the terminal asked of axvisor itself.</summary>
internal enum EscapeCommand
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Ctrl-A X: leave.</summary>
    Leave,

    /// <summary>Ctrl-A H or ?: show the keys.</summary>
    Help,
}

/// <summary>Takes the keys of axvisor out of what is typed: Ctrl-A and one key. Ctrl-A Ctrl-A types one Ctrl-A.</summary>
internal struct EscapeKeys
{
    /// <summary>The help text, lines ended for a raw terminal.</summary>
    internal const string Help =
        "\r\naxvisor: Ctrl-A X leaves, Ctrl-A H shows this, Ctrl-A Ctrl-A types Ctrl-A; everything else goes to the guest\r\n";

    private const byte Prefix = 1;

    private bool _prefixed;

    /// <summary>Takes one key.</summary>
    /// <param name="key">What was typed.</param>
    /// <param name="guestKeys">Room for two bytes: what is for the guest.</param>
    /// <param name="count">How many bytes are for the guest.</param>
    /// <returns>The command, or none.</returns>
    internal EscapeCommand Take(byte key, Span<byte> guestKeys, out int count)
    {
        count = 0;
        if (!_prefixed)
        {
            _prefixed = key == Prefix;
            if (!_prefixed)
                guestKeys[count++] = key;
            return EscapeCommand.None;
        }
        _prefixed = false;
        switch ((char)key)
        {
            case 'x' or 'X' or '\x18':
                return EscapeCommand.Leave;
            case 'h' or 'H' or '?':
                return EscapeCommand.Help;
            default:
                guestKeys[count++] = Prefix;
                if (key != Prefix)
                    guestKeys[count++] = key; // not a key of ours: the guest gets both
                return EscapeCommand.None;
        }
    }
}
