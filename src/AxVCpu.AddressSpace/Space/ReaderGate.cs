namespace AxVCpu.Memory;

/// <summary>
/// Lets threads that are not vCPUs walk tables and touch frames without a lock, and a writer wait until all that might still use what it
/// has detached are gone.
/// </summary>
/// <remarks>
/// Two counters; new readers use the one that the phase points to, the writer turns the phase and waits for the other. A reader that is
/// counted in only after the writer looked cannot see what was detached before (both sides have a full fence between their store and
/// their load), so it is no danger for this wait; but it may sit in the counter of the old phase, where a later wait must find it. That
/// is why a wait turns the phase twice and so looks at both counters. New readers never keep a writer waiting.
/// </remarks>
internal struct ReaderGate
{
    private int _phase;
    private int _even;
    private int _odd;

    /// <summary>Counts a reader in; the result is for <see cref="Leave"/>.</summary>
    internal int Enter()
    {
        int phase = Volatile.Read(ref _phase) & 1;
        Interlocked.Add(ref Counter(ref this, phase), 1);
        return phase;
    }

    internal void Leave(int phase) => Interlocked.Add(ref Counter(ref this, phase), -1);

    /// <summary>Waits for all readers that entered before the call. One writer at a time, which must not be a reader itself.</summary>
    internal void Drain<TFrames>(in TFrames frames)
        where TFrames : unmanaged, IFrameSource
    {
        TFrames host = frames;
        for (int turn = 0; turn < 2; turn++)
        {
            int old = Interlocked.Add(ref _phase, 1) - 1;
            uint spins = 0;
            while (Volatile.Read(ref Counter(ref this, old & 1)) != 0)
            {
                host.Relax(spins++);
            }
        }
    }

    private static ref int Counter(ref ReaderGate gate, int phase) => ref phase == 0 ? ref gate._even : ref gate._odd;
}
