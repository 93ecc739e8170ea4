using AxVCpu.Software.SoftFloat;

namespace AxVCpu.Software.Tests.SoftFloat;

/// <summary>Every rounding or comparing operation of both widths; "Convert" goes to the other width.</summary>
public enum FloatOperation
{
    Add, Sub, Mul, Div, Sqrt, MulAdd,
    Min, Max, Equal, LessThan, LessOrEqual, LessThanQuiet, LessOrEqualQuiet, Classify,
    ToInt32, ToUInt32, ToInt64, ToUInt64, FromInt32, FromUInt32, FromInt64, FromUInt64, Convert,
}

/// <summary>Calls the implementation under test by operation and width.</summary>
internal static class FloatSubject
{
    public static int Operands(FloatOperation operation) => operation switch
    {
        FloatOperation.MulAdd => 3,
        FloatOperation.Sqrt or FloatOperation.Classify => 1,
        >= FloatOperation.ToInt32 => 1,
        _ => 2,
    };

    public static bool TakesInteger(FloatOperation operation) => operation is >= FloatOperation.FromInt32 and <= FloatOperation.FromUInt64;

    public static ulong Run(FloatOperation operation, int width, ulong a, ulong b, ulong c, ref FloatStatus s) =>
        width == 64 ? Run64(operation, a, b, c, ref s) : Run32(operation, (uint)a, (uint)b, (uint)c, a, ref s);

    private static ulong Run64(FloatOperation operation, ulong a, ulong b, ulong c, ref FloatStatus s) => operation switch
    {
        FloatOperation.Add => Float64.Add(a, b, ref s),
        FloatOperation.Sub => Float64.Sub(a, b, ref s),
        FloatOperation.Mul => Float64.Mul(a, b, ref s),
        FloatOperation.Div => Float64.Div(a, b, ref s),
        FloatOperation.Sqrt => Float64.Sqrt(a, ref s),
        FloatOperation.MulAdd => Float64.MulAdd(a, b, c, ref s),
        FloatOperation.Min => Float64.Min(a, b, ref s),
        FloatOperation.Max => Float64.Max(a, b, ref s),
        FloatOperation.Equal => Bit(Float64.Equal(a, b, ref s)),
        FloatOperation.LessThan => Bit(Float64.LessThan(a, b, ref s)),
        FloatOperation.LessOrEqual => Bit(Float64.LessOrEqual(a, b, ref s)),
        FloatOperation.LessThanQuiet => Bit(Float64.LessThanQuiet(a, b, ref s)),
        FloatOperation.LessOrEqualQuiet => Bit(Float64.LessOrEqualQuiet(a, b, ref s)),
        FloatOperation.Classify => (ulong)Float64.Classify(a),
        FloatOperation.ToInt32 => (ulong)Float64.ToInt32(a, ref s),
        FloatOperation.ToUInt32 => Float64.ToUInt32(a, ref s),
        FloatOperation.ToInt64 => (ulong)Float64.ToInt64(a, ref s),
        FloatOperation.ToUInt64 => Float64.ToUInt64(a, ref s),
        FloatOperation.FromInt32 => Float64.FromInt32((int)a, ref s),
        FloatOperation.FromUInt32 => Float64.FromUInt32((uint)a, ref s),
        FloatOperation.FromInt64 => Float64.FromInt64((long)a, ref s),
        FloatOperation.FromUInt64 => Float64.FromUInt64(a, ref s),
        FloatOperation.Convert => Float64.ToFloat32(a, ref s),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    private static ulong Run32(FloatOperation operation, uint a, uint b, uint c, ulong integer, ref FloatStatus s) => operation switch
    {
        FloatOperation.Add => Float32.Add(a, b, ref s),
        FloatOperation.Sub => Float32.Sub(a, b, ref s),
        FloatOperation.Mul => Float32.Mul(a, b, ref s),
        FloatOperation.Div => Float32.Div(a, b, ref s),
        FloatOperation.Sqrt => Float32.Sqrt(a, ref s),
        FloatOperation.MulAdd => Float32.MulAdd(a, b, c, ref s),
        FloatOperation.Min => Float32.Min(a, b, ref s),
        FloatOperation.Max => Float32.Max(a, b, ref s),
        FloatOperation.Equal => Bit(Float32.Equal(a, b, ref s)),
        FloatOperation.LessThan => Bit(Float32.LessThan(a, b, ref s)),
        FloatOperation.LessOrEqual => Bit(Float32.LessOrEqual(a, b, ref s)),
        FloatOperation.LessThanQuiet => Bit(Float32.LessThanQuiet(a, b, ref s)),
        FloatOperation.LessOrEqualQuiet => Bit(Float32.LessOrEqualQuiet(a, b, ref s)),
        FloatOperation.Classify => (ulong)Float32.Classify(a),
        FloatOperation.ToInt32 => (ulong)Float32.ToInt32(a, ref s),
        FloatOperation.ToUInt32 => Float32.ToUInt32(a, ref s),
        FloatOperation.ToInt64 => (ulong)Float32.ToInt64(a, ref s),
        FloatOperation.ToUInt64 => Float32.ToUInt64(a, ref s),
        FloatOperation.FromInt32 => Float32.FromInt32((int)integer, ref s),
        FloatOperation.FromUInt32 => Float32.FromUInt32((uint)integer, ref s),
        FloatOperation.FromInt64 => Float32.FromInt64((long)integer, ref s),
        FloatOperation.FromUInt64 => Float32.FromUInt64(integer, ref s),
        FloatOperation.Convert => Float32.ToFloat64(a, ref s),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    private static ulong Bit(bool value) => value ? 1UL : 0;
}
