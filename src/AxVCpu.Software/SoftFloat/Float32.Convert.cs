namespace AxVCpu.Software.SoftFloat;

/// <summary>
/// Conversions of binary32. To an integer: what does not fit after rounding raises invalid, and only that, and gives the nearest
/// representable integer; a NaN gives the largest.
/// </summary>
public static partial class Float32
{
    /// <summary>Rounds to a signed 32-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static int ToInt32(uint a, ref FloatStatus status) =>
        TryTruncate(a, int.MinValue, int.MaxValue, ref status, out long integer)
            ? (int)integer
            : (int)FloatCore<Binary32>.ToSigned(a, int.MinValue, int.MaxValue, ref status);

    /// <summary>Rounds to an unsigned 32-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static uint ToUInt32(uint a, ref FloatStatus status) =>
        TryTruncate(a, 0, uint.MaxValue, ref status, out long integer)
            ? (uint)integer
            : (uint)FloatCore<Binary32>.ToUnsigned(a, uint.MaxValue, ref status);

    /// <summary>Rounds to a signed 64-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static long ToInt64(uint a, ref FloatStatus status) =>
        TryTruncate(a, long.MinValue, long.MaxValue, ref status, out long integer)
            ? integer
            : FloatCore<Binary32>.ToSigned(a, long.MinValue, long.MaxValue, ref status);

    /// <summary>Rounds to an unsigned 64-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static ulong ToUInt64(uint a, ref FloatStatus status) =>
        TryTruncate(a, 0, long.MaxValue, ref status, out long integer)
            ? (ulong)integer
            : FloatCore<Binary32>.ToUnsigned(a, ulong.MaxValue, ref status);

    /// <summary>Rounds to an integer in the same format; raises nothing but invalid for a signaling NaN.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding; zero keeps the sign of a.</returns>
    public static uint RoundToIntegral(uint a, ref FloatStatus status) =>
        (uint)FloatCore<Binary32>.RoundToIntegral(a, exact: false, ref status);

    /// <summary>As <see cref="RoundToIntegral"/>, and raises inexact when the result is not a.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding; zero keeps the sign of a.</returns>
    public static uint RoundToIntegralExact(uint a, ref FloatStatus status) =>
        (uint)FloatCore<Binary32>.RoundToIntegral(a, exact: true, ref status);

    /// <summary>Converts a signed 32-bit integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding.</returns>
    public static uint FromInt32(int value, ref FloatStatus status) => FromInt64(value, ref status);

    /// <summary>Converts an unsigned 32-bit integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding.</returns>
    public static uint FromUInt32(uint value, ref FloatStatus status) => FromInt64(value, ref status);

    /// <summary>Converts a signed 64-bit integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding.</returns>
    public static uint FromInt64(long value, ref FloatStatus status)
    {
        bool negative = value < 0;
        ulong magnitude = negative ? 0 - (ulong)value : (ulong)value;
        return magnitude <= 1UL << 24
            ? BitConverter.SingleToUInt32Bits(value)
            : (uint)FloatCore<Binary32>.FromInteger(negative, magnitude, ref status);
    }

    /// <summary>Converts an unsigned 64-bit integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding.</returns>
    public static uint FromUInt64(ulong value, ref FloatStatus status) =>
        value <= 1UL << 24
            ? BitConverter.SingleToUInt32Bits((long)value)
            : (uint)FloatCore<Binary32>.FromInteger(false, value, ref status);

    /// <summary>Converts to binary64; exact, but a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>A binary64 encoding.</returns>
    public static ulong ToFloat64(uint a, ref FloatStatus status)
    {
        float x = BitConverter.UInt32BitsToSingle(a);
        return !float.IsNaN(x) ? BitConverter.DoubleToUInt64Bits(x) : FloatCore<Binary64>.From<Binary32>(a, ref status);
    }

    /// <summary>Rounds to binary16.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>A binary16 encoding.</returns>
    public static ushort ToFloat16(uint a, ref FloatStatus status) => (ushort)FloatCore<Binary16>.From<Binary32>(a, ref status);

    /// <summary>Serves integral numbers in any direction, and all others when rounding to zero, where the result fits.</summary>
    private static bool TryTruncate(uint a, long minimum, long maximum, ref FloatStatus status, out long integer)
    {
        // Below 2^62 truncation cannot saturate. From 2^24 on every number is an integer, below every integer is a number: converting
        // back is exact either way.
        float x = BitConverter.UInt32BitsToSingle(a);
        integer = 0;
        if (!(MathF.Abs(x) <= 1L << 62))
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
