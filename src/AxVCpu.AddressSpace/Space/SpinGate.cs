namespace AxVCpu.Memory;

/// <summary>A spin lock that works without an operating system. Not reentrant, not fair.</summary>
internal struct SpinGate
{
    private int _taken;

    internal void Enter<TFrames>(in TFrames frames)
        where TFrames : unmanaged, IFrameSource
    {
        TFrames host = frames;
        uint spins = 0;
        while (Volatile.Read(ref _taken) != 0 || Interlocked.CompareExchange(ref _taken, 1, 0) != 0)
        {
            host.Relax(spins++);
        }
    }

    internal void Leave() => Volatile.Write(ref _taken, 0);
}
