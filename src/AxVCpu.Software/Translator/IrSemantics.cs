using System.Numerics;

namespace AxVCpu.Software.Translator;

/// <summary>What operations are, apart from any host: what they read, whether they can leave the trace, and the integer ones by value.</summary>
internal static class IrSemantics
{
    /// <summary>Whether the slow path or a way out may be taken at the operation, so that registers must be exact before it.</summary>
    public static bool CanLeave(IrOpcode code) =>
        code is >= IrOpcode.Load and not (IrOpcode.Fence or IrOpcode.FloatDirty or IrOpcode.LoadState or IrOpcode.StoreState);

    /// <summary>Whether the operation does nothing but write Dst from integers.</summary>
    public static bool IsPure(IrOpcode code) => code is < IrOpcode.Load or IrOpcode.LoadState;

    /// <summary>Whether A is a condition or value that <see cref="Evaluate"/> knows about.</summary>
    public static bool IsInteger(IrOpcode code) => code is > IrOpcode.Nop and < IrOpcode.Load;

    /// <summary>Whether a condition holds.</summary>
    public static bool Holds(IrCondition condition, long a, long b) => condition switch
    {
        IrCondition.Equal => a == b,
        IrCondition.NotEqual => a != b,
        IrCondition.LessSigned => a < b,
        IrCondition.GreaterOrEqualSigned => a >= b,
        IrCondition.LessUnsigned => (ulong)a < (ulong)b,
        IrCondition.GreaterOrEqualUnsigned => (ulong)a >= (ulong)b,
        IrCondition.LessOrEqualSigned => a <= b,
        _ => a > b,
    };

    /// <summary>The condition with its operands exchanged.</summary>
    public static IrCondition Swapped(IrCondition condition, out bool isPossible)
    {
        isPossible = condition is not (IrCondition.LessUnsigned or IrCondition.GreaterOrEqualUnsigned);
        return condition switch
        {
            IrCondition.LessSigned => IrCondition.GreaterSigned,
            IrCondition.GreaterOrEqualSigned => IrCondition.LessOrEqualSigned,
            IrCondition.LessOrEqualSigned => IrCondition.GreaterOrEqualSigned,
            IrCondition.GreaterSigned => IrCondition.LessSigned,
            _ => condition,
        };
    }

    /// <summary>The result of an integer operation.</summary>
    public static long Evaluate(in IrOp op, long a, long b)
    {
        var width = (IrWidth)op.Kind;
        return width switch
        {
            IrWidth.W64 => Evaluate64(op.Code, op.C, a, b),
            _ when op.Code == IrOpcode.AddShifted => ((width == IrWidth.W32Zero ? (uint)a : (long)(int)a) << op.C) + b,
            IrWidth.W32Signed => Evaluate32(op.Code, (int)a, (int)b),
            _ => (uint)Evaluate32(op.Code, (int)a, (int)b),
        };
    }

