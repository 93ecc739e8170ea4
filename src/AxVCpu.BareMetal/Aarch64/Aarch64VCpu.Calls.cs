namespace AxVCpu.BareMetal.Aarch64;

/// <summary>The calls of the Power State Coordination Interface that become exits of their own (Arm DEN 0022, 5.1).</summary>
internal enum PsciCall : uint
{
    /// <summary>CPU_SUSPEND.</summary>
    CpuSuspend = 0x8400_0001,
    /// <summary>CPU_OFF.</summary>
    CpuOff = 0x8400_0002,
    /// <summary>CPU_ON.</summary>
    CpuOn = 0x8400_0003,
    /// <summary>SYSTEM_OFF.</summary>
    SystemOff = 0x8400_0008,
    /// <summary>SYSTEM_RESET.</summary>
    SystemReset = 0x8400_0009,
    /// <summary>SYSTEM_RESET2.</summary>
    SystemReset2 = 0x8400_0012,
}

/// <content>HVC and, where the VM wants it, SMC.</content>
internal unsafe partial struct Aarch64VCpu
{
    /// <summary>Marks the power state of a CpuDown exit that is a CPU_SUSPEND: entry and argument are in X2 and X3.</summary>
    public const ulong IsSuspend = 1UL << 63;

    /// <summary>Marks the code of a SystemReset exit that is a SYSTEM_RESET2: the type is below.</summary>
    public const ulong IsReset2 = 1UL << 32;

    private const ulong NotSupported = ulong.MaxValue;  // SMCCC 1.1, 5.2
    private const ulong Wide = 1UL << 30;               // the function identifier's bit for 64-bit arguments
    private const ulong FunctionMask = 0xFFFF_FFFF;

    private void DecodeCall(ref VCpuExitRecord exit)
    {
        ulong number = _registers.X[0];
        ulong function = number & FunctionMask;
        bool isWide = (function & Wide) != 0;
        ulong a1 = Argument(1, isWide);
        ulong a2 = Argument(2, isWide);
        ulong a3 = Argument(3, isWide);
        // CPU_OFF, SYSTEM_OFF and SYSTEM_RESET exist with 32 bits only.
        switch ((PsciCall)(function & ~Wide), isWide)
        {
            case (PsciCall.CpuOn, _):
                exit.SetCpuUp(a1, new GuestPhysAddr(a2), a3);
                break;
            case (PsciCall.CpuSuspend, _):
                StorePriorities();
                exit.SetCpuDown(IsSuspend | (uint)a1);
                break;
            case (PsciCall.CpuOff, false):
                exit.SetCpuDown(0);
                break;
            case (PsciCall.SystemOff, false):
                exit.SetSystemDown(0);
                break;
            case (PsciCall.SystemReset, false):
                exit.SetSystemReset(0);
                break;
            case (PsciCall.SystemReset2, _):
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
