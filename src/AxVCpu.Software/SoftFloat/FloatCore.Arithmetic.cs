using System.Numerics;

namespace AxVCpu.Software.SoftFloat;

/// <summary>Add, multiply, divide, square root and fused multiply-add (IEEE 754-2019 section 5.4.1).</summary>
internal static partial class FloatCore<TFormat>
{
    internal static ulong Add(ulong a, ulong b, ref FloatStatus status)
    {
        ulong magnitudeA = a & MagnitudeMask;
        ulong magnitudeB = b & MagnitudeMask;
        if (magnitudeA < magnitudeB)
        {
            (a, b) = (b, a);
            (magnitudeA, magnitudeB) = (magnitudeB, magnitudeA);
        }

        bool sameSign = ((a ^ b) & SignMask) == 0;
        if (magnitudeA >= Infinity)
        {
            if (magnitudeA > Infinity)
            {
                return PropagateNaN(a, b, ref status);
            }

            return magnitudeB < Infinity || sameSign ? a : Invalid(ref status);
        }

        if (magnitudeB == 0)
        {
            return magnitudeA != 0 || sameSign ? a : CancelledZero(status);
        }

        // One bit of head room for the carry. A sticky bit can only appear where the exponents differ by more than the free bits;
        // then cancellation takes at most one bit and the sticky bit stays below the rounding position.
        ulong significandA = Unpack(a, out int exponent) >> 1;
        ulong significandB = ShiftRightSticky(Unpack(b, out int exponentB) >> 1, exponent - exponentB);
        ulong sum = sameSign ? significandA + significandB : significandA - significandB;
        if (sum == 0)
        {
            return CancelledZero(status);
        }

        int zeros = BitOperations.LeadingZeroCount(sum);
        return Round(a & SignMask, exponent + 1 - zeros, sum << zeros, ref status);
    }

    internal static ulong Multiply(ulong a, ulong b, ref FloatStatus status)
    {
        ulong sign = (a ^ b) & SignMask;
        if ((a & MagnitudeMask) >= Infinity || (b & MagnitudeMask) >= Infinity)
        {
            if (IsNaN(a) || IsNaN(b))
            {
                return PropagateNaN(a, b, ref status);
            }

            return IsZero(a) || IsZero(b) ? Invalid(ref status) : sign | Infinity;
        }

        if (IsZero(a) || IsZero(b))
        {
            return sign;
        }

        ulong significandA = Unpack(a, out int exponentA);
        ulong significandB = Unpack(b, out int exponentB);
        ulong high = Math.BigMul(significandA, significandB, out ulong low);
        ulong product = high | (low != 0 ? 1UL : 0);
        int zeros = (int)(~product >> 63);
        return Round(sign, exponentA + exponentB + 1 - zeros, product << zeros, ref status);
    }

    internal static ulong Divide(ulong a, ulong b, ref FloatStatus status)
    {
        ulong sign = (a ^ b) & SignMask;
        if ((a & MagnitudeMask) >= Infinity || (b & MagnitudeMask) >= Infinity)
        {
            if (IsNaN(a) || IsNaN(b))
            {
                return PropagateNaN(a, b, ref status);
            }

            if (!IsInfinity(a))
            {
                return sign;
            }

            return IsInfinity(b) ? Invalid(ref status) : sign | Infinity;
        }

        if (IsZero(b))
        {
            if (IsZero(a))
            {
                return Invalid(ref status);
            }

            status.Flags |= FloatFlags.DivideByZero;
            return sign | Infinity;
        }

        if (IsZero(a))
        {
            return sign;
        }

        ulong dividend = Unpack(a, out int exponentA);
        ulong divisor = Unpack(b, out int exponentB);
        int exponent = exponentA - exponentB;

        // Scale the dividend so that the quotient has its leading bit at bit 63.
        UInt128 scaled = dividend >= divisor ? (UInt128)dividend << 63 : (UInt128)dividend << 64;
        exponent -= dividend >= divisor ? 0 : 1;
        ulong quotient = (ulong)(scaled / divisor);
        ulong sticky = (UInt128)quotient * divisor != scaled ? 1UL : 0;
        return Round(sign, exponent, quotient | sticky, ref status);
    }

