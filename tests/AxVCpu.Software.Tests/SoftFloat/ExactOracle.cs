using System.Numerics;
using AxVCpu.Software.SoftFloat;

namespace AxVCpu.Software.Tests.SoftFloat;

/// <summary>
/// IEEE 754 by definition: compute the exact value, round it once, derive the flags. Nothing here is shared with the implementation
/// but the two enumerations.
/// </summary>
internal sealed class ExactOracle
{
    private readonly int _width;
    private readonly int _precision;
    private readonly int _maxExponent;
    private FloatRounding _rounding;
    private FloatFlags _flags;

    private ExactOracle(int width)
    {
        _width = width;
        (_precision, _maxExponent) = width switch { 64 => (53, 1023), 32 => (24, 127), _ => (11, 15) };
    }

    private enum Kind
    {
        Finite,
        Infinite,
        Quiet,
        Signaling,
    }

    private int MinExponent => 1 - _maxExponent;

    private ulong SignBit => 1UL << (_width - 1);

    private ulong Infinity => (SignBit - 1) >> (_precision - 1) << (_precision - 1);

    private ulong CanonicalNaN => Infinity | (1UL << (_precision - 2));

    public static (ulong Bits, FloatFlags Flags) Evaluate(FloatOperation operation, int width, FloatRounding rounding, ulong a, ulong b, ulong c)
    {
        ExactOracle oracle = new(width) { _rounding = rounding };
        ulong bits = oracle.Apply(operation, a, b, c);
        return (bits, oracle._flags);
    }

    private ulong Apply(FloatOperation operation, ulong a, ulong b, ulong c)
    {
        switch (operation)
        {
            case FloatOperation.FromInt32: return RoundSigned((int)a, 1, zeroSign: false);
            case FloatOperation.FromUInt32: return RoundSigned((uint)a, 1, zeroSign: false);
            case FloatOperation.FromInt64: return RoundSigned((long)a, 1, zeroSign: false);
            case FloatOperation.FromUInt64: return RoundSigned(a, 1, zeroSign: false);
        }

        Number x = Decode(a);
        Number y = Decode(b);
        Number z = Decode(c);
        return operation switch
        {
            FloatOperation.Add => Sum(x, y),
            FloatOperation.Sub => Sum(x, y with { Negative = !y.Negative, Value = -y.Value }),
            FloatOperation.Mul => Product(x, y),
            FloatOperation.Div => Quotient(x, y),
            FloatOperation.Sqrt => Root(x, a),
            FloatOperation.MulAdd => Fused(x, y, z),
            FloatOperation.Min => Pick(a, x, b, y, maximum: false),
            FloatOperation.Max => Pick(a, x, b, y, maximum: true),
            FloatOperation.MinOrNaN => AnyNaN(x, y) ? CanonicalNaN : Pick(a, x, b, y, maximum: false),
            FloatOperation.MaxOrNaN => AnyNaN(x, y) ? CanonicalNaN : Pick(a, x, b, y, maximum: true),
            FloatOperation.Equal => Compare(x, y, quiet: true, static order => order == 0),
            FloatOperation.LessThan => Compare(x, y, quiet: false, static order => order < 0),
            FloatOperation.LessOrEqual => Compare(x, y, quiet: false, static order => order <= 0),
            FloatOperation.LessThanQuiet => Compare(x, y, quiet: true, static order => order < 0),
            FloatOperation.LessOrEqualQuiet => Compare(x, y, quiet: true, static order => order <= 0),
            FloatOperation.Classify => Class(x),
            FloatOperation.ToInt32 => ToInteger(x, int.MinValue, int.MaxValue),
            FloatOperation.ToUInt32 => ToInteger(x, 0, uint.MaxValue),
            FloatOperation.ToInt64 => ToInteger(x, long.MinValue, long.MaxValue),
            FloatOperation.ToUInt64 => ToInteger(x, 0, ulong.MaxValue),
            FloatOperation.Convert => Convert(x, _width == 32 ? 64 : 32),
            FloatOperation.ConvertFar => Convert(x, _width == 16 ? 64 : 16),
            FloatOperation.RoundToIntegral => Integral(x, a, exact: false),
            FloatOperation.RoundToIntegralExact => Integral(x, a, exact: true),
            _ => throw new ArgumentOutOfRangeException(nameof(operation)),
        };
    }

    /// <summary>Value is a numerator over 2^<see cref="Scale"/>, the same denominator for every number of the width.</summary>
    private int Scale => _maxExponent - 1 + _precision - 1;

    private Number Decode(ulong bits)
    {
        bits &= SignBit | (SignBit - 1);
        bool negative = (bits & SignBit) != 0;
        ulong magnitude = bits & (SignBit - 1);
        if (magnitude >= Infinity)
        {
            Kind kind = magnitude == Infinity ? Kind.Infinite : (magnitude & CanonicalNaN) == CanonicalNaN ? Kind.Quiet : Kind.Signaling;
            return new Number(kind, negative, 0);
        }

        // Encodings step by one unit of the last place, which doubles with every exponent from the second on.
        int exponent = (int)(magnitude >> (_precision - 1));
        ulong fraction = magnitude & ((1UL << (_precision - 1)) - 1);
        BigInteger value = exponent == 0 ? fraction : (BigInteger)(fraction + (1UL << (_precision - 1))) << (exponent - 1);
        return new Number(Kind.Finite, negative, negative ? -value : value);
    }

