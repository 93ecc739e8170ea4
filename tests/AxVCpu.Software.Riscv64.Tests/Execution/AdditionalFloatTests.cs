using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Zfa, and how registers hold binary16; the arithmetic itself is checked in SoftFloat's tests.</summary>
public abstract class AdditionalFloatTests(ExecutionTier tier)
{
    private const ulong Invalid = 16;
    private const ulong Inexact = 1;

    /// <summary>Unprivileged ISA, "Zfa", table of the constants of fli; null for the smallest normal number, infinity and NaN.</summary>
    private static readonly double?[] s_constants =
    [
        -1, null, Math.ScaleB(1, -16), Math.ScaleB(1, -15), Math.ScaleB(1, -8), Math.ScaleB(1, -7), 0.0625, 0.125,
        0.25, 0.3125, 0.375, 0.4375, 0.5, 0.625, 0.75, 0.875,
        1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 8, 16, 128, 256, 32768, 65536, null, null,
    ];

    [Fact]
    public void Fli_loads_each_constant_in_each_format()
    {
        using InstructionProbe probe = new(tier);
        for (int i = 0; i < 32; i++)
        {
            (double wide, float single, Half half) = i switch
            {
                1 => (2.2250738585072014E-308, 1.17549435E-38f, BitConverter.UInt16BitsToHalf(0x0400)),
                30 => (double.PositiveInfinity, float.PositiveInfinity, Half.PositiveInfinity),
                31 => (BitConverter.UInt64BitsToDouble(0x7FF8_0000_0000_0000), BitConverter.UInt32BitsToSingle(0x7FC0_0000), BitConverter.UInt16BitsToHalf(0x7E00)),
                _ => (s_constants[i]!.Value, (float)s_constants[i]!.Value, (Half)s_constants[i]!.Value),
            };
            string operand = FloatConstants.Name(i);
            Assert.Equal(BitConverter.DoubleToUInt64Bits(wide), probe.Run($"fli.d ft0,{operand}; fmv.x.d t2,ft0"));
            Assert.Equal(0xFFFF_FFFF_0000_0000 | BitConverter.SingleToUInt32Bits(single), probe.Run($"fli.s ft0,{operand}; fmv.x.d t2,ft0"));
            Assert.Equal(0xFFFF_FFFF_FFFF_0000 | BitConverter.HalfToUInt16Bits(half), probe.Run($"fli.h ft0,{operand}; fmv.x.d t2,ft0"));
        }
    }

    [Theory]
    [InlineData(2.5, "rne", 2.0)]
    [InlineData(2.5, "rmm", 3.0)]
    [InlineData(-2.5, "rdn", -3.0)]
    [InlineData(-0.25, "rup", -0.0)]
    [InlineData(1e300, "rtz", 1e300)]
    public void Fround_rounds_silently_and_froundnx_reports_it(double value, string mode, double expected)
    {
        using InstructionProbe probe = new(tier);
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        ulong result = BitConverter.DoubleToUInt64Bits(expected);
        Assert.Equal(result, probe.Run($"fsflags x0; fmv.d.x ft0,t0; fround.d ft1,ft0,{mode}; fmv.x.d t2,ft1; frflags t3", bits));
        Assert.Equal(0UL, probe.Second);
        Assert.Equal(result, probe.Run($"fsflags x0; fmv.d.x ft0,t0; froundnx.d ft1,ft0,{mode}; fmv.x.d t2,ft1; frflags t3", bits));
        Assert.Equal(result != bits ? Inexact : 0, probe.Second);
    }

    [Fact]
    public void Minimum_and_maximum_of_a_nan_are_nan_and_quiet_comparisons_keep_quiet()
    {
        using InstructionProbe probe = new(tier);
        const ulong Quiet = 0x7FF8_0000_0000_0123;
        const ulong Signaling = 0x7FF0_0000_0000_0001;
        const ulong One = 0x3FF0_0000_0000_0000;
        const ulong Two = 0x4000_0000_0000_0000;
        foreach (string operation in (string[])["fminm.d", "fmaxm.d"])
        {
            Assert.Equal(0x7FF8_0000_0000_0000UL, Float($"{operation} ft2,ft0,ft1; fmv.x.d t2,ft2", Quiet, One, 0));
            Assert.Equal(0x7FF8_0000_0000_0000UL, Float($"{operation} ft2,ft0,ft1; fmv.x.d t2,ft2", One, Signaling, Invalid));
        }

        Assert.Equal(One, Float("fminm.d ft2,ft0,ft1; fmv.x.d t2,ft2", Two, One, 0));
        Assert.Equal(Two, Float("fmaxm.d ft2,ft0,ft1; fmv.x.d t2,ft2", Two, One, 0));
        Assert.Equal(1UL, Float("fleq.d t2,ft0,ft1", One, One, 0));
        Assert.Equal(0UL, Float("fltq.d t2,ft0,ft1", One, One, 0));
        Assert.Equal(1UL, Float("fltq.d t2,ft0,ft1", One, Two, 0));
        Assert.Equal(0UL, Float("fltq.d t2,ft0,ft1", One, Quiet, 0));
        Assert.Equal(0UL, Float("fleq.d t2,ft0,ft1", Quiet, One, 0));
        Assert.Equal(0UL, Float("fleq.d t2,ft0,ft1", Signaling, One, Invalid));

        ulong Float(string text, ulong a, ulong b, ulong flags)
        {
            ulong result = probe.Run($"fsflags x0; fmv.d.x ft0,t0; fmv.d.x ft1,t1; {text}; frflags t3", a, b);
            Assert.Equal(flags, probe.Second);
            return result;
        }
    }

