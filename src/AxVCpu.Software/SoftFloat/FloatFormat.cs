namespace AxVCpu.Software.SoftFloat;

/// <summary>An IEEE 754 binary interchange format (IEEE 754-2019 table 3.5); a type, so that each width gets its own machine code.</summary>
internal interface IFloatFormat
{
    /// <summary>Stored fraction bits: the precision less the implicit bit.</summary>
    static abstract int FractionBits { get; }

    /// <summary>Bits of the exponent field.</summary>
    static abstract int ExponentBits { get; }
}

/// <summary>binary32.</summary>
internal readonly struct Binary32 : IFloatFormat
{
    public static int FractionBits => 23;

    public static int ExponentBits => 8;
}

/// <summary>binary64.</summary>
internal readonly struct Binary64 : IFloatFormat
{
    public static int FractionBits => 52;

    public static int ExponentBits => 11;
}
