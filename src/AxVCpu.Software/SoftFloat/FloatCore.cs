using System.Numerics;
using System.Runtime.CompilerServices;

namespace AxVCpu.Software.SoftFloat;

/// <summary>
/// The exact integer algorithms, once for every width: encodings are in the low bits of a <see cref="ulong"/>.
/// </summary>
/// <remarks>
/// A finite non-zero number travels as (sign, exponent, significand) with the value significand * 2^(exponent - 63) and bit 63 of the
/// significand set. The widest format stores 53 bits, so at least 11 bits below the last kept one are free: bit 0 may hold a sticky
/// "something non-zero was shifted out here", and every rounding decision is still exact.
/// </remarks>
internal static partial class FloatCore<TFormat>
    where TFormat : struct, IFloatFormat
{
    private static int FractionBits => TFormat.FractionBits;

    private static int ExponentMax => TFormat.ExponentMax;

    private static int Bias => TFormat.ExponentMax >> 1;

    /// <summary>Significand bits below the last one that the format keeps.</summary>
    private static int GuardBits => 63 - TFormat.FractionBits;

    private static ulong GuardMask => (1UL << (63 - TFormat.FractionBits)) - 1;

    internal static ulong SignMask => TFormat.SignMask;

    private static ulong MagnitudeMask => TFormat.SignMask - 1;

    private static ulong FractionMask => (1UL << TFormat.FractionBits) - 1;

    internal static ulong Infinity => TFormat.Infinity;

    internal static ulong DefaultNaN => TFormat.Infinity | TFormat.QuietBit;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsNaN(ulong a) => (a & MagnitudeMask) > Infinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsSignalingNaN(ulong a) => IsNaN(a) && (a & TFormat.QuietBit) == 0;

    private static bool IsInfinity(ulong a) => (a & MagnitudeMask) == Infinity;

    private static bool IsZero(ulong a) => (a & MagnitudeMask) == 0;

    /// <summary>The sum of two numbers of opposite sign that cancel exactly (IEEE 754-2019 section 6.3).</summary>
    private static ulong CancelledZero(in FloatStatus status) => status.Rounding == FloatRounding.Down ? SignMask : 0;

    private static ulong Invalid(ref FloatStatus status)
    {
        status.Flags |= FloatFlags.Invalid;
        return DefaultNaN;
    }

    /// <summary>The result of an operation with a NaN among its operands: canonical, and invalid if one of them signals.</summary>
    private static ulong PropagateNaN(ulong a, ulong b, ref FloatStatus status)
    {
        if (IsSignalingNaN(a) || IsSignalingNaN(b))
        {
            status.Flags |= FloatFlags.Invalid;
        }

        return DefaultNaN;
    }

    /// <summary>Takes a finite non-zero number apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Unpack(ulong a, out int exponent)
    {
        int field = (int)(a >> FractionBits) & ExponentMax;
        ulong fraction = a & FractionMask;
        if (field != 0)
        {
            exponent = field - Bias;
            return (fraction << GuardBits) | (1UL << 63);
        }

        int zeros = BitOperations.LeadingZeroCount(fraction);
        exponent = 1 - Bias + GuardBits - zeros;
        return fraction << zeros;
    }

    /// <summary>Shifts right; what falls off stays visible in bit 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ShiftRightSticky(ulong value, int count) =>
        count < 64
            ? (value >> count) | ((value & ((1UL << count) - 1)) != 0 ? 1UL : 0)
            : (value != 0 ? 1UL : 0);

    private static UInt128 ShiftRightSticky(UInt128 value, int count) =>
        count < 128
            ? (value >> count) | ((value & ((UInt128.One << count) - 1)) != 0 ? UInt128.One : 0)
            : (value != 0 ? UInt128.One : 0);

    /// <summary>1 if a kept value must be incremented because of the remainder below it, else 0.</summary>
    /// <param name="remainder">What lies below the last kept bit, less than <paramref name="half"/> * 2.</param>
    /// <param name="half">The remainder of a tie.</param>
    /// <param name="odd">The last kept bit.</param>
    /// <param name="negative">Whether the value is negative.</param>
    /// <param name="rounding">The direction.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong RoundingIncrement(ulong remainder, ulong half, ulong odd, bool negative, FloatRounding rounding)
    {
        bool up = rounding switch
        {
            FloatRounding.NearestEven => remainder > half || (remainder == half && odd != 0),
            FloatRounding.NearestMaxMagnitude => remainder >= half,
            FloatRounding.Down => negative && remainder != 0,
            FloatRounding.Up => !negative && remainder != 0,
            _ => false,
        };
        return up ? 1UL : 0;
    }

    /// <summary>Rounds a number to the format, raises what that raises, and encodes it.</summary>
    /// <param name="sign"><see cref="SignMask"/> or 0.</param>
    /// <param name="exponent">The exponent of bit 63 of the significand.</param>
    /// <param name="significand">Bit 63 set; bit 0 may be sticky.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    private static ulong Round(ulong sign, int exponent, ulong significand, ref FloatStatus status)
    {
        int field = exponent + Bias;
        FloatRounding rounding = status.Rounding;
        bool negative = sign != 0;
        ulong half = 1UL << (GuardBits - 1);
        FloatFlags inexact = FloatFlags.Inexact;
        if (field <= 0)
        {
            // Tiny after rounding: below the smallest normal even when rounded to full precision with an unbounded exponent.
            // Only a number just below it (field 0) can escape, by a carry out of the significand.
            ulong full = significand >> GuardBits;
            full += RoundingIncrement(significand & GuardMask, half, full & 1, negative, rounding);
            if (field < 0 || full >> (FractionBits + 1) == 0)
            {
                inexact |= FloatFlags.Underflow;
            }

            significand = ShiftRightSticky(significand, 1 - field);
            field = 1;
        }
        else if (field >= ExponentMax)
        {
            return Overflow(sign, ref status);
        }

        ulong kept = significand >> GuardBits;
        ulong remainder = significand & GuardMask;
        if (remainder != 0)
        {
            kept += RoundingIncrement(remainder, half, kept & 1, negative, rounding);
            status.Flags |= inexact;
        }

        // The implicit bit, where there is one, and a carry out of the significand both land in the exponent field by addition.
        ulong magnitude = ((ulong)(field - 1) << FractionBits) + kept;
        return magnitude < Infinity ? sign | magnitude : Overflow(sign, ref status);
    }

    /// <summary>The result of a number beyond the format (IEEE 754-2019 section 7.4).</summary>
    private static ulong Overflow(ulong sign, ref FloatStatus status)
    {
        status.Flags |= FloatFlags.Overflow | FloatFlags.Inexact;
        bool toInfinity = status.Rounding switch
        {
            FloatRounding.TowardZero => false,
            FloatRounding.Down => sign != 0,
            FloatRounding.Up => sign == 0,
            _ => true,
        };
        return sign | (toInfinity ? Infinity : Infinity - 1);
    }
}
