using System.Runtime;
using AxVCpu.BareMetal.Hypervisor;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>What the assembly files call.</summary>
internal static unsafe class Exports
{
    /// <summary>The boot CPU, on its stack, with the MMU on.</summary>
    [RuntimeExport("axvcpu_boot")]
    public static void Boot(ulong fdt, ulong imageStart, ulong imageEnd)
    {
        if (HostStartup.TryBoot(fdt, new PhysicalRange { Start = imageStart, Size = imageEnd - imageStart }))
            HypervisorMain.Boot();
        HostCpus.PowerOff(); // what was missing has been said
    }

    /// <summary>The boot CPU at EL1, on its stack, with the MMU on: there is no hypervisor without EL2.</summary>
    [RuntimeExport("axvcpu_without_el2")]
    public static void WithoutEl2(ulong fdt, ulong imageStart, ulong imageEnd) =>
        HostStartup.RefuseEl1(fdt, new PhysicalRange { Start = imageStart, Size = imageEnd - imageStart });

    /// <summary>Another CPU, on its stack, with the MMU on.</summary>
    [RuntimeExport("axvcpu_secondary")]
    public static void Secondary()
    {
        PerCpuBlock* cpu = Native.CurrentCpu();
        if (HostStartup.TryEnterCpu())
        {
            Volatile.Write(ref cpu->IsOnline, 1);
            HypervisorMain.Secondary(cpu->Index);
        }

        HostCpus.Park();
    }

    /// <summary>An exception in the hypervisor itself.</summary>
    [RuntimeExport("axvcpu_host_exception")]
    public static void HostException(uint kind, ulong syndrome, ulong at, ulong address, ulong stack)
    {
        Log.Panic("exception in the hypervisor, kind "u8).Dec(kind).Text(" esr "u8).Hex(syndrome).Text(" at image+"u8).Hex(at - HostStartup.Image.Start)
            .Text(" address "u8).Hex(address).Text(" sp "u8).Hex(stack).EndLast();
        HostCpus.Park();
    }

    /// <summary>A failed range check, division by zero or the like.</summary>
    [RuntimeExport("axvcpu_failed_check")]
    public static void FailedCheck(ulong at)
    {
        Log.Panic("a check failed in the hypervisor at image+"u8).Hex(at - HostStartup.Image.Start).EndLast();
        HostCpus.Park();
    }

    /// <summary>A broken contract of the abstraction.</summary>
    [RuntimeExport("axvcpu_failed_contract")]
    public static void FailedContract(uint kind, uint actual, uint required, ulong at)
    {
        Log.Panic("misuse "u8).Dec(kind).Text(" state "u8).Dec(actual).Text(" needs "u8).Dec(required).Text(" at image+"u8)
            .Hex(at - HostStartup.Image.Start).EndLast();
        HostCpus.Park();
    }
}
