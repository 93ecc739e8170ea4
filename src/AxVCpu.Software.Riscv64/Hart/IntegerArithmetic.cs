using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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

    /// <summary>brev8: the bits of each byte in reverse.</summary>
    public static ulong ReverseBitsInBytes(ulong a)
    {
        a = ((a >> 1) & 0x5555_5555_5555_5555) | ((a & 0x5555_5555_5555_5555) << 1);
        a = ((a >> 2) & 0x3333_3333_3333_3333) | ((a & 0x3333_3333_3333_3333) << 2);
        return ((a >> 4) & 0x0F0F_0F0F_0F0F_0F0F) | ((a & 0x0F0F_0F0F_0F0F_0F0F) << 4);
    }

    /// <summary>xperm4 and xperm8: elements of so many bits of <paramref name="table"/>, chosen by those of <paramref name="indexes"/>; zero for one beyond.</summary>
    public static ulong Permute(ulong table, ulong indexes, int bits)
    {
        ulong mask = (1UL << bits) - 1;
        ulong result = 0;
        for (int at = 0; at < 64; at += bits)
        {
            ulong from = ((indexes >> at) & mask) * (ulong)bits;
            ulong isInside = 0 - ((from - 64) >> 63);
            result |= (table >> (int)from & mask & isInside) << at;
        }

        return result;
    }

    /// <summary>The carry-less product, in the same time for all factors (Zkt).</summary>
    public static UInt128 CarrylessMultiply(ulong a, ulong b)
    {
        if (Pclmulqdq.IsSupported)
        {
            Vector128<ulong> product = Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(a), Vector128.CreateScalar(b), 0);
            return new UInt128(product.GetElement(1), product.GetElement(0));
        }

        ulong low = 0;
        ulong high = 0;
        for (int i = 0; i < 64; i++)
        {
            ulong term = a & (0 - ((b >> i) & 1));
            low ^= term << i;
            high ^= term >> 1 >> (63 - i);
        }

        return new UInt128(high, low);
    }
}
