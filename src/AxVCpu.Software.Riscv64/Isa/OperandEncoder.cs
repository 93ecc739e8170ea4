using System.Globalization;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>Turns written operands into the bits of one row.</summary>
internal static class OperandEncoder
{
    /// <summary>Encodes one instruction.</summary>
    /// <param name="row">The row.</param>
    /// <param name="ordering">The value of the aq and rl bits, from the mnemonic's suffix.</param>
    /// <param name="operands">Written operands.</param>
    /// <param name="pc">Address of the instruction.</param>
    /// <param name="symbols">For expressions.</param>
    /// <exception cref="AssemblySyntaxException">An operand is wrong; the message says what would be right.</exception>
    public static uint Encode(InstructionRow row, uint ordering, IReadOnlyList<string> operands, ulong pc, ISymbolSource symbols)
    {
        InstructionFormat format = row.Format;
        OperandKind[] syntax = format.Syntax;
        bool optionalLast = syntax.Length > 0 && syntax[^1] is OperandKind.Rm or OperandKind.RmExact;
        if (operands.Count != syntax.Length && !(optionalLast && operands.Count == syntax.Length - 1))
            throw new AssemblySyntaxException($"{row.Mnemonic} takes {Describe(row)}");

        uint bits = row.Value;
        if (format.HasOrdering)
            bits |= format.Rm.Put(ordering);
        if (optionalLast && operands.Count < syntax.Length)
            bits |= format.Rm.Put(syntax[^1] == OperandKind.Rm ? 7u : 0u);
        for (int i = 0; i < operands.Count; i++)
            bits |= Encode(row, syntax[i], operands[i], pc, symbols);
        if (!row.Matches(bits))
            throw new AssemblySyntaxException($"{row.Mnemonic} cannot have these operands: x0, sp or a zero immediate is reserved or means another instruction");
        return bits;
    }

    /// <summary>The operands of a row as text, for messages.</summary>
    public static string Describe(InstructionRow row) => row.Format.Syntax.Length == 0
        ? "no operands"
        : string.Join(", ", row.Format.Syntax.Select(kind => kind switch
        {
            OperandKind.CsrName => "csr",
            OperandKind.Memory => "offset(rs1)",
            OperandKind.MemorySp => "offset(sp)",
            OperandKind.Address => "(rs1)",
            OperandKind.Rm or OperandKind.RmExact => "[rounding mode]",
            OperandKind.FloatConstant => "constant",
            _ => kind.ToString().ToLowerInvariant(),
        }));

    private static uint Encode(InstructionRow row, OperandKind kind, string text, ulong pc, ISymbolSource symbols)
    {
        InstructionFormat format = row.Format;
        switch (kind)
        {
            case OperandKind.Rd: return Register(format.Rd, text, false);
            case OperandKind.Rs1: return Register(format.Rs1, text, false);
            case OperandKind.Rs2: return Register(format.Rs2, text, false);
            case OperandKind.Fd: return Register(format.Rd, text, true);
            case OperandKind.Fs1: return Register(format.Rs1, text, true);
            case OperandKind.Fs2: return Register(format.Rs2, text, true);
            case OperandKind.Fs3: return Register(format.Rs3, text, true);
            case OperandKind.Imm or OperandKind.Shamt: return Immediate(format, AssemblyExpression.Evaluate(text, symbols));
            case OperandKind.Hi20: return Upper(format, AssemblyExpression.Evaluate(text, symbols));
            case OperandKind.Target: return Immediate(format, AssemblyExpression.Evaluate(text, symbols) - (long)pc);
            case OperandKind.CsrName:
                return Immediate(format, RegisterNames.TryCsr(text, out int csr) ? csr : AssemblyExpression.Evaluate(text, symbols));
            case OperandKind.Zimm:
                long zimm = AssemblyExpression.Evaluate(text, symbols);
                return zimm is >= 0 and < 32 ? format.Rs1.Put((uint)zimm) : throw OutOfRange(zimm, 0, 31, 1);
            case OperandKind.Rm or OperandKind.RmExact:
                return RegisterNames.TryRounding(text, out int mode)
                    ? format.Rm.Put((uint)mode)
                    : throw new AssemblySyntaxException($"'{text}' is not a rounding mode (rne rtz rdn rup rmm dyn)");
            case OperandKind.Pred: return format.PutImmediate(AccessSet(text) << 4);
            case OperandKind.Succ: return format.PutImmediate(AccessSet(text));
            case OperandKind.Memory or OperandKind.Address: return Memory(row, kind, text, symbols);
            case OperandKind.MemorySp:
                (string offset, string pointer) = SplitMemory(text);
                RequireSp(pointer);
                return Immediate(format, offset.Length == 0 ? 0 : AssemblyExpression.Evaluate(offset, symbols));
            case OperandKind.Rtz:
                return text == "rtz" ? 0u : throw new AssemblySyntaxException($"'{text}' must be rtz here");
            case OperandKind.FloatConstant:
                return FloatConstants.TryParse(text, out int constant)
                    ? format.Rs1.Put((uint)constant)
                    : throw new AssemblySyntaxException($"'{text}' is not one of the constants of fli (min inf nan, -1, 0.0625 to 65536)");
            default:
                RequireSp(text);
                return 0;
        }
    }

