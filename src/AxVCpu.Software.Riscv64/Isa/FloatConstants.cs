using System.Globalization;
using AxVCpu.Software.SoftFloat;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>The constants that fli loads, by the number in its rs1 field (Unprivileged ISA, "Zfa", table of immediate values).</summary>
internal static class FloatConstants
{
    /// <summary>The smallest positive normal number, of which each format has its own.</summary>
    private const int Min = 1;
    private const int Inf = 30;
    private const int NaN = 31;

    private static readonly double[] s_values =
    [
        -1, 0, 1.0 / 65536, 1.0 / 32768, 1.0 / 256, 1.0 / 128, 0.0625, 0.125,
        0.25, 0.3125, 0.375, 0.4375, 0.5, 0.625, 0.75, 0.875,
        1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4,
        8, 16, 128, 256, 32768, 65536, double.PositiveInfinity, double.NaN,
    ];

    /// <summary>The constant in binary16; 65536 is too large for it and gives infinity.</summary>
    public static ushort Half(int number)
    {
        FloatStatus status = default;
        return number == Min ? (ushort)0x0400 : Float64.ToFloat16(Bits(number), ref status);
    }

    /// <summary>The constant in binary32.</summary>
    public static uint Single(int number)
    {
        FloatStatus status = default;
        return number == Min ? 0x0080_0000 : Float64.ToFloat32(Bits(number), ref status);
    }

    /// <summary>The constant in binary64.</summary>
    public static ulong Double(int number) => number switch
    {
        Min => 0x0010_0000_0000_0000,
        NaN => Float64.CanonicalNaN,
        _ => Bits(number),
    };

    /// <summary>A constant as disassemblers print it: min, inf, nan, or hexadecimal with an exponent of two as C's %a has it.</summary>
    public static string Name(int number)
    {
        switch (number)
        {
            case Min: return "min";
            case Inf: return "inf";
            case NaN: return "nan";
        }

        ulong bits = Bits(number);
        string fraction = (bits & 0xF_FFFF_FFFF_FFFF).ToString("x13", CultureInfo.InvariantCulture).TrimEnd('0');
        int exponent = (int)(bits >> 52 & 0x7FF) - 1023;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(bits >> 63 != 0 ? "-" : "")}0x1{(fraction.Length == 0 ? "" : ".")}{fraction}p{exponent:+0;-0;+0}");
    }

    /// <summary>Reads a name or a decimal number.</summary>
    public static bool TryParse(string text, out int number)
    {
        for (number = 0; number < s_values.Length; number++)
        {
            if (Name(number) == text)
                return true;
        }

        number = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && value != 0
            ? Array.IndexOf(s_values, value)
            : -1;
        return number >= 0;
    }

    private static ulong Bits(int number) => BitConverter.DoubleToUInt64Bits(s_values[number]);
}
