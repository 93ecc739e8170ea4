namespace AxVCpu.BareMetal.Aarch64;

/// <summary>How the address of a load or store is made.</summary>
internal enum AddressMode : byte
{
    /// <summary>The base register plus <see cref="LoadStore.Offset"/>.</summary>
    Immediate,
    /// <summary>The base register plus another, extended and shifted.</summary>
    Register,
    /// <summary>The address of the instruction plus <see cref="LoadStore.Offset"/>.</summary>
    Literal,
}

/// <summary>What a look at an instruction found.</summary>
internal enum LoadStoreStatus : byte
{
    /// <summary>A load or store that can be carried out.</summary>
    Decoded,
    /// <summary>A hint to fetch: nothing has to happen.</summary>
    Prefetch,
    /// <summary>An exclusive or atomic access.</summary>
    Atomic,
    /// <summary>Anything else.</summary>
    Unsupported,
}

/// <summary>
/// A load or store that an exception did not describe (ESR_EL2.ISV 0): with write-back, of a pair, of SIMD registers, literal. Arm
/// ARM C4.1.94 "Loads and Stores".
/// </summary>
internal partial struct LoadStore
{
    /// <summary>Whether it reads memory.</summary>
    public bool IsLoad;

    /// <summary>Whether the registers are V registers.</summary>
    public bool IsVector;

    /// <summary>Whether a load is sign-extended to <see cref="RegisterBytes"/>.</summary>
    public bool IsSigned;

    /// <summary>Whether the base register changes.</summary>
    public bool WritesBack;

    /// <summary>How the address is made.</summary>
    public AddressMode Mode;

    /// <summary>Bytes of each register, or of each element of a structure, in memory: 1, 2, 4, 8, 16.</summary>
    public byte ElementBytes;

    /// <summary>Bytes of a general-purpose register that a load fills: 4 or 8.</summary>
    public byte RegisterBytes;

    /// <summary>How many registers: 1 to 4.</summary>
    public byte Count;

    /// <summary>The first register.</summary>
    public byte Rt;

    /// <summary>The second register of a pair.</summary>
    public byte Rt2;

    /// <summary>The base register; 31 is the stack pointer.</summary>
    public byte Rn;

    /// <summary>The register that is added to the base, or to it afterwards; 31 is none.</summary>
    public byte Rm;

    /// <summary>The extension of <see cref="Rm"/>: the option field.</summary>
    public byte Extension;

    /// <summary>How far the extended <see cref="Rm"/> is shifted left.</summary>
    public byte Shift;

    /// <summary>What is added to the base for the access.</summary>
    public long Offset;

    /// <summary>What is added to the base by write-back, when <see cref="Rm"/> is none.</summary>
    public long Increment;

    /// <summary>Whether it moves elements of V registers, each an access of its own.</summary>
    public bool IsStructure;

    /// <summary>Whether a loaded element becomes every element of its register.</summary>
    public bool Replicates;

    /// <summary>Whether a load replaces one element and leaves the rest of the register.</summary>
    public bool KeepsRest;

    /// <summary>Whether all 16 bytes of the registers are used; else 8, and a load clears the others.</summary>
    public bool IsFullWidth;

    /// <summary>Elements of each register.</summary>
    public byte Lanes;

    /// <summary>The first element of each register.</summary>
    public byte FirstLane;

    private byte _structureSize; // elements of each structure

    private const byte NoRegister = 31;

    /// <summary>How many bytes of memory it touches.</summary>
    public readonly int TotalBytes => ElementBytes * Count * (IsStructure ? Lanes : 1);

    /// <summary>The register of a value, in the order in which they lie in memory.</summary>
    /// <param name="index">Which of the registers, or of the elements of a structure.</param>
    public readonly int RegisterAt(int index) => IsStructure ? ElementRegister(index) : index == 0 ? Rt : Rt2;

