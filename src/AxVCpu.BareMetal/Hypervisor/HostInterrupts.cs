using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>Physical interrupts: the hypervisor's own, and those of devices that a guest has.</summary>
internal static unsafe class HostInterrupts
{
    /// <summary>Serves what is pending on a CPU that is not in a guest.</summary>
    internal static void Drain(ref HypervisorState hypervisor)
    {
        while (HostGic.TryAcknowledge(out uint interrupt))
            Serve(ref hypervisor, interrupt);
    }

    /// <summary>Serves one interrupt that is acknowledged and has lost its priority.</summary>
    internal static void Serve(ref HypervisorState hypervisor, uint interrupt)
    {
        if (interrupt == HostGic.VirtualTimerPpi)
            return; // the guest's end of interrupt deactivates it, through the list register
        if (interrupt == HostTimer.InterruptId)
            HostTimer.Disarm(); // armed again before the next entry or sleep
        else if (interrupt == HostConsole.InterruptId && interrupt != 0)
            hypervisor.Shell.TakeInput();
        else if (interrupt >= GicIntId.FirstSpi && hypervisor.Passthrough.Raise(interrupt))
            return; // the guest's end of interrupt deactivates it
        HostGic.Deactivate(interrupt);
    }
}
