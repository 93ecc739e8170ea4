namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>Where the scheduler has a vCPU.</summary>
internal enum SchedulingState : byte
{
    /// <summary>Not to be run: off, suspended or not started.</summary>
    Parked = 0,

    /// <summary>Waits for a CPU.</summary>
    Runnable,

    /// <summary>A CPU runs it.</summary>
    Running,

    /// <summary>Waits for an interrupt or its deadline.</summary>
    Blocked,
}

/// <summary>The scheduler's view of one VM: its share and how much of it was used.</summary>
internal unsafe struct ScheduledVm
{
    internal ScheduledVm* Next;
    internal ScheduledVCpu* First;
    internal ulong VirtualTime;
    internal uint Weight;

    /// <summary>How many of its vCPUs are Runnable or Running.</summary>
    internal uint Active;

    /// <summary>CPU time used by all vCPUs and by restarts of the VM, in ticks. Read without the lock it may be one slice old.</summary>
    public ulong UsedTicks;
}

/// <summary>The scheduler's view of one vCPU. It lives as long as its VM and stays at one address.</summary>
internal unsafe struct ScheduledVCpu
{
    internal ScheduledVCpu* NextInVm;
    internal ScheduledVm* Vm;
    internal ulong VirtualTime;
    internal ulong RunningSince;
    internal ulong Deadline;
    internal CpuSet Affinity;
    internal uint Cpu;
    internal bool IsWakePending;
    internal bool IsParkRequested;
    internal SchedulingState Current;

    /// <summary>Whom the entry stands for; the scheduler does not look at it.</summary>
    public void* Owner;

    /// <summary>CPU time used, in ticks. Read without the lock it may be one slice old.</summary>
    public ulong UsedTicks;

    /// <summary>How often it was given a CPU.</summary>
    public ulong Switches;

    /// <summary>Where the scheduler has it now; a snapshot, any CPU.</summary>
    public readonly SchedulingState State => Current;

    /// <summary>The CPU that runs it, or ran it last.</summary>
    public readonly uint LastCpu => Cpu;
}
