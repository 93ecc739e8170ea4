namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>
/// Shares physical CPUs among vCPUs: preemptive, with affinity, fair first between VMs by weight and then between the vCPUs of a VM.
/// </summary>
/// <remarks>
/// <para>Each VM and each vCPU has a virtual time: the CPU time it used, divided by its weight. A CPU takes, among the VMs that have a
/// vCPU waiting that may run there, the VM with the smallest virtual time, and from it the vCPU with the smallest. Who wakes up does not
/// get credit for the time asleep beyond one slice. Two VMs with equal weights so get equal time whatever the number of their vCPUs.</para>
/// <para>One lock guards everything: the machine has tens of vCPUs, and each holds the lock for one pass over them. The scheduler never
/// interrupts a CPU itself; calls that concern another CPU return a mask of the CPUs that the caller must interrupt.</para>
/// <para>Wake-ups are never lost: <see cref="Block"/> and <see cref="Wake"/> meet under the lock, and a wake-up of a running vCPU is
/// remembered until that vCPU blocks (which then fails) or says that it looks for interrupts anyway (<see cref="BeginEntry"/>).</para>
/// </remarks>
internal unsafe partial struct Scheduler
{
    /// <summary>The most physical CPUs: the bits of the masks.</summary>
    public const uint MaxCpus = 32;

    /// <summary>The weight of a VM whose configuration names none.</summary>
    public const uint DefaultWeight = 100;

    private SpinLock _lock;
    private SchedulerCpu* _cpus;
    private uint _cpuCount;
    private ScheduledVm* _vms;
    private ulong _slice;
    private ulong _granularity;

    /// <summary>Makes the scheduler ready, without VMs and with all CPUs offline.</summary>
    /// <param name="cpus">Zeroed memory for <paramref name="cpuCount"/> entries of <see cref="CpuEntrySize"/> bytes, for good.</param>
    /// <param name="cpuCount">How many CPUs there are, up to <see cref="MaxCpus"/>.</param>
    /// <param name="sliceTicks">How long a vCPU runs before others get their turn, in ticks; at least 1.</param>
    public void Initialize(void* cpus, uint cpuCount, ulong sliceTicks)
    {
        if (cpuCount is 0 or > MaxCpus || sliceTicks == 0)
            Misuse.Throw(MisuseKind.Argument);
        _cpus = (SchedulerCpu*)cpus;
        _cpuCount = cpuCount;
        _slice = sliceTicks;
        _granularity = sliceTicks / 4;
    }

    /// <summary>Bytes that <see cref="Initialize"/> needs for each CPU.</summary>
    public static uint CpuEntrySize => (uint)sizeof(SchedulerCpu);

    /// <summary>How many CPUs were given.</summary>
    public readonly uint CpuCount => _cpuCount;

    /// <summary>Ticks that a CPU has spent without a vCPU. Any CPU.</summary>
    public ulong IdleTicks(uint cpu, ulong now)
    {
        if (cpu >= _cpuCount)
            return 0;
        _lock.Enter();
        ref SchedulerCpu local = ref _cpus[cpu];
        ulong ticks = local.IdleTicks + (local.IsOnline && local.Current == null && now > local.IdleSince ? now - local.IdleSince : 0);
        _lock.Exit();
        return ticks;
    }

    /// <summary>A CPU begins to take vCPUs.</summary>
    public void SetOnline(uint cpu, ulong now)
    {
        _lock.Enter();
        _cpus[cpu].IsOnline = true;
        _cpus[cpu].IdleSince = now;
        _lock.Exit();
    }

    /// <summary>Makes a VM known, without vCPUs.</summary>
    /// <param name="vm">Its entry, at one address until <see cref="RemoveVm"/>.</param>
    /// <param name="weight">Its share relative to other VMs, 1 to 10000.</param>
    public void AddVm(ScheduledVm* vm, uint weight)
    {
        if (weight is 0 or > 10_000)
            Misuse.Throw(MisuseKind.Argument);
        *vm = default;
        vm->Weight = weight;
        _lock.Enter();
        vm->Next = _vms;
        _vms = vm;
        _lock.Exit();
    }

