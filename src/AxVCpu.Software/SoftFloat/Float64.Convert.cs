namespace AxVCpu.Software.SoftFloat;

/// <summary>
/// Conversions of binary64. To an integer: what does not fit after rounding raises invalid, and only that, and gives the nearest
/// representable integer; a NaN gives the largest.
/// </summary>
public static partial class Float64
{
    /// <summary>Rounds to a signed 32-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static int ToInt32(ulong a, ref FloatStatus status) =>
        TryTruncate(a, int.MinValue, int.MaxValue, ref status, out long integer)
            ? (int)integer
            : (int)FloatCore<Binary64>.ToSigned(a, int.MinValue, int.MaxValue, ref status);

    /// <summary>Rounds to an unsigned 32-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static uint ToUInt32(ulong a, ref FloatStatus status) =>
        TryTruncate(a, 0, uint.MaxValue, ref status, out long integer)
            ? (uint)integer
            : (uint)FloatCore<Binary64>.ToUnsigned(a, uint.MaxValue, ref status);

    /// <summary>Rounds to a signed 64-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static long ToInt64(ulong a, ref FloatStatus status) =>
        TryTruncate(a, long.MinValue, long.MaxValue, ref status, out long integer)
            ? integer
            : FloatCore<Binary64>.ToSigned(a, long.MinValue, long.MaxValue, ref status);

    /// <summary>Rounds to an unsigned 64-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static ulong ToUInt64(ulong a, ref FloatStatus status) =>
        TryTruncate(a, 0, long.MaxValue, ref status, out long integer)
            ? (ulong)integer
            : FloatCore<Binary64>.ToUnsigned(a, ulong.MaxValue, ref status);

    /// <summary>Rounds to an integer in the same format; raises nothing but invalid for a signaling NaN.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding; zero keeps the sign of a.</returns>
    public static ulong RoundToIntegral(ulong a, ref FloatStatus status) =>
        FloatCore<Binary64>.RoundToIntegral(a, exact: false, ref status);

    /// <summary>As <see cref="RoundToIntegral"/>, and raises inexact when the result is not a.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding; zero keeps the sign of a.</returns>
    public static ulong RoundToIntegralExact(ulong a, ref FloatStatus status) =>
        FloatCore<Binary64>.RoundToIntegral(a, exact: true, ref status);

    /// <summary>
    /// Truncates to an integer of any size and keeps its low 32 bits; infinities and NaNs give 0. The flags are those of
    /// <see cref="ToInt32"/>: invalid when the integer does not fit, else inexact when there was a fraction.
    /// </summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>The low 32 bits.</returns>
    public static int ToInt32Modular(ulong a, ref FloatStatus status)
    {
        FloatStatus truncation = new() { Rounding = FloatRounding.TowardZero };
        int saturated = ToInt32(a, ref truncation);
        status.Flags |= truncation.Flags;
        return (truncation.Flags & FloatFlags.Invalid) == 0 ? saturated : FloatCore<Binary64>.TruncateModular(a);
    }

    /// <summary>Converts a signed 32-bit integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding; always exact.</returns>
    public static ulong FromInt32(int value, ref FloatStatus status) => FromInt64(value, ref status);

    /// <summary>Converts an unsigned 32-bit integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding; always exact.</returns>
    public static ulong FromUInt32(uint value, ref FloatStatus status) => FromInt64(value, ref status);

    /// <summary>Converts a signed 64-bit integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding.</returns>
    public static ulong FromInt64(long value, ref FloatStatus status)
    {
        bool negative = value < 0;
        ulong magnitude = negative ? 0 - (ulong)value : (ulong)value;
        return magnitude <= 1UL << 53
            ? BitConverter.DoubleToUInt64Bits(value)
            : FloatCore<Binary64>.FromInteger(negative, magnitude, ref status);
    }

    /// <summary>Converts an unsigned 64-bit integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding.</returns>
    public static ulong FromUInt64(ulong value, ref FloatStatus status) =>
        value <= 1UL << 53
            ? BitConverter.DoubleToUInt64Bits((long)value)
            : FloatCore<Binary64>.FromInteger(false, value, ref status);

    /// <summary>Rounds to binary32.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>A binary32 encoding.</returns>
    public static uint ToFloat32(ulong a, ref FloatStatus status)
    {
        if (status.Rounding == FloatRounding.NearestEven)
        {
            double x = BitConverter.UInt64BitsToDouble(a);
            float rounded = (float)x;
            if (Float32.IsSafe(rounded))
            {
                status.Flags |= rounded != x ? FloatFlags.Inexact : FloatFlags.None;
                return BitConverter.SingleToUInt32Bits(rounded);
            }
        }

        return (uint)FloatCore<Binary32>.From<Binary64>(a, ref status);
    }

    /// <summary>Rounds to binary16.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>A binary16 encoding.</returns>
    public static ushort ToFloat16(ulong a, ref FloatStatus status) => (ushort)FloatCore<Binary16>.From<Binary64>(a, ref status);

    /// <summary>Serves integral numbers in any direction, and all others when rounding to zero, where the result fits.</summary>
    private static bool TryTruncate(ulong a, long minimum, long maximum, ref FloatStatus status, out long integer)
    {
        // Below 2^62 truncation cannot saturate. From 2^53 on every number is an integer, below every integer is a number: converting
        // back is exact either way.
        double x = BitConverter.UInt64BitsToDouble(a);
        integer = 0;
        if (!(Math.Abs(x) <= 1L << 62))
        {
            return false;
        }

        integer = (long)x;
        bool inexact = integer != x;
        if (integer < minimum || integer > maximum || (inexact && status.Rounding != FloatRounding.TowardZero))
        {
            return false;
        }

        status.Flags |= inexact ? FloatFlags.Inexact : FloatFlags.None;
        return true;
    }
}
