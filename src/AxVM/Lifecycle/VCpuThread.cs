using AxVCpu;

namespace AxVM;

/// <summary>What the vCPU threads tell their VM. On a vCPU's thread; must not wait for one.</summary>
internal interface IVCpuEvents
{
    /// <summary>The guest powered the machine off; a code other than 0 is a failure the guest reports.</summary>
    void SystemDown(ulong code);

    /// <summary>The guest asked for a reset, or <paramref name="fault"/> made a vCPU reset the machine.</summary>
    void SystemReset(int cpu, string? fault);

    /// <summary>The vCPU cannot go on.</summary>
    void Failed(int cpu, string what);
}

/// <summary>The host thread of one vCPU and its run loop: serves exits from the machine, tells the VM the rest.</summary>
internal sealed class VCpuThread
{
    private const ulong NotSupported = unchecked((ulong)-2L);

    private readonly VCpuGang _gang;
    private readonly IVCpuEvents _events;
    private readonly Thread _thread;
    private readonly VCpuActivity _activity;
    private readonly ulong _hostCpus;
    private volatile bool _isTurnOver;
    private volatile HaltLook _look;
    private long _exitsSeen;
    private bool _isPlaced;
    private IMachine _machine;
    private VirtualCpu _cpu;

    /// <summary>Starts the thread, parked.</summary>
    /// <param name="gang">The threads it belongs to.</param>
    /// <param name="name">The thread's name.</param>
    /// <param name="index">The vCPU's index.</param>
    /// <param name="machine">What serves exits.</param>
    /// <param name="events">Who hears of the others.</param>
    /// <param name="activity">Counts what the vCPU does.</param>
    /// <param name="hostCpus">The host's CPUs that may run it, as a bit mask; 0 for all.</param>
    public VCpuThread(VCpuGang gang, string name, int index, IMachine machine, IVCpuEvents events, VCpuActivity activity, ulong hostCpus)
    {
        _hostCpus = hostCpus;
        _activity = activity;
        _gang = gang;
        _events = events;
        _machine = machine;
        _cpu = machine.Cpus[index];
        Index = index;
        _thread = new Thread(Main) { Name = name, IsBackground = true };
        _thread.Start();
    }

    public int Index { get; }

    public VirtualCpu Cpu => _cpu;

    /// <summary>Whether the vCPU takes part; under the gang's lock.</summary>
    public bool IsOnline { get; set; }

    /// <summary>Where the vCPU starts when its turn comes; under the gang's lock.</summary>
    public CpuStart? PendingStart { get; set; }

    /// <summary>Whether the vCPU must leave the guest to wait, or to start elsewhere; written under the gang's lock.</summary>
    public bool IsTurnOver
    {
        get => _isTurnOver;
        set => _isTurnOver = value;
    }

    public void Join() => _thread.Join();

    /// <summary>
    /// Whether the vCPU has done nothing since the last call and was found deaf then; a quiet one is asked to look again. Any thread, one at a
    /// time.
    /// </summary>
    public bool LookForHalt()
    {
        long exits = _activity.GuestExits;
        bool isQuiet = exits == _exitsSeen;
        bool isDeaf = isQuiet && _look == HaltLook.Deaf;
        _exitsSeen = exits;
        _look = isQuiet ? HaltLook.Asked : HaltLook.None;
        if (isQuiet)
        {
            _cpu.RequestExit();
        }

        return isDeaf;
    }