    private ulong Invalid()
    {
        _flags |= FloatFlags.Invalid;
        return CanonicalNaN;
    }

    private bool AnyNaN(params ReadOnlySpan<Number> numbers)
    {
        bool found = false;
        foreach (Number number in numbers)
        {
            found |= number.IsNaN;
            _flags |= number.Kind == Kind.Signaling ? FloatFlags.Invalid : FloatFlags.None;
        }

        return found;
    }

    private ulong Infinite(bool negative) => Infinity | (negative ? SignBit : 0);

    private ulong Zero(bool negative) => negative ? SignBit : 0;

    private ulong Sum(Number x, Number y)
    {
        if (AnyNaN(x, y))
        {
            return CanonicalNaN;
        }

        if (x.Kind == Kind.Infinite || y.Kind == Kind.Infinite)
        {
            bool opposed = x.Kind == y.Kind && x.Negative != y.Negative;
            return opposed ? Invalid() : Infinite(x.Kind == Kind.Infinite ? x.Negative : y.Negative);
        }

        bool zeroSign = x.Negative == y.Negative ? x.Negative : _rounding == FloatRounding.Down;
        return RoundSigned(x.Value + y.Value, BigInteger.One << Scale, zeroSign);
    }

    private ulong Product(Number x, Number y)
    {
        if (AnyNaN(x, y))
        {
            return CanonicalNaN;
        }

        bool negative = x.Negative != y.Negative;
        if (x.Kind == Kind.Infinite || y.Kind == Kind.Infinite)
        {
            return x.IsZero || y.IsZero ? Invalid() : Infinite(negative);
        }

        return RoundSigned(x.Value * y.Value, BigInteger.One << (2 * Scale), negative);
    }

    private ulong Quotient(Number x, Number y)
    {
        if (AnyNaN(x, y))
        {
            return CanonicalNaN;
        }

        bool negative = x.Negative != y.Negative;
        if (x.Kind == Kind.Infinite)
        {
            return y.Kind == Kind.Infinite ? Invalid() : Infinite(negative);
        }

        if (y.Kind == Kind.Infinite)
        {
            return Zero(negative);
        }

        if (!y.IsZero)
        {
            return RoundSigned(negative ? -BigInteger.Abs(x.Value) : BigInteger.Abs(x.Value), BigInteger.Abs(y.Value), negative);
        }

        if (x.IsZero)
        {
            return Invalid();
        }

        _flags |= FloatFlags.DivideByZero;
        return Infinite(negative);
    }

    private ulong Root(Number x, ulong bits)
    {
        if (AnyNaN(x))
        {
            return CanonicalNaN;
        }

        if (x.IsZero)
        {
            return bits;
        }

        if (x.Negative)
        {
            return Invalid();
        }

        return x.Kind == Kind.Infinite ? Infinite(false) : Round(new ExactReal(x.Value, BigInteger.One << Scale, IsRoot: true), false);
    }

    private ulong Fused(Number x, Number y, Number z)
    {
        bool undefinedProduct = (x.Kind == Kind.Infinite && y.IsZero) || (x.IsZero && y.Kind == Kind.Infinite);
        if (AnyNaN(x, y, z) || undefinedProduct)
        {
            return undefinedProduct ? Invalid() : CanonicalNaN;
        }

        bool negative = x.Negative != y.Negative;
        if (x.Kind == Kind.Infinite || y.Kind == Kind.Infinite)
        {
            return z.Kind == Kind.Infinite && z.Negative != negative ? Invalid() : Infinite(negative);
        }

        if (z.Kind == Kind.Infinite)
        {
            return Infinite(z.Negative);
        }

        bool zeroSign = negative == z.Negative ? negative : _rounding == FloatRounding.Down;
        return RoundSigned((x.Value * y.Value) + (z.Value << Scale), BigInteger.One << (2 * Scale), zeroSign);
    }

    private ulong Pick(ulong a, Number x, ulong b, Number y, bool maximum)
    {
        if (AnyNaN(x, y))
        {
            return !x.IsNaN ? a : !y.IsNaN ? b : CanonicalNaN;
        }

        int order = Order(x, y);
        if (order == 0)
        {
            return x.Negative == maximum ? b : a;
        }

        return order < 0 == maximum ? b : a;
    }

    private ulong Compare(Number x, Number y, bool quiet, Func<int, bool> relation)
    {
        if (!AnyNaN(x, y))
        {
            return relation(Order(x, y)) ? 1UL : 0;
        }

        _flags |= quiet ? FloatFlags.None : FloatFlags.Invalid;
        return 0;
    }

