using System.Globalization;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>How <see cref="Disassembler"/> spells instructions.</summary>
public enum DisassemblyStyle
{
    /// <summary>Pseudo-instructions where one fits (<c>li mv ret j csrr</c>), compressed instructions as what they expand to.</summary>
    Readable,

    /// <summary>Every instruction by its own name, compressed ones with <c>c.</c>, all operands written.</summary>
    Exact,
}

/// <summary>Prints instructions in the syntax of the GNU tools with ABI register names. Pure; any thread.</summary>
public static class Disassembler
{
    /// <summary>Prints one instruction.</summary>
    /// <param name="bits">The instruction; for a 16-bit one the upper half is ignored.</param>
    /// <param name="pc">Its address: branch targets are printed as addresses.</param>
    /// <param name="isa">The extensions of the machine.</param>
    /// <param name="style">Which spelling.</param>
    /// <returns>Text the assembler accepts: an instruction, or a <c>.2byte</c>/<c>.4byte</c> directive for bits that are none.</returns>
    public static string Format(uint bits, ulong pc, IsaExtensions isa, DisassemblyStyle style = DisassemblyStyle.Readable)
    {
        if (!DecodeIndex.TryFind(bits, isa, out DecodeEntry entry))
        {
            return Decoder.LengthOf(bits) == 2
                ? string.Create(CultureInfo.InvariantCulture, $".2byte 0x{bits & 0xFFFF:x}")
                : string.Create(CultureInfo.InvariantCulture, $".4byte 0x{bits:x}");
        }

        InstructionRow row = InstructionTable.Rows[entry.Row];
        InstructionFormat fields = row.Format;
        InstructionRow shown = row;
        if (style == DisassemblyStyle.Readable && row.Length == 2)
        {
            if (row.Code == OpCode.Nop)
                return "nop";
            shown = BaseRow(row.Code);
        }

        List<string> operands = [];
        foreach (OperandKind kind in shown.Format.Syntax)
        {
            string? text = Operand(kind, fields, bits, pc);
            if (text is not null)
                operands.Add(text);
        }

        string mnemonic = shown.Mnemonic + (fields.HasOrdering ? s_ordering[fields.Rm.Get(bits)] : "");
        if (style == DisassemblyStyle.Readable && PseudoInstructions.Shorten(mnemonic, operands) is string shorter)
            return shorter;
        return operands.Count == 0 ? mnemonic : $"{mnemonic} {string.Join(',', operands)}";
    }

    private static readonly string[] s_ordering = ["", ".rl", ".aq", ".aqrl"];

    private static InstructionRow BaseRow(OpCode code)
    {
        foreach (InstructionRow row in InstructionTable.Rows)
        {
            if (row.Code == code && row.Length == 4)
                return row;
        }

        throw new InvalidOperationException($"{code} has no 32-bit row");
    }

    private static string? Operand(OperandKind kind, InstructionFormat fields, uint bits, ulong pc)
    {
        long imm = fields.GetImmediate(bits);
        CultureInfo invariant = CultureInfo.InvariantCulture;
        return kind switch
        {
            OperandKind.Rd => RegisterNames.Integer(fields.Rd.Get(bits)),
            OperandKind.Rs1 => RegisterNames.Integer(fields.Rs1.Get(bits)),
            OperandKind.Rs2 => RegisterNames.Integer(fields.Rs2.Get(bits)),
            OperandKind.Fd => RegisterNames.Float(fields.Rd.Get(bits)),
            OperandKind.Fs1 => RegisterNames.Float(fields.Rs1.Get(bits)),
            OperandKind.Fs2 => RegisterNames.Float(fields.Rs2.Get(bits)),
            OperandKind.Fs3 => RegisterNames.Float(fields.Rs3.Get(bits)),
            OperandKind.Imm => imm.ToString(invariant),
            OperandKind.Hi20 => string.Create(invariant, $"0x{imm >> 12 & 0xFFFFF:x}"),
            OperandKind.Target => string.Create(invariant, $"0x{pc + (ulong)imm:x}"),
            OperandKind.Shamt => string.Create(invariant, $"0x{imm:x}"),
            OperandKind.CsrName => RegisterNames.CsrName((int)imm),
            OperandKind.Zimm => fields.Rs1.Get(bits).ToString(invariant),
            OperandKind.Rm => fields.Rm.Get(bits) == 7 ? null : RegisterNames.Rounding(fields.Rm.Get(bits)),
            OperandKind.RmExact => fields.Rm.Get(bits) == 0 ? null : RegisterNames.Rounding(fields.Rm.Get(bits)),
            OperandKind.Pred => AccessSet((int)imm >> 4 & 15),
            OperandKind.Succ => AccessSet((int)imm & 15),
            OperandKind.Memory or OperandKind.MemorySp => string.Create(invariant, $"{imm}({RegisterNames.Integer(fields.Rs1.Get(bits))})"),
            OperandKind.Rtz => "rtz",
            OperandKind.FloatConstant => FloatConstants.Name(fields.Rs1.Get(bits)),
            OperandKind.Address => $"({RegisterNames.Integer(fields.Rs1.Get(bits))})",
            _ => "sp",
        };
    }

    private static string AccessSet(int set) => set == 0
        ? "0"
        : string.Concat((set & 8) != 0 ? "i" : "", (set & 4) != 0 ? "o" : "", (set & 2) != 0 ? "r" : "", (set & 1) != 0 ? "w" : "");
}
