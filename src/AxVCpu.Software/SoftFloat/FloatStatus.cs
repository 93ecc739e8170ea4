namespace AxVCpu.Software.SoftFloat;

/// <summary>
/// The rounding direction of a floating-point operation. The values are the RISC-V <c>rm</c> encodings
/// (RISC-V ISA manual volume I, chapter "F" extension, table "Rounding mode encoding"); 5 to 7 are not rounding modes and the
/// caller rejects or resolves them before it calls an operation.
/// </summary>
public enum FloatRounding : byte
{
    /// <summary>Round to nearest, ties to even (RNE).</summary>
    NearestEven = 0,

    /// <summary>Round towards zero (RTZ).</summary>
    TowardZero = 1,

    /// <summary>Round down, towards negative infinity (RDN).</summary>
    Down = 2,

    /// <summary>Round up, towards positive infinity (RUP).</summary>
    Up = 3,

    /// <summary>Round to nearest, ties to the larger magnitude (RMM).</summary>
    NearestMaxMagnitude = 4,
}

/// <summary>
/// The accrued exception flags of IEEE 754-2019 section 7, with the bit positions of the RISC-V <c>fflags</c> register.
/// </summary>
[Flags]
public enum FloatFlags : byte
{
    /// <summary>No exception.</summary>
    None = 0,

    /// <summary>NX: the result is not the exact value.</summary>
    Inexact = 1,

    /// <summary>UF: the result is inexact and tiny; tininess is detected after rounding.</summary>
    Underflow = 2,

    /// <summary>OF: the rounded value does not fit the format.</summary>
    Overflow = 4,

    /// <summary>DZ: a finite non-zero value was divided by zero.</summary>
    DivideByZero = 8,

    /// <summary>NV: the operation has no useful definable result.</summary>
    Invalid = 16,
}

/// <summary>
/// What an operation takes besides its operands, and what it leaves besides its result. One per hart; not shared between threads.
/// </summary>
public struct FloatStatus
{
    /// <summary>The rounding direction that the next operation uses; one of the five defined values.</summary>
    public FloatRounding Rounding;

    /// <summary>The flags raised so far. Operations only ever add to them.</summary>
    public FloatFlags Flags;
}

/// <summary>
/// The class of a value, one bit each, in the bit positions of the result of the RISC-V <c>FCLASS</c> instructions.
/// </summary>
[Flags]
public enum FloatClass : ushort
{
    /// <summary>Negative infinity.</summary>
    NegativeInfinity = 1 << 0,

    /// <summary>A negative normal number.</summary>
    NegativeNormal = 1 << 1,

    /// <summary>A negative subnormal number.</summary>
    NegativeSubnormal = 1 << 2,

    /// <summary>Negative zero.</summary>
    NegativeZero = 1 << 3,

    /// <summary>Positive zero.</summary>
    PositiveZero = 1 << 4,

    /// <summary>A positive subnormal number.</summary>
    PositiveSubnormal = 1 << 5,

    /// <summary>A positive normal number.</summary>
    PositiveNormal = 1 << 6,

    /// <summary>Positive infinity.</summary>
    PositiveInfinity = 1 << 7,

    /// <summary>A signaling NaN.</summary>
    SignalingNaN = 1 << 8,

    /// <summary>A quiet NaN.</summary>
    QuietNaN = 1 << 9,
}