    private static long Evaluate64(IrOpcode code, byte c, long a, long b) => code switch
    {
        IrOpcode.Move => a,
        IrOpcode.Add => a + b,
        IrOpcode.Sub => a - b,
        IrOpcode.And => a & b,
        IrOpcode.Or => a | b,
        IrOpcode.Xor => a ^ b,
        IrOpcode.AndNot => a & ~b,
        IrOpcode.OrNot => a | ~b,
        IrOpcode.XorNot => a ^ ~b,
        IrOpcode.ShiftLeft => a << (int)b,
        IrOpcode.ShiftRight => a >>> (int)b,
        IrOpcode.ShiftRightSigned => a >> (int)b,
        IrOpcode.RotateLeft => (long)BitOperations.RotateLeft((ulong)a, (int)b),
        IrOpcode.RotateRight => (long)BitOperations.RotateRight((ulong)a, (int)b),
        IrOpcode.AddShifted => (a << c) + b,
        IrOpcode.Multiply => a * b,
        IrOpcode.MultiplyHighSigned => Math.BigMul(a, b, out _),
        IrOpcode.MultiplyHighUnsigned => (long)Math.BigMul((ulong)a, (ulong)b, out _),
        IrOpcode.MultiplyHighSignedUnsigned => (long)Math.BigMul((ulong)a, (ulong)b, out _) - (a < 0 ? b : 0),
        IrOpcode.DivideSigned => b == 0 ? -1 : b == -1 ? -a : a / b,
        IrOpcode.DivideUnsigned => b == 0 ? -1 : (long)((ulong)a / (ulong)b),
        IrOpcode.RemainderSigned => b == 0 ? a : b == -1 ? 0 : a % b,
        IrOpcode.RemainderUnsigned => b == 0 ? a : (long)((ulong)a % (ulong)b),
        IrOpcode.MinSigned => Math.Min(a, b),
        IrOpcode.MaxSigned => Math.Max(a, b),
        IrOpcode.MinUnsigned => (long)Math.Min((ulong)a, (ulong)b),
        IrOpcode.MaxUnsigned => (long)Math.Max((ulong)a, (ulong)b),
        IrOpcode.Set => Holds((IrCondition)c, a, b) ? 1 : 0,
        IrOpcode.ZeroIfZero => b == 0 ? 0 : a,
        IrOpcode.ZeroIfNotZero => b != 0 ? 0 : a,
        IrOpcode.SignExtend8 => (sbyte)a,
        IrOpcode.SignExtend16 => (short)a,
        IrOpcode.ZeroExtend16 => (ushort)a,
        IrOpcode.CountLeadingZeros => BitOperations.LeadingZeroCount((ulong)a),
        IrOpcode.CountTrailingZeros => BitOperations.TrailingZeroCount((ulong)a),
        IrOpcode.PopulationCount => BitOperations.PopCount((ulong)a),
        _ => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(a),
    };

    private static int Evaluate32(IrOpcode code, int a, int b) => code switch
    {
        IrOpcode.ShiftLeft => a << b,
        IrOpcode.ShiftRight => a >>> b,
        IrOpcode.ShiftRightSigned => a >> b,
        IrOpcode.RotateLeft => (int)BitOperations.RotateLeft((uint)a, b),
        IrOpcode.RotateRight => (int)BitOperations.RotateRight((uint)a, b),
        IrOpcode.MultiplyHighSigned => (int)((long)a * b >> 32),
        IrOpcode.MultiplyHighUnsigned => (int)((ulong)(uint)a * (uint)b >> 32),
        IrOpcode.MultiplyHighSignedUnsigned => (int)((long)a * (uint)b >> 32),
        IrOpcode.DivideSigned => b == 0 ? -1 : b == -1 ? -a : a / b,
        IrOpcode.DivideUnsigned => b == 0 ? -1 : (int)((uint)a / (uint)b),
        IrOpcode.RemainderSigned => b == 0 ? a : b == -1 ? 0 : a % b,
        IrOpcode.RemainderUnsigned => b == 0 ? a : (int)((uint)a % (uint)b),
        IrOpcode.MinUnsigned => (int)Math.Min((uint)a, (uint)b),
        IrOpcode.MaxUnsigned => (int)Math.Max((uint)a, (uint)b),
        IrOpcode.CountLeadingZeros => BitOperations.LeadingZeroCount((uint)a),
        IrOpcode.CountTrailingZeros => BitOperations.TrailingZeroCount((uint)a),
        IrOpcode.PopulationCount => BitOperations.PopCount((uint)a),
        IrOpcode.ReverseBytes => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(a),
        _ => (int)Evaluate64(code, 0, a, b),
    };

    /// <summary>The registers that an operation reads, one bit each.</summary>
    public static ulong Reads(in IrOp op) => Bit(op.A) | Bit(op.B) | (op.Code == IrOpcode.FloatMultiplyAdd ? Bit(op.C) : 0);

    /// <summary>The bit of a register in a set; none for what is not a register.</summary>
    public static ulong Bit(byte register) => register < 64 ? 1UL << register : 0;
}
