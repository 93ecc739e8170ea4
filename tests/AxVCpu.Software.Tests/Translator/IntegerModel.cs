using System.Numerics;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Tests.Translator;

/// <summary>Integer operations on numbers of any size, independent of how the translator computes them.</summary>
internal static class IntegerModel
{
    public static ulong Execute(in IrOp op, ulong a, ulong b)
    {
        var width = (IrWidth)op.Kind;
        if (op.Code == IrOpcode.AddShifted)
        {
            BigInteger left = width switch { IrWidth.W64 => a, IrWidth.W32Signed => (int)a, _ => (uint)a };
            return Truncate((left << op.C) + b, 64);
        }

        int bits = width == IrWidth.W64 ? 64 : 32;
        ulong result = Truncate(Compute(op.Code, op.C, a, b, bits), bits);
        return width == IrWidth.W32Signed ? (ulong)(long)(int)result : result;
    }

    private static ulong Truncate(BigInteger value, int bits) => (ulong)(value & ((BigInteger.One << bits) - 1));

    private static BigInteger Signed(ulong value, int bits) => bits == 64 ? (long)value : (int)value;

    private static BigInteger Compute(IrOpcode code, byte c, ulong a, ulong b, int bits)
    {
        BigInteger ua = Truncate(a, bits);
        BigInteger ub = Truncate(b, bits);
        BigInteger sa = Signed(a, bits);
        BigInteger sb = Signed(b, bits);
        int count = (int)(b & (ulong)(bits - 1));
        BigInteger ones = (BigInteger.One << bits) - 1;
        return code switch
        {
            IrOpcode.Move => ua,
            IrOpcode.Add => ua + ub,
            IrOpcode.Sub => ua - ub,
            IrOpcode.And => ua & ub,
            IrOpcode.Or => ua | ub,
            IrOpcode.Xor => ua ^ ub,
            IrOpcode.AndNot => ua & (ub ^ ones),
            IrOpcode.OrNot => ua | (ub ^ ones),
            IrOpcode.XorNot => ua ^ ub ^ ones,
            IrOpcode.ShiftLeft => ua << count,
            IrOpcode.ShiftRight => ua >> count,
            IrOpcode.ShiftRightSigned => sa >> count,
            IrOpcode.RotateLeft => ua << count | ua >> (bits - count),
            IrOpcode.RotateRight => ua >> count | ua << (bits - count),
            IrOpcode.Multiply => ua * ub,
            IrOpcode.MultiplyHighSigned => sa * sb >> bits,
            IrOpcode.MultiplyHighUnsigned => ua * ub >> bits,
            IrOpcode.MultiplyHighSignedUnsigned => sa * ub >> bits,
            IrOpcode.DivideSigned => sb == 0 ? -1 : BigInteger.Divide(sa, sb),
            IrOpcode.DivideUnsigned => ub == 0 ? -1 : BigInteger.Divide(ua, ub),
            IrOpcode.RemainderSigned => sb == 0 ? sa : BigInteger.Remainder(sa, sb),
            IrOpcode.RemainderUnsigned => ub == 0 ? ua : BigInteger.Remainder(ua, ub),
            IrOpcode.MinSigned => BigInteger.Min(sa, sb),
            IrOpcode.MaxSigned => BigInteger.Max(sa, sb),
            IrOpcode.MinUnsigned => BigInteger.Min(ua, ub),
            IrOpcode.MaxUnsigned => BigInteger.Max(ua, ub),
            IrOpcode.Set => Holds((IrCondition)c, a, b) ? 1 : 0,
            IrOpcode.ZeroIfZero => b == 0 ? 0 : a,
            IrOpcode.ZeroIfNotZero => b == 0 ? a : 0,
            IrOpcode.SignExtend8 => (sbyte)a,
            IrOpcode.SignExtend16 => (short)a,
            IrOpcode.ZeroExtend16 => (ushort)a,
            IrOpcode.CountLeadingZeros => bits - (int)ua.GetBitLength(),
            IrOpcode.CountTrailingZeros => ua.IsZero ? bits : Enumerable.Range(0, bits).First(bit => ((ua >> bit) & 1) == 1),
            IrOpcode.PopulationCount => Enumerable.Range(0, bits).Count(bit => ((ua >> bit) & 1) == 1),
            IrOpcode.ReverseBytes => new BigInteger(a.ToBytes(bits / 8), isUnsigned: true, isBigEndian: true),
            _ => throw new ArgumentOutOfRangeException(nameof(code), code, null),
        };
    }

    private static byte[] ToBytes(this ulong value, int count) => BitConverter.GetBytes(value)[..count];

    public static bool Holds(IrCondition condition, ulong a, ulong b) => condition switch
    {
        IrCondition.Equal => a == b,
        IrCondition.NotEqual => a != b,
        IrCondition.LessSigned => (long)a < (long)b,
        IrCondition.GreaterOrEqualSigned => (long)a >= (long)b,
        IrCondition.LessUnsigned => a < b,
        IrCondition.GreaterOrEqualUnsigned => a >= b,
        IrCondition.LessOrEqualSigned => (long)a <= (long)b,
        IrCondition.GreaterSigned => (long)a > (long)b,
        _ => throw new ArgumentOutOfRangeException(nameof(condition), condition, null),
    };
}
