namespace AxVCpu.Software.SoftFloat;

/// <summary>Comparisons, minimum, maximum and classification of binary32.</summary>
public static partial class Float32
{
    /// <summary>a == b, quiet: only a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool Equal(uint a, uint b, ref FloatStatus status) =>
        Ordered(a, b, out float x, out float y) ? x == y : FloatCore<Binary32>.Unordered(a, b, signaling: false, ref status);

    /// <summary>a &lt; b, signaling: any NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool LessThan(uint a, uint b, ref FloatStatus status) =>
        Ordered(a, b, out float x, out float y) ? x < y : FloatCore<Binary32>.Unordered(a, b, signaling: true, ref status);

    /// <summary>a &lt;= b, signaling: any NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool LessOrEqual(uint a, uint b, ref FloatStatus status) =>
        Ordered(a, b, out float x, out float y) ? x <= y : FloatCore<Binary32>.Unordered(a, b, signaling: true, ref status);

    /// <summary>a &lt; b, quiet: only a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool LessThanQuiet(uint a, uint b, ref FloatStatus status) =>
        Ordered(a, b, out float x, out float y) ? x < y : FloatCore<Binary32>.Unordered(a, b, signaling: false, ref status);

    /// <summary>a &lt;= b, quiet: only a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>False if either is a NaN.</returns>
    public static bool LessOrEqualQuiet(uint a, uint b, ref FloatStatus status) =>
        Ordered(a, b, out float x, out float y) ? x <= y : FloatCore<Binary32>.Unordered(a, b, signaling: false, ref status);

    /// <summary>minimumNumber: the lesser; -0 is less than +0; a NaN only if both are; a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>One of the operands, or the canonical NaN.</returns>
    public static uint Min(uint a, uint b, ref FloatStatus status) =>
        Ordered(a, b, out float x, out float y) && x != y
            ? (x < y ? a : b)
            : (uint)FloatCore<Binary32>.Select(a, b, maximum: false, ref status);

    /// <summary>maximumNumber: the greater; +0 is greater than -0; a NaN only if both are; a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>One of the operands, or the canonical NaN.</returns>
    public static uint Max(uint a, uint b, ref FloatStatus status) =>
        Ordered(a, b, out float x, out float y) && x != y
            ? (x > y ? a : b)
            : (uint)FloatCore<Binary32>.Select(a, b, maximum: true, ref status);

    /// <summary>minimum: the lesser; -0 is less than +0; the canonical NaN if either is a NaN; a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>One of the operands, or the canonical NaN.</returns>
    public static uint MinOrNaN(uint a, uint b, ref FloatStatus status) =>
        (uint)FloatCore<Binary32>.SelectOrNaN(a, b, maximum: false, ref status);

    /// <summary>maximum: the greater; +0 is greater than -0; the canonical NaN if either is a NaN; a signaling NaN raises invalid.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">Receives the flags.</param>
    /// <returns>One of the operands, or the canonical NaN.</returns>
    public static uint MaxOrNaN(uint a, uint b, ref FloatStatus status) =>
        (uint)FloatCore<Binary32>.SelectOrNaN(a, b, maximum: true, ref status);

    /// <summary>The class of a; raises nothing.</summary>
    /// <param name="a">An encoding.</param>
    /// <returns>One bit.</returns>
    public static FloatClass Classify(uint a) => FloatCore<Binary32>.Classify(a);

    private static bool Ordered(uint a, uint b, out float x, out float y)
    {
        x = BitConverter.UInt32BitsToSingle(a);
        y = BitConverter.UInt32BitsToSingle(b);
        return !float.IsNaN(x) && !float.IsNaN(y);
    }
}