    private static int Order(Number x, Number y)
    {
        int infinityX = x.Kind == Kind.Infinite ? (x.Negative ? -1 : 1) : 0;
        int infinityY = y.Kind == Kind.Infinite ? (y.Negative ? -1 : 1) : 0;
        return infinityX != infinityY ? infinityX.CompareTo(infinityY) : x.Value.CompareTo(y.Value);
    }

    private ulong Class(Number x)
    {
        if (x.IsNaN)
        {
            return x.Kind == Kind.Signaling ? 1UL << 8 : 1UL << 9;
        }

        int distance = x.Kind == Kind.Infinite ? 3 : x.IsZero ? 0 : BigInteger.Abs(x.Value) < BigInteger.One << (_precision - 1) ? 1 : 2;
        return 1UL << (x.Negative ? 3 - distance : 4 + distance);
    }

    private ulong ToInteger(Number x, BigInteger minimum, BigInteger maximum)
    {
        BigInteger result = x.Negative ? minimum : maximum;
        if (x.IsNaN)
        {
            result = maximum;
        }
        else if (x.Kind == Kind.Finite)
        {
            ExactReal magnitude = new(BigInteger.Abs(x.Value), BigInteger.One << Scale, IsRoot: false);
            (BigInteger rounded, bool inexact) = magnitude.RoundTo(0, _rounding, x.Negative);
            rounded = x.Negative ? -rounded : rounded;
            if (rounded >= minimum && rounded <= maximum)
            {
                _flags |= inexact ? FloatFlags.Inexact : FloatFlags.None;
                return (ulong)(rounded & ulong.MaxValue);
            }
        }

        _flags |= FloatFlags.Invalid;
        return (ulong)(result & ulong.MaxValue);
    }

    private ulong Integral(Number x, ulong bits, bool exact)
    {
        if (AnyNaN(x))
        {
            return CanonicalNaN;
        }

        if (x.Kind == Kind.Infinite || x.IsZero)
        {
            return bits;
        }

        ExactReal magnitude = new(BigInteger.Abs(x.Value), BigInteger.One << Scale, IsRoot: false);
        (BigInteger rounded, bool inexact) = magnitude.RoundTo(0, _rounding, x.Negative);
        _flags |= inexact && exact ? FloatFlags.Inexact : FloatFlags.None;
        return RoundSigned(x.Negative ? -rounded : rounded, 1, x.Negative);
    }

    private ulong Convert(Number x, int width)
    {
        ExactOracle target = new(width) { _rounding = _rounding };
        ulong bits = AnyNaN(x) ? target.CanonicalNaN
            : x.Kind == Kind.Infinite ? target.Infinite(x.Negative)
            : target.RoundSigned(x.Value, BigInteger.One << Scale, x.Negative);
        _flags |= target._flags;
        return bits;
    }

    private ulong RoundSigned(BigInteger numerator, BigInteger denominator, bool zeroSign) => numerator.IsZero
        ? Zero(zeroSign)
        : Round(new ExactReal(BigInteger.Abs(numerator), denominator, IsRoot: false), numerator.Sign < 0);

    private ulong Round(ExactReal value, bool negative)
    {
        int exponent = value.LeadingExponent();
        int quantum = Math.Max(exponent, MinExponent) - (_precision - 1);
        (BigInteger multiple, bool inexact) = value.RoundTo(quantum, _rounding, negative);
        if (inexact)
        {
            _flags |= FloatFlags.Inexact;
            int unbounded = exponent - (_precision - 1);
            (BigInteger full, _) = value.RoundTo(unbounded, _rounding, negative);
            bool tiny = new ExactReal(full, 1, IsRoot: false).CompareTo(1, MinExponent - unbounded) < 0;
            _flags |= tiny ? FloatFlags.Underflow : FloatFlags.None;
        }

        BigInteger largest = (BigInteger.One << _precision) - 1;
        if (new ExactReal(multiple, 1, IsRoot: false).CompareTo(largest, _maxExponent - (_precision - 1) - quantum) > 0)
        {
            _flags |= FloatFlags.Overflow | FloatFlags.Inexact;
            bool away = _rounding is FloatRounding.NearestEven or FloatRounding.NearestMaxMagnitude
                || _rounding == (negative ? FloatRounding.Down : FloatRounding.Up);
            return Zero(negative) | (away ? Infinity : Infinity - 1);
        }

        // Encodings are consecutive: full steps of 2^(precision - 1) encodings per exponent above the subnormals' quantum.
        BigInteger encoding = multiple + ((BigInteger)(quantum - (MinExponent - (_precision - 1))) << (_precision - 1));
        return Zero(negative) | (ulong)encoding;
    }

    private readonly record struct Number(Kind Kind, bool Negative, BigInteger Value)
    {
        public bool IsNaN => Kind >= Kind.Quiet;

        public bool IsZero => Kind == Kind.Finite && Value.IsZero;
    }
}
