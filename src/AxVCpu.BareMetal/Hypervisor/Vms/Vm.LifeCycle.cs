using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Devices;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Hypervisor;

/// <content>
/// Start, stop and what lies between. Whoever asks for a stop or a suspension takes the running vCPUs' permission to run away; the CPU
/// that gives back the last of them completes the transition.
/// </content>
internal unsafe partial struct Vm
{
    /// <summary>Loads the guest anew and starts its first vCPU. From Created, Stopped or Failed.</summary>
    internal VmProblem Start()
    {
        Lock.Enter();
        VmProblem problem = State is VmState.Created or VmState.Stopped or VmState.Failed ? StartLocked() : VmProblem.None;
        Lock.Exit();
        return problem;
    }

    /// <summary>Lets the VM stand still. From Running.</summary>
    /// <returns>False in another state.</returns>
    internal bool Suspend()
    {
        Lock.Enter();
        bool possible = State == VmState.Running;
        if (possible)
        {
            State = VmState.Suspending;
            ParkAll();
        }
        CompleteIfParked();
        Lock.Exit();
        return possible;
    }

    /// <summary>Lets the VM go on; its time goes on from where it stood. From Suspended.</summary>
    /// <returns>False in another state.</returns>
    internal bool Resume()
    {
        Lock.Enter();
        bool possible = State == VmState.Suspended;
        if (possible)
        {
            SetCounterOffset(CounterOffset + (HostTimer.Now - SuspendedAt));
            State = VmState.Running;
            for (int i = 0; i < VCpuCount; i++)
            {
                if (_vcpus[i].Power == PsciPowerState.On)
                    HypervisorState.Current.StartVCpu(ref _vcpus[i]);
            }
        }
        Lock.Exit();
        return possible;
    }

    /// <summary>Stops the VM, whatever its guest does. From Running, Suspending and Suspended.</summary>
    /// <returns>False in another state.</returns>
    internal bool Stop(VmEnd end, bool restart = false, bool delete = false)
    {
        Lock.Enter();
        bool possible = State is VmState.Running or VmState.Suspending or VmState.Suspended;
        if (possible)
        {
            State = VmState.Stopping;
            End = end;
            RestartsWhenStopped = restart;
            DeletesWhenStopped = delete;
            ParkAll();
        }
        CompleteIfParked();
        Lock.Exit();
        return possible;
    }

    /// <summary>A CPU has given a vCPU back for good. The VM may be gone after the call.</summary>
    internal void OnParked()
    {
        Lock.Enter();
        CompleteIfParked();
        Lock.Exit();
    }

    private void ParkAll()
    {
        for (int i = 0; i < VCpuCount; i++)
            HypervisorState.Current.ParkVCpu(ref _vcpus[i]);
    }

    private void CompleteIfParked()
    {
        if (State is not (VmState.Stopping or VmState.Suspending) || !IsParked)
            return;
        if (State == VmState.Suspending)
        {
            State = VmState.Suspended;
            SuspendedAt = HostTimer.Now;
            return;
        }
        State = End == VmEnd.Failure ? VmState.Failed : VmState.Stopped;
        fixed (Vm* self = &this)
        {
            HypervisorState.Current.Passthrough.SetEnabled(self, enabled: false);
            HypervisorState.Current.Channels.CloseAll(self);
            HypervisorState.Current.Consoles.Flush(self);
            HypervisorState.Current.OnStopped(self);
        }
        if (RestartsWhenStopped)
            RestartLocked();
    }

    /// <summary>A guest may ask for this all the time: the work counts as its own, so that others on the CPU have their share.</summary>
    private void RestartLocked()
    {
        ulong from = HostTimer.Now;
        StartLocked();
        fixed (Vm* self = &this)
            HypervisorState.Current.Scheduler.Book(&self->Scheduling, HostTimer.Now - from);
    }

    private VmProblem StartLocked()
    {
        RestartsWhenStopped = false;
        fixed (Vm* self = &this)
        {
            var host = new VmHost(self);
            Gic.Reset(ref host);
            Devices.Reset(self);
        }
        VmProblem problem = Load();
        if (problem == VmProblem.None)
            problem = ResetVCpus();
        if (problem != VmProblem.None)
        {
            State = VmState.Failed;
            return problem;
        }
        SetCounterOffset(HostTimer.Now);
        fixed (Vm* self = &this)
            HypervisorState.Current.Passthrough.SetEnabled(self, enabled: true);
        State = VmState.Running;
        End = VmEnd.None;
        Starts++;
        _vcpus[0].Power = PsciPowerState.On;
        HypervisorState.Current.StartVCpu(ref _vcpus[0]);
        return VmProblem.None;
    }

    private VmProblem ResetVCpus()
    {
        for (int i = 0; i < VCpuCount; i++)
        {
            if (!ResetVCpu(ref _vcpus[i]))
                return VmProblem.EngineFailure;
        }
        // It may have been switched on elsewhere.
        return _vcpus[0].Core.SetEntry(new GuestPhysAddr(Manifest.Entry)).IsNone ? VmProblem.None : VmProblem.EngineFailure;
    }

    /// <summary>A parked vCPU as after set-up, switched off.</summary>
    private bool ResetVCpu(ref VmVCpu vcpu)
    {
        vcpu.Power = PsciPowerState.Off;
        vcpu.PhysicalTimer = default;
        vcpu.InterruptsAt = 0;
        return ResetCore(ref vcpu);
    }

