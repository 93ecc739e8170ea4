using System.Globalization;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>One written operand: what stands between two commas in assembly text.</summary>
internal enum OperandKind : byte
{
    /// <summary>Integer registers.</summary>
    Rd,
    Rs1,
    Rs2,

    /// <summary>Floating-point registers.</summary>
    Fd,
    Fs1,
    Fs2,
    Fs3,

    /// <summary>A plain number.</summary>
    Imm,

    /// <summary>The upper 20 bits as lui and auipc write them: the value shifted right by 12.</summary>
    Hi20,

    /// <summary>The target of a branch or jump; the field holds the distance.</summary>
    Target,

    /// <summary>Shift amount or bit index.</summary>
    Shamt,

    /// <summary>A CSR by name or number.</summary>
    CsrName,

    /// <summary>The 5-bit number in the rs1 field of csrrwi and its kin.</summary>
    Zimm,

    /// <summary>Rounding mode; left out it means dynamic.</summary>
    Rm,

    /// <summary>Rounding mode of a conversion that is always exact; left out it means rne, as other assemblers encode it.</summary>
    RmExact,

    /// <summary>The access sets of fence.</summary>
    Pred,
    Succ,

    /// <summary><c>imm(rs1)</c>.</summary>
    Memory,

    /// <summary><c>imm(sp)</c>.</summary>
    MemorySp,

    /// <summary><c>(rs1)</c>; an offset of 0 may be written.</summary>
    Address,

    /// <summary>The register name sp, which the encoding implies.</summary>
    Sp,

    /// <summary>The rounding mode rtz, which the encoding implies.</summary>
    Rtz,

    /// <summary>A constant of fli by value or name.</summary>
    FloatConstant,
}

/// <summary>Where one register-like number sits in an instruction: <c>((bits >> Shift) &amp; Mask) + Base</c>.</summary>
internal readonly record struct BitField(byte Shift, byte Mask, byte Base)
{
    public byte Get(uint bits) => (byte)(((bits >> Shift) & Mask) + Base);

    public uint Put(uint value) => ((value - Base) & Mask) << Shift;

    public bool Holds(uint value) => value - Base <= Mask;

    public uint Bits => (uint)Mask << Shift;
}

/// <summary>One run of immediate bits: instruction bits from <c>From</c> up become immediate bits from <c>To</c> up.</summary>
internal readonly record struct ImmediateRun(byte From, byte To, uint Mask);

/// <summary>
/// An instruction format: which fields lie where (the manual's picture, most significant bit first) and how the operands are written.
/// Decoder, disassembler and assembler all use this one description.
/// </summary>
/// <remarks>
/// Layout tokens: dots are bits that the row fixes; <c>rd rs1 rs2 rs3</c> 5-bit registers, <c>fd fs1 fs2 fs3</c> the same in the
/// floating-point file, <c>fli</c> the number of a constant, with <c>'</c> the 3-bit form for registers 8-15; <c>rd/rs1</c> one field in both roles; <c>rm</c> rounding mode,
/// <c>aqrl</c> ordering bits; <c>imm[..]</c>/<c>uimm[..]</c> signed and unsigned immediate pieces with the bit numbers of the manual;
/// <c>_n</c> n bits that hardware ignores; <c>rs1=2</c> a register the encoding implies, <c>imm=255</c> an immediate that it implies.
/// </remarks>
internal sealed class InstructionFormat
{
    private readonly Dictionary<string, uint> _fieldMasks = [];

