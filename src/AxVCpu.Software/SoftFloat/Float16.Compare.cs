namespace AxVCpu.Software.SoftFloat;

/// <summary>Comparisons, minimum, maximum and classification of binary16.</summary>
public static partial class Float16
{
    /// <summary>a == b, quiet: only a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool Equal(ushort a, ushort b, ref FloatStatus status) =>
        Ordered(a, b, out Half x, out Half y) ? x == y : FloatCore<Binary16>.Unordered(a, b, signaling: false, ref status);

    /// <summary>a &lt; b, signaling: any NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool LessThan(ushort a, ushort b, ref FloatStatus status) =>
        Ordered(a, b, out Half x, out Half y) ? x < y : FloatCore<Binary16>.Unordered(a, b, signaling: true, ref status);

    /// <summary>a &lt;= b, signaling: any NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool LessOrEqual(ushort a, ushort b, ref FloatStatus status) =>
        Ordered(a, b, out Half x, out Half y) ? x <= y : FloatCore<Binary16>.Unordered(a, b, signaling: true, ref status);

    /// <summary>a &lt; b, quiet: only a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool LessThanQuiet(ushort a, ushort b, ref FloatStatus status) =>
        Ordered(a, b, out Half x, out Half y) ? x < y : FloatCore<Binary16>.Unordered(a, b, signaling: false, ref status);

    /// <summary>a &lt;= b, quiet: only a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool LessOrEqualQuiet(ushort a, ushort b, ref FloatStatus status) =>
        Ordered(a, b, out Half x, out Half y) ? x <= y : FloatCore<Binary16>.Unordered(a, b, signaling: false, ref status);

    /// <summary>minimumNumber: the lesser; -0 is less than +0; a NaN only if both are; a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>One of the operands, or the canonical NaN.</returns>
    public static ushort Min(ushort a, ushort b, ref FloatStatus status) =>
        Ordered(a, b, out Half x, out Half y) && x != y
            ? (x < y ? a : b)
            : (ushort)FloatCore<Binary16>.Select(a, b, maximum: false, ref status);

    /// <summary>maximumNumber: the greater; +0 is greater than -0; a NaN only if both are; a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>One of the operands, or the canonical NaN.</returns>
    public static ushort Max(ushort a, ushort b, ref FloatStatus status) =>
        Ordered(a, b, out Half x, out Half y) && x != y
            ? (x > y ? a : b)
            : (ushort)FloatCore<Binary16>.Select(a, b, maximum: true, ref status);

    /// <summary>minimum: the lesser; -0 is less than +0; the canonical NaN if either is a NaN; a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>One of the operands, or the canonical NaN.</returns>
    public static ushort MinOrNaN(ushort a, ushort b, ref FloatStatus status) =>
        (ushort)FloatCore<Binary16>.SelectOrNaN(a, b, maximum: false, ref status);

    /// <summary>maximum: the greater; +0 is greater than -0; the canonical NaN if either is a NaN; a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>One of the operands, or the canonical NaN.</returns>
    public static ushort MaxOrNaN(ushort a, ushort b, ref FloatStatus status) =>
        (ushort)FloatCore<Binary16>.SelectOrNaN(a, b, maximum: true, ref status);

    /// <summary>The class of a; raises nothing.</summary>
    /// <param name="a">An encoding.</param>
    /// <returns>One bit.</returns>
    public static FloatClass Classify(ushort a) => FloatCore<Binary16>.Classify(a);

    private static bool Ordered(ushort a, ushort b, out Half x, out Half y)
    {
        x = BitConverter.UInt16BitsToHalf(a);
        y = BitConverter.UInt16BitsToHalf(b);
        return !Half.IsNaN(x) && !Half.IsNaN(y);
    }
}