    /// <summary>Decodes an instruction; any 32 bits are fine.</summary>
    public static LoadStoreStatus Decode(uint instruction, out LoadStore access)
    {
        access = default;
        access.Rt = (byte)(instruction & 31);
        access.Rn = (byte)(instruction >> 5 & 31);
        access.Rm = NoRegister;
        access.Count = 1;
        access.IsVector = Bit(instruction, 26) != 0;
        return (instruction >> 27 & 7, instruction >> 24 & 3) switch
        {
            (0b001, 0) => !access.IsVector ? access.Ordered(instruction) : access.Structures(instruction),
            (0b001, 1) when access.IsVector => access.SingleStructure(instruction),
            (0b011, 0) => access.Literal(instruction),
            (0b011, 1) when !access.IsVector => access.OrderedOffset(instruction),
            (0b101, 0 or 1) => access.Pair(instruction),
            (0b111, 1) => access.UnsignedOffset(instruction),
            (0b111, 0) => Bit(instruction, 21) == 0 ? access.SignedOffset(instruction)
                : (instruction >> 10 & 3) == 2 ? access.RegisterOffset(instruction)
                : (instruction >> 10 & 3) == 0 && !access.IsVector ? access.Atomic(instruction) : LoadStoreStatus.Unsupported,
            _ => LoadStoreStatus.Unsupported,
        };
    }

    private static uint Bit(uint instruction, int bit) => instruction >> bit & 1;

    private static long SignExtend(uint value, int bits) => (long)((ulong)value << (64 - bits)) >> (64 - bits);

    // LDR (literal), LDRSW (literal), PRFM (literal); SIMD.
    private LoadStoreStatus Literal(uint instruction)
    {
        uint opc = instruction >> 30;
        if (opc == 3)
            return IsVector ? LoadStoreStatus.Unsupported : LoadStoreStatus.Prefetch;
        IsLoad = true;
        IsSigned = !IsVector && opc == 2;
        ElementBytes = (byte)(IsVector ? 4 << (int)opc : opc == 1 ? 8 : 4);
        RegisterBytes = (byte)(opc == 0 ? 4 : 8);
        Mode = AddressMode.Literal;
        Offset = SignExtend(instruction >> 5 & 0x7FFFF, 19) * 4;
        return LoadStoreStatus.Decoded;
    }

    // STP, LDP, LDPSW, STNP, LDNP; SIMD. Bits 24:23: no-allocate, post-index, offset, pre-index.
    private LoadStoreStatus Pair(uint instruction)
    {
        uint opc = instruction >> 30;
        uint mode = instruction >> 23 & 3;
        IsLoad = Bit(instruction, 22) != 0;
        Count = 2;
        Rt2 = (byte)(instruction >> 10 & 31);
        // LDPSW has no store (that is a tag store) and no no-allocate form.
        if (opc == 3 || (!IsVector && opc == 1 && (!IsLoad || mode == 0)))
            return LoadStoreStatus.Unsupported;
        IsSigned = !IsVector && opc == 1;
        ElementBytes = (byte)(IsVector ? 4 << (int)opc : opc == 2 ? 8 : 4);
        RegisterBytes = (byte)(opc == 0 ? 4 : 8);
        long offset = SignExtend(instruction >> 15 & 0x7F, 7) * ElementBytes;
        WritesBack = (mode & 1) != 0;
        Offset = mode == 1 ? 0 : offset;
        Increment = WritesBack ? offset : 0;
        return LoadStoreStatus.Decoded;
    }

    // Unscaled, post-index, unprivileged, pre-index.
    private LoadStoreStatus SignedOffset(uint instruction)
    {
        uint mode = instruction >> 10 & 3;
        long offset = SignExtend(instruction >> 12 & 0x1FF, 9);
        WritesBack = (mode & 1) != 0;
        Offset = mode == 1 ? 0 : offset;
        Increment = WritesBack ? offset : 0;
        return mode == 2 && IsVector ? LoadStoreStatus.Unsupported : SizeAndKind(instruction, allowsPrefetch: mode == 0);
    }

    private LoadStoreStatus UnsignedOffset(uint instruction)
    {
        LoadStoreStatus status = SizeAndKind(instruction, allowsPrefetch: true);
        Offset = (long)(instruction >> 10 & 0xFFF) * ElementBytes;
        return status;
    }

