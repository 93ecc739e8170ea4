namespace AxVCpu.Software.Riscv64.Isa;

/// <content>
/// The C extension (with D, RV64) and Zcb: each row maps to the <see cref="OpCode"/> of the instruction it expands to. The clauses are the "reserved"
/// and "other instruction" notes of the chapter's instruction listing; encodings it calls HINTs are left in, they do nothing.
/// </content>
internal static partial class InstructionTable
{
    private static InstructionRow[] CompressedRows() =>
    [
        // Quadrant 0. All zeros is the defined illegal instruction: c.addi4spn with a zero immediate
        Row("c.addi4spn", "000 ........ ... 00", InstructionFormats.CIW, OpCode.Addi, IsaExtensions.C, "imm!=0"),
        Row("c.fld", "001 ... ... .. ... 00", InstructionFormats.CFld, OpCode.Fld, IsaExtensions.C | IsaExtensions.D),
        Row("c.lw", "010 ... ... .. ... 00", InstructionFormats.CLw, OpCode.Lw, IsaExtensions.C),
        Row("c.ld", "011 ... ... .. ... 00", InstructionFormats.CLd, OpCode.Ld, IsaExtensions.C),
        Row("c.fsd", "101 ... ... .. ... 00", InstructionFormats.CFsd, OpCode.Fsd, IsaExtensions.C | IsaExtensions.D),
        Row("c.sw", "110 ... ... .. ... 00", InstructionFormats.CSw, OpCode.Sw, IsaExtensions.C),
        Row("c.sd", "111 ... ... .. ... 00", InstructionFormats.CSd, OpCode.Sd, IsaExtensions.C),

        Row("c.lbu", "100000 ... .. ... 00", InstructionFormats.CLb, OpCode.Lbu, IsaExtensions.Zcb),
        Row("c.lhu", "100001 ... 0 . ... 00", InstructionFormats.CLh, OpCode.Lhu, IsaExtensions.Zcb),
        Row("c.lh", "100001 ... 1 . ... 00", InstructionFormats.CLh, OpCode.Lh, IsaExtensions.Zcb),
        Row("c.sb", "100010 ... .. ... 00", InstructionFormats.CSb, OpCode.Sb, IsaExtensions.Zcb),
        Row("c.sh", "100011 ... 0 . ... 00", InstructionFormats.CSh, OpCode.Sh, IsaExtensions.Zcb),

        // Quadrant 1
        Row("c.nop", "000 0 00000 00000 01", InstructionFormats.CFixed, OpCode.Nop, IsaExtensions.C, overrides: true),
        Row("c.addi", "000 . ..... ..... 01", InstructionFormats.CI, OpCode.Addi, IsaExtensions.C),
        Row("c.addiw", "001 . ..... ..... 01", InstructionFormats.CI, OpCode.Addiw, IsaExtensions.C, "rd!=0"),
        Row("c.li", "010 . ..... ..... 01", InstructionFormats.CLi, OpCode.Addi, IsaExtensions.C),
        Row("c.addi16sp", "011 . 00010 ..... 01", InstructionFormats.CAddi16sp, OpCode.Addi, IsaExtensions.C, "imm!=0"),
        Row("c.lui", "011 . ..... ..... 01", InstructionFormats.CLui, OpCode.Lui, IsaExtensions.C, "rd!=2 imm!=0"),
        Row("c.srli", "100 . 00 ... ..... 01", InstructionFormats.CShift, OpCode.Srli, IsaExtensions.C),
        Row("c.srai", "100 . 01 ... ..... 01", InstructionFormats.CShift, OpCode.Srai, IsaExtensions.C),
        Row("c.andi", "100 . 10 ... ..... 01", InstructionFormats.CAndi, OpCode.Andi, IsaExtensions.C),
        Row("c.sub", "100011 ... 00 ... 01", InstructionFormats.CA, OpCode.Sub, IsaExtensions.C),
        Row("c.xor", "100011 ... 01 ... 01", InstructionFormats.CA, OpCode.Xor, IsaExtensions.C),
        Row("c.or", "100011 ... 10 ... 01", InstructionFormats.CA, OpCode.Or, IsaExtensions.C),
        Row("c.and", "100011 ... 11 ... 01", InstructionFormats.CA, OpCode.And, IsaExtensions.C),
        Row("c.subw", "100111 ... 00 ... 01", InstructionFormats.CA, OpCode.Subw, IsaExtensions.C),
        Row("c.addw", "100111 ... 01 ... 01", InstructionFormats.CA, OpCode.Addw, IsaExtensions.C),
        Row("c.mul", "100111 ... 10 ... 01", InstructionFormats.CA, OpCode.Mul, IsaExtensions.Zcb | IsaExtensions.M),
        Row("c.zext.b", "100111 ... 11000 01", InstructionFormats.CZextB, OpCode.Andi, IsaExtensions.Zcb),
        Row("c.sext.b", "100111 ... 11001 01", InstructionFormats.CU, OpCode.SextB, IsaExtensions.Zcb | IsaExtensions.Zbb),
        Row("c.zext.h", "100111 ... 11010 01", InstructionFormats.CU, OpCode.ZextH, IsaExtensions.Zcb | IsaExtensions.Zbb),
        Row("c.sext.h", "100111 ... 11011 01", InstructionFormats.CU, OpCode.SextH, IsaExtensions.Zcb | IsaExtensions.Zbb),
        Row("c.zext.w", "100111 ... 11100 01", InstructionFormats.CZextW, OpCode.AddUw, IsaExtensions.Zcb | IsaExtensions.Zba),
        Row("c.not", "100111 ... 11101 01", InstructionFormats.CNot, OpCode.Xori, IsaExtensions.Zcb),
        Row("c.j", "101 ........... 01", InstructionFormats.CJ, OpCode.Jal, IsaExtensions.C),
        Row("c.beqz", "110 ... ... ..... 01", InstructionFormats.CB, OpCode.Beq, IsaExtensions.C),
        Row("c.bnez", "111 ... ... ..... 01", InstructionFormats.CB, OpCode.Bne, IsaExtensions.C),

        // Quadrant 2
        Row("c.slli", "000 . ..... ..... 10", InstructionFormats.CSlli, OpCode.Slli, IsaExtensions.C),
        Row("c.fldsp", "001 . ..... ..... 10", InstructionFormats.CFldsp, OpCode.Fld, IsaExtensions.C | IsaExtensions.D),
        Row("c.lwsp", "010 . ..... ..... 10", InstructionFormats.CLwsp, OpCode.Lw, IsaExtensions.C, "rd!=0"),
        Row("c.ldsp", "011 . ..... ..... 10", InstructionFormats.CLdsp, OpCode.Ld, IsaExtensions.C, "rd!=0"),
        Row("c.jr", "1000 ..... 00000 10", InstructionFormats.CJr, OpCode.Jalr, IsaExtensions.C, "rs1!=0"),
        Row("c.mv", "1000 ..... ..... 10", InstructionFormats.CMv, OpCode.Add, IsaExtensions.C, "rs2!=0"),
        Row("c.ebreak", "1001 00000 00000 10", InstructionFormats.CFixed, OpCode.Ebreak, IsaExtensions.C),
        Row("c.jalr", "1001 ..... 00000 10", InstructionFormats.CJalr, OpCode.Jalr, IsaExtensions.C, "rs1!=0"),
        Row("c.add", "1001 ..... ..... 10", InstructionFormats.CAdd, OpCode.Add, IsaExtensions.C, "rs2!=0"),
        Row("c.fsdsp", "101 ...... ..... 10", InstructionFormats.CFsdsp, OpCode.Fsd, IsaExtensions.C | IsaExtensions.D),
        Row("c.swsp", "110 ...... ..... 10", InstructionFormats.CSwsp, OpCode.Sw, IsaExtensions.C),
        Row("c.sdsp", "111 ...... ..... 10", InstructionFormats.CSdsp, OpCode.Sd, IsaExtensions.C),
    ];
}
