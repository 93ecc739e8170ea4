using System.Runtime.CompilerServices;

namespace AxVCpu.Software.Riscv64;

/// <summary>Integer operations whose definition differs from the host's: division never traps (M extension, table "Semantics for division by zero and overflow").</summary>
internal static class IntegerArithmetic
{
    public static ulong Div(ulong a, ulong b)
    {
        if (b == 0)
            return ulong.MaxValue;
        if (b == ulong.MaxValue)
            return 0 - a;
        return (ulong)((long)a / (long)b);
    }

    public static ulong Divu(ulong a, ulong b) => b == 0 ? ulong.MaxValue : a / b;

    public static ulong Rem(ulong a, ulong b)
    {
        if (b == 0)
            return a;
        if (b == ulong.MaxValue)
            return 0;
        return (ulong)((long)a % (long)b);
    }

    public static ulong Remu(ulong a, ulong b) => b == 0 ? a : a % b;

    public static ulong Divw(ulong a, ulong b)
    {
        if ((int)b == 0)
            return ulong.MaxValue;
        if ((int)b == -1)
            return (ulong)(long)(int)(0 - (uint)a);
        return (ulong)(long)((int)a / (int)b);
    }

    public static ulong Divuw(ulong a, ulong b) => (uint)b == 0 ? ulong.MaxValue : (ulong)(long)(int)((uint)a / (uint)b);

    public static ulong Remw(ulong a, ulong b)
    {
        if ((int)b == 0)
            return (ulong)(long)(int)a;
        if ((int)b == -1)
            return 0;
        return (ulong)(long)((int)a % (int)b);
    }

    public static ulong Remuw(ulong a, ulong b) => (ulong)(long)(int)((uint)b == 0 ? (uint)a : (uint)a % (uint)b);

    /// <summary>Upper half of the product of a signed and an unsigned factor.</summary>
    public static ulong MulHighSignedUnsigned(ulong a, ulong b) => Math.BigMul(a, b, out _) - ((long)a < 0 ? b : 0);

    /// <summary>orc.b: every byte that is not zero becomes all ones.</summary>
    public static ulong OrCombineBytes(ulong a)
    {
        const ulong Low7 = 0x7F7F_7F7F_7F7F_7F7F;
        ulong nonZero = (((a & Low7) + Low7) | a) & ~Low7;
        return (nonZero >> 7) * 0xFF;
    }

    /// <summary>Lower half of the carry-less product.</summary>
    public static ulong Clmul(ulong a, ulong b)
    {
        ulong result = 0;
        for (; b != 0; b &= b - 1)
            result ^= a << System.Numerics.BitOperations.TrailingZeroCount(b);
        return result;
    }

    /// <summary>Upper half of the carry-less product.</summary>
    public static ulong Clmulh(ulong a, ulong b)
    {
        ulong result = 0;
        for (b &= ~1UL; b != 0; b &= b - 1)
            result ^= a >> (64 - System.Numerics.BitOperations.TrailingZeroCount(b));
        return result;
    }

    /// <summary>Bits 126 to 63 of the carry-less product.</summary>
    public static ulong Clmulr(ulong a, ulong b)
    {
        ulong result = 0;
        for (; b != 0; b &= b - 1)
            result ^= a >> (63 - System.Numerics.BitOperations.TrailingZeroCount(b));
        return result;
    }
}