    private LoadStoreStatus RegisterOffset(uint instruction)
    {
        LoadStoreStatus status = SizeAndKind(instruction, allowsPrefetch: true);
        Mode = AddressMode.Register;
        Rm = (byte)(instruction >> 16 & 31);
        Extension = (byte)(instruction >> 13 & 7);
        // UXTW, LSL, SXTW, SXTX.
        if ((Extension & 2) == 0)
            return LoadStoreStatus.Unsupported;
        Shift = (byte)(Bit(instruction, 12) != 0 ? System.Numerics.BitOperations.TrailingZeroCount((uint)ElementBytes) : 0);
        return status;
    }

    private LoadStoreStatus SizeAndKind(uint instruction, bool allowsPrefetch)
    {
        uint size = instruction >> 30;
        uint opc = instruction >> 22 & 3;
        if (IsVector)
        {
            bool isQuad = (opc & 2) != 0;
            IsLoad = (opc & 1) != 0;
            ElementBytes = (byte)(isQuad ? 16 : 1 << (int)size);
            RegisterBytes = 8;
            return isQuad && size != 0 ? LoadStoreStatus.Unsupported : LoadStoreStatus.Decoded;
        }

        ElementBytes = (byte)(1 << (int)size);
        IsLoad = opc != 0;
        IsSigned = opc >= 2;
        RegisterBytes = (byte)(opc == 2 || size == 3 ? 8 : 4);
        if (size == 3 && opc == 2)
            return allowsPrefetch ? LoadStoreStatus.Prefetch : LoadStoreStatus.Unsupported;
        return opc == 3 && size >= 2 ? LoadStoreStatus.Unsupported : LoadStoreStatus.Decoded;
    }

    // LDAR, STLR, LDLAR, STLLR; the exclusive and compare-and-swap forms cannot be done on a device.
    private LoadStoreStatus Ordered(uint instruction)
    {
        if (Bit(instruction, 23) == 0 || Bit(instruction, 21) != 0)
            return LoadStoreStatus.Atomic;
        IsLoad = Bit(instruction, 22) != 0;
        ElementBytes = (byte)(1 << (int)(instruction >> 30));
        RegisterBytes = (byte)(ElementBytes == 8 ? 8 : 4);
        return LoadStoreStatus.Decoded;
    }

    // LDAPUR, STLUR.
    private LoadStoreStatus OrderedOffset(uint instruction)
    {
        Offset = SignExtend(instruction >> 12 & 0x1FF, 9);
        return (instruction >> 10 & 3) != 0 || Bit(instruction, 21) != 0 ? LoadStoreStatus.Unsupported : SizeAndKind(instruction, allowsPrefetch: false);
    }

    // The atomic memory operations, among which LDAPR is a plain load.
    private LoadStoreStatus Atomic(uint instruction)
    {
        const uint fields = 0x3FFF_FC00, loadAcquire = 0x38BF_C000;
        if ((instruction & fields) != loadAcquire)
            return LoadStoreStatus.Atomic;
        IsLoad = true;
        ElementBytes = (byte)(1 << (int)(instruction >> 30));
        RegisterBytes = (byte)(ElementBytes == 8 ? 8 : 4);
        return LoadStoreStatus.Decoded;
    }

    /// <summary>The address of the first byte.</summary>
    /// <param name="baseValue">The base register, or the address of the instruction for a literal.</param>
    /// <param name="indexValue"><see cref="Rm"/>'s value.</param>
    public readonly ulong AddressOf(ulong baseValue, ulong indexValue) => Mode != AddressMode.Register
        ? baseValue + (ulong)Offset
        : baseValue + (Extend(indexValue) << Shift);

    /// <summary>The base register after write-back.</summary>
    public readonly ulong BaseAfter(ulong baseValue, ulong indexValue) => baseValue + (Rm == NoRegister ? (ulong)Increment : indexValue);

    private readonly ulong Extend(ulong value) => Extension switch
    {
        0b010 => (uint)value,
        0b110 => (ulong)(int)(uint)value,
        _ => value,
    };
}
