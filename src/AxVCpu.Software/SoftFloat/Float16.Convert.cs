namespace AxVCpu.Software.SoftFloat;

/// <summary>
/// Conversions of binary16. To an integer: what does not fit after rounding raises invalid, and only that, and gives the nearest
/// representable integer; a NaN gives the largest.
/// </summary>
public static partial class Float16
{
    /// <summary>Rounds to a signed 32-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static int ToInt32(ushort a, ref FloatStatus status) => (int)FloatCore<Binary16>.ToSigned(a, int.MinValue, int.MaxValue, ref status);

    /// <summary>Rounds to an unsigned 32-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static uint ToUInt32(ushort a, ref FloatStatus status) => (uint)FloatCore<Binary16>.ToUnsigned(a, uint.MaxValue, ref status);

    /// <summary>Rounds to a signed 64-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static long ToInt64(ushort a, ref FloatStatus status) => FloatCore<Binary16>.ToSigned(a, long.MinValue, long.MaxValue, ref status);

    /// <summary>Rounds to an unsigned 64-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static ulong ToUInt64(ushort a, ref FloatStatus status) => FloatCore<Binary16>.ToUnsigned(a, ulong.MaxValue, ref status);

    /// <summary>Rounds to an integer in the same format; raises nothing but invalid for a signaling NaN.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding; zero keeps the sign of a.</returns>
    public static ushort RoundToIntegral(ushort a, ref FloatStatus status) =>
        (ushort)FloatCore<Binary16>.RoundToIntegral(a, exact: false, ref status);

    /// <summary>As <see cref="RoundToIntegral"/>, and raises inexact when the result is not a.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding; zero keeps the sign of a.</returns>
    public static ushort RoundToIntegralExact(ushort a, ref FloatStatus status) =>
        (ushort)FloatCore<Binary16>.RoundToIntegral(a, exact: true, ref status);

    /// <summary>Converts a signed 32-bit integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding.</returns>
    public static ushort FromInt32(int value, ref FloatStatus status) => FromInt64(value, ref status);

    /// <summary>Converts an unsigned 32-bit integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding.</returns>
    public static ushort FromUInt32(uint value, ref FloatStatus status) => FromInt64(value, ref status);

    /// <summary>Converts a signed 64-bit integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding.</returns>
    public static ushort FromInt64(long value, ref FloatStatus status) =>
        (ushort)FloatCore<Binary16>.FromInteger(value < 0, value < 0 ? 0 - (ulong)value : (ulong)value, ref status);

    /// <summary>Converts an unsigned 64-bit integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>An encoding.</returns>
    public static ushort FromUInt64(ulong value, ref FloatStatus status) => (ushort)FloatCore<Binary16>.FromInteger(false, value, ref status);

    /// <summary>Converts to binary32; exact, but a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>A binary32 encoding.</returns>
    public static uint ToFloat32(ushort a, ref FloatStatus status) => (uint)FloatCore<Binary32>.From<Binary16>(a, ref status);

    /// <summary>Converts to binary64; exact, but a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>A binary64 encoding.</returns>
    public static ulong ToFloat64(ushort a, ref FloatStatus status) => FloatCore<Binary64>.From<Binary16>(a, ref status);
}
