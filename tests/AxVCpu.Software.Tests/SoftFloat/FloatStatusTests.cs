using AxVCpu.Software.SoftFloat;

namespace AxVCpu.Software.Tests.SoftFloat;

/// <summary>The promises that are easier to read than to derive: encodings, the specification's own examples, no garbage.</summary>
public sealed class FloatStatusTests
{
    [Fact]
    public void Enumerations_have_the_RISC_V_encodings()
    {
        FloatRounding[] rm = [FloatRounding.NearestEven, FloatRounding.TowardZero, FloatRounding.Down, FloatRounding.Up, FloatRounding.NearestMaxMagnitude];
        FloatFlags[] fflags = [FloatFlags.Inexact, FloatFlags.Underflow, FloatFlags.Overflow, FloatFlags.DivideByZero, FloatFlags.Invalid];
        Assert.Equal([0, 1, 2, 3, 4], rm.Select(mode => (int)mode));
        Assert.Equal([1, 2, 4, 8, 16], fflags.Select(flag => (int)flag));
        Assert.Equal(Float64.CanonicalNaN, FloatCore<Binary64>.DefaultNaN);
        Assert.Equal(Float32.CanonicalNaN, FloatCore<Binary32>.DefaultNaN);
        Assert.Equal(Float16.CanonicalNaN, FloatCore<Binary16>.DefaultNaN);
    }

    [Fact]
    public void A_modular_conversion_keeps_the_low_bits_of_integers_of_any_size()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        for (int round = 0; round < 20_000; round++)
        {
            int exponent = random.Next(-5, 90);
            double value = Math.ScaleB(random.NextDouble() - 0.5, exponent);
            FloatStatus status = default;
            int low = Float64.ToInt32Modular(BitConverter.DoubleToUInt64Bits(value), ref status);
            System.Numerics.BigInteger integer = new(value);
            bool fits = integer >= int.MinValue && integer <= int.MaxValue;
            FloatFlags flags = !fits ? FloatFlags.Invalid : value != Math.Truncate(value) ? FloatFlags.Inexact : FloatFlags.None;
            Assert.True(low == (int)(uint)(integer & uint.MaxValue) && status.Flags == flags, $"{value:R} gave {low} [{status.Flags}] (seed {seed})");
        }

        foreach (double special in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity])
        {
            FloatStatus status = default;
            Assert.Equal(0, Float64.ToInt32Modular(BitConverter.DoubleToUInt64Bits(special), ref status));
            Assert.Equal(FloatFlags.Invalid, status.Flags);
        }
    }

    [Fact]
    public void Tininess_is_detected_after_rounding()
    {
        // (1 - 2^-53) * 2^-1022 fits full precision with an unbounded exponent: it stays below the smallest normal, though the
        // subnormal quantum then rounds it up to that.
        FloatStatus status = default;
        Assert.Equal(0x0010_0000_0000_0000UL, Float64.Mul(0x001f_ffff_ffff_ffff, 0x3fe0_0000_0000_0000, ref status));
        Assert.Equal(FloatFlags.Inexact | FloatFlags.Underflow, status.Flags);

        // (1 - 2^-56) * 2^-1022 is below the smallest normal before rounding to full precision, but not after.
        status.Flags = FloatFlags.None;
        Assert.Equal(0x0010_0000_0000_0000UL, Float64.Mul(0x0010_0000_0100_0000, 0x3fef_ffff_fe00_0000, ref status));
        Assert.Equal(FloatFlags.Inexact, status.Flags);
    }

    [Fact]
    public void Infinity_times_zero_is_invalid_even_when_a_quiet_NaN_is_added()
    {
        FloatStatus status = default;
        Assert.Equal(Float64.CanonicalNaN, Float64.MulAdd(0x7ff0_0000_0000_0000, 0, Float64.CanonicalNaN, ref status));
        Assert.Equal(FloatFlags.Invalid, status.Flags);
    }

    [Theory]
    [InlineData(0x7fc0_0000u, int.MaxValue, uint.MaxValue, FloatFlags.Invalid, FloatFlags.Invalid)] // NaN
    [InlineData(0xff80_0000u, int.MinValue, 0u, FloatFlags.Invalid, FloatFlags.Invalid)] // -infinity
    [InlineData(0x4f00_0000u, int.MaxValue, 0x8000_0000u, FloatFlags.Invalid, FloatFlags.None)] // 2^31
    [InlineData(0xcf00_0000u, int.MinValue, 0u, FloatFlags.None, FloatFlags.Invalid)] // -2^31
    [InlineData(0xbf00_0000u, 0, 0u, FloatFlags.Inexact, FloatFlags.Inexact)] // -0.5
    [InlineData(0xbf80_0000u, -1, 0u, FloatFlags.None, FloatFlags.Invalid)] // -1
    public void Conversion_to_integer_saturates_and_raises_invalid_alone(uint a, int signed, uint unsigned, FloatFlags signedFlags, FloatFlags unsignedFlags)
    {
        FloatStatus status = new() { Rounding = FloatRounding.TowardZero };
        Assert.Equal(signed, Float32.ToInt32(a, ref status));
        Assert.Equal(signedFlags, status.Flags);
        status.Flags = FloatFlags.None;
        Assert.Equal(unsigned, Float32.ToUInt32(a, ref status));
        Assert.Equal(unsignedFlags, status.Flags);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    public void No_operation_allocates(int width)
    {
        ulong[] corners = FloatOperands.Corners(width);
        FloatOperation[] operations = Enum.GetValues<FloatOperation>();
        FloatStatus status = default;
        Assert.Equal(0, Garbage.Of(() =>
        {
            foreach (FloatOperation operation in operations)
            {
                foreach (ulong a in corners)
                {
                    FloatSubject.Run(operation, width, a, corners[3], corners[^5], ref status);
                }
            }
        }));
    }
}
