namespace AxVCpu.Software.Riscv64;

// IPI extension (SBI 2.0, 7).
internal sealed unsafe partial class Hart
{
    private SbiResult SbiIpi(ulong function)
    {
        if (function != 0)
            return SbiError.NotSupported;
        return SendIpi(_s->X[A0], _s->X[A1]) ? SbiError.Success : SbiError.InvalidParam;
    }

    /// <summary>
    /// Makes SSIP pending in the harts of a mask. A hart that is inside Run gets it directly; the others are left to the VM layer, with
    /// a SendIpi exit that names them, because it may have put their threads to sleep. (A hart that leaves Run to halt right now has
    /// SSIP set before it can sleep, and <see cref="HasPendingInterrupt"/> says so.) False when the mask is not valid.
    /// </summary>
    private bool SendIpi(ulong mask, ulong start)
    {
        if (!IsHartMaskValid(mask, start))
            return false;

        int sleeping = 0;
        ulong sleepingMask = 0;
        ulong sleepingStart = start == ulong.MaxValue ? 0 : start;
        for (int id = 0; id < _machine.HartCount; id++)
        {
            if (!IsInHartMask((ulong)id, mask, start))
                continue;
            Hart? target = _machine.FindHart((ulong)id);
            if (target is null)
                continue;
            if (target == this || target.IsRunning)
            {
                target.InjectInterrupt(SupervisorSoftware);
                continue;
            }

            sleeping++;
            if ((ulong)id - sleepingStart < 64)
                sleepingMask |= 1UL << (int)((ulong)id - sleepingStart);
        }

        if (sleeping != 0)
        {
            // More than 64 harts that sleep do not fit the mask: then it is everybody, and a spurious wake-up is allowed.
            bool all = System.Numerics.BitOperations.PopCount(sleepingMask) != sleeping;
            _exit.SetSendIpi(all ? ulong.MaxValue : sleepingMask, sleepingStart, all, SupervisorSoftware);
            _exitPending = true;
        }

        return true;
    }

    /// <summary>The bit number of SSIP.</summary>
    private const uint SupervisorSoftware = 1;
}
