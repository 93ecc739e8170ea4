using AxVCpu.Kvm.Memory;

namespace AxVCpu.Kvm;

public sealed partial class KvmX64Machine
{
    private readonly SlotTable _slots;
    private readonly Lock _pauseLock = new();
    private int _pauses;

    /// <summary>How many memory slots the guest's memory takes now.</summary>
    public int MemorySlots => _slots.Count;

    /// <summary>Whether vCPUs must stay out of the guest for a moment.</summary>
    internal bool IsPaused => Volatile.Read(ref _pauses) != 0;

    /// <summary>Waits until vCPUs may enter the guest again. A vCPU's thread, outside of the guest.</summary>
    internal void WaitWhilePaused()
    {
        var spin = default(SpinWait);
        while (IsPaused)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    /// <summary>
    /// Takes every vCPU out of the guest and keeps it out, for as long as a slot has to vanish before it comes back with other rights: a
    /// guest must not see that its memory is gone. Not called by a thread that is inside the guest.
    /// </summary>
    private void Pause()
    {
        _pauseLock.Enter();
        Interlocked.Increment(ref _pauses);
        foreach (Processor? processor in _processors)
            processor?.Poke();
        foreach (Processor? processor in _processors)
            processor?.WaitUntilOutside();
    }

    private void Resume()
    {
        Interlocked.Decrement(ref _pauses);
        _pauseLock.Exit();
    }
}
