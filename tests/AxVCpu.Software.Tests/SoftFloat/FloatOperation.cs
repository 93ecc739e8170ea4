using AxVCpu.Software.SoftFloat;

namespace AxVCpu.Software.Tests.SoftFloat;

/// <summary>
/// Every rounding or comparing operation of the three widths. "Convert" goes to binary32, from there to binary64; "ConvertFar" goes to binary16,
/// from there to binary64.
/// </summary>
public enum FloatOperation
{
    Add, Sub, Mul, Div, Sqrt, MulAdd,
    Min, Max, MinOrNaN, MaxOrNaN, Equal, LessThan, LessOrEqual, LessThanQuiet, LessOrEqualQuiet, Classify,
    ToInt32, ToUInt32, ToInt64, ToUInt64, FromInt32, FromUInt32, FromInt64, FromUInt64, Convert, ConvertFar,
    RoundToIntegral, RoundToIntegralExact,
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
        width switch
        {
            64 => Run64(operation, a, b, c, ref s),
            32 => Run32(operation, (uint)a, (uint)b, (uint)c, a, ref s),
            _ => Run16(operation, (ushort)a, (ushort)b, (ushort)c, a, ref s),
        };

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
        FloatOperation.MinOrNaN => Float64.MinOrNaN(a, b, ref s),
        FloatOperation.MaxOrNaN => Float64.MaxOrNaN(a, b, ref s),
        FloatOperation.RoundToIntegral => Float64.RoundToIntegral(a, ref s),
        FloatOperation.RoundToIntegralExact => Float64.RoundToIntegralExact(a, ref s),
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
        FloatOperation.ConvertFar => Float64.ToFloat16(a, ref s),
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
        FloatOperation.MinOrNaN => Float32.MinOrNaN(a, b, ref s),
        FloatOperation.MaxOrNaN => Float32.MaxOrNaN(a, b, ref s),
        FloatOperation.RoundToIntegral => Float32.RoundToIntegral(a, ref s),
        FloatOperation.RoundToIntegralExact => Float32.RoundToIntegralExact(a, ref s),
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
        FloatOperation.ConvertFar => Float32.ToFloat16(a, ref s),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    private static ulong Run16(FloatOperation operation, ushort a, ushort b, ushort c, ulong integer, ref FloatStatus s) => operation switch
    {
        FloatOperation.Add => Float16.Add(a, b, ref s),
        FloatOperation.Sub => Float16.Sub(a, b, ref s),
        FloatOperation.Mul => Float16.Mul(a, b, ref s),
        FloatOperation.Div => Float16.Div(a, b, ref s),
        FloatOperation.Sqrt => Float16.Sqrt(a, ref s),
        FloatOperation.MulAdd => Float16.MulAdd(a, b, c, ref s),
        FloatOperation.Min => Float16.Min(a, b, ref s),
        FloatOperation.Max => Float16.Max(a, b, ref s),
        FloatOperation.MinOrNaN => Float16.MinOrNaN(a, b, ref s),
        FloatOperation.MaxOrNaN => Float16.MaxOrNaN(a, b, ref s),
        FloatOperation.RoundToIntegral => Float16.RoundToIntegral(a, ref s),
        FloatOperation.RoundToIntegralExact => Float16.RoundToIntegralExact(a, ref s),
        FloatOperation.Equal => Bit(Float16.Equal(a, b, ref s)),
        FloatOperation.LessThan => Bit(Float16.LessThan(a, b, ref s)),
        FloatOperation.LessOrEqual => Bit(Float16.LessOrEqual(a, b, ref s)),
        FloatOperation.LessThanQuiet => Bit(Float16.LessThanQuiet(a, b, ref s)),
        FloatOperation.LessOrEqualQuiet => Bit(Float16.LessOrEqualQuiet(a, b, ref s)),
        FloatOperation.Classify => (ulong)Float16.Classify(a),
        FloatOperation.ToInt32 => (ulong)Float16.ToInt32(a, ref s),
        FloatOperation.ToUInt32 => Float16.ToUInt32(a, ref s),
        FloatOperation.ToInt64 => (ulong)Float16.ToInt64(a, ref s),
        FloatOperation.ToUInt64 => Float16.ToUInt64(a, ref s),
        FloatOperation.FromInt32 => Float16.FromInt32((int)integer, ref s),
        FloatOperation.FromUInt32 => Float16.FromUInt32((uint)integer, ref s),
        FloatOperation.FromInt64 => Float16.FromInt64((long)integer, ref s),
        FloatOperation.FromUInt64 => Float16.FromUInt64(integer, ref s),
        FloatOperation.Convert => Float16.ToFloat32(a, ref s),
        FloatOperation.ConvertFar => Float16.ToFloat64(a, ref s),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    private static ulong Bit(bool value) => value ? 1UL : 0;
}
