using System.Diagnostics;
using AxVCpu;

namespace AxVM;

/// <summary>What is counted about a vCPU: plain fields that its thread writes and any thread reads as they happen to be.</summary>
internal sealed class VCpuActivity
{
    private readonly long[] _exits = new long[(int)VCpuExitKind.ArchSpecific + 1];
    private long _busy;
    private long _busySince;

    /// <summary>Exits by kind. A copy.</summary>
    public long[] CopyExits() => (long[])_exits.Clone();

    /// <summary>Time in the guest or serving it, without the time the vCPU was halted or had no turn.</summary>
    public TimeSpan Busy
    {
        get
        {
            long since = Volatile.Read(ref _busySince);
            return Stopwatch.GetElapsedTime(0, Volatile.Read(ref _busy) + (since == 0 ? 0 : Stopwatch.GetTimestamp() - since));
        }
    }

    /// <summary>Exits of one kind so far. Any thread.</summary>
    public long Exits(VCpuExitKind kind) => Volatile.Read(ref _exits[(int)kind]);

    /// <summary>Exits for which the guest did something so far. Any thread.</summary>
    public long GuestExits
    {
        get
        {
            long sum = 0;
            for (int kind = 0; kind < _exits.Length; kind++)
            {
                // Those that the host asks for, and the halts that are told again after them, are not the guest's doing.
                sum += (VCpuExitKind)kind is VCpuExitKind.Interrupted or VCpuExitKind.Halt ? 0 : Volatile.Read(ref _exits[kind]);
            }

            return sum;
        }
    }

    /// <summary>Counts an exit. On the vCPU's thread.</summary>
    public void Count(VCpuExitKind kind) => _exits[(int)kind]++;

    /// <summary>The vCPU has something to do. On its thread.</summary>
    public void BeginWork() => Volatile.Write(ref _busySince, Stopwatch.GetTimestamp());

    /// <summary>The vCPU waits. On its thread.</summary>
    public void EndWork()
    {
        Volatile.Write(ref _busy, _busy + Stopwatch.GetTimestamp() - _busySince);
        Volatile.Write(ref _busySince, 0);
    }
}
