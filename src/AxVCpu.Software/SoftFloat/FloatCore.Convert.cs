using System.Numerics;

namespace AxVCpu.Software.SoftFloat;

/// <summary>
/// Conversions (IEEE 754-2019 sections 5.4.1, 5.4.2 and 5.8). What no integer can hold gives the RISC-V result: the nearest
/// representable integer, the largest for a NaN, and the invalid flag alone.
/// </summary>
internal static partial class FloatCore<TFormat>
{
    /// <summary>Rounds an integer to the format.</summary>
    internal static ulong FromInteger(bool negative, ulong magnitude, ref FloatStatus status)
    {
        if (magnitude == 0)
        {
            return 0;
        }

        int zeros = BitOperations.LeadingZeroCount(magnitude);
        return Round(negative ? SignMask : 0, 63 - zeros, magnitude << zeros, ref status);
    }

    /// <summary>Rounds to a signed integer between <paramref name="minimum"/> and <paramref name="maximum"/> = -1 - minimum.</summary>
    internal static long ToSigned(ulong a, long minimum, long maximum, ref FloatStatus status)
    {
        if (IsNaN(a))
        {
            status.Flags |= FloatFlags.Invalid;
            return maximum;
        }

        bool negative = (a & SignMask) != 0;
        ulong limit = (ulong)maximum + (negative ? 1UL : 0);
        if (!TryRoundToInteger(a, status.Rounding, out ulong magnitude, out bool inexact) || magnitude > limit)
        {
            status.Flags |= FloatFlags.Invalid;
            return negative ? minimum : maximum;
        }

        status.Flags |= inexact ? FloatFlags.Inexact : FloatFlags.None;
        return negative ? -(long)magnitude : (long)magnitude;
    }

    /// <summary>Rounds to an integer between 0 and <paramref name="maximum"/>; a negative number that rounds to 0 is in range.</summary>
    internal static ulong ToUnsigned(ulong a, ulong maximum, ref FloatStatus status)
    {
        if (IsNaN(a))
        {
            status.Flags |= FloatFlags.Invalid;
            return maximum;
        }

        bool negative = (a & SignMask) != 0;
        ulong limit = negative ? 0 : maximum;
        if (!TryRoundToInteger(a, status.Rounding, out ulong magnitude, out bool inexact) || magnitude > limit)
        {
            status.Flags |= FloatFlags.Invalid;
            return limit;
        }

        status.Flags |= inexact ? FloatFlags.Inexact : FloatFlags.None;
        return magnitude;
    }

    /// <summary>Converts from another format; exact, and raising nothing but invalid, when this one is wider.</summary>
    internal static ulong From<TSource>(ulong a, ref FloatStatus status)
        where TSource : struct, IFloatFormat
    {
        ulong sign = (a & FloatCore<TSource>.SignMask) != 0 ? SignMask : 0;
        ulong magnitude = a & FloatCore<TSource>.MagnitudeMask;
        if (magnitude >= FloatCore<TSource>.Infinity)
        {
            if (magnitude == FloatCore<TSource>.Infinity)
            {
                return sign | Infinity;
            }

            FloatCore<TSource>.PropagateNaN(a, a, ref status);
            return DefaultNaN;
        }

        if (magnitude == 0)
        {
            return sign;
        }

        ulong significand = FloatCore<TSource>.Unpack(a, out int exponent);
        return Round(sign, exponent, significand, ref status);
    }

    /// <summary>Rounds to an integer in the same format (section 5.9): roundToIntegral, or with <paramref name="exact"/> the one that signals inexact.</summary>
    internal static ulong RoundToIntegral(ulong a, bool exact, ref FloatStatus status)
    {
        if (IsNaN(a))
        {
            return PropagateNaN(a, a, ref status);
        }

        if (IsZero(a) || IsInfinity(a) || (int)((a & MagnitudeMask) >> FractionBits) - Bias >= FractionBits)
        {
            return a;
        }

        TryRoundToInteger(a, status.Rounding, out ulong magnitude, out bool inexact);
        if (inexact && exact)
        {
            status.Flags |= FloatFlags.Inexact;
        }

        // At most 2^FractionBits, so that it is a number of the format.
        ulong sign = a & SignMask;
        return magnitude == 0 ? sign : FromInteger(sign != 0, magnitude, ref status);
    }

    /// <summary>The low 32 bits of the integer part; 0 for an infinity or a NaN.</summary>
    internal static int TruncateModular(ulong a)
    {
        if (IsZero(a) || (a & MagnitudeMask) >= Infinity)
        {
            return 0;
        }

        ulong significand = Unpack(a, out int exponent);
        uint magnitude = exponent switch
        {
            < 0 => 0,
            < 64 => (uint)(significand >> (63 - exponent)),
            < 64 + 63 => (uint)(significand << (exponent - 63)),
            _ => 0,
        };
        return (int)((a & SignMask) != 0 ? 0 - magnitude : magnitude);
    }

    /// <summary>Rounds the magnitude of anything but a NaN to an integer.</summary>
    /// <returns>False if it is 2^64 or more.</returns>
    private static bool TryRoundToInteger(ulong a, FloatRounding rounding, out ulong magnitude, out bool inexact)
    {
        magnitude = 0;
        inexact = false;
        if (IsZero(a))
        {
            return true;
        }

        if (IsInfinity(a))
        {
            return false;
        }

        ulong significand = Unpack(a, out int exponent);
        if (exponent > 63)
        {
            return false;
        }

        // The fraction is aligned so that bit 63 is worth one half.
        ulong fraction;
        if (exponent < 0)
        {
            fraction = ShiftRightSticky(significand, -1 - exponent);
        }
        else
        {
            magnitude = significand >> (63 - exponent);
            fraction = significand << exponent << 1;
        }

        inexact = fraction != 0;
        magnitude += RoundingIncrement(fraction, 1UL << 63, magnitude & 1, (a & SignMask) != 0, rounding);
        return true;
    }
}
