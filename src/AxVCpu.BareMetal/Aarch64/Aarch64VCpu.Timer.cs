namespace AxVCpu.BareMetal.Aarch64;

/// <content>
/// The physical side of the virtual timer's interrupt. It is level sensitive: while the guest has it pending or active in a list
/// register that is linked to it, the physical one is active, which holds it back; the guest's end of interrupt deactivates both. A
/// guest that does not take it would otherwise be interrupted again at once, for ever.
/// </content>
internal unsafe partial struct Aarch64VCpu
{
    private const ulong ListHardware = 1UL << 61;       // ICH_LR<n>_EL2.HW
    private const int ListStateShift = 62;              // ICH_LR<n>_EL2.State
    private const int ListPhysicalShift = 32;           // ICH_LR<n>_EL2.pINTID
    private const ulong ListPhysicalMask = 0x1FFF;

    /// <summary>The virtual timer of a vCPU that is not bound.</summary>
    public readonly GuestTimer StoredTimer => new() { Control = _system.CntvCtlEl0, Compare = _system.CntvCvalEl0, Offset = Timer.Offset };

    /// <summary>Sets the virtual timer of a vCPU that is not bound: a reset stops it.</summary>
    public void RestoreTimer(in GuestTimer timer)
    {
        Timer = timer;
        _system.CntvCtlEl0 = timer.Control;
        _system.CntvCvalEl0 = timer.Compare;
    }

    private void PrepareTimerInterrupt(PerCpuBlock* cpu)
    {
        bool isListed = IsTimerListed();
        _timerWasListed = isListed;
        if (isListed == cpu->IsTimerActive)
            return;
        // Raised but not listed: the guest does not want it now. It stays held back until its level falls.
        if (!isListed && Timer.IsAssertedAt(HostTimer.Now))
            return;
        HostGic.SetPpiActive(HostGic.VirtualTimerPpi, isListed);
        cpu->IsTimerActive = isListed;
    }

    private void ReviewTimerInterrupt(PerCpuBlock* cpu)
    {
        // The guest's end of interrupt has emptied the list register and deactivated the physical interrupt.
        if (_timerWasListed && !IsTimerListed())
            cpu->IsTimerActive = false;
    }

    private bool IsTimerListed()
    {
        for (int i = 0; i < Vgic.Count; i++)
        {
            ulong list = Vgic.Lr[i];
            if (list >> ListStateShift != 0 && (list & ListHardware) != 0 &&
                (list >> ListPhysicalShift & ListPhysicalMask) == HostGic.VirtualTimerPpi)
                return true;
        }

        return false;
    }
}
