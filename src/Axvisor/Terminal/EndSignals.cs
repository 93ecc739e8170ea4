using System.Runtime.InteropServices;

namespace Axvisor.Terminal;

/// <summary>Turns the signals that ask a process to end into a cancellation, and remembers which it was; the second one ends at once.</summary>
internal sealed class EndSignals : IDisposable
{
    private const int SIGHUP = 1;
    private const int SIGINT = 2;
    private const int SIGQUIT = 3;
    private const int SIGTERM = 15;

    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _received;

    /// <summary>Starts listening.</summary>
    internal EndSignals()
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM])
            _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
    }

    /// <summary>Cancelled by the first signal.</summary>
    internal CancellationToken Token => _source.Token;

    /// <summary>The number of the signal received first, or 0.</summary>
    internal int Received => Volatile.Read(ref _received);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        int number = context.Signal switch
        {
            PosixSignal.SIGHUP => SIGHUP,
            PosixSignal.SIGQUIT => SIGQUIT,
            PosixSignal.SIGTERM => SIGTERM,
            _ => SIGINT,
        };
        // Uncancelled, the signal does what it does without us: the runtime ends the process, and its exit handlers run.
        if (Interlocked.CompareExchange(ref _received, number, 0) == 0)
        {
            context.Cancel = true;
            _source.Cancel();
        }
    }
}
