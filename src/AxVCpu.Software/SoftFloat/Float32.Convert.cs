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
        (int)FloatCore<Binary32>.ToSigned(a, int.MinValue, int.MaxValue, ref status);

    /// <summary>Rounds to an unsigned 32-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static uint ToUInt32(uint a, ref FloatStatus status) =>
        (uint)FloatCore<Binary32>.ToUnsigned(a, uint.MaxValue, ref status);

    /// <summary>Rounds to a signed 64-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static long ToInt64(uint a, ref FloatStatus status) =>
        FloatCore<Binary32>.ToSigned(a, long.MinValue, long.MaxValue, ref status);

    /// <summary>Rounds to an unsigned 64-bit integer.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The integer, saturated.</returns>
    public static ulong ToUInt64(uint a, ref FloatStatus status) =>
        FloatCore<Binary32>.ToUnsigned(a, ulong.MaxValue, ref status);

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
}
