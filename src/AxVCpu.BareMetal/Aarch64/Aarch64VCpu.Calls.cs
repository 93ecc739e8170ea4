using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Aarch64;

/// <content>HVC and, where the VM wants it, SMC.</content>
internal unsafe partial struct Aarch64VCpu
{
    /// <summary>Marks the power state of a CpuDown exit that is a CPU_SUSPEND: entry and argument are in X2 and X3.</summary>
    public const ulong IsSuspend = 1UL << 63;

    /// <summary>Marks the code of a SystemReset exit that is a SYSTEM_RESET2: the type is below.</summary>
    public const ulong IsReset2 = 1UL << 32;

    private const ulong NotSupported = unchecked((ulong)(long)PsciResult.NOT_SUPPORTED); // and the calling convention's own (SMCCC 1.1, 5.2)
    private const ulong FunctionMask = 0xFFFF_FFFF;

    private void DecodeCall(ref VCpuExitRecord exit)
    {
        ulong number = _registers.X[0];
        ulong function = number & FunctionMask;
        bool isWide = (function & Smccc.Wide) != 0;
        ulong a1 = Argument(1, isWide);
        ulong a2 = Argument(2, isWide);
        ulong a3 = Argument(3, isWide);
        // CPU_OFF, SYSTEM_OFF and SYSTEM_RESET exist with 32 bits only.
        switch ((PsciFunction)(function & ~Smccc.Wide), isWide)
        {
            case (PsciFunction.CPU_ON, _):
                exit.SetCpuUp(a1, new GuestPhysAddr(a2), a3);
                break;
            case (PsciFunction.CPU_SUSPEND, _):
                StorePriorities();
                exit.SetCpuDown(IsSuspend | (uint)a1);
                break;
            case (PsciFunction.CPU_OFF, false):
                exit.SetCpuDown(0);
                break;
            case (PsciFunction.SYSTEM_OFF, false):
                exit.SetSystemDown(0);
                break;
            case (PsciFunction.SYSTEM_RESET, false):
                exit.SetSystemReset(0);
                break;
            case (PsciFunction.SYSTEM_RESET2, _):
                exit.SetSystemReset(IsReset2 | (uint)a1);
                break;
            default:
                exit.SetHypercall(
                    number, _registers.X[1], _registers.X[2], _registers.X[3], _registers.X[4], _registers.X[5], _registers.X[6]);
                break;
        }
    }

    private readonly ulong Argument(int index, bool isWide) => isWide ? _registers.X[index] : (uint)_registers.X[index];
}