    /// <summary>Makes a vCPU known, parked.</summary>
    /// <param name="vm">Its VM, known already.</param>
    /// <param name="vcpu">Its entry, at one address until the VM is removed.</param>
    /// <param name="affinity">The CPUs that may run it.</param>
    /// <param name="preferred">The CPU to begin with, when it is in the set.</param>
    /// <param name="owner">Whom the entry stands for.</param>
    public void AddVCpu(ScheduledVm* vm, ScheduledVCpu* vcpu, CpuSet affinity, uint preferred, void* owner)
    {
        *vcpu = default;
        vcpu->Vm = vm;
        vcpu->Affinity = affinity;
        vcpu->Cpu = preferred < _cpuCount && affinity.Contains(preferred) ? preferred : FirstCpu(affinity);
        vcpu->Owner = owner;
        vcpu->Deadline = ulong.MaxValue;
        _lock.Enter();
        vcpu->NextInVm = vm->First;
        vm->First = vcpu;
        _lock.Exit();
    }

    /// <summary>Forgets a VM with all its vCPUs, which must be parked.</summary>
    public void RemoveVm(ScheduledVm* vm)
    {
        _lock.Enter();
        if (vm->Active != 0)
            Misuse.Throw(MisuseKind.Argument);
        ScheduledVm** link = FindLink(vm);
        if (link != null)
            *link = vm->Next;
        _lock.Exit();
    }

    /// <summary>Takes the next vCPU for a CPU that runs none, and marks it running.</summary>
    /// <returns>Null when there is none: the CPU waits for an interrupt, at most until <see cref="NextTimer"/>.</returns>
    public ScheduledVCpu* PickNext(uint cpu, ulong now)
    {
        _lock.Enter();
        ref SchedulerCpu local = ref _cpus[cpu];
        local.NeedsReschedule = 0;
        ExpireDeadlines(cpu, now);
        ScheduledVCpu* next = Choose(cpu);
        if (next != null)
        {
            local.IdleTicks += now - local.IdleSince;
            next->Current = SchedulingState.Running;
            next->Cpu = cpu;
            next->RunningSince = now;
            next->Switches++;
            local.Current = next;
            local.SliceEnd = Choose(cpu) != null ? now + _slice : ulong.MaxValue;
        }
        UpdateTimer(cpu);
        _lock.Exit();
        return next;
    }

    /// <summary>
    /// Whether the CPU should put its vCPU back now: its slice is over, somebody more entitled waits, or it was asked to park. Called at
    /// each exit, and cheap when nothing happened; otherwise <see cref="NextTimer"/> may have changed.
    /// </summary>
    public bool ShouldYield(uint cpu, ulong now)
    {
        ref SchedulerCpu local = ref _cpus[cpu];
        if (Volatile.Read(ref local.NeedsReschedule) == 0 && now < local.TimerAt)
            return false;
        _lock.Enter();
        local.NeedsReschedule = 0;
        ExpireDeadlines(cpu, now);
        ScheduledVCpu* current = local.Current;
        Charge(current, now);
        bool yields = current->IsParkRequested;
        ScheduledVCpu* other = Choose(cpu);
        if (other == null)
        {
            local.SliceEnd = ulong.MaxValue;
        }
        else if (!yields)
        {
            yields = now >= local.SliceEnd || IsMoreEntitled(other, current);
            if (local.SliceEnd == ulong.MaxValue)
                local.SliceEnd = now + _slice;
        }
        UpdateTimer(cpu);
        _lock.Exit();
        return yields;
    }

    /// <summary>When the timer of this CPU must fire: the end of the slice, or the first deadline of a vCPU that blocked there. Own CPU only.</summary>
    public readonly ulong NextTimer(uint cpu) => _cpus[cpu].TimerAt;

