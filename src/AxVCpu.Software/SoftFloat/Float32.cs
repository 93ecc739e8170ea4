using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace AxVCpu.Software.SoftFloat;

/// <summary>
/// IEEE 754 binary32 arithmetic on encodings: results and flags are bit-exact in every rounding direction, NaN results are canonical
/// (0x7fc00000), tininess is detected after rounding, subnormals are honoured. No allocation; safe from any thread as long as each uses
/// its own <see cref="FloatStatus"/>. NaN boxing in wider registers is the caller's.
/// </summary>
/// <remarks>
/// The integer core defines every result. Where the direction is <see cref="FloatRounding.NearestEven"/> and the result is a normal
/// number away from both ends of the range, the host's arithmetic gives the same bits and inexact is the only flag possible. Whether it
/// is inexact is read off in binary64, which holds the product of any two binary32 numbers exactly.
/// </remarks>
public static partial class Float32
{
    /// <summary>The sign bit: flipping it negates, clearing it takes the absolute value.</summary>
    public const uint SignBit = 0x8000_0000;

    /// <summary>The NaN that operations produce: positive, quiet, no payload.</summary>
    public const uint CanonicalNaN = 0x7fc0_0000;

    private const float SmallestNormal = 1.17549435e-38f;

    // Twice this is finite.
    private const float LargestSafe = 8.0e37f;

    /// <summary>a + b.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded sum.</returns>
    public static uint Add(uint a, uint b, ref FloatStatus status)
    {
        if (status.Rounding == FloatRounding.NearestEven)
        {
            float x = BitConverter.UInt32BitsToSingle(a);
            float y = BitConverter.UInt32BitsToSingle(b);
            if (MathF.Abs(x) <= LargestSafe && MathF.Abs(y) <= LargestSafe)
            {
                float sum = x + y;
                if ((status.Flags & FloatFlags.Inexact) == 0)
                {
                    // Knuth's two-sum: the two differences add up to the error, exactly, as nothing here can overflow. A subnormal sum
                    // is exact.
                    float other = sum - x;
                    if ((x - (sum - other)) + (y - other) != 0)
                    {
                        status.Flags |= FloatFlags.Inexact;
                    }
                }

                return BitConverter.SingleToUInt32Bits(sum);
            }
        }

        return (uint)FloatCore<Binary32>.Add(a, b, ref status);
    }

    /// <summary>a - b.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded difference.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Sub(uint a, uint b, ref FloatStatus status) => Add(a, b ^ SignBit, ref status);

    /// <summary>a * b.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded product.</returns>
    public static uint Mul(uint a, uint b, ref FloatStatus status)
    {
        if (status.Rounding == FloatRounding.NearestEven)
        {
            double exact = (double)BitConverter.UInt32BitsToSingle(a) * BitConverter.UInt32BitsToSingle(b);
            float product = (float)exact;
            if (IsSafe(product))
            {
                status.Flags |= product != exact ? FloatFlags.Inexact : FloatFlags.None;
                return BitConverter.SingleToUInt32Bits(product);
            }
        }

        return (uint)FloatCore<Binary32>.Multiply(a, b, ref status);
    }

    /// <summary>a / b.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded quotient.</returns>
    public static uint Div(uint a, uint b, ref FloatStatus status)
    {
        if (status.Rounding == FloatRounding.NearestEven)
        {
            float x = BitConverter.UInt32BitsToSingle(a);
            float y = BitConverter.UInt32BitsToSingle(b);
            float quotient = x / y;

            // A safe quotient comes from a finite divisor other than zero and a finite dividend.
            if (IsSafe(quotient))
            {
                status.Flags |= (double)quotient * y != x ? FloatFlags.Inexact : FloatFlags.None;
                return BitConverter.SingleToUInt32Bits(quotient);
            }
        }

        return (uint)FloatCore<Binary32>.Divide(a, b, ref status);
    }

    /// <summary>The square root of a.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded root.</returns>
    public static uint Sqrt(uint a, ref FloatStatus status)
    {
        if (status.Rounding == FloatRounding.NearestEven)
        {
            float x = BitConverter.UInt32BitsToSingle(a);
            float root = MathF.Sqrt(x);
            if (IsSafe(root))
            {
                status.Flags |= (double)root * root != x ? FloatFlags.Inexact : FloatFlags.None;
                return BitConverter.SingleToUInt32Bits(root);
            }
        }

        return (uint)FloatCore<Binary32>.SquareRoot(a, ref status);
    }

    /// <summary>
    /// a * b + c with one rounding. The other fused forms are this one with sign bits flipped: flip c for a * b - c, a for c - a * b,
    /// both for -(a * b) - c.
    /// </summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="c">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded result.</returns>
    public static uint MulAdd(uint a, uint b, uint c, ref FloatStatus status)
    {
        if ((Fma.IsSupported || AdvSimd.IsSupported) && status.Rounding == FloatRounding.NearestEven
            && (status.Flags & FloatFlags.Inexact) != 0)
        {
            // Hardware only; the C library's version is not relied on. A finite result comes from finite operands, and one above the
            // smallest normal cannot have been tiny.
            float result = MathF.FusedMultiplyAdd(
                BitConverter.UInt32BitsToSingle(a), BitConverter.UInt32BitsToSingle(b), BitConverter.UInt32BitsToSingle(c));
            if (IsSafe(result))
            {
                return BitConverter.SingleToUInt32Bits(result);
            }
        }

        return (uint)FloatCore<Binary32>.MultiplyAdd(a, b, c, ref status);
    }

    /// <summary>Whether a rounded result cannot have been tiny, nor have overflowed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsSafe(float result)
    {
        float magnitude = MathF.Abs(result);
        return magnitude > SmallestNormal && magnitude <= LargestSafe;
    }
}
