namespace AxVCpu.Software.Translator.X64;

/// <summary>General registers by their number in an instruction (Intel SDM volume 2, section 2.1.5, table 2-2, and 2.2.1.2 for r8 to r15).</summary>
internal enum X64Register : byte
{
    Rax = 0,
    Rcx = 1,
    Rdx = 2,
    Rbx = 3,
    Rsp = 4,
    Rbp = 5,
    Rsi = 6,
    Rdi = 7,
    R8 = 8,
    R9 = 9,
    R10 = 10,
    R11 = 11,
    R12 = 12,
    R13 = 13,
    R14 = 14,
    R15 = 15,

    /// <summary>No register.</summary>
    None = 0xFF,
}

/// <summary>Vector registers.</summary>
internal enum X64Vector : byte
{
    Xmm0 = 0,
    Xmm1 = 1,
    Xmm2 = 2,
    Xmm3 = 3,
    Xmm4 = 4,
    Xmm5 = 5,
    Xmm6 = 6,
    Xmm7 = 7,
    Xmm8 = 8,
    Xmm9 = 9,
    Xmm10 = 10,
    Xmm11 = 11,
    Xmm12 = 12,
    Xmm13 = 13,
    Xmm14 = 14,
    Xmm15 = 15,

    /// <summary>No register.</summary>
    None = 0xFF,
}

/// <summary>Shifts of vector elements by an immediate (groups 13 and 14).</summary>
internal enum X64VectorShift : byte
{
    Right = 2,
    Left = 6,
}

/// <summary>Condition codes (Intel SDM volume 1, appendix B, table B-1); flipping bit 0 negates one.</summary>
internal enum X64Condition : byte
{
    Overflow = 0,
    Below = 2,
    AboveOrEqual = 3,
    Equal = 4,
    NotEqual = 5,
    BelowOrEqual = 6,
    Above = 7,
    Sign = 8,
    NoSign = 9,
    Parity = 10,
    NoParity = 11,
    Less = 12,
    GreaterOrEqual = 13,
    LessOrEqual = 14,
    Greater = 15,
}

/// <summary>The eight arithmetic operations of one encoding pattern (opcodes 00 to 3F and the immediate group 1).</summary>
internal enum X64Alu : byte
{
    Add = 0,
    Or = 1,
    And = 4,
    Sub = 5,
    Xor = 6,
    Cmp = 7,
}

/// <summary>Shifts and rotates (group 2).</summary>
internal enum X64Shift : byte
{
    Rol = 0,
    Ror = 1,
    Shl = 4,
    Shr = 5,
    Sar = 7,
}

/// <summary>Operations on one bit (group 8).</summary>
internal enum X64Bit : byte
{
    Reset = 6,
    Complement = 7,
}

/// <summary>Operations on one operand (group 3).</summary>
internal enum X64Unary : byte
{
    Not = 2,
    Neg = 3,
    Mul = 4,
    Imul = 5,
    Div = 6,
    Idiv = 7,
}

/// <summary>A memory operand: base + index * 2^scale + displacement.</summary>
internal readonly struct X64Address
{
    public readonly X64Register Base;
    public readonly X64Register Index;
    public readonly byte Scale;
    public readonly int Displacement;

    public X64Address(X64Register @base, int displacement)
    {
        Base = @base;
        Index = X64Register.None;
        Displacement = displacement;
    }

    public X64Address(X64Register @base, X64Register index, byte scale, int displacement)
    {
        Base = @base;
        Index = index;
        Scale = scale;
        Displacement = displacement;
    }
}