    [Theory]
    [InlineData(4294967301.0, 5, Invalid)] // 2^32 + 5
    [InlineData(-4294967301.0, -5, Invalid)]
    [InlineData(2147483648.0, int.MinValue, Invalid)]
    [InlineData(-7.75, -7, Inexact)]
    [InlineData(double.NaN, 0, Invalid)]
    public void Fcvtmod_keeps_the_low_bits(double value, int expected, ulong flags)
    {
        using InstructionProbe probe = new(tier);
        ulong result = probe.Run("fsflags x0; fmv.d.x ft0,t0; fcvtmod.w.d t2,ft0,rtz; frflags t3", BitConverter.DoubleToUInt64Bits(value));
        Assert.Equal(((ulong)(long)expected, flags), (result, probe.Second));
    }

    [Fact]
    public void Half_registers_are_boxed_and_what_is_not_boxed_is_a_nan()
    {
        using InstructionProbe probe = new(tier);
        const ulong One = 0x3C00;
        Assert.Equal(0xFFFF_FFFF_FFFF_BC00, probe.Run("fmv.h.x ft0,t0; fmv.x.d t2,ft0", 0xABC_BC00));
        Assert.Equal(0xFFFF_FFFF_FFFF_BC00, probe.Run("fmv.d.x ft0,t0; fmv.x.h t2,ft0", 0xBC00));
        Assert.Equal(0xFFFF_FFFF_FFFF_4000, probe.Run("fmv.h.x ft0,t0; fadd.h ft1,ft0,ft0; fmv.x.d t2,ft1", One));
        Assert.Equal(0xFFFF_FFFF_FFFF_7E00, probe.Run("fmv.w.x ft0,t0; fadd.h ft1,ft0,ft0; fmv.x.d t2,ft1", One));
        Assert.Equal(0x7FF8_0000_0000_0000UL, probe.Run("fmv.w.x ft0,t0; fcvt.d.h ft1,ft0; fmv.x.d t2,ft1", One));

        // Through memory: one half is loaded boxed, and nothing but it is stored.
        const ulong Data = GuestBoard.RamBase + 0x10_0000;
        Assert.Equal(0xFFFF_FFFF_FFFF_C000, probe.Run("li t3,-1; sd t3,0(t0); fmv.h.x ft0,t1; fsh ft0,2(t0); flh ft1,2(t0); fmv.x.d t2,ft1", Data, 0xC000));
        Assert.Equal(0xFFFF_FFFF_C000_FFFF, probe.Board.Read64(Data));
    }

    [Fact]
    public void Results_make_the_float_unit_dirty_and_without_it_they_are_illegal()
    {
        using InstructionProbe probe = new(tier);
        const string Clean = "li t3,0x6000; csrc mstatus,t3; li t3,0x4000; csrs mstatus,t3";
        foreach (string text in (string[])["fli.h ft0,1.0", "flh ft0,0(t0)", "fround.s ft0,ft0", "fadd.h ft0,ft1,ft2", "fcvt.h.l ft0,t1"])
        {
            Assert.Equal(0x6000UL, probe.Run($"{Clean}; {text}; csrr t2,mstatus; li t3,0x6000; and t2,t2,t3", GuestBoard.RamBase));
            Assert.Equal(2UL, probe.Run($"li t3,0x6000; csrc mstatus,t3; {text}", GuestBoard.RamBase));
            probe.Run("li t3,0x6000; csrs mstatus,t3");
        }

        // A comparison without flags leaves it as it was.
        Assert.Equal(0x4000UL, probe.Run($"fmv.h.x ft0,t0; {Clean}; fleq.h t1,ft0,ft0; csrr t2,mstatus; li t3,0x6000; and t2,t2,t3", 0x3C00));
    }
}

public sealed class AdditionalFloatTestsInterpreted() : AdditionalFloatTests(ExecutionTier.Interpreter);

public sealed class AdditionalFloatTestsTranslated() : AdditionalFloatTests(ExecutionTier.Translator);
