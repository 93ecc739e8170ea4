using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>Functions of the true random number generator's firmware interface (Arm DEN 0098, chapter 2).</summary>
internal enum TrngFunction : uint
{
#pragma warning disable CS1591 // The members are the functions of their names.
    TRNG_VERSION = 0x8400_0050,
    TRNG_FEATURES = 0x8400_0051,
    TRNG_GET_UUID = 0x8400_0052,
    TRNG_RND32 = 0x8400_0053,
    TRNG_RND64 = TRNG_RND32 | Smccc.Wide,
#pragma warning restore CS1591
}

/// <summary>Random numbers for guests by firmware calls. Without a source on the host there are no such calls.</summary>
internal static unsafe class GuestEntropy
{
    private const ulong Version = 0x1_0000;
    private const int Registers = 3;
    private const ulong NotSupported = unchecked((ulong)(long)PsciResult.NOT_SUPPORTED);
    private const ulong InvalidParameters = unchecked((ulong)(long)PsciResult.INVALID_PARAMETERS); // both interfaces' numbers are the same

    /// <summary>Answers a call of this interface.</summary>
    /// <returns>False when it is of another.</returns>
    internal static bool TryAnswer(ref HypervisorState hypervisor, VmVCpu* vcpu, HypercallExit call, out ulong result)
    {
        var function = (TrngFunction)(uint)call.Number;
        result = NotSupported;
        if (!hypervisor.Entropy.IsSeeded || !IsFunction(function))
            return false;
        switch (function)
        {
            case TrngFunction.TRNG_VERSION:
                result = Version;
                break;
            case TrngFunction.TRNG_FEATURES:
                result = IsFunction((TrngFunction)(uint)call.Argument(0)) ? 0 : NotSupported;
                break;
            case TrngFunction.TRNG_GET_UUID:
                // 5f1c7f0e-9a64-4c3b-8d0f-2b6de0a7c951: this hypervisor's.
                result = 0x0E7F_1C5F;
                Return(vcpu, 0x3B4C_649A, 0x6D2B_0F8D, 0x51C9_A7E0);
                break;
            case TrngFunction.TRNG_RND32:
                result = Random(ref hypervisor, vcpu, (uint)call.Argument(0), 32);
                break;
            default:
                result = Random(ref hypervisor, vcpu, call.Argument(0), 64);
                break;
        }
        return true;
    }

    private static bool IsFunction(TrngFunction function) =>
        function is TrngFunction.TRNG_VERSION or TrngFunction.TRNG_FEATURES or TrngFunction.TRNG_GET_UUID or TrngFunction.TRNG_RND32 or TrngFunction.TRNG_RND64;

    /// <summary>2.5: the lowest bits are in the last register, and those beyond what was asked for are zero.</summary>
    private static ulong Random(ref HypervisorState hypervisor, VmVCpu* vcpu, ulong bits, int width)
    {
        if (bits == 0 || bits > (ulong)(Registers * width))
            return InvalidParameters;
        ulong* words = stackalloc ulong[Registers];
        hypervisor.Entropy.TryFill(new Span<ulong>(words, Registers));
        for (int i = 0; i < Registers; i++)
        {
            int wanted = (int)bits - (i * width);
            int kept = wanted < 0 ? 0 : wanted < width ? wanted : width;
            words[i] &= kept == 64 ? ulong.MaxValue : (1UL << kept) - 1;
        }
        Return(vcpu, words[2], words[1], words[0]);
        return 0;
    }

    private static void Return(VmVCpu* vcpu, ulong first, ulong second, ulong third)
    {
        vcpu->Core.SetGpr(1, first);
        vcpu->Core.SetGpr(2, second);
        vcpu->Core.SetGpr(3, third);
    }
}
