using AxVCpu.Kvm.Memory;

namespace AxVCpu.Kvm;

public sealed partial class KvmX64Machine
{
    private readonly SlotTable _slots;
    private readonly Lock _pauseLock = new();

    /// <summary>How many memory slots the guest's memory takes now.</summary>
    public int MemorySlots => _slots.Count;

    /// <summary>
    /// Takes every vCPU out of the guest and keeps it out, for as long as a slot has to vanish before it comes back with other rights: a
    /// guest must not see that its memory is gone. Not called by a thread that is inside the guest.
    /// </summary>
    private void Pause()
    {
        _pauseLock.Enter();
        foreach (Processor? processor in _processors)
            processor?.SetPaused(true);
        foreach (Processor? processor in _processors)
            processor?.WaitUntilOutside();
    }

    private void Resume()
    {
        foreach (Processor? processor in _processors)
            processor?.SetPaused(false);
        _pauseLock.Exit();
    }
}
