using AxVCpu.Software.SoftFloat;

namespace AxVCpu.Software.Tests.SoftFloat;

/// <summary>The integer core against the host's floating point, in the one direction that .NET computes in.</summary>
public sealed class FloatHostTests
{
    private static readonly FloatOperation[] s_operations =
    [
        FloatOperation.Add, FloatOperation.Sub, FloatOperation.Mul, FloatOperation.Div, FloatOperation.Sqrt, FloatOperation.MulAdd,
        FloatOperation.FromInt64, FloatOperation.FromUInt64, FloatOperation.Convert,
    ];

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void The_core_rounds_corner_operands_to_nearest_as_the_host_does(int width)
    {
        ulong[] corners = FloatOperands.Corners(width);
        foreach (ulong a in corners)
        {
            foreach (ulong b in corners)
            {
                CheckAll(width, a, b, corners[(a + b) % (ulong)corners.Length], "corner");
            }
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void The_core_rounds_random_operands_to_nearest_as_the_host_does(int width)
    {
        int seed = Random.Shared.Next();
        FloatOperands operands = new(width, new Random(seed));
        for (int round = 0; round < 100_000; round++)
        {
            ulong a = operands.Next();
            ulong b = operands.NextAfter(a);
            CheckAll(width, a, b, operands.NextAddend(a, b), $"seed {seed} round {round}");
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void Shortcuts_through_host_arithmetic_give_the_result_and_flags_of_the_core(int width)
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        FloatOperands operands = new(width, random);
        for (int round = 0; round < 100_000; round++)
        {
            ulong a = operands.Next();
            ulong b = operands.NextAfter(a);
            ulong c = operands.NextAddend(a, b);
            FloatStatus before = new() { Rounding = (FloatRounding)random.Next(2), Flags = (FloatFlags)random.Next(32) };
            foreach (FloatOperation operation in s_operations)
            {
                FloatStatus fast = before;
                FloatStatus slow = before;
                ulong actual = FloatSubject.Run(operation, width, a, b, c, ref fast);
                ulong expected = Core(operation, width, a, b, c, ref slow);
                if (actual != expected || fast.Flags != slow.Flags)
                {
                    Assert.Fail($"{operation} f{width} {before.Rounding} after {before.Flags}: {a:x} {b:x} {c:x} gave {actual:x} [{fast.Flags}], "
                        + $"core {expected:x} [{slow.Flags}] (seed {seed} round {round})");
                }
            }
        }
    }

    private static void CheckAll(int width, ulong a, ulong b, ulong c, string origin)
    {
        foreach (FloatOperation operation in s_operations)
        {
            FloatStatus status = default;
            ulong actual = Core(operation, width, a, b, c, ref status);
            ulong expected = Host(operation, width, a, b, c);
            if (actual != expected)
            {
                Assert.Fail($"{operation} f{width}: {a:x} {b:x} {c:x} gave {actual:x}, host {expected:x} ({origin})");
            }
        }
    }

    private static ulong Core(FloatOperation operation, int width, ulong a, ulong b, ulong c, ref FloatStatus s) =>
        width == 64 ? Core<Binary64, Binary32>(operation, a, b, c, ref s) : Core<Binary32, Binary64>(operation, a, b, c, ref s);

    private static ulong Core<TFormat, TOther>(FloatOperation operation, ulong a, ulong b, ulong c, ref FloatStatus s)
        where TFormat : struct, IFloatFormat
        where TOther : struct, IFloatFormat => operation switch
        {
            FloatOperation.Add => FloatCore<TFormat>.Add(a, b, ref s),
            FloatOperation.Sub => FloatCore<TFormat>.Add(a, b ^ FloatCore<TFormat>.SignMask, ref s),
            FloatOperation.Mul => FloatCore<TFormat>.Multiply(a, b, ref s),
            FloatOperation.Div => FloatCore<TFormat>.Divide(a, b, ref s),
            FloatOperation.Sqrt => FloatCore<TFormat>.SquareRoot(a, ref s),
            FloatOperation.MulAdd => FloatCore<TFormat>.MultiplyAdd(a, b, c, ref s),
            FloatOperation.FromInt64 => FloatCore<TFormat>.FromInteger((long)a < 0, (long)a < 0 ? 0 - a : a, ref s),
            FloatOperation.FromUInt64 => FloatCore<TFormat>.FromInteger(false, a, ref s),
            FloatOperation.Convert => FloatCore<TOther>.From<TFormat>(a, ref s),
            _ => throw new ArgumentOutOfRangeException(nameof(operation)),
        };

    private static ulong Host(FloatOperation operation, int width, ulong a, ulong b, ulong c) =>
        width == 64 ? Host64(operation, a, b, c) : Host32(operation, a, b, c);

    private static ulong Host64(FloatOperation operation, ulong a, ulong b, ulong c)
    {
        double x = BitConverter.UInt64BitsToDouble(a);
        double y = BitConverter.UInt64BitsToDouble(b);
        double z = BitConverter.UInt64BitsToDouble(c);
        return operation switch
        {
            FloatOperation.Add => Canonical(x + y),
            FloatOperation.Sub => Canonical(x - y),
            FloatOperation.Mul => Canonical(x * y),
            FloatOperation.Div => Canonical(x / y),
            FloatOperation.Sqrt => Canonical(Math.Sqrt(x)),
            FloatOperation.MulAdd => Canonical(Math.FusedMultiplyAdd(x, y, z)),
            FloatOperation.FromInt64 => Canonical((double)(long)a),
            FloatOperation.FromUInt64 => Canonical((double)a),
            FloatOperation.Convert => Canonical((float)x),
            _ => throw new ArgumentOutOfRangeException(nameof(operation)),
        };
    }

    private static ulong Host32(FloatOperation operation, ulong a, ulong b, ulong c)
    {
        float x = BitConverter.UInt32BitsToSingle((uint)a);
        float y = BitConverter.UInt32BitsToSingle((uint)b);
        float z = BitConverter.UInt32BitsToSingle((uint)c);
        return operation switch
        {
            FloatOperation.Add => Canonical(x + y),
            FloatOperation.Sub => Canonical(x - y),
            FloatOperation.Mul => Canonical(x * y),
            FloatOperation.Div => Canonical(x / y),
            FloatOperation.Sqrt => Canonical(MathF.Sqrt(x)),
            FloatOperation.MulAdd => Canonical(MathF.FusedMultiplyAdd(x, y, z)),
            FloatOperation.FromInt64 => Canonical((float)(long)a),
            FloatOperation.FromUInt64 => Canonical((float)a),
            FloatOperation.Convert => Canonical((double)x),
            _ => throw new ArgumentOutOfRangeException(nameof(operation)),
        };
    }

    private static ulong Canonical(double value) => double.IsNaN(value) ? Float64.CanonicalNaN : BitConverter.DoubleToUInt64Bits(value);

    private static ulong Canonical(float value) => float.IsNaN(value) ? Float32.CanonicalNaN : BitConverter.SingleToUInt32Bits(value);
}
