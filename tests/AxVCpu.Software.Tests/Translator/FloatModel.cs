using AxVCpu.Software.SoftFloat;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Tests.Translator;

/// <summary>Float operations by the integer-only library: what generated code and its slow path together must amount to.</summary>
internal static class FloatModel
{
    private const ulong Box = 0xFFFF_FFFF_0000_0000;

    /// <summary>The result, for whichever register file it goes to, and the flags.</summary>
    public static (ulong Result, FloatFlags Flags) Execute(in IrOp op, ulong a, ulong b, ulong c)
    {
        FloatStatus status = default;
        bool isDouble = op.Kind == (byte)IrFloat.Double;
        ulong result = op.Code switch
        {
            IrOpcode.FloatToBits => isDouble ? a : (ulong)(long)(int)a,
            IrOpcode.BitsToFloat => isDouble ? a : Box | (uint)a,
            IrOpcode.FloatConvert => isDouble ? Float32.ToFloat64(Unbox(a), ref status) : Box | Float64.ToFloat32(a, ref status),
            IrOpcode.IntegerToFloat => FromInteger(op, a, isDouble, ref status),
            _ => isDouble ? Double(in op, a, b, c, ref status) : Single(in op, Unbox(a), Unbox(b), Unbox(c), ref status),
        };
        return (result, status.Flags);
    }

    private static uint Unbox(ulong register) => register >= Box ? (uint)register : Float32.CanonicalNaN;

    private static ulong FromInteger(in IrOp op, ulong a, bool isDouble, ref FloatStatus status) => (IrInteger)op.C switch
    {
        IrInteger.Int32 => isDouble ? Float64.FromInt32((int)a, ref status) : Box | Float32.FromInt32((int)a, ref status),
        IrInteger.UInt32 => isDouble ? Float64.FromUInt32((uint)a, ref status) : Box | Float32.FromUInt32((uint)a, ref status),
        IrInteger.Int64 => isDouble ? Float64.FromInt64((long)a, ref status) : Box | Float32.FromInt64((long)a, ref status),
        _ => isDouble ? Float64.FromUInt64(a, ref status) : Box | Float32.FromUInt64(a, ref status),
    };

    private static ulong Double(in IrOp op, ulong a, ulong b, ulong c, ref FloatStatus status)
    {
        var signs = (IrMultiplyAdd)op.Imm;
        switch (op.Code)
        {
            case IrOpcode.FloatAdd: return Float64.Add(a, b, ref status);
            case IrOpcode.FloatSubtract: return Float64.Sub(a, b, ref status);
            case IrOpcode.FloatMultiply: return Float64.Mul(a, b, ref status);
            case IrOpcode.FloatDivide: return Float64.Div(a, b, ref status);
            case IrOpcode.FloatSquareRoot: return Float64.Sqrt(a, ref status);
            case IrOpcode.FloatMultiplyAdd:
                return Float64.MulAdd(
                    (signs & IrMultiplyAdd.NegateProduct) != 0 ? a ^ Float64.SignBit : a, b,
                    (signs & IrMultiplyAdd.NegateAddend) != 0 ? c ^ Float64.SignBit : c, ref status);
            case IrOpcode.FloatMin: return Float64.Min(a, b, ref status);
            case IrOpcode.FloatMax: return Float64.Max(a, b, ref status);
            case IrOpcode.FloatCopySign: return (a & ~Float64.SignBit) | (b & Float64.SignBit);
            case IrOpcode.FloatCopySignNot: return (a & ~Float64.SignBit) | (~b & Float64.SignBit);
            case IrOpcode.FloatXorSign: return a ^ (b & Float64.SignBit);
            case IrOpcode.FloatSet:
                return (IrCondition)op.C switch
                {
                    IrCondition.Equal => Float64.Equal(a, b, ref status) ? 1UL : 0,
                    IrCondition.LessSigned => Float64.LessThan(a, b, ref status) ? 1UL : 0,
                    _ => Float64.LessOrEqual(a, b, ref status) ? 1UL : 0,
                };
        }

        status.Rounding = FloatRounding.TowardZero;
        return (IrInteger)op.C switch
        {
            IrInteger.Int32 => (ulong)(long)Float64.ToInt32(a, ref status),
            IrInteger.UInt32 => (ulong)(long)(int)Float64.ToUInt32(a, ref status),
            IrInteger.Int64 => (ulong)Float64.ToInt64(a, ref status),
            _ => Float64.ToUInt64(a, ref status),
        };
    }

    private static ulong Single(in IrOp op, uint a, uint b, uint c, ref FloatStatus status)
    {
        var signs = (IrMultiplyAdd)op.Imm;
        switch (op.Code)
        {
            case IrOpcode.FloatAdd: return Box | Float32.Add(a, b, ref status);
            case IrOpcode.FloatSubtract: return Box | Float32.Sub(a, b, ref status);
            case IrOpcode.FloatMultiply: return Box | Float32.Mul(a, b, ref status);
            case IrOpcode.FloatDivide: return Box | Float32.Div(a, b, ref status);
            case IrOpcode.FloatSquareRoot: return Box | Float32.Sqrt(a, ref status);
            case IrOpcode.FloatMultiplyAdd:
                return Box | Float32.MulAdd(
                    (signs & IrMultiplyAdd.NegateProduct) != 0 ? a ^ Float32.SignBit : a, b,
                    (signs & IrMultiplyAdd.NegateAddend) != 0 ? c ^ Float32.SignBit : c, ref status);
            case IrOpcode.FloatMin: return Box | Float32.Min(a, b, ref status);
            case IrOpcode.FloatMax: return Box | Float32.Max(a, b, ref status);
            case IrOpcode.FloatCopySign: return Box | (a & ~Float32.SignBit) | (b & Float32.SignBit);
            case IrOpcode.FloatCopySignNot: return Box | (a & ~Float32.SignBit) | (~b & Float32.SignBit);
            case IrOpcode.FloatXorSign: return Box | a ^ (b & Float32.SignBit);
            case IrOpcode.FloatSet:
                return (IrCondition)op.C switch
                {
                    IrCondition.Equal => Float32.Equal(a, b, ref status) ? 1UL : 0,
                    IrCondition.LessSigned => Float32.LessThan(a, b, ref status) ? 1UL : 0,
                    _ => Float32.LessOrEqual(a, b, ref status) ? 1UL : 0,
                };
        }

        status.Rounding = FloatRounding.TowardZero;
        return (IrInteger)op.C switch
        {
            IrInteger.Int32 => (ulong)(long)Float32.ToInt32(a, ref status),
            IrInteger.UInt32 => (ulong)(long)(int)Float32.ToUInt32(a, ref status),
            IrInteger.Int64 => (ulong)Float32.ToInt64(a, ref status),
            _ => Float32.ToUInt64(a, ref status),
        };
    }
}