    internal static ulong SquareRoot(ulong a, ref FloatStatus status)
    {
        if (IsNaN(a))
        {
            return PropagateNaN(a, a, ref status);
        }

        if (IsZero(a))
        {
            return a;
        }

        if ((a & SignMask) != 0)
        {
            return Invalid(ref status);
        }

        if (IsInfinity(a))
        {
            return a;
        }

        // Make the exponent even; then radicand is in [2^62, 2^64) and the root of radicand * 2^48 is in [2^55, 2^56).
        ulong radicand = Unpack(a, out int exponent);
        if ((exponent & 1) == 0)
        {
            radicand >>= 1;
        }

        UInt128 scaled = (UInt128)radicand << 48;
        ulong root = IntegerSquareRoot(scaled, radicand);
        ulong sticky = (UInt128)root * root != scaled ? 1UL : 0;
        return Round(0, exponent >> 1, (root << 8) | sticky, ref status);
    }

    internal static ulong MultiplyAdd(ulong a, ulong b, ulong c, ref FloatStatus status)
    {
        ulong productSign = (a ^ b) & SignMask;
        ulong addendSign = c & SignMask;
        if ((a & MagnitudeMask) >= Infinity || (b & MagnitudeMask) >= Infinity || (c & MagnitudeMask) >= Infinity)
        {
            return MultiplyAddSpecial(a, b, c, ref status);
        }

        if (IsZero(a) || IsZero(b))
        {
            return !IsZero(c) || productSign == addendSign ? c : CancelledZero(status);
        }

        ulong significandA = Unpack(a, out int exponentA);
        ulong significandB = Unpack(b, out int exponentB);
        ulong high = Math.BigMul(significandA, significandB, out ulong low);
        int exponent = exponentA + exponentB + 1;
        UInt128 product = new(high, low);
        if (IsZero(c))
        {
            return RoundWide(productSign, exponent, product, ref status);
        }

        // Leading bits at 126, one bit of head room above. The low 22 bits of the product are zero, so nothing is lost.
        if (high >> 63 != 0)
        {
            product >>= 1;
        }
        else
        {
            exponent--;
        }

        UInt128 addend = (UInt128)Unpack(c, out int addendExponent) << 63;
        ulong sign = productSign;
        int difference = exponent - addendExponent;
        if (difference < 0 || (difference == 0 && product < addend))
        {
            (product, addend) = (addend, product);
            exponent = addendExponent;
            difference = -difference;
            sign = addendSign;
        }

        addend = ShiftRightSticky(addend, difference);
        UInt128 sum = productSign == addendSign ? product + addend : product - addend;
        return sum == 0 ? CancelledZero(status) : RoundWide(sign, exponent + 1, sum, ref status);
    }

    private static ulong MultiplyAddSpecial(ulong a, ulong b, ulong c, ref FloatStatus status)
    {
        bool invalidProduct = (IsInfinity(a) && IsZero(b)) || (IsZero(a) && IsInfinity(b));
        if (IsNaN(a) || IsNaN(b) || IsNaN(c))
        {
            // Infinity times zero is invalid even when a quiet NaN is added (RISC-V "F", single-precision arithmetic instructions).
            PropagateNaN(a, b, ref status);
            return invalidProduct ? Invalid(ref status) : PropagateNaN(c, c, ref status);
        }

        if (invalidProduct)
        {
            return Invalid(ref status);
        }

        ulong productSign = (a ^ b) & SignMask;
        if (!IsInfinity(a) && !IsInfinity(b))
        {
            return c;
        }

        return IsInfinity(c) && (c & SignMask) != productSign ? Invalid(ref status) : productSign | Infinity;
    }

    /// <summary>Rounds significand * 2^(exponent - 127), a non-zero number that need not be normalized.</summary>
    private static ulong RoundWide(ulong sign, int exponent, UInt128 significand, ref FloatStatus status)
    {
        int zeros = (int)UInt128.LeadingZeroCount(significand);
        significand <<= zeros;
        ulong high = (ulong)(significand >> 64) | ((ulong)significand != 0 ? 1UL : 0);
        return Round(sign, exponent - zeros, high, ref status);
    }

    /// <summary>The floor of the square root of <paramref name="value"/> = <paramref name="radicand"/> * 2^48.</summary>
    private static ulong IntegerSquareRoot(UInt128 value, ulong radicand)
    {
        // The host's root is within 2^4 of the true one; a Newton step brings that within 1, and the loops decide the rest exactly.
        ulong root = (ulong)(Math.Sqrt(radicand) * (1 << 24));
        long difference = (long)(value - ((UInt128)root * root));
        root += (ulong)(difference / (long)(2 * root));
        while ((UInt128)root * root > value)
        {
            root--;
        }

        while ((UInt128)(root + 1) * (root + 1) <= value)
        {
            root++;
        }

        return root;
    }
}