    public InstructionFormat(string layout, string syntax)
    {
        List<ImmediateRun> runs = [];
        string[] tokens = layout.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Width = 0;
        foreach (string token in tokens)
            Width += WidthOf(token);
        int top = Width;
        int signBit = 0;
        foreach (string token in tokens)
        {
            int width = WidthOf(token);
            top -= width;
            if (token[0] == '.')
                FixedMask |= Ones(width) << top;
            else if (token[0] == '_')
                IgnoredMask |= Ones(width) << top;
            else if (token.Contains('[', StringComparison.Ordinal))
            {
                int high = top + width;
                foreach ((int first, int last) in Runs(token))
                {
                    int count = first - last + 1;
                    high -= count;
                    runs.Add(new ImmediateRun((byte)high, (byte)last, Ones(count)));
                    if (token[0] == 'i')
                        signBit = int.Max(signBit, first);
                    ImmediateTop = int.Max(ImmediateTop, first);
                    ImmediateAlign = int.Min(ImmediateAlign, last);
                }

                AddMask("imm", Ones(width) << top);
            }
            else if (token.Contains('=', StringComparison.Ordinal))
            {
                string[] parts = token.Split('=');
                if (parts[0] == "imm")
                    ImpliedImmediate = int.Parse(parts[1], CultureInfo.InvariantCulture);
                else
                    SetField(parts[0], new BitField(0, 0, byte.Parse(parts[1], CultureInfo.InvariantCulture)));
            }
            else
            {
                foreach (string role in token.Split('/'))
                {
                    bool compact = role.EndsWith('\'');
                    string name = compact ? role[..^1] : role;
                    SetField(name, new BitField((byte)top, (byte)Ones(width), (byte)(compact ? 8 : 0)));
                    AddMask(name, Ones(width) << top);
                }
            }
        }

        Immediate = [.. runs];
        SignShift = signBit == 0 ? (byte)0 : (byte)(31 - signBit);
        Syntax = syntax.Length == 0 ? [] : Array.ConvertAll(syntax.Split(','), KindOf);
        Layout = layout;
    }

    /// <summary>The text this was made from.</summary>
    public string Layout { get; }

    /// <summary>16 or 32 bits.</summary>
    public int Width { get; }

    /// <summary>Bits that a row of this format must fix.</summary>
    public uint FixedMask { get; }

    /// <summary>Bits that hardware must ignore; the assembler writes 0.</summary>
    public uint IgnoredMask { get; }

    public BitField Rd { get; private set; }

    public BitField Rs1 { get; private set; }

    public BitField Rs2 { get; private set; }

    public BitField Rs3 { get; private set; }

    /// <summary>The rounding mode or the two ordering bits.</summary>
    public BitField Rm { get; private set; }

    /// <summary>Whether the destination is an integer register, so that x0 becomes the sink.</summary>
    public bool HasIntegerRd { get; private set; }

    /// <summary>Whether the mnemonic takes the suffixes .aq, .rl and .aqrl.</summary>
    public bool HasOrdering { get; private set; }

    /// <summary>Whether there is a rounding-mode field, whose values 5 and 6 are reserved.</summary>
    public bool HasRoundingMode { get; private set; }

    /// <summary>The immediate, piece by piece.</summary>
    public ImmediateRun[] Immediate { get; }

    /// <summary>The immediate of an encoding that implies one; otherwise 0.</summary>
    public int ImpliedImmediate { get; }

    /// <summary>31 minus the number of the immediate's sign bit; 0 for an unsigned immediate (and for one that fills 32 bits).</summary>
    public byte SignShift { get; }

    /// <summary>Number of the immediate's highest bit.</summary>
    public int ImmediateTop { get; }

    /// <summary>Number of the immediate's lowest bit: it is a multiple of <c>1 &lt;&lt; ImmediateAlign</c>.</summary>
    public int ImmediateAlign { get; } = 31;

    /// <summary>Whether the immediate is signed.</summary>
    public bool IsSigned => SignShift != 0 || ImmediateTop == 31;

    /// <summary>The written operands, in order.</summary>
    public OperandKind[] Syntax { get; }

    /// <summary>Instruction bits of a named field, 0 when the format lacks it.</summary>
    public uint FieldMask(string name) => _fieldMasks.GetValueOrDefault(name);

    /// <summary>Every instruction bit that is an operand.</summary>
    public uint OperandMask
    {
        get
        {
            uint mask = 0;
            foreach (uint bits in _fieldMasks.Values)
                mask |= bits;
            return mask;
        }
    }

    /// <summary>Reads the immediate.</summary>
    public int GetImmediate(uint bits)
    {
        uint value = 0;
        foreach (ImmediateRun run in Immediate)
            value |= ((bits >> run.From) & run.Mask) << run.To;
        return (int)(value << SignShift) >> SignShift | ImpliedImmediate;
    }

