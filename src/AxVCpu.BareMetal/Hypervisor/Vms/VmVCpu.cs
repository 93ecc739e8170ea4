using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>One vCPU of a VM, in memory of the VM. What is not the scheduler's belongs to the CPU that runs it, else to the VM's lock.</summary>
internal unsafe struct VmVCpu
{
    internal VCpu<Aarch64VCpu> Core;
    internal ScheduledVCpu Scheduling;
    internal Vm* Vm;
    internal int Index;
    internal PsciPowerState Power;

    /// <summary>Whether it is in a power-down state of CPU_SUSPEND: it goes on at <see cref="ResumeEntry"/>, as after a reset.</summary>
    internal bool IsPoweredDown;

    /// <summary>Where it goes on after a power-down state, guest-physical, and its first register there.</summary>
    internal ulong ResumeEntry;
    internal ulong ResumeContext;

    /// <summary>The physical timer as the guest sees it: emulated, the CPU's own belongs to whoever is below.</summary>
    internal ArmTimer PhysicalTimer;

    /// <summary>The CPU, plus one, that the host's interrupts for this vCPU go to; 0 when it has not run since the start.</summary>
    internal uint InterruptsAt;

    /// <summary>How often the guest was left.</summary>
    internal ulong Exits;

    /// <summary>How often it waited for an interrupt.</summary>
    internal ulong Halts;

    /// <summary>The guest's counter when the host's is <paramref name="now"/>.</summary>
    internal readonly ulong GuestTime(ulong now) => now - Vm->CounterOffset;

    /// <summary>When the physical timer is due, in ticks of the host; the maximum value is never.</summary>
    internal readonly ulong PhysicalDeadline
    {
        get
        {
            ulong due = PhysicalTimer.Deadline;
            return due > ulong.MaxValue - Vm->CounterOffset ? ulong.MaxValue : due + Vm->CounterOffset;
        }
    }

    /// <summary>
    /// When the CPU must leave the guest for the physical timer, in ticks of the host; the maximum value is never. Not for one that is due:
    /// its interrupt is raised, and an alarm would go off again and again before the guest's next instruction.
    /// </summary>
    internal readonly ulong PhysicalAlarm(ulong now)
    {
        ulong due = PhysicalDeadline;
        return due > now ? due : ulong.MaxValue;
    }

    /// <summary>The affinity fields of its MPIDR_EL1.</summary>
    internal readonly ulong Mpidr => Vm->Manifest.MpidrOf(Index);

    /// <summary>Whether nothing runs it and nothing will.</summary>
    internal readonly bool IsParked => Scheduling.State == SchedulingState.Parked;
}
