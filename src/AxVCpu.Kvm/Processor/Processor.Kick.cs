using System.Runtime.CompilerServices;
using AxVCpu.Kvm.Abi;

namespace AxVCpu.Kvm;

/// <content>
/// How other threads get the vCPU out of the guest. A signal is blocked in the owner thread and open only while KVM_RUN executes
/// (KVM_SET_SIGNAL_MASK): it makes KVM_RUN return, is never delivered, and needs no handler. The runtime's own signals stay as they are.
///
/// One word says where the owner is and what is asked of it. Where: Inside (from before its last look at the requests until KVM_RUN has
/// returned) or not, and Signalled. Whoever sets Signalled, which goes with Inside only, sends exactly one signal; the owner, leaving, takes
/// both bits away, and when it finds Signalled it takes exactly one signal off its queue. All changes are one compare-and-swap, so they have
/// an order, and by interleaving:
///
/// 1. A request before the owner is Inside: no signal, but the owner goes Inside only from a word without requests, or looks at them.
/// 2. A request while Inside, before the system call: the signal stays pending, as it is blocked; KVM_RUN opens it and returns at once.
/// 3. A request while in the guest: the signal interrupts it.
/// 4. A request after KVM_RUN has returned, before the owner has left: the owner finds Signalled and waits for that signal; the sender is
///    between its exchange and its system call, so the wait is as short as that. The request itself is still stored, for the next run.
/// 5. Two requests at once: one sets Signalled and signals, the other finds it and leaves it at that; its request is stored.
///
/// No signal is sent to a thread that is not Inside, so none is left over when the vCPU is unbound or the thread ends.
/// </content>
internal sealed unsafe partial class Processor
{
    /// <summary>
    /// SIGSTKFLT: no kernel sends it, and no runtime uses it. Not a real-time signal: those are queued one by one, and refused when the
    /// user's queue is full; of this one there is room for one, always.
    /// </summary>
    private const int KickSignal = 16;

    private const nint TgkillCall = 234;

    private const int Inside = 1;
    private const int Signalled = 2;
    private const int Kicked = 4;
    private const int Paused = 8;
    private const int Interrupts = 16;

    private readonly int _process = Libc.ProcessId();
    private int _word;
    private int _thread;
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
    internal void Kick() => Ask(Kicked);

    /// <summary>Forgets kicks. The owner, before a run.</summary>
    internal void ClearKick()
    {
        if ((Volatile.Read(ref _word) & Kicked) != 0)
            Interlocked.And(ref _word, ~Kicked);
    }

    /// <summary>Keeps the owner out of the guest, or lets it in again. Any thread.</summary>
    internal void SetPaused(bool isPaused)
    {
        if (isPaused)
            Ask(Paused);
        else
            Interlocked.And(ref _word, ~Paused);
    }

    /// <summary>Waits until the owner is outside of the guest. Any other thread, after something that keeps the owner from coming back.</summary>
    internal void WaitUntilOutside()
    {
        var spin = default(SpinWait);
        while ((Volatile.Read(ref _word) & Inside) != 0)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    /// <summary>Stores a request, and takes the owner out of the guest if it is there. Any thread.</summary>
    private void Ask(int request)
    {
        int seen = Volatile.Read(ref _word);
        while (true)
        {
            int signalled = (seen & Inside) != 0 ? Signalled : 0;
            int before = Interlocked.CompareExchange(ref _word, seen | request | signalled, seen);
            if (before == seen)
                break;
            seen = before;
        }

        if ((seen & (Inside | Signalled)) != Inside)
            return;
        // SAFETY: the owner waits for this signal before it goes on, so its thread exists.
        while (Libc.SystemCall(TgkillCall, _process, Volatile.Read(ref _thread), KickSignal) != 0)
            Thread.Yield();
    }

    private void WaitWhilePaused()
    {
        var spin = default(SpinWait);
        while ((Volatile.Read(ref _word) & Paused) != 0)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    private static SignalSet KickSet => new() { Bits = 1UL << (KickSignal - 1) };

    /// <summary>The owner goes Inside, unless something is asked of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryGoInside() => Interlocked.CompareExchange(ref _word, Inside, 0) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void GoOutside()
    {
        if (Interlocked.CompareExchange(ref _word, 0, Inside) != Inside)
            GoOutsideWithRequests();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GoOutsideWithRequests()
    {
        if ((Interlocked.And(ref _word, ~(Inside | Signalled)) & Signalled) != 0)
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
