namespace AxVCpu.Software.Tests.SoftFloat;

/// <summary>Operands where floating-point arithmetic goes wrong, and random ones that lean towards them.</summary>
internal sealed class FloatOperands
{
    private readonly int _width;
    private readonly int _fractionBits;
    private readonly int _maxField;
    private readonly Random _random;
    private readonly ulong[] _corners;

    public FloatOperands(int width, Random random)
    {
        _width = width;
        _random = random;
        (_fractionBits, _maxField) = Format(width);
        _corners = Corners(width);
    }

    private int Bias => _maxField / 2;

    private ulong Mask => ulong.MaxValue >> (64 - _width);

    private ulong SignBit => 1UL << (_width - 1);

    /// <summary>Both signs of every boundary of the format.</summary>
    public static ulong[] Corners(int width)
    {
        (int f, int max) = Format(width);
        int bias = max / 2;
        ulong one = Encode(bias, 0);
        ulong last = (1UL << f) - 1;
        ulong[] positive =
        [
            0, 1, 2, 3, 1UL << (f - 1), last - 1, last,
            Encode(1, 0), Encode(1, 1), Encode(1, last), Encode(2, 0), Encode(2, 1),
            Encode(bias / 2, 0), Encode(bias / 2, 1), Encode((bias / 2) + 1, last),
            Encode(bias - f - 2, 0), Encode(bias - f - 1, 1),
            Encode(bias - 2, last), Encode(bias - 1, 0), Encode(bias - 1, 1), one - 1, one, one + 1, Encode(bias, 1UL << (f - 1)), Encode(bias, last),
            Encode(bias + 1, 0), Encode(bias + 1, 1UL << (f - 1)), Encode(bias + 1, 1UL << (f - 2)),
            Encode(bias + 30, last), Encode(bias + 31, 0), Encode(bias + 31, last), Encode(bias + 32, 0),
            Encode(bias + f, 0), Encode(bias + f, 1), Encode(bias + f + 1, 0), Encode(bias + f + 1, 1),
            Encode(bias + 62, last), Encode(bias + 63, 0), Encode(bias + 63, last), Encode(bias + 64, 0),
            Encode(bias + (bias / 2), 0), Encode(max - 2, last), Encode(max - 1, 0), Encode(max - 1, last - 1), Encode(max - 1, last),
            Encode(max, 0), Encode(max, 1UL << (f - 1)), Encode(max, last), Encode(max, 1), Encode(max, last >> 1),
        ];
        return [.. positive, .. positive.Select(value => value | (1UL << (width - 1)))];

        ulong Encode(int field, ulong fraction) => ((ulong)Math.Clamp(field, 0, max) << f) | fraction;
    }

    /// <summary>Bits of the fraction, and the largest exponent field.</summary>
    private static (int FractionBits, int MaxField) Format(int width) => width switch { 64 => (52, 2047), 32 => (23, 255), _ => (10, 31) };

    /// <summary>Integers next to powers of two and next to ties of both formats.</summary>
    public static ulong[] IntegerCorners()
    {
        List<ulong> values = [0, 0x5555_5555_5555_5555];
        for (int bit = 0; bit < 64; bit++)
        {
            ulong power = 1UL << bit;
            values.AddRange([power, power - 1, power + 1, 0 - power, ~power, power | (power >> 24), power | (power >> 24) | 1, power | (power >> 53) | 1]);
        }

        return [.. values.Distinct()];
    }

    public ulong Next() => _random.Next(8) switch
    {
        0 => _corners[_random.Next(_corners.Length)],
        1 => Encode(_random.Next(0, 4), Fraction()),
        2 => Encode(_maxField - _random.Next(0, 4), Fraction()),
        3 => Encode(Bias + _random.Next(-3, 67), Fraction()),
        4 => Encode((Bias / 2) + _random.Next(-2, 3), Fraction()),
        5 => Encode(Bias + _random.Next(-60, 60), Fraction()),
        _ => (ulong)_random.NextInt64(long.MinValue, long.MaxValue) & Mask,
    };

    /// <summary>An operand that brings sums near cancellation, and products and quotients near the ends of the range.</summary>
    public ulong NextAfter(ulong a)
    {
        int field = (int)(a >> _fractionBits) & _maxField;
        return _random.Next(6) switch
        {
            0 => (a ^ SignBit) + (ulong)_random.Next(-3, 4) & Mask,
            1 => Encode(field + _random.Next(-_fractionBits - 3, _fractionBits + 4), Fraction()),
            2 => Encode(Bias - field + _random.Next(-3, 4), Fraction()),
            3 => Encode(field - Bias + _random.Next(-3, 4), Fraction()),
            _ => Next(),
        };
    }

    /// <summary>An addend that brings a * b + c near cancellation or a tie.</summary>
    public ulong NextAddend(ulong a, ulong b)
    {
        ulong product = _width switch
        {
            64 => BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(a) * BitConverter.UInt64BitsToDouble(b)),
            32 => BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle((uint)a) * BitConverter.UInt32BitsToSingle((uint)b)),
            _ => BitConverter.HalfToUInt16Bits(BitConverter.UInt16BitsToHalf((ushort)a) * BitConverter.UInt16BitsToHalf((ushort)b)),
        };
        int field = (int)(product >> _fractionBits) & _maxField;
        return _random.Next(4) switch
        {
            0 => (product ^ SignBit) + (ulong)_random.Next(-2, 3) & Mask,
            1 => Encode(field + _random.Next(-_fractionBits - 3, _fractionBits + 4), Fraction()),
            2 => Encode(field + ((_fractionBits + 1) * (_random.Next(2) == 0 ? -1 : 1)) + _random.Next(-1, 2), 0),
            _ => Next(),
        };
    }

    public ulong NextInteger() => (ulong)_random.NextInt64(long.MinValue, long.MaxValue) >> _random.Next(64) << _random.Next(16);

    /// <summary>Few bits, bits at one end, or anything: few bits make exact results and ties likely.</summary>
    private ulong Fraction() => ((1UL << _fractionBits) - 1) & _random.Next(5) switch
    {
        0 => 0,
        1 => 1UL << _random.Next(_fractionBits),
        2 => (ulong)_random.Next(8) << (_fractionBits - 3),
        3 => 0 - (1UL << _random.Next(_fractionBits)),
        _ => (ulong)_random.NextInt64(),
    };

    private ulong Encode(int field, ulong fraction) =>
        (_random.Next(2) == 0 ? SignBit : 0) | ((ulong)Math.Clamp(field, 0, _maxField) << _fractionBits) | fraction;
}
