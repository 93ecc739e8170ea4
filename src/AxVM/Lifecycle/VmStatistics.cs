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

    internal VCpuStatistics(int index, VCpuState state, long[] exits)
    {
        Index = index;
        State = state;
        _exits = exits;
    }

    /// <summary>The vCPU's index.</summary>
    public int Index { get; }

    /// <summary>The vCPU's state.</summary>
    public VCpuState State { get; }

    /// <summary>All exits.</summary>
    public long TotalExits => _exits.Sum();

    /// <summary>Exits of one kind.</summary>
    public long Exits(VCpuExitKind kind) => _exits[(int)kind];
}
