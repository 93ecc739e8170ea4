using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>
/// What each physical CPU does for ever: takes the next vCPU, runs it until its slice is over or it waits, serves its exits; sleeps when
/// there is none.
/// </summary>
/// <remarks>
/// A vCPU that waits for an interrupt gives the CPU up. It then is in the core's state Blocked without being bound to a CPU, so that any
/// CPU of its set can continue it: this loop moves between Free and Blocked, nobody else does.
/// </remarks>
internal static unsafe class CpuLoop
{
    /// <summary>The non-secure EL1 physical timer (Arm BSA).</summary>
    private const uint PhysicalTimerPpi = 30;

    /// <summary>Never returns.</summary>
    internal static void Run(uint cpu)
    {
        ref HypervisorState hypervisor = ref HypervisorState.Current;
        hypervisor.Scheduler.SetOnline(cpu, HostTimer.Now);
        while (true)
        {
            HostInterrupts.Drain(ref hypervisor);
            if (cpu == 0)
                hypervisor.Shell.DoWork();
            ScheduledVCpu* next = hypervisor.Scheduler.PickNext(cpu, HostTimer.Now);
            HostTimer.Arm(hypervisor.Scheduler.NextTimer(cpu));
            if (next != null)
                RunSlice(ref hypervisor, cpu, (VmVCpu*)next->Owner);
            else if (cpu != 0 || !hypervisor.Shell.HasWork)
                Native.WaitForInterrupt(); // a masked interrupt ends it as well
        }
    }

    private static void RunSlice(ref HypervisorState hypervisor, uint cpu, VmVCpu* vcpu)
    {
        if (vcpu->Core.State == VCpuState.Blocked)
            vcpu->Core.TransitionState(VCpuState.Blocked, VCpuState.Free);
        Vm* vm = vcpu->Vm;
        if ((vcpu->IsPoweredDown && !vm->PowerUp(ref *vcpu)) || !vcpu->Core.Bind().IsNone)
        {
            Fail(ref hypervisor, cpu, vcpu, vcpu->Core.Failure);
            return;
        }
        vm->FollowInterrupts(ref *vcpu, cpu);
        var bus = new VmBus(vcpu);
        ulong timer = hypervisor.Scheduler.NextTimer(cpu);
        while (true)
        {
            ulong now = HostTimer.Now;
            if (hypervisor.Scheduler.ShouldYield(cpu, now) || (cpu == 0 && hypervisor.Shell.HasWork))
            {
                GiveBack(ref hypervisor, cpu, vcpu);
                return;
            }
            // An alarm of the clock that is due rings in Flush, and is no more.
            ulong next = Earlier(Earlier(hypervisor.Scheduler.NextTimer(cpu), vcpu->PhysicalAlarm(now)), vm->Devices.AlarmAt);
            if (next != timer)
            {
                timer = next;
                HostTimer.Arm(timer);
            }
            Flush(vm, vcpu, now);
            VCpuExit exit = vcpu->Core.Run();
            vcpu->Exits++;
            Sync(vm, vcpu);
            if (exit.Kind == VCpuExitKind.ExternalInterrupt)
                timer = 0; // it may have been the timer, which is off then
            if (!RunLoop.Serve(exit, ref bus, ref vcpu->Core) && !Handle(ref hypervisor, cpu, vcpu, exit))
                return;
        }
    }

    /// <summary>Puts the guest's interrupts into the list registers.</summary>
    private static void Flush(Vm* vm, VmVCpu* vcpu, ulong now)
    {
        Scheduler.BeginEntry(&vcpu->Scheduling);
        var host = new VmHost(vm);
        vm->Lock.Enter();
        vm->DeliverChannelInterrupt(vcpu->Index);
        vm->Gic.SetPpi(ref host, vcpu->Index, HostGic.VirtualTimerPpi, vcpu->Core.Arch.Timer.IsAssertedAt(now));
        vm->Gic.SetPpi(ref host, vcpu->Index, PhysicalTimerPpi, vcpu->PhysicalTimer.IsAsserted(vcpu->GuestTime(now)));
        vm->Devices.Advance(vm, now);
        vm->Gic.Flush(vcpu->Index, ref vcpu->Core.Arch.Vgic);
        vm->Lock.Exit();
    }

    /// <summary>Takes back from the list registers what the guest did with its interrupts.</summary>
    private static void Sync(Vm* vm, VmVCpu* vcpu)
    {
        var host = new VmHost(vm);
        vm->Lock.Enter();
        vm->Gic.Sync(ref host, vcpu->Index, ref vcpu->Core.Arch.Vgic);
        vm->Lock.Exit();
    }