    private static uint Memory(InstructionRow row, OperandKind kind, string text, ISymbolSource symbols)
    {
        // "jalr rd, rs1" is written without parentheses as often as with them.
        if (row.Code == OpCode.Jalr && RegisterNames.TryInteger(text, out _))
            return Register(row.Format.Rs1, text, false);
        (string offset, string register) = SplitMemory(text);
        uint bits = Register(row.Format.Rs1, register, false);
        long value = offset.Length == 0 ? 0 : AssemblyExpression.Evaluate(offset, symbols);
        if (kind == OperandKind.Memory)
            return bits | Immediate(row.Format, value);
        return value == 0 ? bits : throw new AssemblySyntaxException($"{row.Mnemonic} takes an address without offset, (rs1)");
    }

    private static (string Offset, string Register) SplitMemory(string text)
    {
        int open = text.LastIndexOf('(');
        if (open < 0 || text[^1] != ')')
            throw new AssemblySyntaxException($"'{text}' is not an address of the form offset(register)");
        return (text[..open].Trim(), text[(open + 1)..^1].Trim());
    }

    private static void RequireSp(string text)
    {
        if (!RegisterNames.TryInteger(text, out int number) || number != 2)
            throw new AssemblySyntaxException($"'{text}' must be sp here");
    }

    private static uint Register(BitField field, string text, bool isFloat)
    {
        if (!(isFloat ? RegisterNames.TryFloat(text, out int number) : RegisterNames.TryInteger(text, out number)))
        {
            throw new AssemblySyntaxException(isFloat
                ? $"'{text}' is not a floating-point register (f0-f31, ft0-11, fs0-11, fa0-7)"
                : $"'{text}' is not an integer register (x0-x31, zero ra sp gp tp t0-6 s0-11 a0-7 fp)");
        }

        return field.Holds((uint)number)
            ? field.Put((uint)number)
            : throw new AssemblySyntaxException($"'{text}' must be one of {(isFloat ? "fs0 fs1 fa0-fa5" : "s0 s1 a0-a5")} in a compressed instruction");
    }

    private static uint Immediate(InstructionFormat format, long value)
    {
        if (format.ImmediateFits(value))
            return format.PutImmediate(value);
        (long min, long max, long step) = format.ImmediateRange;
        throw OutOfRange(value, min, max, step);
    }

    /// <summary>lui and auipc take the upper 20 bits, signed or unsigned; c.lui the same with its shorter field.</summary>
    private static uint Upper(InstructionFormat format, long value)
    {
        if (value is >= -0x80000 and <= 0xFFFFF)
        {
            long shifted = (int)((uint)value << 12);
            if (format.ImmediateFits(shifted))
                return format.PutImmediate(shifted);
        }

        (long min, long max, _) = format.ImmediateRange;
        throw new AssemblySyntaxException(string.Create(
            CultureInfo.InvariantCulture,
            $"{value} does not fit: the upper bits are {min >> 12} to {max >> 12}, negative ones also as 0x{(min >> 12) & 0xFFFFF:x} to 0xfffff"));
    }

    private static AssemblySyntaxException OutOfRange(long value, long min, long max, long step) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"{value} does not fit: {(step == 1 ? "a number" : $"a multiple of {step}")} from {min} to {max} is possible"));

    private static uint AccessSet(string text)
    {
        uint set = 0;
        foreach (char c in text)
        {
            uint bit = c switch { 'i' => 8u, 'o' => 4u, 'r' => 2u, 'w' => 1u, '0' when text.Length == 1 => 0u, _ => 16u };
            if (bit == 16 || (set & bit) != 0)
                throw new AssemblySyntaxException($"'{text}' is not a set of i, o, r and w");
            set |= bit;
        }

        return set;
    }
}
