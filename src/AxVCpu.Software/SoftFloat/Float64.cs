using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace AxVCpu.Software.SoftFloat;

/// <summary>
/// IEEE 754 binary64 arithmetic on encodings: results and flags are bit-exact in every rounding direction, NaN results are canonical
/// (0x7ff8000000000000), tininess is detected after rounding, subnormals are honoured. No allocation; safe from any thread as long as
/// each uses its own <see cref="FloatStatus"/>.
/// </summary>
/// <remarks>
/// The integer core defines every result. Where the direction is <see cref="FloatRounding.NearestEven"/> and the operands and the result
/// are far from the ends of the exponent range, the host's arithmetic gives the same bits (.NET computes in binary64, in that direction)
/// and inexact is the only flag possible. It is then already set, or decided from an exactly computed error term.
/// </remarks>
public static partial class Float64
{
    /// <summary>The sign bit: flipping it negates, clearing it takes the absolute value.</summary>
    public const ulong SignBit = 0x8000_0000_0000_0000;

    /// <summary>The NaN that operations produce: positive, quiet, no payload.</summary>
    public const ulong CanonicalNaN = 0x7ff8_0000_0000_0000;

    // Products, quotients and radicands at or above this have error terms whose last bit, 106 bits lower, is still a binary64 number.
    private const double SmallestSafe = 2.0e-289;

    // Twice this is finite.
    private const double LargestSafe = 4.0e307;

    private const double SmallestNormal = 2.2250738585072014e-308;

    /// <summary>Whether the host fuses in hardware; the C library's version is not relied on.</summary>
    private static bool HostFuses
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Fma.IsSupported || AdvSimd.IsSupported;
    }

    /// <summary>a + b.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded sum.</returns>
    public static ulong Add(ulong a, ulong b, ref FloatStatus status)
    {
        if (status.Rounding == FloatRounding.NearestEven)
        {
            double x = BitConverter.UInt64BitsToDouble(a);
            double y = BitConverter.UInt64BitsToDouble(b);
            if (Math.Abs(x) <= LargestSafe && Math.Abs(y) <= LargestSafe)
            {
                double sum = x + y;
                if ((status.Flags & FloatFlags.Inexact) == 0)
                {
                    // Knuth's two-sum: the two differences add up to the error, exactly, as nothing here can overflow. A subnormal sum
                    // is exact.
                    double other = sum - x;
                    if ((x - (sum - other)) + (y - other) != 0)
                    {
                        status.Flags |= FloatFlags.Inexact;
                    }
                }

                return BitConverter.DoubleToUInt64Bits(sum);
            }
        }

        return FloatCore<Binary64>.Add(a, b, ref status);
    }

    /// <summary>a - b.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded difference.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Sub(ulong a, ulong b, ref FloatStatus status) => Add(a, b ^ SignBit, ref status);

    /// <summary>a * b.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded product.</returns>
    public static ulong Mul(ulong a, ulong b, ref FloatStatus status)
    {
        if (HostFuses && status.Rounding == FloatRounding.NearestEven)
        {
            double x = BitConverter.UInt64BitsToDouble(a);
            double y = BitConverter.UInt64BitsToDouble(b);
            double product = x * y;
            double magnitude = Math.Abs(product);
            if (magnitude >= SmallestSafe && magnitude <= LargestSafe)
            {
                if ((status.Flags & FloatFlags.Inexact) == 0 && Math.FusedMultiplyAdd(x, y, -product) != 0)
                {
                    status.Flags |= FloatFlags.Inexact;
                }

                return BitConverter.DoubleToUInt64Bits(product);
            }
        }

        return FloatCore<Binary64>.Multiply(a, b, ref status);
    }

    /// <summary>a / b.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="b">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded quotient.</returns>
    public static ulong Div(ulong a, ulong b, ref FloatStatus status)
    {
        if (HostFuses && status.Rounding == FloatRounding.NearestEven)
        {
            double x = BitConverter.UInt64BitsToDouble(a);
            double y = BitConverter.UInt64BitsToDouble(b);
            double quotient = x / y;
            double magnitude = Math.Abs(quotient);

            // A quotient in this range rules out zero and infinite divisors; the bound on the dividend keeps quotient * b - a visible.
            if (Math.Abs(x) >= SmallestSafe && magnitude > SmallestNormal && magnitude <= LargestSafe && Math.Abs(x) <= LargestSafe)
            {
                if ((status.Flags & FloatFlags.Inexact) == 0 && Math.FusedMultiplyAdd(quotient, y, -x) != 0)
                {
                    status.Flags |= FloatFlags.Inexact;
                }

                return BitConverter.DoubleToUInt64Bits(quotient);
            }
        }

        return FloatCore<Binary64>.Divide(a, b, ref status);
    }

    /// <summary>The square root of a.</summary>
    /// <param name="a">An encoding.</param>
    /// <param name="status">The rounding direction; receives the flags.</param>
    /// <returns>The rounded root.</returns>
    public static ulong Sqrt(ulong a, ref FloatStatus status)
    {
        double x = BitConverter.UInt64BitsToDouble(a);
        if (HostFuses && status.Rounding == FloatRounding.NearestEven && x >= SmallestSafe && x <= LargestSafe)
        {
            double root = Math.Sqrt(x);
            if ((status.Flags & FloatFlags.Inexact) == 0 && Math.FusedMultiplyAdd(root, root, -x) != 0)
            {
                status.Flags |= FloatFlags.Inexact;
            }

            return BitConverter.DoubleToUInt64Bits(root);
        }

        return FloatCore<Binary64>.SquareRoot(a, ref status);
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
    public static ulong MulAdd(ulong a, ulong b, ulong c, ref FloatStatus status)
    {
        if (HostFuses && status.Rounding == FloatRounding.NearestEven && (status.Flags & FloatFlags.Inexact) != 0)
        {
            double result = Math.FusedMultiplyAdd(
                BitConverter.UInt64BitsToDouble(a), BitConverter.UInt64BitsToDouble(b), BitConverter.UInt64BitsToDouble(c));
            double magnitude = Math.Abs(result);

            // A finite result comes from finite operands, and one above the smallest normal cannot have been tiny.
            if (magnitude > SmallestNormal && magnitude <= LargestSafe)
            {
                return BitConverter.DoubleToUInt64Bits(result);
            }
        }

        return FloatCore<Binary64>.MultiplyAdd(a, b, c, ref status);
    }
}