    /// <summary>Places an immediate that <see cref="ImmediateFits"/> accepts.</summary>
    public uint PutImmediate(long value)
    {
        uint bits = 0;
        foreach (ImmediateRun run in Immediate)
            bits |= (uint)(value >> run.To & run.Mask) << run.From;
        return bits;
    }

    /// <summary>Smallest and largest immediate and the multiple it must be of.</summary>
    public (long Min, long Max, long Step) ImmediateRange
    {
        get
        {
            long step = 1L << ImmediateAlign;
            return IsSigned
                ? (-(1L << ImmediateTop), (1L << ImmediateTop) - step, step)
                : (0, (1L << (ImmediateTop + 1)) - step, step);
        }
    }

    /// <summary>Whether the field can hold the value exactly.</summary>
    public bool ImmediateFits(long value)
    {
        (long min, long max, long step) = ImmediateRange;
        return value >= min && value <= max && (value & (step - 1)) == 0;
    }

    private static OperandKind KindOf(string text) => text switch
    {
        "rd" => OperandKind.Rd,
        "rs1" => OperandKind.Rs1,
        "rs2" => OperandKind.Rs2,
        "fd" => OperandKind.Fd,
        "fs1" => OperandKind.Fs1,
        "fs2" => OperandKind.Fs2,
        "fs3" => OperandKind.Fs3,
        "imm" => OperandKind.Imm,
        "hi20" => OperandKind.Hi20,
        "target" => OperandKind.Target,
        "shamt" => OperandKind.Shamt,
        "csr" => OperandKind.CsrName,
        "zimm" => OperandKind.Zimm,
        "rm" => OperandKind.Rm,
        "rm:rne" => OperandKind.RmExact,
        "pred" => OperandKind.Pred,
        "succ" => OperandKind.Succ,
        "imm(rs1)" => OperandKind.Memory,
        "imm(sp)" => OperandKind.MemorySp,
        "(rs1)" => OperandKind.Address,
        "sp" => OperandKind.Sp,
        "rtz" => OperandKind.Rtz,
        "fli" => OperandKind.FloatConstant,
        _ => throw new ArgumentException($"operand '{text}' is not known", nameof(text)),
    };

    private static uint Ones(int count) => count == 32 ? uint.MaxValue : (1u << count) - 1;

    private static int WidthOf(string token)
    {
        if (token[0] == '.')
            return token.Length;
        if (token[0] == '_')
            return int.Parse(token.AsSpan(1), CultureInfo.InvariantCulture);
        if (token.Contains('=', StringComparison.Ordinal))
            return 0;
        if (token.Contains('[', StringComparison.Ordinal))
        {
            int width = 0;
            foreach ((int first, int last) in Runs(token))
                width += first - last + 1;
            return width;
        }

        return token switch { "rm" => 3, "aqrl" => 2, _ => token.EndsWith('\'') ? 3 : 5 };
    }

    private static IEnumerable<(int First, int Last)> Runs(string token)
    {
        int open = token.IndexOf('[', StringComparison.Ordinal);
        foreach (string piece in token[(open + 1)..^1].Split('|'))
        {
            string[] ends = piece.Split(':');
            int first = int.Parse(ends[0], CultureInfo.InvariantCulture);
            yield return (first, ends.Length == 1 ? first : int.Parse(ends[1], CultureInfo.InvariantCulture));
        }
    }

    private void AddMask(string name, uint mask) => _fieldMasks[name] = _fieldMasks.GetValueOrDefault(name) | mask;

    private void SetField(string name, BitField field)
    {
        switch (name)
        {
            case "rd": Rd = field; HasIntegerRd = true; break;
            case "fd": Rd = field; break;
            case "rs1" or "fs1" or "fli": Rs1 = field; break;
            case "rs2" or "fs2": Rs2 = field; break;
            case "fs3": Rs3 = field; break;
            case "rm": Rm = field; HasRoundingMode = true; break;
            case "aqrl": Rm = field; HasOrdering = true; break;
            default: throw new ArgumentException($"field '{name}' is not known", nameof(name));
        }
    }
}
