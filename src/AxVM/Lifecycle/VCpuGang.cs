using AxVCpu;

namespace AxVM;

/// <summary>
/// The vCPU threads of one VM: started, parked and released together. Parking signals all vCPUs first and waits
/// afterwards, so that it takes as long as the slowest, not as long as all of them one after the other.
/// </summary>
internal sealed class VCpuGang : IDisposable
{
    private readonly object _gate = new();
    private readonly VCpuThread[] _threads;
    private TaskCompletionSource? _allParked;
    private int _active;
    private int _deafLooks;
    private volatile bool _isRunning;
    private volatile bool _isQuitting;

    /// <summary>A gang whose threads are parked.</summary>
    /// <param name="vmId">The VM's number, for the threads' names.</param>
    /// <param name="machine">What serves exits.</param>
    /// <param name="events">Who hears of what the machine does not serve.</param>
    /// <param name="activities">Counts what each vCPU does.</param>
    /// <param name="hostCpus">The host's CPUs of each vCPU as bit masks; empty for no restriction.</param>
    public VCpuGang(uint vmId, IMachine machine, IVCpuEvents events, IReadOnlyList<VCpuActivity> activities, IReadOnlyList<ulong> hostCpus)
    {
        _threads = new VCpuThread[machine.Cpus.Count];
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new VCpuThread(this, $"vm{vmId}-vcpu{i}", i, machine, events, activities[i], hostCpus.Count > i ? hostCpus[i] : 0);
        }
    }

    /// <summary>Whether vCPUs are meant to be in the guest. Any thread.</summary>
    public bool IsRunning => _isRunning;

    /// <summary>Sets which vCPUs take part, for a machine at power-on. While parked.</summary>
    public void SetOnline(Func<int, bool> isOnline)
    {
        lock (_gate)
        {
            foreach (VCpuThread thread in _threads)
            {
                thread.IsOnline = isOnline(thread.Index);
                thread.PendingStart = null;
            }
        }
    }

    /// <summary>Lets the vCPUs run.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _isRunning = true;
            _allParked = null;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Asks every vCPU to leave the guest, without waiting. Any thread, also a vCPU's own.</summary>
    public void Signal()
    {
        lock (_gate)
        {
            _isRunning = false;
        }

        foreach (VCpuThread thread in _threads)
        {
            thread.Cpu.RequestExit();
        }
    }

    /// <summary>Asks every vCPU to leave the guest and completes when all have.</summary>
    public Task ParkAsync()
    {
        Signal();
        lock (_gate)
        {
            if (_active == 0)
            {
                return Task.CompletedTask;
            }

            _allParked ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _allParked.Task;
        }
    }

    /// <summary>Starts a vCPU that waits. Any thread.</summary>
    /// <returns>False when it takes part already.</returns>
    public bool BringUp(int cpu, in CpuStart start)
    {
        lock (_gate)
        {
            VCpuThread thread = _threads[cpu];
            if (thread.IsOnline)
            {
                return false;
            }

            thread.IsOnline = true;
            thread.PendingStart = start;
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    /// <summary>Starts a vCPU at <paramref name="start"/>, whether it waits or runs. Any thread.</summary>
    public void Restart(int cpu, in CpuStart start)
    {
        lock (_gate)
        {
            VCpuThread thread = _threads[cpu];
            thread.IsOnline = true;
            thread.PendingStart = start;
            thread.IsTurnOver = true;
            Monitor.PulseAll(_gate);
        }

        _threads[cpu].Cpu.RequestExit();
    }

    /// <summary>Whether all vCPUs that take part were halted for good when last asked, and have done nothing since. Any thread.</summary>
    public bool LookForHalt()
    {
        lock (_gate)
        {
            int online = 0;
            int deaf = 0;
            foreach (VCpuThread thread in _threads)
            {
                if (_isRunning && thread.IsOnline)
                {
                    online++;
                    deaf += thread.LookForHalt() ? 1 : 0;
                }
            }

            _deafLooks = online > 0 && deaf == online ? _deafLooks + 1 : 0;
            // Twice: what one vCPU had sent to another before the first look has arrived by the second.
            return _deafLooks > 1;
        }
    }

    /// <summary>Takes a vCPU out until it is started again. On its thread.</summary>
    public void TakeDown(VCpuThread thread)
    {
        lock (_gate)
        {
            thread.IsOnline = false;
        }
    }

    /// <summary>Takes a vCPU out until it is started again. Any thread; it may run on for a moment.</summary>
    public void TakeDown(int cpu)
    {
        lock (_gate)
        {
            _threads[cpu].IsOnline = false;
            _threads[cpu].PendingStart = null;
            _threads[cpu].IsTurnOver = true;
        }

        _threads[cpu].Cpu.RequestExit();
    }

    /// <summary>Ends the threads and waits for them. They must be parked, or about to be.</summary>
    public void Dispose()
    {
        Signal();
        lock (_gate)
        {
            _isQuitting = true;
            Monitor.PulseAll(_gate);
        }

        foreach (VCpuThread thread in _threads)
        {
            thread.Join();
        }
    }

    /// <summary>Waits until the vCPU shall run. On its thread.</summary>
    /// <returns>False when the thread shall end.</returns>
    internal bool WaitForTurn(VCpuThread thread, out CpuStart? start)
    {
        lock (_gate)
        {
            while (!_isQuitting && !(_isRunning && thread.IsOnline))
            {
                Monitor.Wait(_gate);
            }

            start = thread.PendingStart;
            thread.PendingStart = null;
            thread.IsTurnOver = false;
            _active += _isQuitting ? 0 : 1;
            return !_isQuitting;
        }
    }

    /// <summary>The vCPU has left the guest for good until its next turn. On its thread.</summary>
    internal void EndTurn()
    {
        lock (_gate)
        {
            if (--_active == 0 && !_isRunning)
            {
                _allParked?.TrySetResult();
                _allParked = null;
            }
        }
    }
}
