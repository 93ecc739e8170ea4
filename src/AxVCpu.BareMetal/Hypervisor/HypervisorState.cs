using System.Runtime.CompilerServices;
using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Hypervisor;

[InlineArray(HypervisorState.MaxVms)]
internal struct VmSlots
{
    private ulong _first;
}

/// <summary>Everything the hypervisor knows, in frames taken once at start: the only root of its data.</summary>
internal unsafe struct HypervisorState
{
    /// <summary>The most VMs at one time.</summary>
    internal const int MaxVms = 16;

    private const ulong SlicesPerSecond = 200;

    private static HypervisorState* s_state;

    internal Scheduler Scheduler;
    internal ConsoleSwitch Consoles;
    internal ChannelTable Channels;
    internal PassthroughTable Passthrough;
    internal WallClock Clock;
    internal HostEntropy Entropy;
    internal Shell Shell;
    private SpinLock _lock;
    private VmSlots _vms;
    private uint _nextPreferred;
    private int _isReady;

    /// <summary>The state.</summary>
    internal static ref HypervisorState Current => ref *s_state;

    /// <summary>Whether the other CPUs may begin.</summary>
    internal static bool IsReady => s_state != null && Volatile.Read(ref s_state->_isReady) != 0;

    /// <summary>Makes the state; once, on the boot CPU.</summary>
    /// <returns>False when there is no memory.</returns>
    internal static bool TryCreate()
    {
        uint cpus = HostCpus.Count;
        if (!Vm.TryAllocate((ulong)sizeof(HypervisorState), out void* state, out _) || !Vm.TryAllocate(cpus * Scheduler.CpuEntrySize, out void* entries, out _))
            return false;
        s_state = (HypervisorState*)state;
        s_state->Scheduler.Initialize(entries, cpus, HostTimer.Frequency / SlicesPerSecond);
        return true;
    }

    /// <summary>Lets the other CPUs begin.</summary>
    internal void SetReady() => Volatile.Write(ref _isReady, 1);

    /// <summary>The VM in a slot; null when it is empty.</summary>
    internal readonly Vm* VmAt(int slot) => (Vm*)_vms[slot];

    /// <summary>Finds a VM by name or by number.</summary>
    internal readonly Vm* FindVm(ReadOnlySpan<byte> name)
    {
        bool isNumber = ShellCommand.TryParseNumber(name, out uint id);
        for (int slot = 0; slot < MaxVms; slot++)
        {
            Vm* vm = VmAt(slot);
            if (vm != null && (ShellCommand.Is(vm->Manifest.Name.Span, name) || (isNumber && vm->Id == id)))
                return vm;
        }
        return null;
    }

    /// <summary>Finds a VM by its number.</summary>
    internal readonly Vm* FindVm(uint id)
    {
        for (int slot = 0; slot < MaxVms; slot++)
        {
            Vm* vm = VmAt(slot);
            if (vm != null && vm->Id == id)
                return vm;
        }
        return null;
    }

    /// <summary>Makes a VM and gives it a slot.</summary>
    internal VmProblem CreateVm(in VmManifest manifest, out Vm* vm, out ulong what)
    {
        vm = null;
        what = 0;
        int slot = 0;
        while (slot < MaxVms && VmAt(slot) != null)
            slot++;
        if (slot == MaxVms)
            return VmProblem.TooManyVms;
        VmProblem problem = Vm.Create(in manifest, slot, out vm, out what);
        if (problem == VmProblem.None)
            _vms[slot] = (ulong)vm;
        return problem;
    }

    /// <summary>Deletes a VM that does not run, and frees its memory. On the shell's CPU only, which alone follows slots.</summary>
    internal void DeleteVm(Vm* vm)
    {
        if (Consoles.Focus == vm)
            Consoles.Select(null);
        _vms[vm->Slot] = 0;
        Scheduler.RemoveVm(&vm->Scheduling);
        // Whoever saw the VM parked last may still hold its lock.
        vm->Lock.Enter();
        vm->Lock.Exit();
        vm->Destroy();
    }

    /// <summary>A file of the archive.</summary>
    internal readonly bool TryGetFile(uint index, out ReadOnlySpan<byte> data)
    {
        data = default;
        return ArchiveReader.Open(HostFdt.Archive, out ArchiveReader archive) == ArchiveStatus.Ok && archive.TryGetFile(index, out data);
    }

    /// <summary>Whether one of the machine's CPUs is in a set.</summary>
    internal readonly bool HasCpuIn(CpuSet cpus)
    {
        for (uint cpu = 0; cpu < Scheduler.CpuCount; cpu++)
        {
            if (cpus.Contains(cpu))
                return true;
        }
        return false;
    }

    /// <summary>CPUs in turn, so that vCPUs begin on different ones.</summary>
    internal uint NextPreferredCpu() => _nextPreferred++ % Scheduler.CpuCount;

    /// <summary>A vCPU must look at its interrupts.</summary>
    internal void Wake(ref VmVCpu vcpu)
    {
        Interrupt(Scheduler.Wake(Entry(ref vcpu), HostTimer.Now));
    }

    /// <summary>A parked vCPU may run.</summary>
    internal void StartVCpu(ref VmVCpu vcpu) => Interrupt(Scheduler.Start(Entry(ref vcpu), HostTimer.Now));

    /// <summary>A vCPU must not run.</summary>
    internal void ParkVCpu(ref VmVCpu vcpu) => Interrupt(Scheduler.Park(Entry(ref vcpu)));

    /// <summary>Makes CPUs leave the guest or their sleep.</summary>
    internal static void Interrupt(uint cpus)
    {
        cpus &= ~(1u << (int)HostCpus.Current.Index);
        if (cpus == 0)
            return;
        Native.Dsb(); // what they are to see comes first
        for (uint cpu = 0; cpus != 0; cpu++, cpus >>= 1)
        {
            if ((cpus & 1) != 0)
                HostGic.SendSgi(cpu, HostGic.WakeSgi);
        }
    }

    /// <summary>A VM has stopped; its lock is held.</summary>
    internal void OnStopped(Vm* vm)
    {
        Log.Info("vm "u8).Text(vm->Manifest.Name.Span).Text(Shell.EndText(vm->End)).End();
        Shell.Post(ShellWork.VmStopped);
    }

    // SAFETY: a vCPU lives in its VM's frames and does not move.
    private static ScheduledVCpu* Entry(ref VmVCpu vcpu) => (ScheduledVCpu*)Unsafe.AsPointer(ref vcpu.Scheduling);
}
