namespace AxVCpu.Software.Riscv64;

// System reset extension (SBI 2.0, 10). Both arguments are 32 bits wide.
internal sealed unsafe partial class Hart
{
    private const uint ResetShutdown = 0;
    private const uint ResetCold = 1;
    private const uint ResetWarm = 2;
    private const uint ReasonSystemFailure = 1;
    private const uint FirstPlatformValue = 0xE000_0000;

    private SbiResult SbiSrst(ulong function)
    {
        if (function != 0)
            return SbiError.NotSupported;
        uint type = (uint)_s->X[A0];
        uint reason = (uint)_s->X[A1];
        // Values in between are reserved; from 0xE0000000 on they are for SBI implementations, vendors and platforms.
        if (type is > ResetWarm and < FirstPlatformValue || reason is > ReasonSystemFailure and < FirstPlatformValue)
            return SbiError.InvalidParam;
        switch (type)
        {
            case ResetShutdown:
                _exit.SetSystemDown(reason);
                break;
            case ResetCold:
                _exit.SetSystemReset(0);
                break;
            case ResetWarm:
                _exit.SetSystemReset(1);
                break;
            default:
                return SbiError.NotSupported;
        }

        // A guest that is resumed all the same learns that nothing happened.
        _exitPending = true;
        return SbiError.Failed;
    }
}
