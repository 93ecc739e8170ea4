namespace AxVCpu.BareMetal.Hypervisor;

internal unsafe partial struct Scheduler
{
    /// <summary>The CPU gives its vCPU back, which goes on waiting for a CPU, or parks when that was asked for. Own CPU only.</summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="now">The time.</param>
    /// <param name="notify">The CPUs to interrupt: one that is idle may take it over.</param>
    /// <returns>The state it was left in: Runnable or Parked.</returns>
    public SchedulingState Yield(uint cpu, ulong now, out uint notify)
    {
        _lock.Enter();
        ScheduledVCpu* vcpu = Detach(cpu, now);
        notify = 0;
        if (vcpu->IsParkRequested)
        {
            SetParked(vcpu);
        }
        else
        {
            vcpu->Current = SchedulingState.Runnable;
            notify = IdleCpuFor(vcpu) & ~(1u << (int)cpu);
            Flag(notify);
        }
        SchedulingState state = vcpu->Current;
        _lock.Exit();
        return state;
    }

    /// <summary>
    /// The vCPU of the CPU waits for an interrupt. Own CPU only; the caller has looked at pending interrupts after <see cref="BeginEntry"/>.
    /// </summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="now">The time.</param>
    /// <param name="deadline">When it wakes by itself, in ticks; the maximum value is never.</param>
    /// <returns>False when a wake-up has come meanwhile, or the deadline is over: it goes on running.</returns>
    public bool Block(uint cpu, ulong now, ulong deadline)
    {
        _lock.Enter();
        ScheduledVCpu* vcpu = _cpus[cpu].Current;
        bool blocks = !vcpu->IsWakePending && deadline > now;
        vcpu->IsWakePending = false;
        if (blocks)
        {
            Detach(cpu, now);
            vcpu->Vm->Active--;
            vcpu->Deadline = deadline;
            vcpu->Current = SchedulingState.Blocked;
            if (vcpu->IsParkRequested)
                SetParked(vcpu);
        }
        _lock.Exit();
        return blocks;
    }

    /// <summary>Something is pending for a vCPU: it must look. Any CPU.</summary>
    /// <returns>The CPUs to interrupt.</returns>
    public uint Wake(ScheduledVCpu* vcpu, ulong now)
    {
        _lock.Enter();
        uint notify = 0;
        if (vcpu->Current == SchedulingState.Running)
        {
            vcpu->IsWakePending = true;
            notify = 1u << (int)vcpu->Cpu;
        }
        else if (vcpu->Current == SchedulingState.Blocked)
        {
            notify = MakeRunnable(vcpu, now);
        }
        _lock.Exit();
        return notify;
    }

    /// <summary>A parked vCPU may run from now on. Any CPU.</summary>
    /// <returns>The CPUs to interrupt.</returns>
    public uint Start(ScheduledVCpu* vcpu, ulong now)
    {
        _lock.Enter();
        vcpu->IsParkRequested = false;
        uint notify = vcpu->Current == SchedulingState.Parked ? MakeRunnable(vcpu, now) : 0;
        _lock.Exit();
        return notify;
    }

    /// <summary>
    /// A vCPU must not run any more. One that runs is parked by its CPU, which is told to; look at <see cref="ScheduledVCpu.State"/> for the
    /// end of it. Any CPU.
    /// </summary>
    /// <returns>The CPUs to interrupt.</returns>
    public uint Park(ScheduledVCpu* vcpu)
    {
        _lock.Enter();
        uint notify = 0;
        if (vcpu->Current == SchedulingState.Running)
        {
            vcpu->IsParkRequested = true;
            notify = 1u << (int)vcpu->Cpu;
            Flag(notify);
        }
        else if (vcpu->Current != SchedulingState.Parked)
        {
            SetParked(vcpu);
        }
        _lock.Exit();
        return notify;
    }

    /// <summary>The CPU's own vCPU must not run any more, and its CPU gives it back with this call. Own CPU only.</summary>
    public void ParkCurrent(uint cpu, ulong now)
    {
        _lock.Enter();
        SetParked(Detach(cpu, now));
        _lock.Exit();
    }

    /// <summary>Takes the vCPU off its CPU and books its time; it still counts as active.</summary>
    private readonly ScheduledVCpu* Detach(uint cpu, ulong now)
    {
        ref SchedulerCpu local = ref _cpus[cpu];
        ScheduledVCpu* vcpu = local.Current;
        Charge(vcpu, now);
        local.Current = null;
        local.IdleSince = now;
        return vcpu;
    }

    private static void SetParked(ScheduledVCpu* vcpu)
    {
        if (vcpu->Current != SchedulingState.Blocked)
            vcpu->Vm->Active--;
        vcpu->Current = SchedulingState.Parked;
        vcpu->IsParkRequested = false;
        vcpu->IsWakePending = false;
        vcpu->Deadline = ulong.MaxValue;
    }

    private readonly uint MakeRunnable(ScheduledVCpu* vcpu, ulong now)
    {
        uint target = TargetFor(vcpu);
        MakeRunnableOn(target, vcpu, now);
        Flag(1u << (int)target);
        return 1u << (int)target;
    }

