namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>What the scheduler knows of one physical CPU.</summary>
internal unsafe struct SchedulerCpu
{
    internal ScheduledVCpu* Current;

    /// <summary>When the time slice of <see cref="Current"/> ends; the maximum value without a competitor.</summary>
    internal ulong SliceEnd;

    /// <summary>What the CPU's timer is set to: written under the lock, read by the CPU itself.</summary>
    internal ulong TimerAt;

    /// <summary>Set by other CPUs: look at the queue again. Cleared by the CPU itself, under the lock.</summary>
    internal int NeedsReschedule;

    internal bool IsOnline;

    /// <summary>Ticks spent without a vCPU.</summary>
    internal ulong IdleTicks;

    internal ulong IdleSince;
}
