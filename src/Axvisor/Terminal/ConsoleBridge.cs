using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Axvisor.Terminal;

/// <summary>Connects a guest's console to this process's standard input and output.</summary>
/// <remarks>The end of standard input is the end of the console's input and of nothing else: a guest runs on with nobody typing.</remarks>
internal sealed class ConsoleBridge
{
    private readonly IDuplexPipe _console;
    private readonly bool _isTerminal;
    private readonly Action _leave;

    /// <summary>Prepares a connection.</summary>
    /// <param name="console">The host's end of the guest's console.</param>
    /// <param name="isTerminal">Whether standard input is a terminal, so that Ctrl-A is axvisor's.</param>
    /// <param name="leave">Called when the person at the terminal leaves.</param>
    internal ConsoleBridge(IDuplexPipe console, bool isTerminal, Action leave)
    {
        _console = console;
        _isTerminal = isTerminal;
        _leave = leave;
    }

    /// <summary>Starts reading standard input. The thread ends with the process: a blocked read cannot be taken back.</summary>
    internal void StartInput() => new Thread(ReadKeys) { IsBackground = true, Name = "console input" }.Start();

    /// <summary>Copies what the guest prints to standard output until the console or the cancellation ends it.</summary>
    /// <returns>False when standard output was closed.</returns>
    internal async Task<bool> CopyOutputAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                ReadResult result = await _console.Input.ReadAsync(cancellation).ConfigureAwait(false);
                bool open = WriteOut(result.Buffer);
                _console.Input.AdvanceTo(result.Buffer.End);
                if (!open)
                    return false;
                if (result.IsCompleted)
                    return true;
            }
        }
        catch (OperationCanceledException)
        {
            return Drain();
        }
    }

    // What was printed before the end is shown even when the end came first.
    private bool Drain()
    {
        while (_console.Input.TryRead(out ReadResult result))
        {
            bool open = WriteOut(result.Buffer);
            bool more = !result.Buffer.IsEmpty && !result.IsCompleted;
            _console.Input.AdvanceTo(result.Buffer.End);
            if (!open || !more)
                return open;
        }
        return true;
    }

    private static bool WriteOut(in ReadOnlySequence<byte> bytes)
    {
        foreach (ReadOnlyMemory<byte> part in bytes)
        {
            if (!HostStreams.Write(part.Span))
                return false;
        }
        return true;
    }

    private void ReadKeys()
    {
        byte[] keys = new byte[4096];
        byte[] forGuest = new byte[2 * keys.Length];
        EscapeKeys escape = new();
        int got;
        while ((got = HostStreams.Read(keys)) > 0)
        {
            int count = 0;
            if (_isTerminal)
            {
                foreach (byte key in keys.AsSpan(0, got))
                {
                    EscapeCommand command = escape.Take(key, forGuest.AsSpan(count), out int taken);
                    count += taken;
                    if (command == EscapeCommand.Leave)
                    {
                        _leave();
                        return;
                    }
                    if (command == EscapeCommand.Help)
                        _ = HostStreams.Write(Encoding.ASCII.GetBytes(EscapeKeys.Help));
                }
            }
            else
            {
                keys.AsSpan(0, got).CopyTo(forGuest);
                count = got;
            }
            if (count > 0 && !Type(forGuest.AsSpan(0, count)))
                return;
        }
        _console.Output.Complete();
    }

    private bool Type(ReadOnlySpan<byte> keys)
    {
        try
        {
            _console.Output.Write(keys);
            return !_console.Output.FlushAsync().AsTask().GetAwaiter().GetResult().IsCompleted;
        }
        catch (InvalidOperationException)
        {
            return false; // the console was closed: the VM is over
        }
    }
}