    /// <summary>Blocked or Parked to Runnable, with a virtual time near that of its competitors on the CPU.</summary>
    private readonly void MakeRunnableOn(uint cpu, ScheduledVCpu* vcpu, ulong now)
    {
        for (uint other = 0; other < _cpuCount; other++)
        {
            if (_cpus[other].Current != null)
                Charge(_cpus[other].Current, now);
        }
        ScheduledVm* vm = vcpu->Vm;
        if (vm->Active == 0)
            vm->VirtualTime = Near(vm->VirtualTime, FloorOfOthers(vm, cpu), _slice * DefaultWeight / vm->Weight);
        vcpu->VirtualTime = Near(vcpu->VirtualTime, FloorOfSiblings(vcpu), _slice);
        vm->Active++;
        vcpu->Current = SchedulingState.Runnable;
        vcpu->Deadline = ulong.MaxValue;
    }

    /// <summary>
    /// The CPU that should take a vCPU: the last one when it is idle, else any idle one, else the one whose VM has had most of its
    /// share. A CPU that is already told to look again counts as taken.
    /// </summary>
    private readonly uint TargetFor(ScheduledVCpu* vcpu)
    {
        uint idle = IdleCpuFor(vcpu);
        if (idle != 0)
            return (uint)System.Numerics.BitOperations.TrailingZeroCount(idle);
        uint best = vcpu->Cpu;
        ulong most = 0;
        for (uint cpu = 0; cpu < _cpuCount; cpu++)
        {
            ScheduledVCpu* current = _cpus[cpu].Current;
            if (!_cpus[cpu].IsOnline || !vcpu->Affinity.Contains(cpu) || current == null)
                continue;
            ulong had = current->Vm == vcpu->Vm ? 0 : current->Vm->VirtualTime;
            if (had > most || (had == most && cpu == vcpu->Cpu))
            {
                best = cpu;
                most = had;
            }
        }
        return best;
    }

    /// <summary>A mask with one idle CPU that may run the vCPU, or 0.</summary>
    private readonly uint IdleCpuFor(ScheduledVCpu* vcpu)
    {
        if (IsIdle(vcpu->Cpu) && vcpu->Affinity.Contains(vcpu->Cpu))
            return 1u << (int)vcpu->Cpu;
        for (uint cpu = 0; cpu < _cpuCount; cpu++)
        {
            if (IsIdle(cpu) && vcpu->Affinity.Contains(cpu))
                return 1u << (int)cpu;
        }
        return 0;
    }

    private readonly bool IsIdle(uint cpu) =>
        _cpus[cpu].IsOnline && _cpus[cpu].Current == null && _cpus[cpu].NeedsReschedule == 0;

    private readonly void Flag(uint cpus)
    {
        for (uint cpu = 0; cpu < _cpuCount; cpu++)
        {
            if ((cpus >> (int)cpu & 1) != 0)
                Volatile.Write(ref _cpus[cpu].NeedsReschedule, 1);
        }
    }

    /// <summary>Wakes what this CPU watches and whose deadline is over.</summary>
    private readonly void ExpireDeadlines(uint cpu, ulong now)
    {
        for (ScheduledVm* vm = _vms; vm != null; vm = vm->Next)
        {
            for (ScheduledVCpu* vcpu = vm->First; vcpu != null; vcpu = vcpu->NextInVm)
            {
                if (vcpu->Current == SchedulingState.Blocked && vcpu->Cpu == cpu && vcpu->Deadline <= now)
                    MakeRunnableOn(cpu, vcpu, now);
            }
        }
    }

    /// <summary>
    /// Where who comes back begins: its own time, but at most one slice before those who waited (no credit for sleep), and at most two of
    /// its own slices behind them (no debt to a CPU that others shared).
    /// </summary>
    private readonly ulong Near(ulong own, ulong floor, ulong ownSlice)
    {
        if (floor == ulong.MaxValue)
            return own;
        ulong low = floor > _slice ? floor - _slice : 0;
        ulong high = floor + (2 * ownSlice);
        return own < low ? low : own > high ? high : own;
    }

    /// <summary>The smallest virtual time among other VMs that compete for the CPU; the maximum value when there are none.</summary>
    private readonly ulong FloorOfOthers(ScheduledVm* self, uint cpu)
    {
        ulong floor = ulong.MaxValue;
        for (ScheduledVm* vm = _vms; vm != null; vm = vm->Next)
        {
            if (vm != self && vm->Active != 0 && vm->VirtualTime < floor && Competes(vm, cpu))
                floor = vm->VirtualTime;
        }
        return floor;
    }

    private static bool Competes(ScheduledVm* vm, uint cpu)
    {
        for (ScheduledVCpu* vcpu = vm->First; vcpu != null; vcpu = vcpu->NextInVm)
        {
            if (vcpu->Current is SchedulingState.Runnable or SchedulingState.Running && vcpu->Affinity.Contains(cpu))
                return true;
        }
        return false;
    }

    private static ulong FloorOfSiblings(ScheduledVCpu* self)
    {
        ulong floor = ulong.MaxValue;
        for (ScheduledVCpu* vcpu = self->Vm->First; vcpu != null; vcpu = vcpu->NextInVm)
        {
            if (vcpu != self && vcpu->Current is SchedulingState.Runnable or SchedulingState.Running && vcpu->VirtualTime < floor)
                floor = vcpu->VirtualTime;
        }
        return floor;
    }
}
