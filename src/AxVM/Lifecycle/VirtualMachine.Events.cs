using AxVCpu;

namespace AxVM;

/// <content>What vCPUs and devices report. It only signals and takes a note; the work is done where no vCPU waits for it.</content>
public sealed partial class VirtualMachine : IMachineHost, IVCpuEvents
{
    private readonly Lock _noteGate = new();
    private Note? _note;

    void IMachineHost.End(VmExit exit) => TakeNote(new Note(exit, false));

    void IMachineHost.Restart() => AskForReset();

    void IMachineHost.CpuUp(int cpu, in CpuStart start) => _gang?.Restart(cpu, start);

    void IMachineHost.CpuDown(int cpu) => _gang?.TakeDown(cpu);

    void IVCpuEvents.SystemDown(ulong code) => TakeNote(new Note(
        code == 0 ? new VmExit(VmExitReason.PowerOff) : new VmExit(VmExitReason.GuestExit, (int)ulong.Min(code, int.MaxValue)), false));

    void IVCpuEvents.SystemReset(int cpu, string? fault)
    {
        if (fault is null)
        {
            AskForReset();
            return;
        }

        string what = $"vCPU {cpu}: {fault}";
        if (_options.RestartOnReset)
        {
            _options.Restarting?.Invoke(what);
            AskForReset();
        }
        else
        {
            TakeNote(new Note(new VmExit(VmExitReason.Failed, 0, what), false));
        }
    }

    void IVCpuEvents.Failed(int cpu, string what) =>
        TakeNote(new Note(new VmExit(VmExitReason.Failed, 0, $"vCPU {cpu}: {what}"), false));

    private void AskForReset() => TakeNote(new Note(new VmExit(VmExitReason.Reset), _options.RestartOnReset));

    /// <summary>The first note of a run counts; what other vCPUs still do until they are parked does not.</summary>
    private void TakeNote(Note note)
    {
        lock (_noteGate)
        {
            if (_note is not null)
            {
                return;
            }

            _note = note;
        }

        _gang?.Signal();
        _ = Task.Run(FinishGuestInTurnAsync);
    }

    private void ForgetEnd()
    {
        lock (_noteGate)
        {
            _note = null;
        }
    }

    private async Task FinishGuestInTurnAsync()
    {
        await _operations.WaitAsync().ConfigureAwait(false);
        try
        {
            await FinishGuestAsync().ConfigureAwait(false);
        }
        finally
        {
            _operations.Release();
        }
    }

    /// <summary>Does what the guest asked for, if it did. Only as an operation.</summary>
    private async Task FinishGuestAsync()
    {
        Note? note;
        lock (_noteGate)
        {
            note = _note;
        }

        if (note is null || State is not (VmState.Running or VmState.Paused))
        {
            ForgetEnd();
            return;
        }

        VmExit exit = note.Exit;
        try
        {
            if (!note.Restart)
            {
                await StopCoreAsync(exit, exit.Reason == VmExitReason.Failed ? VmState.Failed : VmState.Stopped).ConfigureAwait(false);
                return;
            }

            await ResetCoreAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is Boot.ImageException or EngineException or TimeoutException)
        {
            // The guest cannot be told, and nobody awaits this: the run's result says it.
            if (State is VmState.Running or VmState.Paused)
            {
                await StopCoreAsync(new VmExit(VmExitReason.Failed, 0, e.Message), VmState.Failed).ConfigureAwait(false);
            }
        }
    }

    private void Poll()
    {
        if (_gang is { IsRunning: true } && _operations.CurrentCount != 0)
        {
            _machine.Poll();
        }
    }

    private void LookForHalt()
    {
        if (_gang is { IsRunning: true } gang && gang.LookForHalt())
        {
            TakeNote(new Note(new VmExit(VmExitReason.Halted), false));
        }
    }

    /// <summary>What the guest asked for.</summary>
    private sealed record Note(VmExit Exit, bool Restart);
}
