namespace AxVCpu.Software.SoftFloat;

/// <summary>
/// An IEEE 754 binary interchange format (IEEE 754-2019 table 3.5); a type, so that each width gets its own machine code. All are
/// literals: derived ones would spend the compiler's inlining budget in every hot method.
/// </summary>
internal interface IFloatFormat
{
    /// <summary>Stored fraction bits: the precision less the implicit bit.</summary>
    static abstract int FractionBits { get; }

    /// <summary>The exponent field of infinities and NaNs.</summary>
    static abstract int ExponentMax { get; }

    /// <summary>The sign bit.</summary>
    static abstract ulong SignMask { get; }

    /// <summary>The encoding of positive infinity.</summary>
    static abstract ulong Infinity { get; }

    /// <summary>The fraction bit that tells quiet NaNs from signaling ones.</summary>
    static abstract ulong QuietBit { get; }
}

/// <summary>binary16.</summary>
internal readonly struct Binary16 : IFloatFormat
{
    public static int FractionBits => 10;

    public static int ExponentMax => 0x1f;

    public static ulong SignMask => 0x8000;

    public static ulong Infinity => 0x7c00;

    public static ulong QuietBit => 0x0200;
}

/// <summary>binary32.</summary>
internal readonly struct Binary32 : IFloatFormat
{
    public static int FractionBits => 23;

    public static int ExponentMax => 0xff;

    public static ulong SignMask => 0x8000_0000;

    public static ulong Infinity => 0x7f80_0000;

    public static ulong QuietBit => 0x0040_0000;
}

/// <summary>binary64.</summary>
internal readonly struct Binary64 : IFloatFormat
{
    public static int FractionBits => 52;

    public static int ExponentMax => 0x7ff;

    public static ulong SignMask => 0x8000_0000_0000_0000;

    public static ulong Infinity => 0x7ff0_0000_0000_0000;

    public static ulong QuietBit => 0x0008_0000_0000_0000;
}
