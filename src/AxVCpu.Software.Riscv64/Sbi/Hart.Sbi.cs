namespace AxVCpu.Software.Riscv64;

// SBI 2.0: the calls of S mode in the sbi profile. Arguments in a0-a5, function in a6, extension in a7.
// Every call is answered at once; what the VM layer must do or know is an exit with the answer already in the registers, so that an
// exit that nobody serves is still a completed call.
internal sealed unsafe partial class Hart
{
    private const int A0 = 10, A1 = 11, A2 = 12, A3 = 13, A4 = 14, A5 = 15, A6 = 16, A7 = 17;

    private bool ExecuteSbiCall()
    {
        ulong function = _s->X[A6];
        SbiResult result = (SbiExtension)_s->X[A7] switch
        {
            SbiExtension.Base => SbiBase(function),
            SbiExtension.Time => SbiTime(function),
            SbiExtension.Ipi => SbiIpi(function),
            SbiExtension.Rfence => SbiRfence(function),
            SbiExtension.Hsm => SbiHsm(function),
            SbiExtension.Srst => SbiSrst(function),
            SbiExtension.Dbcn => SbiDbcn(function),
            SbiExtension.Hypercall => SbiHypercall(function),
            <= SbiExtension.LegacyShutdown => SbiLegacy((SbiExtension)_s->X[A7]),
            _ => SbiError.NotSupported,
        };

        if (result.Kind == SbiReturn.NoReturn)
            return !_exitPending;
        _s->X[A0] = (ulong)result.Error;
        if (result.Kind == SbiReturn.Pair)
            _s->X[A1] = result.Value;
        _s->Pc += 4;
        return !_exitPending;
    }

    /// <summary>A call to the hypervisor: until SetReturnValue says otherwise the guest is told that there is no such call.</summary>
    private SbiResult SbiHypercall(ulong number)
    {
        _exit.SetHypercall(number, _s->X[A0], _s->X[A1], _s->X[A2], _s->X[A3], _s->X[A4], _s->X[A5]);
        _exitPending = true;
        return SbiError.NotSupported;
    }

    /// <summary>
    /// A hart mask argument (SBI 2.0, 3): bit n of <paramref name="mask"/> is hart <paramref name="start"/> + n, and a start of -1 means all harts.
    /// False when it names a hart that does not exist.
    /// </summary>
    private bool IsHartMaskValid(ulong mask, ulong start)
    {
        if (start == ulong.MaxValue || mask == 0)
            return true;
        ulong highest = (ulong)(63 - System.Numerics.BitOperations.LeadingZeroCount(mask));
        return start < (ulong)_machine.HartCount && highest < (ulong)_machine.HartCount - start;
    }

    /// <summary>Whether hart <paramref name="id"/> is in a mask that is valid.</summary>
    private static bool IsInHartMask(ulong id, ulong mask, ulong start) =>
        start == ulong.MaxValue || (id >= start && id - start < 64 && ((mask >> (int)(id - start)) & 1) != 0);
}
