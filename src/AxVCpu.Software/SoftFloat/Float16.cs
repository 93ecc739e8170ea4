namespace AxVCpu.Software.SoftFloat;

/// <summary>
/// IEEE 754 binary16 arithmetic on encodings: results and flags are bit-exact in every rounding direction, NaN results are canonical
/// (0x7e00), tininess is detected after rounding, subnormals are honoured. No allocation; safe from any thread as long as each uses its own
/// <see cref="FloatStatus"/>. NaN boxing in wider registers is the caller's.
/// </summary>
/// <remarks>The integer core computes everything: hosts convert binary16, but do not compute in it.</remarks>
public static partial class Float16
{
    /// <summary>The sign bit: flipping it negates, clearing it takes the absolute value.</summary>
    public const ushort SignBit = 0x8000;

    /// <summary>The NaN that operations produce: positive, quiet, no payload.</summary>
    public const ushort CanonicalNaN = 0x7e00;

    /// <summary>a + b.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded sum.</returns>
    public static ushort Add(ushort a, ushort b, ref FloatStatus status) => (ushort)FloatCore<Binary16>.Add(a, b, ref status);

    /// <summary>a - b.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded difference.</returns>
    public static ushort Sub(ushort a, ushort b, ref FloatStatus status) => Add(a, (ushort)(b ^ SignBit), ref status);

    /// <summary>a * b.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded product.</returns>
    public static ushort Mul(ushort a, ushort b, ref FloatStatus status) => (ushort)FloatCore<Binary16>.Multiply(a, b, ref status);

    /// <summary>a / b.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded quotient.</returns>
    public static ushort Div(ushort a, ushort b, ref FloatStatus status) => (ushort)FloatCore<Binary16>.Divide(a, b, ref status);

    /// <summary>The square root of a.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded root.</returns>
    public static ushort Sqrt(ushort a, ref FloatStatus status) => (ushort)FloatCore<Binary16>.SquareRoot(a, ref status);

    /// <summary>
    /// a * b + c with one rounding. The other fused forms are this one with sign bits flipped: flip c for a * b - c, a for c - a * b,
    /// both for -(a * b) - c.
    /// </summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="c">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded result.</returns>
    public static ushort MulAdd(ushort a, ushort b, ushort c, ref FloatStatus status) =>
        (ushort)FloatCore<Binary16>.MultiplyAdd(a, b, c, ref status);
}
