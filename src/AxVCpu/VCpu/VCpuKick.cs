using System.Threading;

namespace AxVCpu;

/// <summary>
/// The request to leave the guest, as one word with the bits RUNNING and CANCEL.
/// </summary>
/// <remarks>
/// The owner calls <see cref="TryEnter"/>, runs, calls <see cref="Leave"/>; anyone calls <see cref="Request"/>. Each is one atomic
/// operation, so the interleavings are few:
/// <list type="number">
/// <item>Request before TryEnter: TryEnter sees CANCEL, does not set RUNNING, and consumes the request: the run returns
/// <c>Interrupted</c> without entering the guest.</item>
/// <item>Request between TryEnter and Leave: the requester sees RUNNING and must kick the engine; the engine cleared its own kick
/// before TryEnter, so this kick is not erased. If the engine returned because of it, Leave consumes CANCEL and the run is
/// <c>Interrupted</c>. If the engine returned with an exit of the guest just before the kick reached it, CANCEL stays, and the next
/// run is case 1: the request is neither lost nor does it swallow an exit.</item>
/// <item>Request after Leave: as case 1 for the next run.</item>
/// <item>The requester of case 2 is delayed between its atomic and its kick until a later run: that run leaves the engine without
/// CANCEL. The owner sees a spurious kick, counts it and enters again; the caller of Run does not notice.</item>
/// <item>Two requests before a consumption are one bit: one <c>Interrupted</c>.</item>
/// </list>
/// </remarks>
internal struct VCpuKick
{
    private const int Running = 1;
    private const int Cancel = 2;
    private int _bits;

    /// <summary>Whether a request has not been consumed yet. Any thread.</summary>
    public readonly bool IsRequested => (Volatile.Read(in _bits) & Cancel) != 0;

    /// <summary>Asks the vCPU to leave the guest. Any thread.</summary>
    /// <returns>Whether the engine is inside the guest and must be kicked.</returns>
    public bool Request()
    {
        int seen = Volatile.Read(ref _bits);
        while (true)
        {
            int before = Interlocked.CompareExchange(ref _bits, seen | Cancel, seen);
            if (before == seen)
                return (seen & Running) != 0;
            seen = before;
        }
    }

    /// <summary>Marks the guest as entered. Owner only.</summary>
    /// <returns>False when a request was waiting; it is consumed.</returns>
    public bool TryEnter()
    {
        if (Interlocked.CompareExchange(ref _bits, Running, 0) == 0)
            return true;
        Interlocked.Exchange(ref _bits, 0);
        return false;
    }

    /// <summary>Marks the guest as left. Owner only.</summary>
    /// <param name="consume">Whether a request may be consumed by this run, because the engine has nothing else to report.</param>
    /// <returns>Whether a request was consumed.</returns>
    public bool Leave(bool consume)
    {
        if (Interlocked.CompareExchange(ref _bits, 0, Running) == Running)
            return false;
        // RUNNING|CANCEL: only the owner clears bits, so a plain exchange loses nothing.
        Interlocked.Exchange(ref _bits, consume ? 0 : Cancel);
        return consume;
    }

    /// <summary>Forgets a request that nobody will consume. Owner only, outside a run.</summary>
    public void Clear() => Interlocked.Exchange(ref _bits, 0);
}
