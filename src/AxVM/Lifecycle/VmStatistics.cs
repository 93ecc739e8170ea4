using AxVCpu;

namespace AxVM;

/// <summary>Counters of a VM, as they were at one moment.</summary>
/// <param name="GuestTicks">The VM's clock, in its ticks.</param>
/// <param name="GuestTicksPerSecond">The clock's frequency in hertz.</param>
/// <param name="ResidentBytes">Bytes of guest memory that have been touched.</param>
/// <param name="VCpus">The vCPUs by index.</param>
public sealed record VmStatistics(ulong GuestTicks, ulong GuestTicksPerSecond, ulong ResidentBytes, IReadOnlyList<VCpuStatistics> VCpus);

/// <summary>Counters of a vCPU since the VM was created, as they were at one moment.</summary>
public sealed class VCpuStatistics
{
    private readonly long[] _exits;

    internal VCpuStatistics(int index, VCpuState state, VCpuActivity activity, ExecutionStatistics? execution)
    {
        Index = index;
        State = state;
        _exits = activity.CopyExits();
        BusyTime = activity.Busy;
        Execution = execution;
    }

    /// <summary>The vCPU's index.</summary>
    public int Index { get; }

    /// <summary>The vCPU's state.</summary>
    public VCpuState State { get; }

    /// <summary>All exits.</summary>
    public long TotalExits => _exits.Sum();

    /// <summary>Time in the guest or serving its exits; not the time that it was halted.</summary>
    public TimeSpan BusyTime { get; }

    /// <summary>What the engine counted; <c>null</c> for an engine whose vCPUs are the hardware's.</summary>
    public ExecutionStatistics? Execution { get; }

    /// <summary>Exits of one kind.</summary>
    public long Exits(VCpuExitKind kind) => _exits[(int)kind];
}

/// <summary>What a software engine counted about one vCPU.</summary>
/// <param name="Instructions">Instructions retired since power-on.</param>
/// <param name="TranslatedInstructions">Instructions translated to host code, once for each time that they were.</param>
/// <param name="Traces">Traces translated, dropped ones too.</param>
/// <param name="CodeBytes">Bytes of host code now.</param>
/// <param name="CodeFlushes">How often all decoded and translated code was dropped.</param>
/// <param name="TlbMisses">Accesses and fetches whose page the software TLB did not have.</param>
/// <param name="TlbFlushes">How often the whole software TLB was emptied.</param>
/// <param name="SlowPaths">Instructions of translated code that its slow path did.</param>
public sealed record ExecutionStatistics(
    ulong Instructions,
    ulong TranslatedInstructions,
    ulong Traces,
    ulong CodeBytes,
    ulong CodeFlushes,
    ulong TlbMisses,
    ulong TlbFlushes,
    ulong SlowPaths);
