namespace AxVCpu.Software.Riscv64;

// Timer extension (SBI 2.0, 6).
internal sealed unsafe partial class Hart
{
    private SbiResult SbiTime(ulong function)
    {
        if (function != 0)
            return SbiError.NotSupported;
        SetSupervisorTimer(_s->X[A0]);
        return SbiError.Success;
    }
}
