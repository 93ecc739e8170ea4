using AxVCpu.BareMetal.Hypervisor;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Tests.Machine;

/// <summary>How a guest's program sets its interrupt controller up.</summary>
internal static class GuestInterrupts
{
    private const uint SgiFrame = 0x1_0000;
    private const uint Bits = 32;

    /// <summary>Steps that enable group 1 and interrupts of the first vCPU, or shared ones, which then go to it.</summary>
    public static IEnumerable<GuestStep> Enable(GuestCpu cpu, params uint[] interrupts)
    {
        GuestCpu.EnableInterrupts();
        yield return cpu.Write(GuestBoard.Distributor + (ulong)GicdRegister.CTLR, (uint)(GicdCtlr.EnableGrp1 | GicdCtlr.ARE));
        foreach (uint interrupt in interrupts)
        {
            ulong frame = interrupt < Bits ? GuestBoard.Redistributors + SgiFrame : GuestBoard.Distributor;
            ulong register = interrupt / Bits * 4;
            uint bit = 1u << (int)(interrupt % Bits);
            yield return cpu.Write(frame + (ulong)GicdRegister.IGROUPR + register, uint.MaxValue);
            yield return cpu.Write(frame + (ulong)GicdRegister.ISENABLER + register, bit);
        }
    }
}