    /// <summary>Serves an exit that the VM's devices cannot.</summary>
    /// <returns>False when the CPU has given the vCPU back.</returns>
    private static bool Handle(ref HypervisorState hypervisor, uint cpu, VmVCpu* vcpu, VCpuExit exit)
    {
        switch (exit.Kind)
        {
            case VCpuExitKind.ExternalInterrupt:
                HostInterrupts.Serve(ref hypervisor, (uint)exit.ExternalInterruptVector);
                return true;
            case VCpuExitKind.Interrupted:
                return true;
            case VCpuExitKind.Halt:
                return !TryBlock(ref hypervisor, cpu, vcpu, exit.HaltDeadline);
            case VCpuExitKind.Hypercall:
                Hypercalls.Serve(ref hypervisor, vcpu, exit.Hypercall);
                return true;
            case VCpuExitKind.SendIpi:
                SendIpi(vcpu, exit.SendIpi);
                return true;
            case VCpuExitKind.CpuUp:
                CpuUpExit up = exit.CpuUp;
                vcpu->Core.SetReturnValue((ulong)(long)vcpu->Vm->SwitchOn(up.TargetCpu, up.Entry.Value, up.Argument));
                return true;
            case VCpuExitKind.CpuDown when exit.CpuDownPowerState == 0:
                SwitchOff(ref hypervisor, cpu, vcpu);
                return false;
            case VCpuExitKind.CpuDown:
                return !GuestPower.Suspend(ref hypervisor, cpu, vcpu, exit.CpuDownPowerState);
            case VCpuExitKind.SystemDown:
                vcpu->Vm->Stop(VmEnd.GuestPowerOff);
                return true; // the park request is found at the head of the loop
            case VCpuExitKind.SystemReset:
                if (GuestPower.Resets(vcpu, exit.SystemResetCode))
                    vcpu->Vm->Stop(VmEnd.GuestReset, restart: true);
                return true;
            case VCpuExitKind.ArchSpecific:
                GiveBack(ref hypervisor, cpu, vcpu); // it waits for an event of another vCPU, which may want this CPU
                return false;
            default:
                Fail(ref hypervisor, cpu, vcpu, vcpu->Core.Failure);
                return false;
        }
    }

    /// <summary>The guest waits for an interrupt.</summary>
    /// <param name="hypervisor">The state.</param>
    /// <param name="cpu">This CPU.</param>
    /// <param name="vcpu">The vCPU, bound here.</param>
    /// <param name="deadline">When its timer is due, in ticks of the host; the maximum value is never.</param>
    /// <returns>Whether the vCPU was given back; otherwise an interrupt has come.</returns>
    internal static bool TryBlock(ref HypervisorState hypervisor, uint cpu, VmVCpu* vcpu, ulong deadline)
    {
        Vm* vm = vcpu->Vm;
        vcpu->Halts++;
        deadline = Earlier(Earlier(deadline, vcpu->PhysicalDeadline), vm->Devices.AlarmAt);
        vm->Lock.Enter();
        bool isPending = vcpu->IsPoweredDown ? vm->Gic.HasWakeRequest(vcpu->Index) : vm->Gic.HasDeliverable(vcpu->Index, ref vcpu->Core.Arch.Vgic);
        vm->Lock.Exit();
        if (isPending)
            return false;
        if (!vcpu->Core.Unbind().IsNone)
        {
            Fail(ref hypervisor, cpu, vcpu, vcpu->Core.Failure);
            return true;
        }
        vcpu->Core.TransitionState(VCpuState.Free, VCpuState.Blocked);
        if (hypervisor.Scheduler.Block(cpu, HostTimer.Now, deadline))
        {
            if (vcpu->IsParked)
                vm->OnParked();
            return true;
        }
        vcpu->Core.TransitionState(VCpuState.Blocked, VCpuState.Free);
        if (vcpu->Core.Bind().IsNone)
            return false;
        Fail(ref hypervisor, cpu, vcpu, vcpu->Core.Failure);
        return true;
    }

    private static ulong Earlier(ulong left, ulong right) => left < right ? left : right;

    /// <summary>Lets another vCPU have the CPU.</summary>
    private static void GiveBack(ref HypervisorState hypervisor, uint cpu, VmVCpu* vcpu)
    {
        Vm* vm = vcpu->Vm;
        if (!vcpu->Core.Unbind().IsNone)
        {
            Fail(ref hypervisor, cpu, vcpu, vcpu->Core.Failure);
            return;
        }
        SchedulingState state = hypervisor.Scheduler.Yield(cpu, HostTimer.Now, out uint notify);
        HypervisorState.Interrupt(notify);
        if (state == SchedulingState.Parked)
            vm->OnParked();
    }

    private static void SwitchOff(ref HypervisorState hypervisor, uint cpu, VmVCpu* vcpu)
    {
        Vm* vm = vcpu->Vm;
        if (!vcpu->Core.Unbind().IsNone)
        {
            Fail(ref hypervisor, cpu, vcpu, vcpu->Core.Failure);
            return;
        }
        vm->Lock.Enter();
        hypervisor.Scheduler.ParkCurrent(cpu, HostTimer.Now);
        vcpu->Power = PsciPowerState.Off;
        vm->HandOnAlarm();
        vm->Lock.Exit();
        vm->OnParked();
    }

    /// <summary>The engine cannot go on: the VM stops, the hypervisor does not.</summary>
    private static void Fail(ref HypervisorState hypervisor, uint cpu, VmVCpu* vcpu, EngineError error)
    {
        Vm* vm = vcpu->Vm;
        Log.Error("vm "u8).Text(vm->Manifest.Name.Span).Text(": vCPU "u8).Dec((ulong)vcpu->Index).Text(" failed, code "u8).Dec((ulong)error.Code).End();
        hypervisor.Scheduler.ParkCurrent(cpu, HostTimer.Now);
        if (!vm->Stop(VmEnd.Failure))
            vm->OnParked();
    }

    private static void SendIpi(VmVCpu* vcpu, SendIpiExit ipi)
    {
        Vm* vm = vcpu->Vm;
        var host = new VmHost(vm);
        vm->Lock.Enter();
        vm->Gic.SendSgi(ref host, vcpu->Index, ipi.Vector, ipi.TargetMask, ipi.TargetBase, ipi.ToAll);
        vm->Lock.Exit();
    }
}
