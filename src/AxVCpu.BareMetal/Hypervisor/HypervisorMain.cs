using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>Where the machine is handed over when all of it is up.</summary>
internal static class HypervisorMain
{
    /// <summary>The boot CPU. Does not return.</summary>
    public static void Boot() => HostCpus.PowerOff();

    /// <summary>Another CPU. Does not return.</summary>
    public static void Secondary(uint cpu) => HostCpus.Park();
}
