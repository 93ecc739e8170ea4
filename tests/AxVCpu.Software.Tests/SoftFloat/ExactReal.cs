using System.Numerics;
using AxVCpu.Software.SoftFloat;

namespace AxVCpu.Software.Tests.SoftFloat;

/// <summary>A positive real number known exactly: numerator / denominator, or the square root of that.</summary>
internal readonly record struct ExactReal(BigInteger Numerator, BigInteger Denominator, bool IsRoot)
{
    /// <summary>The sign of this number - k * 2^q.</summary>
    public int CompareTo(BigInteger k, int q)
    {
        (BigInteger target, int shift) = IsRoot ? (k * k, 2 * q) : (k, q);
        BigInteger left = Numerator;
        BigInteger right = target * Denominator;
        return shift < 0 ? (left << -shift).CompareTo(right) : left.CompareTo(right << shift);
    }

    /// <summary>The largest e with 2^e not above this number.</summary>
    public int LeadingExponent()
    {
        int e = (int)(Numerator.GetBitLength() - Denominator.GetBitLength());
        e = IsRoot ? e / 2 : e;
        while (CompareTo(1, e) < 0)
        {
            e--;
        }

        while (CompareTo(1, e + 1) >= 0)
        {
            e++;
        }

        return e;
    }

    /// <summary>Rounds to a multiple of 2^q.</summary>
    /// <returns>The multiple, and whether it differs from this number.</returns>
    public (BigInteger Multiple, bool Inexact) RoundTo(int q, FloatRounding rounding, bool negative)
    {
        BigInteger below = Floor(q);
        if (CompareTo(below, q) == 0)
        {
            return (below, false);
        }

        int againstHalf = CompareTo((2 * below) + 1, q - 1);
        bool away = rounding switch
        {
            FloatRounding.NearestEven => againstHalf > 0 || (againstHalf == 0 && !below.IsEven),
            FloatRounding.NearestMaxMagnitude => againstHalf >= 0,
            FloatRounding.TowardZero => false,
            FloatRounding.Down => negative,
            FloatRounding.Up => !negative,
            _ => throw new ArgumentOutOfRangeException(nameof(rounding)),
        };
        return (away ? below + 1 : below, true);
    }

    private BigInteger Floor(int q)
    {
        int shift = IsRoot ? 2 * q : q;
        BigInteger scaled = shift < 0 ? (Numerator << -shift) / Denominator : Numerator / (Denominator << shift);
        return IsRoot ? FloorOfRoot(scaled) : scaled;
    }

    private static BigInteger FloorOfRoot(BigInteger value)
    {
        if (value.IsZero)
        {
            return value;
        }

        // Newton's iteration from above falls monotonically to the floor.
        BigInteger root = BigInteger.One << ((int)(value.GetBitLength() + 1) / 2);
        while (true)
        {
            BigInteger next = (root + (value / root)) >> 1;
            if (next >= root)
            {
                return root;
            }

            root = next;
        }
    }
}
