using System.Runtime.CompilerServices;
using AxVCpu.Kvm.Abi;

namespace AxVCpu.Kvm;

/// <content>
/// How other threads get the vCPU out of the guest. A signal is blocked in the owner thread and open only while KVM_RUN executes
/// (KVM_SET_SIGNAL_MASK): it makes KVM_RUN return, is never delivered, and needs no handler. The runtime's own signals stay as they are.
///
/// One word says where the owner is: Outside, Inside (from before its last look at what is asked of it until KVM_RUN has returned), and
/// Signalled. Whoever changes Inside to Signalled sends exactly one signal; the owner, leaving, exchanges the word for Outside, and when
/// it finds Signalled it takes exactly one signal off its queue. So, by interleaving:
///
/// 1. A request before the owner is Inside: the request is stored first, then the word is looked at (full fence). Outside: no signal; the
///    owner looks at the requests after it became Inside (full fence), so one of the two sees the other.
/// 2. A request while Inside, before the system call: the signal stays pending, as it is blocked; KVM_RUN opens it and returns at once.
/// 3. A request while in the guest: the signal interrupts it.
/// 4. A request after KVM_RUN has returned, before the exchange: the owner finds Signalled and waits for that signal; the sender is between
///    its exchange and its system call, so the wait is as short as that. The request itself is still stored, for the next run.
/// 5. Two requests at once: one changes the word and signals, the other finds Signalled and leaves it at that; its request is stored.
///
/// No signal is sent to a thread that is Outside, so none is left over when the vCPU is unbound or the thread ends.
/// </content>
internal sealed unsafe partial class Processor
{
    /// <summary>
    /// SIGSTKFLT: no kernel sends it, and no runtime uses it. Not a real-time signal: those are queued one by one, and refused when the
    /// user's queue is full; of this one there is room for one, always.
    /// </summary>
    private const int KickSignal = 16;

    private const nint TgkillCall = 234;

    private const int Outside = 0;
    private const int Inside = 1;
    private const int Signalled = 2;

    private readonly int _process = Libc.ProcessId();
    private int _place;
    private int _thread;
    private int _isKicked;
    private bool _isPaused;
    private bool _wasBlocked;

    /// <summary>Takes the vCPU over for the calling thread.</summary>
    internal EngineError Bind()
    {
        SignalSet kick = KickSet;
        SignalSet before;
        if (Libc.ThreadSignalMask(Libc.SigBlock, &kick, &before) is int error and not 0)
            return new EngineError(EngineOperation.Bind, EngineErrorCode.HostFailure, error);
        _wasBlocked = (before.Bits & kick.Bits) != 0;
        // struct kvm_signal_mask: the length of the kernel's set, then the set.
        byte* mask = stackalloc byte[sizeof(uint) + sizeof(ulong)];
        *(uint*)mask = sizeof(ulong);
        *(ulong*)(mask + sizeof(uint)) = before.Bits & ~kick.Bits;
        EngineError refused = Result(Libc.Request(_descriptor, KvmRequest.SetSignalMask, (nint)mask), EngineOperation.Bind);
        if (!refused.IsNone)
        {
            RestoreSignal();
            return refused;
        }

        Volatile.Write(ref _thread, Libc.ThreadId());
        return default;
    }

    /// <summary>Lets go of the calling thread.</summary>
    internal EngineError Unbind()
    {
        Volatile.Write(ref _thread, 0);
        RestoreSignal();
        return default;
    }

    /// <summary>Makes the run end with Interrupted. Any thread.</summary>
    internal void Kick()
    {
        Volatile.Write(ref _isKicked, 1);
        Poke();
    }

    /// <summary>Forgets kicks. The owner, before a run.</summary>
    internal void ClearKick() => Volatile.Write(ref _isKicked, 0);

    /// <summary>Makes the owner look at what is asked of it, if it is in the guest. Any thread; the request is stored before.</summary>
    internal void Poke()
    {
        Interlocked.MemoryBarrier();
        if (Interlocked.CompareExchange(ref _place, Signalled, Inside) != Inside)
            return;
        // SAFETY: the owner waits for this signal before it goes on, so its thread exists.
        while (Libc.SystemCall(TgkillCall, _process, Volatile.Read(ref _thread), KickSignal) != 0)
            Thread.Yield();
    }

    /// <summary>Keeps the owner out of the guest, or lets it in again. Any thread.</summary>
    internal void SetPaused(bool isPaused)
    {
        Volatile.Write(ref _isPaused, isPaused);
        if (isPaused)
            Poke();
    }

    /// <summary>Waits until the owner is outside of the guest. Any other thread, after something that keeps the owner from coming back.</summary>
    internal void WaitUntilOutside()
    {
        var spin = default(SpinWait);
        while (Volatile.Read(ref _place) != Outside)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    private void WaitWhilePaused()
    {
        var spin = default(SpinWait);
        while (Volatile.Read(ref _isPaused))
            spin.SpinOnce(sleep1Threshold: -1);
    }

    private static SignalSet KickSet => new() { Bits = 1UL << (KickSignal - 1) };

    private void GoInside() => Interlocked.Exchange(ref _place, Inside);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void GoOutside()
    {
        if (Interlocked.Exchange(ref _place, Outside) == Signalled)
            TakeSignal();
    }

    private static void TakeSignal()
    {
        SignalSet kick = KickSet;
        while (Libc.SignalTimedWait(&kick, null, null) != KickSignal)
        {
            // Another signal was handled meanwhile.
        }
    }

    private void RestoreSignal()
    {
        SignalSet kick = KickSet;
        if (!_wasBlocked)
            _ = Libc.ThreadSignalMask(Libc.SigUnblock, &kick, null);
    }
}
