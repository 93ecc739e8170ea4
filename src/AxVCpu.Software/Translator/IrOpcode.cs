namespace AxVCpu.Software.Translator;

/// <summary>
/// What an <see cref="IrOp"/> does. Operands are guest registers (<see cref="GuestRegister"/>); "B" may be the immediate
/// (<see cref="GuestRegister.Immediate"/>). Integer operations obey <see cref="IrWidth"/> in <see cref="IrOp.Kind"/>.
/// </summary>
internal enum IrOpcode : byte
{
    /// <summary>Nothing; what dead-value elimination leaves behind.</summary>
    Nop,

    /// <summary>Dst = A, or the immediate when A is <see cref="GuestRegister.Immediate"/>.</summary>
    Move,

    // Dst = A op B
    Add,
    Sub,
    And,
    Or,
    Xor,
    AndNot,
    OrNot,
    XorNot,

    /// <summary>Shifts and rotates count modulo the width.</summary>
    ShiftLeft,
    ShiftRight,
    ShiftRightSigned,
    RotateLeft,
    RotateRight,

    /// <summary>Dst = (A &lt;&lt; C) + B; the width says how A is extended first (W32Zero: its low half), the sum has 64 bits.</summary>
    AddShifted,

    Multiply,
    MultiplyHighSigned,
    MultiplyHighUnsigned,

    /// <summary>High half of signed A times unsigned B.</summary>
    MultiplyHighSignedUnsigned,

    // RISC-V results for the corner cases: x / 0 = all ones, x % 0 = x, min / -1 = min, min % -1 = 0.
    DivideSigned,
    DivideUnsigned,
    RemainderSigned,
    RemainderUnsigned,

    MinSigned,
    MaxSigned,
    MinUnsigned,
    MaxUnsigned,

    /// <summary>Dst = A condition B ? 1 : 0; the condition is in C (<see cref="IrCondition"/>).</summary>
    Set,

    /// <summary>Dst = B == 0 ? 0 : A.</summary>
    ZeroIfZero,

    /// <summary>Dst = B != 0 ? 0 : A.</summary>
    ZeroIfNotZero,

    // Dst = op A
    SignExtend8,
    SignExtend16,
    ZeroExtend16,
    CountLeadingZeros,
    CountTrailingZeros,
    PopulationCount,
    ReverseBytes,

    /// <summary>Dst = memory[A + Imm]; the kind is an <see cref="IrMemory"/>.</summary>
    Load,

    /// <summary>memory[A + Imm] = B.</summary>
    Store,

    /// <summary>Dst, a float register, = memory[A + Imm]; four bytes are boxed: the upper half becomes all ones.</summary>
    LoadFloat,

    /// <summary>memory[A + Imm] = the low bytes of float register B.</summary>
    StoreFloat,

    /// <summary>
    /// Dst = memory[A]; memory[A] = Dst op B, at once; the operation is an <see cref="IrAtomic"/> in C, sizes 4 (sign-extended) and 8.
    /// A misaligned address is the slow path's affair.
    /// </summary>
    Atomic,

    /// <summary>Dst = memory[A], and the reservation is set (host address with bit 0 for 8 bytes, value as loaded).</summary>
    LoadReserved,

    /// <summary>Dst = 0 when memory[A] was replaced by B under the reservation, else 1. The reservation is gone.</summary>
    StoreConditional,

    /// <summary>Orders everything before with everything behind.</summary>
    Fence,

    // Floating point: Kind is an IrFloat. Registers A, B, C and Dst are float registers unless said otherwise. A result that is a NaN, an
    // operand that is not boxed and all other cases in which the host does not do exactly what the guest does take the slow path.

    /// <summary>
    /// In front of the first of a run of float operations: takes the slow path for the instruction when the host's float unit cannot be
    /// used now (<see cref="StateLayout.FloatReady"/> is zero); that one always leaves the trace, so what follows needs no guard.
    /// </summary>
    FloatGuard,

    /// <summary>The guest's float state is dirty from here on: or-s Imm (32 bits, positive) into the field at <see cref="StateLayout.FloatDirty"/>.</summary>
    FloatDirty,
    FloatAdd,
    FloatSubtract,
    FloatMultiply,
    FloatDivide,
    FloatSquareRoot,