    private void Main()
    {
        while (_gang.WaitForTurn(this, out CpuStart? start))
        {
            try
            {
                TakeTurn(start);
            }
#pragma warning disable CA1031 // Whatever fails here ends this VM, never the process.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _gang.TakeDown(this);
                _events.Failed(Index, e.Message);
            }
            finally
            {
                _gang.EndTurn();
            }
        }
    }

    private void TakeTurn(CpuStart? start)
    {
        if (_hostCpus != 0 && !_isPlaced)
        {
            HostAffinity.BindCurrentThread(_hostCpus);
            _isPlaced = true;
        }

        _machine.BeginTurn(Index);
        if (start is { } entry)
        {
            _machine.Enter(_cpu, entry);
        }

        _cpu.Bind();
        _activity.BeginWork();
        try
        {
            while (_gang.IsRunning && !_isTurnOver && RunOnce())
            {
            }
        }
        finally
        {
            _activity.EndWork();
            if (_cpu.State == VCpuState.Ready)
            {
                _cpu.Unbind();
            }
        }
    }

    /// <summary>Runs to the next exit and serves it.</summary>
    /// <returns>False when the vCPU's turn is over.</returns>
    private bool RunOnce()
    {
        VCpuExit exit = _cpu.Run();
        _activity.Count(exit.Kind);
        if (RunLoop.Serve(exit, ref _machine, ref _cpu))
        {
            return true;
        }

        switch (exit.Kind)
        {
            case VCpuExitKind.Interrupted:
                if (_look == HaltLook.Asked)
                {
                    _look = _machine.IsDeaf(Index) ? HaltLook.Deaf : HaltLook.Awake;
                }

                return true;
            case VCpuExitKind.ExternalInterrupt:
                return true;
            case VCpuExitKind.Halt:
                _activity.EndWork();
                _cpu.Block(_machine.Clock.TimeUntil(exit.HaltDeadline));
                _activity.BeginWork();
                return true;
            case VCpuExitKind.SendIpi:
                SendIpi(exit.SendIpi);
                return true;
            case VCpuExitKind.CpuUp:
                CpuUp(exit.CpuUp);
                return true;
            case VCpuExitKind.CpuDown:
                _gang.TakeDown(this);
                return false;
            case VCpuExitKind.SystemDown:
                _events.SystemDown(exit.SystemDownCode);
                return false;
            case VCpuExitKind.SystemReset:
                _events.SystemReset(Index, _machine.ExplainReset(exit.SystemResetCode));
                return false;
            case VCpuExitKind.Hypercall:
                // The board offers no hypercalls of its own.
                _cpu.SetReturnValue(NotSupported);
                return true;
            case VCpuExitKind.ArchSpecific when _machine.ServeArchSpecific(_cpu, exit):
                return true;
            default:
                _gang.TakeDown(this);
                _events.Failed(Index, Describe(exit));
                return false;
        }
    }

    /// <summary>What is known about a vCPU that does nothing.</summary>
    private enum HaltLook
    {
        None,
        Asked,
        Deaf,
        Awake,
    }

    private void CpuUp(CpuUpExit up)
    {
        int target = _machine.FindCpu(up.TargetCpu);
        if (target >= 0)
        {
            _gang.BringUp(target, new CpuStart(up.Entry, up.Argument));
        }
    }

    private void SendIpi(SendIpiExit ipi)
    {
        if (ipi.ToAll)
        {
            foreach (VirtualCpu cpu in _machine.Cpus)
            {
                cpu.InjectInterrupt(ipi.Vector);
            }

            return;
        }

        for (ulong mask = ipi.TargetMask, id = ipi.TargetBase; mask != 0; mask >>= 1, id++)
        {
            int target = (mask & 1) != 0 ? _machine.FindCpu(id) : -1;
            if (target >= 0)
            {
                _machine.Cpus[target].InjectInterrupt(ipi.Vector);
            }
        }
    }

    private string Describe(VCpuExit exit) => exit.Kind switch
    {
        VCpuExitKind.InternalError => _machine.ExplainError(Index, exit.InternalError) ??
            $"engine error {exit.InternalError.Code} (0x{exit.InternalError.Data0:x}, 0x{exit.InternalError.Data1:x})",
        VCpuExitKind.FailEntry => $"the engine could not enter the guest, reason 0x{exit.FailEntryReason:x}",
        VCpuExitKind.Debug => $"stopped for a debugger at 0x{exit.Debug.ProgramCounter:x} and none is attached",
        _ => $"unexpected exit {exit.Kind}",
    };
}
