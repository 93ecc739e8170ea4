using System.Runtime.InteropServices;

namespace Axvisor.Terminal;

/// <summary>Standard input's terminal in raw mode, so that every key reaches the guest; put back on every way out.</summary>
/// <remarks>
/// Besides <see cref="Dispose"/>, the terminal is put back when the process ends, on an unhandled exception, and around a stop (SIGTSTP)
/// until SIGCONT. Members may be called from any thread.
/// </remarks>
internal sealed unsafe class RawTerminal : IDisposable
{
    // struct termios is 60 bytes on Linux and 72 on macOS; it is only ever handed back to the library.
    private const int TermiosBytes = 256;

    private readonly Lock _lock = new();
    private readonly byte[] _original = new byte[TermiosBytes];
    private readonly byte[] _raw = new byte[TermiosBytes];
    private readonly List<PosixSignalRegistration> _signals = [];
    private bool _isRaw;
    private bool _disposed;

    private RawTerminal()
    {
    }

    /// <summary>Whether standard input is a terminal.</summary>
    internal static bool IsPossible => !OperatingSystem.IsWindows() && Libc.IsATty(Libc.STDIN_FILENO) == 1;

    /// <summary>Enters raw mode.</summary>
    /// <returns>The mode to leave again, or null when standard input is no terminal.</returns>
    internal static RawTerminal? Enter()
    {
        if (OperatingSystem.IsWindows() || !IsPossible)
            return null;
        RawTerminal terminal = new();
        // SAFETY: the buffers are larger than any struct termios and stay pinned during the calls.
        fixed (byte* original = terminal._original, raw = terminal._raw)
        {
            if (Libc.TcGetAttr(Libc.STDIN_FILENO, original) != 0)
                return null;
            terminal._original.CopyTo(terminal._raw, 0);
            Libc.CfMakeRaw(raw);
        }
        AppDomain.CurrentDomain.ProcessExit += terminal.OnEnd;
        AppDomain.CurrentDomain.UnhandledException += terminal.OnEnd;
        terminal._signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTSTP, terminal.OnStop));
        terminal._signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, terminal.OnContinue));
        terminal.Set(raw: true);
        return terminal;
    }

    /// <summary>Puts the terminal back as it was.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            Set(raw: false);
            _disposed = true;
        }
        AppDomain.CurrentDomain.ProcessExit -= OnEnd;
        AppDomain.CurrentDomain.UnhandledException -= OnEnd;
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
    }

    private void OnEnd(object? sender, EventArgs e) => Set(raw: false);

    private void OnStop(PosixSignalContext context)
    {
        context.Cancel = true;
        Set(raw: false);
        _ = Libc.Kill(Libc.GetPid(), OperatingSystem.IsMacOS() ? Libc.SIGSTOP_MACOS : Libc.SIGSTOP_LINUX);
    }

    private void OnContinue(PosixSignalContext context) => Set(raw: true);

    private void Set(bool raw)
    {
        lock (_lock)
        {
            if (_disposed || raw == _isRaw)
                return;
            // SAFETY: the buffer holds what tcgetattr filled in, and stays pinned during the call.
            fixed (byte* termios = raw ? _raw : _original)
            {
                while (Libc.TcSetAttr(Libc.STDIN_FILENO, Libc.TCSADRAIN, termios) != 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
                {
                }
            }
            _isRaw = raw;
        }
    }
}
