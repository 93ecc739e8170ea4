using AxVCpu.Memory;

namespace AxVCpu.Software.Riscv64;

// Hart state management extension (SBI 2.0, 9).
internal sealed unsafe partial class Hart
{
    private const uint SuspendRetentive = 0;
    private const uint SuspendNonRetentive = 0x8000_0000;

    private SbiResult SbiHsm(ulong function) => function switch
    {
        0 => SbiHartStart(_s->X[A0], _s->X[A1], _s->X[A2]),
        1 => SbiHartStop(),
        2 => SbiHartStatus(_s->X[A0]),
        3 => SbiHartSuspend((uint)_s->X[A0], _s->X[A1], _s->X[A2]),
        _ => SbiError.NotSupported,
    };

    private SbiResult SbiHartStart(ulong target, ulong entry, ulong argument)
    {
        if (target >= (ulong)_machine.HartCount)
            return SbiError.InvalidParam;
        if (!IsCodeAddress(entry))
            return SbiError.InvalidAddress;
        if (!_machine.TryChangeHsm(target, HsmState.Stopped, HsmState.StartPending))
            return SbiError.AlreadyAvailable;
        _exit.SetCpuUp(target, new GuestPhysAddr(entry), argument);
        _exitPending = true;
        return SbiError.Success;
    }

    /// <summary>The VMM answers the CpuUp exit with an error: the hart that was to start is stopped as before. Does nothing after other exits.</summary>
    public void CancelHartStart()
    {
        if (_exit.Kind == VCpuExitKind.CpuUp)
            _machine.TryChangeHsm(new VCpuExit(in _exit).CpuUp.TargetCpu, HsmState.StartPending, HsmState.Stopped);
    }

    private SbiResult SbiHartStop()
    {
        // The next start finds the hart as after a reset, with its own entry.
        ResetSystem();
        _exit.SetCpuDown(0);
        _exitPending = true;
        return SbiResult.NoReturn;
    }

    private SbiResult SbiHartStatus(ulong target) =>
        target < (ulong)_machine.HartCount ? SbiResult.Success((ulong)_machine.GetHsm(target)) : SbiError.InvalidParam;

    private SbiResult SbiHartSuspend(uint type, ulong resume, ulong argument)
    {
        switch (type)
        {
            case SuspendRetentive:
                _s->X[A0] = 0;
                _s->X[A1] = 0;
                _s->Pc += 4;
                break;
            case SuspendNonRetentive:
                if (!IsCodeAddress(resume))
                    return SbiError.InvalidAddress;
                WriteSatp(0);
                _s->Mstatus &= ~StatusBits.SIE;
                _s->X[A0] = HartId;
                _s->X[A1] = argument;
                _s->Pc = resume;
                break;
            case > SuspendRetentive and < 0x1000_0000 or > SuspendNonRetentive and < 0x9000_0000:
                // Reserved values.
                return SbiError.InvalidParam;
            default:
                // Platform-specific values: there are none.
                return SbiError.NotSupported;
        }

        _machine.SetHsm(HartId, HsmState.Suspended);
        WakeFromSuspend();
        return SbiResult.NoReturn;
    }

    private bool IsSuspended => _machine.GetHsm(HartId) == HsmState.Suspended;

    /// <summary>Ends the suspension when an enabled interrupt is pending, else sets up a Halt exit; whether it ended.</summary>
    private bool WakeFromSuspend()
    {
        if (HaltUnlessPending())
            return false;
        _machine.SetHsm(HartId, HsmState.Started);
        return true;
    }

    /// <summary>Whether a hart may start at a physical address: memory, executable, aligned.</summary>
    private bool IsCodeAddress(ulong address) =>
        (address & ~PcMask) == 0
        && _machine.WalkNested(new GuestPhysAddr(address), MappingFlags.Execute, out _) is NestedWalkStatus.Mapped or NestedWalkStatus.Lazy;
}
