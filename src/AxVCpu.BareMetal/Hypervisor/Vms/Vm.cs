using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Devices;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>Where a VM is in its life.</summary>
internal enum VmState : byte
{
    /// <summary>It has memory and devices, and has never run.</summary>
    Created,

    /// <summary>Its vCPUs run.</summary>
    Running,

    /// <summary>Its vCPUs are being parked, to go on later.</summary>
    Suspending,

    /// <summary>It stands still and can go on.</summary>
    Suspended,

    /// <summary>Its vCPUs are being parked for good.</summary>
    Stopping,

    /// <summary>It has run, and can be started anew.</summary>
    Stopped,

    /// <summary>It could not go on; it can be started anew.</summary>
    Failed,
}

/// <summary>Why a VM stopped, for people.</summary>
internal enum VmEnd : byte
{
    None,

    /// <summary>The guest switched itself off.</summary>
    GuestPowerOff,

    /// <summary>The guest asked for a reset.</summary>
    GuestReset,

    /// <summary>A command of the shell.</summary>
    Command,

    /// <summary>The engine or the memory below the guest failed.</summary>
    Failure,
}

/// <summary>
/// A virtual machine: address space, devices and vCPUs. It lives in frames of its own, at one address from creation to deletion.
/// </summary>
/// <remarks>
/// <see cref="Lock"/> guards the devices and the life cycle. It is taken before the scheduler's lock and before those of the address
/// space, the consoles and the log; never after them.
/// </remarks>
internal unsafe partial struct Vm
{
    internal const int RegionCapacity = 64;

    internal SpinLock Lock;
    internal int Slot;
    internal VmState State;
    internal VmEnd End;
    internal bool RestartsWhenStopped;
    internal bool DeletesWhenStopped;

    /// <summary>Whether devices that it has of the host have interrupts.</summary>
    internal bool HasHostInterrupts;
    internal VmManifest Manifest;
    internal ScheduledVm Scheduling;
    internal Aarch64VmContext Context;
    internal AddressSpace<Aarch64Stage2<Ipa39>, HostFrames, Aarch64Tlb> Space;
    internal GicV3 Gic;
    internal VmDevices Devices;
    internal VmConsole Console;
    internal ChannelWindow ChannelWindow;
    internal ulong Starts;

    /// <summary>The host's counter when the guest's was 0.</summary>
    internal ulong CounterOffset;

    /// <summary>When the VM was suspended, so that its time can go on from there.</summary>
    internal ulong SuspendedAt;

    private VmVCpu* _vcpus;
    private ulong _pages;
    private ulong _vcpuPages;
    private uint _identical;
    private int _channelInterruptWanted;
    private bool _hasReportedAbsence;

    /// <summary>How many vCPUs it has.</summary>
    internal readonly int VCpuCount => (int)Manifest.VCpus;

    /// <summary>Whether its console is a virtio one.</summary>
    internal readonly bool HasVirtioConsole => (Manifest.Flags & VmFlags.VirtioConsole) != 0;

    /// <summary>The number in its configuration.</summary>
    internal readonly uint Id => Manifest.Id;

    /// <summary>A vCPU by its number.</summary>
    internal readonly ref VmVCpu VCpu(int index) => ref _vcpus[index];

    /// <summary>Exits of all vCPUs.</summary>
    internal readonly ulong Exits
    {
        get
        {
            ulong sum = 0;
            for (int i = 0; i < VCpuCount; i++)
                sum += _vcpus[i].Exits;
            return sum;
        }
    }

    /// <summary>The vCPU with these affinity fields.</summary>
    /// <returns>-1 when there is none.</returns>
    internal readonly int FindVCpu(ulong mpidr)
    {
        for (int i = 0; i < VCpuCount; i++)
        {
            if (_vcpus[i].Mpidr == mpidr)
                return i;
        }
        return -1;
    }

    /// <summary>
    /// Says once in the VM's life that its guest takes an external abort because nothing answers at an address: whoever writes a kernel
    /// wants to know, and a guest that does it all the time must not fill the log. The lock is held.
    /// </summary>
    internal void ReportAbsence(ulong address)
    {
        if (_hasReportedAbsence)
            return;
        _hasReportedAbsence = true;
        LogLine line = Log.Warn("vm "u8).Text(Manifest.Name.Span);
        if (address - GuestBoard.Gicv2CpuInterface < GuestBoard.Gicv2CpuInterfaceSize)
            line.Text(" looks for a GICv2 at "u8).Hex(address).Text(": its interrupt controller is a GICv3"u8).End();
        else
            line.Text(" accesses "u8).Hex(address).Text(", where nothing answers: it takes an external abort"u8).End();
    }

    /// <summary>Whether no CPU runs a vCPU of it, and none will.</summary>
    internal readonly bool IsParked
    {
        get
        {
            for (int i = 0; i < VCpuCount; i++)
            {
                if (!_vcpus[i].IsParked)
                    return false;
            }
            return true;
        }
    }
}
