using System.Runtime.CompilerServices;

namespace AxVCpu.BareMetal;

/// <summary>A lock between physical CPUs. Not recursive. EL2 runs with interrupts masked, so a holder is never interrupted.</summary>
internal struct SpinLock
{
    private int _held;

    /// <summary>Takes the lock.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Enter()
    {
        while (Interlocked.CompareExchange(ref _held, 1, 0) != 0)
        {
            while (Volatile.Read(ref _held) != 0)
                Aarch64.Native.Relax();
        }
    }

    /// <summary>Takes the lock when it is free.</summary>
    public bool TryEnter() => Interlocked.CompareExchange(ref _held, 1, 0) == 0;

    /// <summary>Gives the lock back.</summary>
    public void Exit() => Volatile.Write(ref _held, 0);
}