    private static bool ResetCore(ref VmVCpu vcpu)
    {
        vcpu.IsPoweredDown = false;
        // Halted without a CPU; see CpuLoop.
        if (vcpu.Core.State == VCpuState.Blocked)
            vcpu.Core.TransitionState(VCpuState.Blocked, VCpuState.Free);
        if (!vcpu.Core.Reset().IsNone)
            return false;
        GicV3.ResetInterface(ref vcpu.Core.Arch.Vgic);
        return true;
    }

    private void SetCounterOffset(ulong offset)
    {
        CounterOffset = offset;
        for (int i = 0; i < VCpuCount; i++)
            _vcpus[i].Core.Arch.Timer.Offset = offset;
    }

    /// <summary>PSCI CPU_ON: starts a vCPU that is off.</summary>
    internal PsciResult SwitchOn(ulong mpidr, ulong entry, ulong context)
    {
        Lock.Enter();
        fixed (Vm* self = &this)
        {
            var host = new VmPsciHost(self);
            PsciOutcome outcome = Psci.CpuOn(ref host, mpidr, entry, context);
            PsciResult result = outcome.Action == PsciAction.CpuOn ? SwitchOnLocked(FindVCpu(mpidr), entry, context) : (PsciResult)outcome.Result;
            Lock.Exit();
            return result;
        }
    }

    private PsciResult SwitchOnLocked(int index, ulong entry, ulong context)
    {
        ref VmVCpu target = ref _vcpus[index];
        if (State != VmState.Running || !ResetVCpu(ref target) || !target.Core.SetEntry(new GuestPhysAddr(entry)).IsNone)
            return PsciResult.INTERNAL_FAILURE;
        target.Core.SetGpr(0, context);
        target.Core.Arch.Timer.Offset = CounterOffset;
        target.Power = PsciPowerState.On;
        HypervisorState.Current.StartVCpu(ref target);
        return PsciResult.SUCCESS;
    }

    /// <summary>A power-down state of CPU_SUSPEND is over: the vCPU, which no CPU runs, starts anew. Its timers have gone on.</summary>
    /// <returns>False when the engine failed.</returns>
    internal bool PowerUp(ref VmVCpu vcpu)
    {
        Lock.Enter();
        GuestTimer timer = vcpu.Core.Arch.StoredTimer;
        bool done = ResetCore(ref vcpu) && vcpu.Core.SetEntry(new GuestPhysAddr(vcpu.ResumeEntry)).IsNone;
        if (done)
        {
            vcpu.Core.Arch.RestoreTimer(in timer);
            vcpu.Core.SetGpr(0, vcpu.ResumeContext);
        }
        Lock.Exit();
        return done;
    }

    /// <summary>A vCPU is off that may have been alone in looking at the clock's alarm: the others look at it before they wait again.</summary>
    internal void HandOnAlarm()
    {
        for (int i = 0; Devices.AlarmAt != ulong.MaxValue && i < VCpuCount; i++)
        {
            if (_vcpus[i].Power == PsciPowerState.On)
                HypervisorState.Current.Wake(ref _vcpus[i]);
        }
    }

    /// <summary>Puts the guest's files into zeroed memory, and a devicetree beside them.</summary>
    private VmProblem Load()
    {
        if (Starts != 0)
            ClearMemory();
        for (int i = 0; i < Manifest.ImageCount; i++)
        {
            VmProblem problem = LoadFile(Manifest.Images[i]);
            if (problem != VmProblem.None)
                return problem;
        }
        if (Manifest.HasRamdisk)
        {
            VmProblem problem = LoadFile(Manifest.Ramdisk);
            if (problem != VmProblem.None)
                return problem;
        }
        Native.InvalidateInstructionCaches();
        return Manifest.HasDeviceTree ? LoadFile(Manifest.DeviceTree) : WriteTree();
    }

    private VmProblem LoadFile(PlacedFile file)
    {
        if (!HypervisorState.Current.TryGetFile(file.File, out ReadOnlySpan<byte> data))
            return VmProblem.NoSuchFile;
        return Store(file.Address, data) ? VmProblem.None : VmProblem.FileDoesNotFit;
    }

    /// <summary>Writes to guest memory such that a guest without MMU and caches finds it.</summary>
    private bool Store(ulong address, ReadOnlySpan<byte> data)
    {
        if (Space.Write(new GuestPhysAddr(address), data) != GuestAccessStatus.Ok)
            return false;
        for (ulong size = (ulong)data.Length; size != 0;)
        {
            if (!Space.TranslateAndGetLimit(new GuestPhysAddr(address), out HostPhysAddr host, out ulong limit, size) || limit == 0)
                return false;
            Native.CleanDataCache(host.Value, limit);
            address += limit;
            size -= limit;
        }
        return true;
    }

    /// <summary>Empties the guest's memory: what is its own when it is touched again, the host's at once, where devices may reach it.</summary>
    private void ClearMemory()
    {
        Space.DiscardReserved();
        for (int i = 0; i < Manifest.RegionCount; i++)
        {
            if (Manifest.Regions[i].Type == RegionType.Identical)
                default(HostFrames).ClearFrames(new HostPhysAddr(Manifest.Regions[i].Address), Manifest.Regions[i].Size / PageSize);
        }
    }
}
