using AxVCpu;
using AxVCpu.Devices;
using AxVCpu.Memory;
using AxVCpu.Software.Riscv64;

namespace AxVM.Boards;

/// <summary>A wire into one interrupt input of a vCPU.</summary>
internal sealed class CpuLine(VirtualCpu cpu, uint vector) : IInterruptLine
{
    public void Set(bool level) => cpu.SetInterruptLine(vector, level);
}

/// <summary>Makes the harts forget nested translations when the address space changes.</summary>
internal sealed class MachineTlb(Riscv64Machine machine) : INestedTlbListener
{
    public void Invalidate(GuestPhysAddr start, ulong size) => machine.InvalidateNestedTranslations();
}

/// <summary>The CLINT's effects: software interrupt wires, the VM's clock, timer deadlines kept by the harts.</summary>
internal sealed class ClintWiring(Riscv64Machine machine, IReadOnlyList<VirtualCpu> cpus, int[] servedBy) : IAclintHost
{
    public void SetSoftware(int hart, bool level) => cpus[hart].SetInterruptLine(RiscvVector.MachineSoftware, level);

    public ulong Now() => machine.Clock.Ticks;

    public void SetTimerDeadline(int hart, ulong deadline)
    {
        machine.SetMachineTimer((ulong)hart, deadline);
        // Another hart may be asleep, or about to be, with the old deadline in mind.
        if (Volatile.Read(ref servedBy[hart]) != Environment.CurrentManagedThreadId)
        {
            cpus[hart].RequestExit();
        }
    }
}

/// <summary>The syscon's effects: the end of the run, or a reset.</summary>
internal sealed class SysconWiring(IMachineHost host) : ISysconHost
{
    public void Finish(SysconStatus status, ushort code)
    {
        switch (status)
        {
            case SysconStatus.Reset:
                host.Restart();
                break;
            case SysconStatus.Fail:
                host.End(new VmExit(VmExitReason.GuestExit, code == 0 ? 1 : code));
                break;
            default:
                host.End(new VmExit(VmExitReason.PowerOff));
                break;
        }
    }
}

/// <summary>Interrupt inputs of a hart, by their bit number in mip (Privileged ISA, "Machine Interrupt Registers").</summary>
internal static class RiscvVector
{
    public const uint MachineSoftware = 3;
    public const uint SupervisorExternal = 9;
    public const uint MachineExternal = 11;
}