    /// <summary>The owner is about to look for pending interrupts: wake-ups up to here need not be remembered.</summary>
    public static void BeginEntry(ScheduledVCpu* vcpu) => Volatile.Write(ref vcpu->IsWakePending, false);

    private readonly uint FirstCpu(CpuSet affinity)
    {
        for (uint cpu = 0; cpu < _cpuCount; cpu++)
        {
            if (affinity.Contains(cpu))
                return cpu;
        }
        return 0;
    }

    private ScheduledVm** FindLink(ScheduledVm* vm)
    {
        fixed (ScheduledVm** head = &_vms)
        {
            ScheduledVm** link = head;
            while (*link != null && *link != vm)
                link = &(*link)->Next;
            return *link == vm ? link : null;
        }
    }

    /// <summary>The vCPU that the CPU should run of those that wait.</summary>
    private readonly ScheduledVCpu* Choose(uint cpu)
    {
        ScheduledVCpu* best = null;
        for (ScheduledVm* vm = _vms; vm != null; vm = vm->Next)
        {
            if (vm->Active == 0 || (best != null && vm->VirtualTime >= best->Vm->VirtualTime))
                continue;
            ScheduledVCpu* first = FirstOf(vm, cpu);
            best = first != null ? first : best;
        }
        return best;
    }

    private static ScheduledVCpu* FirstOf(ScheduledVm* vm, uint cpu)
    {
        ScheduledVCpu* best = null;
        for (ScheduledVCpu* vcpu = vm->First; vcpu != null; vcpu = vcpu->NextInVm)
        {
            if (vcpu->Current != SchedulingState.Runnable || !vcpu->Affinity.Contains(cpu))
                continue;
            // Of two equals the one that ran here last keeps its caches.
            if (best == null || vcpu->VirtualTime < best->VirtualTime || (vcpu->VirtualTime == best->VirtualTime && vcpu->Cpu == cpu))
                best = vcpu;
        }
        return best;
    }

    private readonly bool IsMoreEntitled(ScheduledVCpu* other, ScheduledVCpu* current) => other->Vm == current->Vm
        ? other->VirtualTime + _granularity < current->VirtualTime
        : other->Vm->VirtualTime + _granularity < current->Vm->VirtualTime;

    /// <summary>Books time that a CPU has worked for a VM outside of its vCPUs. Any CPU, after the vCPU that profits was started.</summary>
    public void Book(ScheduledVm* vm, ulong ticks)
    {
        _lock.Enter();
        Add(vm, ticks);
        _lock.Exit();
    }

    /// <summary>Books the time since the last booking on a running vCPU and its VM.</summary>
    private static void Charge(ScheduledVCpu* vcpu, ulong now)
    {
        if (now <= vcpu->RunningSince)
            return;
        ulong used = now - vcpu->RunningSince;
        vcpu->RunningSince = now;
        vcpu->UsedTicks += used;
        vcpu->VirtualTime += used;
        Add(vcpu->Vm, used);
    }

    private static void Add(ScheduledVm* vm, ulong used)
    {
        vm->UsedTicks += used;
        vm->VirtualTime += used * DefaultWeight / vm->Weight;
    }

    /// <summary>The earlier of the slice's end and the deadlines that this CPU watches.</summary>
    private readonly void UpdateTimer(uint cpu)
    {
        ref SchedulerCpu local = ref _cpus[cpu];
        ulong first = local.Current != null ? local.SliceEnd : ulong.MaxValue;
        for (ScheduledVm* vm = _vms; vm != null; vm = vm->Next)
        {
            for (ScheduledVCpu* vcpu = vm->First; vcpu != null; vcpu = vcpu->NextInVm)
            {
                if (vcpu->Current == SchedulingState.Blocked && vcpu->Cpu == cpu && vcpu->Deadline < first)
                    first = vcpu->Deadline;
            }
        }
        local.TimerAt = first;
    }
}