    /// <summary>Dst = ±(A * B) ± C; the signs are in Imm (<see cref="IrMultiplyAdd"/>).</summary>
    FloatMultiplyAdd,
    FloatMin,
    FloatMax,

    /// <summary>Dst = |A| with the sign of B; negated for <see cref="FloatCopySignNot"/>, xor-ed with A's for <see cref="FloatXorSign"/>.</summary>
    FloatCopySign,
    FloatCopySignNot,
    FloatXorSign,

    /// <summary>Dst, an integer register, = A condition B ? 1 : 0 for Equal (quiet), LessSigned and LessOrEqualSigned (signalling); condition in C.</summary>
    FloatSet,

    /// <summary>Dst, an integer register, = A, truncated; the integer's width is an <see cref="IrInteger"/> in C, 32 bits of either kind are sign-extended.</summary>
    FloatToInteger,

    /// <summary>Dst = A, an integer register, rounded to nearest even; the integer's width is an <see cref="IrInteger"/> in C.</summary>
    IntegerToFloat,

    /// <summary>Dst (of the kind's format) = A (of the other one).</summary>
    FloatConvert,

    /// <summary>Dst, an integer register, = the bits of A (Single: sign-extended).</summary>
    FloatToBits,

    /// <summary>Dst = the bits of integer register A (Single: boxed).</summary>
    BitsToFloat,

    /// <summary>Dst = the 64-bit state field at byte offset Imm.</summary>
    LoadState,

    /// <summary>The 64-bit state field at byte offset Imm = A.</summary>
    StoreState,

    /// <summary>When A condition B (C is an <see cref="IrCondition"/>), the trace is left for guest address Imm; else it goes on.</summary>
    Branch,

    /// <summary>The trace is left for guest address Imm. Ends a trace.</summary>
    Jump,

    /// <summary>
    /// The trace is left for guest address (A + displacement) &amp; ~1, where the displacement is the low, signed half of Imm. Then Dst, unless
    /// it is None, = <see cref="TraceRequest.Pc"/> + the high half of Imm, the address to return to. Ends a trace.
    /// </summary>
    JumpIndirect,

    /// <summary>
    /// The slow path executes the instruction. With C = 1 the trace is left afterwards, wherever the guest stands then (ends a trace);
    /// with C = 0 it goes on when the guest stands behind the instruction and nothing that the trace relies on has changed.
    /// </summary>
    Interpret,

    /// <summary>Number of members above.</summary>
    Count,
}

/// <summary>How wide an integer operation is, and how a narrow result is extended.</summary>
internal enum IrWidth : byte
{
    W64,

    /// <summary>32 bits, sign-extended.</summary>
    W32Signed,

    /// <summary>32 bits, zero-extended.</summary>
    W32Zero,
}

/// <summary>Conditions of Set and Branch; the integers have 64 bits.</summary>
internal enum IrCondition : byte
{
    Equal,
    NotEqual,
    LessSigned,
    GreaterOrEqualSigned,
    LessUnsigned,
    GreaterOrEqualUnsigned,
    LessOrEqualSigned,
    GreaterSigned,
}

/// <summary>Size and extension of a memory access: log2 of the bytes, or-ed with <see cref="Signed"/>.</summary>
[Flags]
internal enum IrMemory : byte
{
    Byte = 0,
    Word = 1,
    Dword = 2,
    Qword = 3,
    Signed = 4,
}

/// <summary>Read-modify-write operations.</summary>
internal enum IrAtomic : byte
{
    Exchange,
    Add,
    And,
    Or,
    Xor,
    MinSigned,
    MaxSigned,
    MinUnsigned,
    MaxUnsigned,
}

/// <summary>Formats of a float operation.</summary>
internal enum IrFloat : byte
{
    Single,
    Double,
}

/// <summary>Signs of a fused multiply-add.</summary>
[Flags]
internal enum IrMultiplyAdd : byte
{
    None = 0,
    NegateProduct = 1,
    NegateAddend = 2,
}

/// <summary>The integer of a conversion.</summary>
internal enum IrInteger : byte
{
    Int32,
    UInt32,
    Int64,
    UInt64,
}
