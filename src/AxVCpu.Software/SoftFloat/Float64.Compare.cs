namespace AxVCpu.Software.SoftFloat;

/// <summary>Comparisons, minimum, maximum and classification of binary64.</summary>
public static partial class Float64
{
    /// <summary>a == b, quiet: only a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool Equal(ulong a, ulong b, ref FloatStatus status) =>
        Ordered(a, b, out double x, out double y) ? x == y : FloatCore<Binary64>.Unordered(a, b, signaling: false, ref status);

    /// <summary>a &lt; b, signaling: any NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool LessThan(ulong a, ulong b, ref FloatStatus status) =>
        Ordered(a, b, out double x, out double y) ? x < y : FloatCore<Binary64>.Unordered(a, b, signaling: true, ref status);

    /// <summary>a &lt;= b, signaling: any NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool LessOrEqual(ulong a, ulong b, ref FloatStatus status) =>
        Ordered(a, b, out double x, out double y) ? x <= y : FloatCore<Binary64>.Unordered(a, b, signaling: true, ref status);

    /// <summary>a &lt; b, quiet: only a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool LessThanQuiet(ulong a, ulong b, ref FloatStatus status) =>
        Ordered(a, b, out double x, out double y) ? x < y : FloatCore<Binary64>.Unordered(a, b, signaling: false, ref status);

    /// <summary>a &lt;= b, quiet: only a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool LessOrEqualQuiet(ulong a, ulong b, ref FloatStatus status) =>
        Ordered(a, b, out double x, out double y) ? x <= y : FloatCore<Binary64>.Unordered(a, b, signaling: false, ref status);

    /// <summary>minimumNumber: the lesser; -0 is less than +0; a NaN only if both are; a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>One of the operands, or the canonical NaN.</returns>
    public static ulong Min(ulong a, ulong b, ref FloatStatus status) =>
        Ordered(a, b, out double x, out double y) && x != y
            ? (x < y ? a : b)
            : FloatCore<Binary64>.Select(a, b, maximum: false, ref status);

    /// <summary>maximumNumber: the greater; +0 is greater than -0; a NaN only if both are; a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>One of the operands, or the canonical NaN.</returns>
    public static ulong Max(ulong a, ulong b, ref FloatStatus status) =>
        Ordered(a, b, out double x, out double y) && x != y
            ? (x > y ? a : b)
            : FloatCore<Binary64>.Select(a, b, maximum: true, ref status);

    /// <summary>minimum: the lesser; -0 is less than +0; the canonical NaN if either is a NaN; a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>One of the operands, or the canonical NaN.</returns>
    public static ulong MinOrNaN(ulong a, ulong b, ref FloatStatus status) =>
        FloatCore<Binary64>.SelectOrNaN(a, b, maximum: false, ref status);

    /// <summary>maximum: the greater; +0 is greater than -0; the canonical NaN if either is a NaN; a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>One of the operands, or the canonical NaN.</returns>
    public static ulong MaxOrNaN(ulong a, ulong b, ref FloatStatus status) =>
        FloatCore<Binary64>.SelectOrNaN(a, b, maximum: true, ref status);

    /// <summary>The class of a; raises nothing.</summary>
    /// <param name="a">An encoding.</param>
    /// <returns>One bit.</returns>
    public static FloatClass Classify(ulong a) => FloatCore<Binary64>.Classify(a);

    private static bool Ordered(ulong a, ulong b, out double x, out double y)
    {
        x = BitConverter.UInt64BitsToDouble(a);
        y = BitConverter.UInt64BitsToDouble(b);
        return !double.IsNaN(x) && !double.IsNaN(y);
    }
}
