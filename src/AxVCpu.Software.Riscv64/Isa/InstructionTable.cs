using System.Collections.Frozen;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>
/// Every instruction the engine knows, one row each: the only place where encodings are written down. Decoder, disassembler and assembler
/// are made from these rows.
/// </summary>
/// <remarks>
/// A pattern is the manual's bit string, dots where the format puts fields. Two rows of one width never match the same bits, except where
/// the more specific one says <c>overrides</c>; a test compares all pairs.
/// </remarks>
internal static partial class InstructionTable
{
    private static InstructionRow[] BaseRows() =>
    [
        // RV32I and RV64I base, in the order of the manual's "RV32/64G Instruction Set Listings"
        Row("lui", ".................... ..... 0110111", InstructionFormats.U, OpCode.Lui),
        Row("auipc", ".................... ..... 0010111", InstructionFormats.U, OpCode.Auipc),
        Row("jal", ".................... ..... 1101111", InstructionFormats.J, OpCode.Jal),
        Row("jalr", "............ ..... 000 ..... 1100111", InstructionFormats.Jalr, OpCode.Jalr),
        Row("beq", "....... ..... ..... 000 ..... 1100011", InstructionFormats.B, OpCode.Beq),
        Row("bne", "....... ..... ..... 001 ..... 1100011", InstructionFormats.B, OpCode.Bne),
        Row("blt", "....... ..... ..... 100 ..... 1100011", InstructionFormats.B, OpCode.Blt),
        Row("bge", "....... ..... ..... 101 ..... 1100011", InstructionFormats.B, OpCode.Bge),
        Row("bltu", "....... ..... ..... 110 ..... 1100011", InstructionFormats.B, OpCode.Bltu),
        Row("bgeu", "....... ..... ..... 111 ..... 1100011", InstructionFormats.B, OpCode.Bgeu),
        Row("lb", "............ ..... 000 ..... 0000011", InstructionFormats.Load, OpCode.Lb),
        Row("lh", "............ ..... 001 ..... 0000011", InstructionFormats.Load, OpCode.Lh),
        Row("lw", "............ ..... 010 ..... 0000011", InstructionFormats.Load, OpCode.Lw),
        Row("ld", "............ ..... 011 ..... 0000011", InstructionFormats.Load, OpCode.Ld),
        Row("lbu", "............ ..... 100 ..... 0000011", InstructionFormats.Load, OpCode.Lbu),
        Row("lhu", "............ ..... 101 ..... 0000011", InstructionFormats.Load, OpCode.Lhu),
        Row("lwu", "............ ..... 110 ..... 0000011", InstructionFormats.Load, OpCode.Lwu),
        Row("sb", "....... ..... ..... 000 ..... 0100011", InstructionFormats.S, OpCode.Sb),
        Row("sh", "....... ..... ..... 001 ..... 0100011", InstructionFormats.S, OpCode.Sh),
        Row("sw", "....... ..... ..... 010 ..... 0100011", InstructionFormats.S, OpCode.Sw),
        Row("sd", "....... ..... ..... 011 ..... 0100011", InstructionFormats.S, OpCode.Sd),
        Row("addi", "............ ..... 000 ..... 0010011", InstructionFormats.I, OpCode.Addi),
        Row("slti", "............ ..... 010 ..... 0010011", InstructionFormats.I, OpCode.Slti),
        Row("sltiu", "............ ..... 011 ..... 0010011", InstructionFormats.I, OpCode.Sltiu),
        Row("xori", "............ ..... 100 ..... 0010011", InstructionFormats.I, OpCode.Xori),
        Row("ori", "............ ..... 110 ..... 0010011", InstructionFormats.I, OpCode.Ori),
        Row("andi", "............ ..... 111 ..... 0010011", InstructionFormats.I, OpCode.Andi),
        Row("slli", "000000 ...... ..... 001 ..... 0010011", InstructionFormats.Shift64, OpCode.Slli),
        Row("srli", "000000 ...... ..... 101 ..... 0010011", InstructionFormats.Shift64, OpCode.Srli),
        Row("srai", "010000 ...... ..... 101 ..... 0010011", InstructionFormats.Shift64, OpCode.Srai),
        Row("add", "0000000 ..... ..... 000 ..... 0110011", InstructionFormats.R, OpCode.Add),
        Row("sub", "0100000 ..... ..... 000 ..... 0110011", InstructionFormats.R, OpCode.Sub),
        Row("sll", "0000000 ..... ..... 001 ..... 0110011", InstructionFormats.R, OpCode.Sll),
        Row("slt", "0000000 ..... ..... 010 ..... 0110011", InstructionFormats.R, OpCode.Slt),
        Row("sltu", "0000000 ..... ..... 011 ..... 0110011", InstructionFormats.R, OpCode.Sltu),
        Row("xor", "0000000 ..... ..... 100 ..... 0110011", InstructionFormats.R, OpCode.Xor),
        Row("srl", "0000000 ..... ..... 101 ..... 0110011", InstructionFormats.R, OpCode.Srl),
        Row("sra", "0100000 ..... ..... 101 ..... 0110011", InstructionFormats.R, OpCode.Sra),
        Row("or", "0000000 ..... ..... 110 ..... 0110011", InstructionFormats.R, OpCode.Or),
        Row("and", "0000000 ..... ..... 111 ..... 0110011", InstructionFormats.R, OpCode.And),
        Row("addiw", "............ ..... 000 ..... 0011011", InstructionFormats.I, OpCode.Addiw),
        Row("slliw", "0000000 ..... ..... 001 ..... 0011011", InstructionFormats.Shift32, OpCode.Slliw),
        Row("srliw", "0000000 ..... ..... 101 ..... 0011011", InstructionFormats.Shift32, OpCode.Srliw),
        Row("sraiw", "0100000 ..... ..... 101 ..... 0011011", InstructionFormats.Shift32, OpCode.Sraiw),
        Row("addw", "0000000 ..... ..... 000 ..... 0111011", InstructionFormats.R, OpCode.Addw),
        Row("subw", "0100000 ..... ..... 000 ..... 0111011", InstructionFormats.R, OpCode.Subw),
        Row("sllw", "0000000 ..... ..... 001 ..... 0111011", InstructionFormats.R, OpCode.Sllw),
        Row("srlw", "0000000 ..... ..... 101 ..... 0111011", InstructionFormats.R, OpCode.Srlw),
        Row("sraw", "0100000 ..... ..... 101 ..... 0111011", InstructionFormats.R, OpCode.Sraw),
        Row("fence", "............ ..... 000 ..... 0001111", InstructionFormats.Fence, OpCode.Fence),
        Row("fence.tso", "100000110011 ..... 000 ..... 0001111", InstructionFormats.FenceTso, OpCode.FenceTso, IsaExtensions.I, overrides: true),
        Row("ecall", "00000000000000000000000001110011", InstructionFormats.Fixed, OpCode.Ecall),
        Row("ebreak", "00000000000100000000000001110011", InstructionFormats.Fixed, OpCode.Ebreak),

        // Zifencei, Zihintpause, Zawrs
        Row("fence.i", "............ ..... 001 ..... 0001111", InstructionFormats.FenceI, OpCode.FenceI, IsaExtensions.Zifencei),
        Row("pause", "00000001000000000000000000001111", InstructionFormats.Fixed, OpCode.Pause, IsaExtensions.Zihintpause, overrides: true),
        Row("wrs.nto", "00000000110100000000000001110011", InstructionFormats.Fixed, OpCode.WrsNto, IsaExtensions.Zawrs),
        Row("wrs.sto", "00000001110100000000000001110011", InstructionFormats.Fixed, OpCode.WrsSto, IsaExtensions.Zawrs),

        // Zicsr
        Row("csrrw", "............ ..... 001 ..... 1110011", InstructionFormats.Csr, OpCode.Csrrw, IsaExtensions.Zicsr),
        Row("csrrs", "............ ..... 010 ..... 1110011", InstructionFormats.Csr, OpCode.Csrrs, IsaExtensions.Zicsr),
        Row("csrrc", "............ ..... 011 ..... 1110011", InstructionFormats.Csr, OpCode.Csrrc, IsaExtensions.Zicsr),
        Row("csrrwi", "............ ..... 101 ..... 1110011", InstructionFormats.CsrImm, OpCode.Csrrwi, IsaExtensions.Zicsr),
        Row("csrrsi", "............ ..... 110 ..... 1110011", InstructionFormats.CsrImm, OpCode.Csrrsi, IsaExtensions.Zicsr),
        Row("csrrci", "............ ..... 111 ..... 1110011", InstructionFormats.CsrImm, OpCode.Csrrci, IsaExtensions.Zicsr),

        // Privileged ISA, "Trap-Return Instructions", "Wait for Interrupt", "Supervisor Memory-Management Fence Instruction", Svinval
        Row("sret", "00010000001000000000000001110011", InstructionFormats.Fixed, OpCode.Sret),
        Row("mret", "00110000001000000000000001110011", InstructionFormats.Fixed, OpCode.Mret),
        Row("wfi", "00010000010100000000000001110011", InstructionFormats.Fixed, OpCode.Wfi),
        Row("sfence.vma", "0001001 ..... ..... 000 00000 1110011", InstructionFormats.Vma, OpCode.SfenceVma),
        Row("sinval.vma", "0001011 ..... ..... 000 00000 1110011", InstructionFormats.Vma, OpCode.SinvalVma, IsaExtensions.Svinval),
        Row("sfence.w.inval", "00011000000000000000000001110011", InstructionFormats.Fixed, OpCode.SfenceWInval, IsaExtensions.Svinval),
        Row("sfence.inval.ir", "00011000000100000000000001110011", InstructionFormats.Fixed, OpCode.SfenceInvalIr, IsaExtensions.Svinval),

        // Zicbom, Zicboz
        Row("cbo.inval", "000000000000 ..... 010 00000 0001111", InstructionFormats.Cbo, OpCode.CboInval, IsaExtensions.Zicbom),
        Row("cbo.clean", "000000000001 ..... 010 00000 0001111", InstructionFormats.Cbo, OpCode.CboClean, IsaExtensions.Zicbom),
        Row("cbo.flush", "000000000010 ..... 010 00000 0001111", InstructionFormats.Cbo, OpCode.CboFlush, IsaExtensions.Zicbom),
        Row("cbo.zero", "000000000100 ..... 010 00000 0001111", InstructionFormats.Cbo, OpCode.CboZero, IsaExtensions.Zicboz),

        // M
        Row("mul", "0000001 ..... ..... 000 ..... 0110011", InstructionFormats.R, OpCode.Mul, IsaExtensions.M, or: IsaExtensions.Zmmul),
        Row("mulh", "0000001 ..... ..... 001 ..... 0110011", InstructionFormats.R, OpCode.Mulh, IsaExtensions.M, or: IsaExtensions.Zmmul),
        Row("mulhsu", "0000001 ..... ..... 010 ..... 0110011", InstructionFormats.R, OpCode.Mulhsu, IsaExtensions.M, or: IsaExtensions.Zmmul),
        Row("mulhu", "0000001 ..... ..... 011 ..... 0110011", InstructionFormats.R, OpCode.Mulhu, IsaExtensions.M, or: IsaExtensions.Zmmul),
        Row("div", "0000001 ..... ..... 100 ..... 0110011", InstructionFormats.R, OpCode.Div, IsaExtensions.M),
        Row("divu", "0000001 ..... ..... 101 ..... 0110011", InstructionFormats.R, OpCode.Divu, IsaExtensions.M),
        Row("rem", "0000001 ..... ..... 110 ..... 0110011", InstructionFormats.R, OpCode.Rem, IsaExtensions.M),
        Row("remu", "0000001 ..... ..... 111 ..... 0110011", InstructionFormats.R, OpCode.Remu, IsaExtensions.M),
        Row("mulw", "0000001 ..... ..... 000 ..... 0111011", InstructionFormats.R, OpCode.Mulw, IsaExtensions.M, or: IsaExtensions.Zmmul),
        Row("divw", "0000001 ..... ..... 100 ..... 0111011", InstructionFormats.R, OpCode.Divw, IsaExtensions.M),
        Row("divuw", "0000001 ..... ..... 101 ..... 0111011", InstructionFormats.R, OpCode.Divuw, IsaExtensions.M),
        Row("remw", "0000001 ..... ..... 110 ..... 0111011", InstructionFormats.R, OpCode.Remw, IsaExtensions.M),
        Row("remuw", "0000001 ..... ..... 111 ..... 0111011", InstructionFormats.R, OpCode.Remuw, IsaExtensions.M),

        // A
        Row("lr.w", "00010 .. 00000 ..... 010 ..... 0101111", InstructionFormats.Lr, OpCode.LrW, IsaExtensions.A, or: IsaExtensions.Zalrsc),
        Row("sc.w", "00011 .. ..... ..... 010 ..... 0101111", InstructionFormats.Amo, OpCode.ScW, IsaExtensions.A, or: IsaExtensions.Zalrsc),
        Row("amoswap.w", "00001 .. ..... ..... 010 ..... 0101111", InstructionFormats.Amo, OpCode.AmoswapW, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amoadd.w", "00000 .. ..... ..... 010 ..... 0101111", InstructionFormats.Amo, OpCode.AmoaddW, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amoxor.w", "00100 .. ..... ..... 010 ..... 0101111", InstructionFormats.Amo, OpCode.AmoxorW, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amoand.w", "01100 .. ..... ..... 010 ..... 0101111", InstructionFormats.Amo, OpCode.AmoandW, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amoor.w", "01000 .. ..... ..... 010 ..... 0101111", InstructionFormats.Amo, OpCode.AmoorW, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amomin.w", "10000 .. ..... ..... 010 ..... 0101111", InstructionFormats.Amo, OpCode.AmominW, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amomax.w", "10100 .. ..... ..... 010 ..... 0101111", InstructionFormats.Amo, OpCode.AmomaxW, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amominu.w", "11000 .. ..... ..... 010 ..... 0101111", InstructionFormats.Amo, OpCode.AmominuW, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amomaxu.w", "11100 .. ..... ..... 010 ..... 0101111", InstructionFormats.Amo, OpCode.AmomaxuW, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("lr.d", "00010 .. 00000 ..... 011 ..... 0101111", InstructionFormats.Lr, OpCode.LrD, IsaExtensions.A, or: IsaExtensions.Zalrsc),
        Row("sc.d", "00011 .. ..... ..... 011 ..... 0101111", InstructionFormats.Amo, OpCode.ScD, IsaExtensions.A, or: IsaExtensions.Zalrsc),
        Row("amoswap.d", "00001 .. ..... ..... 011 ..... 0101111", InstructionFormats.Amo, OpCode.AmoswapD, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amoadd.d", "00000 .. ..... ..... 011 ..... 0101111", InstructionFormats.Amo, OpCode.AmoaddD, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amoxor.d", "00100 .. ..... ..... 011 ..... 0101111", InstructionFormats.Amo, OpCode.AmoxorD, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amoand.d", "01100 .. ..... ..... 011 ..... 0101111", InstructionFormats.Amo, OpCode.AmoandD, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amoor.d", "01000 .. ..... ..... 011 ..... 0101111", InstructionFormats.Amo, OpCode.AmoorD, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amomin.d", "10000 .. ..... ..... 011 ..... 0101111", InstructionFormats.Amo, OpCode.AmominD, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amomax.d", "10100 .. ..... ..... 011 ..... 0101111", InstructionFormats.Amo, OpCode.AmomaxD, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amominu.d", "11000 .. ..... ..... 011 ..... 0101111", InstructionFormats.Amo, OpCode.AmominuD, IsaExtensions.A, or: IsaExtensions.Zaamo),
        Row("amomaxu.d", "11100 .. ..... ..... 011 ..... 0101111", InstructionFormats.Amo, OpCode.AmomaxuD, IsaExtensions.A, or: IsaExtensions.Zaamo),

        // F
        Row("flw", "............ ..... 010 ..... 0000111", InstructionFormats.FLoad, OpCode.Flw, IsaExtensions.F),
        Row("fsw", "....... ..... ..... 010 ..... 0100111", InstructionFormats.FStore, OpCode.Fsw, IsaExtensions.F),
        Row("fmadd.s", "..... 00 ..... ..... ... ..... 1000011", InstructionFormats.FR4, OpCode.FmaddS, IsaExtensions.F),
        Row("fmsub.s", "..... 00 ..... ..... ... ..... 1000111", InstructionFormats.FR4, OpCode.FmsubS, IsaExtensions.F),
        Row("fnmsub.s", "..... 00 ..... ..... ... ..... 1001011", InstructionFormats.FR4, OpCode.FnmsubS, IsaExtensions.F),
        Row("fnmadd.s", "..... 00 ..... ..... ... ..... 1001111", InstructionFormats.FR4, OpCode.FnmaddS, IsaExtensions.F),
        Row("fadd.s", "0000000 ..... ..... ... ..... 1010011", InstructionFormats.FRRm, OpCode.FaddS, IsaExtensions.F),
        Row("fsub.s", "0000100 ..... ..... ... ..... 1010011", InstructionFormats.FRRm, OpCode.FsubS, IsaExtensions.F),
        Row("fmul.s", "0001000 ..... ..... ... ..... 1010011", InstructionFormats.FRRm, OpCode.FmulS, IsaExtensions.F),
        Row("fdiv.s", "0001100 ..... ..... ... ..... 1010011", InstructionFormats.FRRm, OpCode.FdivS, IsaExtensions.F),
        Row("fsqrt.s", "010110000000 ..... ... ..... 1010011", InstructionFormats.FUnaryRm, OpCode.FsqrtS, IsaExtensions.F),
        Row("fsgnj.s", "0010000 ..... ..... 000 ..... 1010011", InstructionFormats.FR, OpCode.FsgnjS, IsaExtensions.F),
        Row("fsgnjn.s", "0010000 ..... ..... 001 ..... 1010011", InstructionFormats.FR, OpCode.FsgnjnS, IsaExtensions.F),
        Row("fsgnjx.s", "0010000 ..... ..... 010 ..... 1010011", InstructionFormats.FR, OpCode.FsgnjxS, IsaExtensions.F),
        Row("fmin.s", "0010100 ..... ..... 000 ..... 1010011", InstructionFormats.FR, OpCode.FminS, IsaExtensions.F),
        Row("fmax.s", "0010100 ..... ..... 001 ..... 1010011", InstructionFormats.FR, OpCode.FmaxS, IsaExtensions.F),
        Row("feq.s", "1010000 ..... ..... 010 ..... 1010011", InstructionFormats.FCompare, OpCode.FeqS, IsaExtensions.F),
        Row("flt.s", "1010000 ..... ..... 001 ..... 1010011", InstructionFormats.FCompare, OpCode.FltS, IsaExtensions.F),
        Row("fle.s", "1010000 ..... ..... 000 ..... 1010011", InstructionFormats.FCompare, OpCode.FleS, IsaExtensions.F),
        Row("fclass.s", "111000000000 ..... 001 ..... 1010011", InstructionFormats.FToInt, OpCode.FclassS, IsaExtensions.F),
        Row("fmv.x.w", "111000000000 ..... 000 ..... 1010011", InstructionFormats.FToInt, OpCode.FmvXW, IsaExtensions.F),
        Row("fmv.w.x", "111100000000 ..... 000 ..... 1010011", InstructionFormats.IntToF, OpCode.FmvWX, IsaExtensions.F),
        Row("fcvt.w.s", "110000000000 ..... ... ..... 1010011", InstructionFormats.FToIntRm, OpCode.FcvtWS, IsaExtensions.F),
        Row("fcvt.wu.s", "110000000001 ..... ... ..... 1010011", InstructionFormats.FToIntRm, OpCode.FcvtWuS, IsaExtensions.F),
        Row("fcvt.l.s", "110000000010 ..... ... ..... 1010011", InstructionFormats.FToIntRm, OpCode.FcvtLS, IsaExtensions.F),
        Row("fcvt.lu.s", "110000000011 ..... ... ..... 1010011", InstructionFormats.FToIntRm, OpCode.FcvtLuS, IsaExtensions.F),
        Row("fcvt.s.w", "110100000000 ..... ... ..... 1010011", InstructionFormats.IntToFRm, OpCode.FcvtSW, IsaExtensions.F),
        Row("fcvt.s.wu", "110100000001 ..... ... ..... 1010011", InstructionFormats.IntToFRm, OpCode.FcvtSWu, IsaExtensions.F),
        Row("fcvt.s.l", "110100000010 ..... ... ..... 1010011", InstructionFormats.IntToFRm, OpCode.FcvtSL, IsaExtensions.F),
        Row("fcvt.s.lu", "110100000011 ..... ... ..... 1010011", InstructionFormats.IntToFRm, OpCode.FcvtSLu, IsaExtensions.F),

        // D
        Row("fld", "............ ..... 011 ..... 0000111", InstructionFormats.FLoad, OpCode.Fld, IsaExtensions.D),
        Row("fsd", "....... ..... ..... 011 ..... 0100111", InstructionFormats.FStore, OpCode.Fsd, IsaExtensions.D),
        Row("fmadd.d", "..... 01 ..... ..... ... ..... 1000011", InstructionFormats.FR4, OpCode.FmaddD, IsaExtensions.D),
        Row("fmsub.d", "..... 01 ..... ..... ... ..... 1000111", InstructionFormats.FR4, OpCode.FmsubD, IsaExtensions.D),
        Row("fnmsub.d", "..... 01 ..... ..... ... ..... 1001011", InstructionFormats.FR4, OpCode.FnmsubD, IsaExtensions.D),
        Row("fnmadd.d", "..... 01 ..... ..... ... ..... 1001111", InstructionFormats.FR4, OpCode.FnmaddD, IsaExtensions.D),
        Row("fadd.d", "0000001 ..... ..... ... ..... 1010011", InstructionFormats.FRRm, OpCode.FaddD, IsaExtensions.D),
        Row("fsub.d", "0000101 ..... ..... ... ..... 1010011", InstructionFormats.FRRm, OpCode.FsubD, IsaExtensions.D),
        Row("fmul.d", "0001001 ..... ..... ... ..... 1010011", InstructionFormats.FRRm, OpCode.FmulD, IsaExtensions.D),
        Row("fdiv.d", "0001101 ..... ..... ... ..... 1010011", InstructionFormats.FRRm, OpCode.FdivD, IsaExtensions.D),
        Row("fsqrt.d", "010110100000 ..... ... ..... 1010011", InstructionFormats.FUnaryRm, OpCode.FsqrtD, IsaExtensions.D),
        Row("fsgnj.d", "0010001 ..... ..... 000 ..... 1010011", InstructionFormats.FR, OpCode.FsgnjD, IsaExtensions.D),
        Row("fsgnjn.d", "0010001 ..... ..... 001 ..... 1010011", InstructionFormats.FR, OpCode.FsgnjnD, IsaExtensions.D),
        Row("fsgnjx.d", "0010001 ..... ..... 010 ..... 1010011", InstructionFormats.FR, OpCode.FsgnjxD, IsaExtensions.D),
        Row("fmin.d", "0010101 ..... ..... 000 ..... 1010011", InstructionFormats.FR, OpCode.FminD, IsaExtensions.D),
        Row("fmax.d", "0010101 ..... ..... 001 ..... 1010011", InstructionFormats.FR, OpCode.FmaxD, IsaExtensions.D),
        Row("feq.d", "1010001 ..... ..... 010 ..... 1010011", InstructionFormats.FCompare, OpCode.FeqD, IsaExtensions.D),
        Row("flt.d", "1010001 ..... ..... 001 ..... 1010011", InstructionFormats.FCompare, OpCode.FltD, IsaExtensions.D),
        Row("fle.d", "1010001 ..... ..... 000 ..... 1010011", InstructionFormats.FCompare, OpCode.FleD, IsaExtensions.D),
        Row("fclass.d", "111000100000 ..... 001 ..... 1010011", InstructionFormats.FToInt, OpCode.FclassD, IsaExtensions.D),
        Row("fmv.x.d", "111000100000 ..... 000 ..... 1010011", InstructionFormats.FToInt, OpCode.FmvXD, IsaExtensions.D),
        Row("fmv.d.x", "111100100000 ..... 000 ..... 1010011", InstructionFormats.IntToF, OpCode.FmvDX, IsaExtensions.D),
        Row("fcvt.w.d", "110000100000 ..... ... ..... 1010011", InstructionFormats.FToIntRm, OpCode.FcvtWD, IsaExtensions.D),
        Row("fcvt.wu.d", "110000100001 ..... ... ..... 1010011", InstructionFormats.FToIntRm, OpCode.FcvtWuD, IsaExtensions.D),
        Row("fcvt.l.d", "110000100010 ..... ... ..... 1010011", InstructionFormats.FToIntRm, OpCode.FcvtLD, IsaExtensions.D),
        Row("fcvt.lu.d", "110000100011 ..... ... ..... 1010011", InstructionFormats.FToIntRm, OpCode.FcvtLuD, IsaExtensions.D),
        Row("fcvt.d.w", "110100100000 ..... ... ..... 1010011", InstructionFormats.IntToFExact, OpCode.FcvtDW, IsaExtensions.D),
        Row("fcvt.d.wu", "110100100001 ..... ... ..... 1010011", InstructionFormats.IntToFExact, OpCode.FcvtDWu, IsaExtensions.D),
        Row("fcvt.d.l", "110100100010 ..... ... ..... 1010011", InstructionFormats.IntToFRm, OpCode.FcvtDL, IsaExtensions.D),
        Row("fcvt.d.lu", "110100100011 ..... ... ..... 1010011", InstructionFormats.IntToFRm, OpCode.FcvtDLu, IsaExtensions.D),
        Row("fcvt.s.d", "010000000001 ..... ... ..... 1010011", InstructionFormats.FUnaryRm, OpCode.FcvtSD, IsaExtensions.D),
        Row("fcvt.d.s", "010000100000 ..... ... ..... 1010011", InstructionFormats.FUnaryExact, OpCode.FcvtDS, IsaExtensions.D),

        // Zba
        Row("add.uw", "0000100 ..... ..... 000 ..... 0111011", InstructionFormats.R, OpCode.AddUw, IsaExtensions.Zba),
        Row("sh1add", "0010000 ..... ..... 010 ..... 0110011", InstructionFormats.R, OpCode.Sh1add, IsaExtensions.Zba),
        Row("sh2add", "0010000 ..... ..... 100 ..... 0110011", InstructionFormats.R, OpCode.Sh2add, IsaExtensions.Zba),
        Row("sh3add", "0010000 ..... ..... 110 ..... 0110011", InstructionFormats.R, OpCode.Sh3add, IsaExtensions.Zba),
        Row("sh1add.uw", "0010000 ..... ..... 010 ..... 0111011", InstructionFormats.R, OpCode.Sh1addUw, IsaExtensions.Zba),
        Row("sh2add.uw", "0010000 ..... ..... 100 ..... 0111011", InstructionFormats.R, OpCode.Sh2addUw, IsaExtensions.Zba),
        Row("sh3add.uw", "0010000 ..... ..... 110 ..... 0111011", InstructionFormats.R, OpCode.Sh3addUw, IsaExtensions.Zba),
        Row("slli.uw", "000010 ...... ..... 001 ..... 0011011", InstructionFormats.Shift64, OpCode.SlliUw, IsaExtensions.Zba),

        // Zbb
        Row("andn", "0100000 ..... ..... 111 ..... 0110011", InstructionFormats.R, OpCode.Andn, IsaExtensions.Zbb, or: IsaExtensions.Zbkb),
        Row("orn", "0100000 ..... ..... 110 ..... 0110011", InstructionFormats.R, OpCode.Orn, IsaExtensions.Zbb, or: IsaExtensions.Zbkb),
        Row("xnor", "0100000 ..... ..... 100 ..... 0110011", InstructionFormats.R, OpCode.Xnor, IsaExtensions.Zbb, or: IsaExtensions.Zbkb),
        Row("min", "0000101 ..... ..... 100 ..... 0110011", InstructionFormats.R, OpCode.Min, IsaExtensions.Zbb),
        Row("minu", "0000101 ..... ..... 101 ..... 0110011", InstructionFormats.R, OpCode.Minu, IsaExtensions.Zbb),
        Row("max", "0000101 ..... ..... 110 ..... 0110011", InstructionFormats.R, OpCode.Max, IsaExtensions.Zbb),
        Row("maxu", "0000101 ..... ..... 111 ..... 0110011", InstructionFormats.R, OpCode.Maxu, IsaExtensions.Zbb),
        Row("rol", "0110000 ..... ..... 001 ..... 0110011", InstructionFormats.R, OpCode.Rol, IsaExtensions.Zbb, or: IsaExtensions.Zbkb),
        Row("ror", "0110000 ..... ..... 101 ..... 0110011", InstructionFormats.R, OpCode.Ror, IsaExtensions.Zbb, or: IsaExtensions.Zbkb),
        Row("rolw", "0110000 ..... ..... 001 ..... 0111011", InstructionFormats.R, OpCode.Rolw, IsaExtensions.Zbb, or: IsaExtensions.Zbkb),
        Row("rorw", "0110000 ..... ..... 101 ..... 0111011", InstructionFormats.R, OpCode.Rorw, IsaExtensions.Zbb, or: IsaExtensions.Zbkb),
        Row("clz", "011000000000 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Clz, IsaExtensions.Zbb),
        Row("ctz", "011000000001 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Ctz, IsaExtensions.Zbb),
        Row("cpop", "011000000010 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Cpop, IsaExtensions.Zbb),
        Row("sext.b", "011000000100 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.SextB, IsaExtensions.Zbb),
        Row("sext.h", "011000000101 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.SextH, IsaExtensions.Zbb),
        Row("orc.b", "001010000111 ..... 101 ..... 0010011", InstructionFormats.Unary, OpCode.OrcB, IsaExtensions.Zbb),
        Row("rev8", "011010111000 ..... 101 ..... 0010011", InstructionFormats.Unary, OpCode.Rev8, IsaExtensions.Zbb, or: IsaExtensions.Zbkb),
        Row("clzw", "011000000000 ..... 001 ..... 0011011", InstructionFormats.Unary, OpCode.Clzw, IsaExtensions.Zbb),
        Row("ctzw", "011000000001 ..... 001 ..... 0011011", InstructionFormats.Unary, OpCode.Ctzw, IsaExtensions.Zbb),
        Row("cpopw", "011000000010 ..... 001 ..... 0011011", InstructionFormats.Unary, OpCode.Cpopw, IsaExtensions.Zbb),
        Row("zext.h", "000010000000 ..... 100 ..... 0111011", InstructionFormats.Unary, OpCode.ZextH, IsaExtensions.Zbb, overrides: true),
        Row("rori", "011000 ...... ..... 101 ..... 0010011", InstructionFormats.Shift64, OpCode.Rori, IsaExtensions.Zbb, or: IsaExtensions.Zbkb),
        Row("roriw", "0110000 ..... ..... 101 ..... 0011011", InstructionFormats.Shift32, OpCode.Roriw, IsaExtensions.Zbb, or: IsaExtensions.Zbkb),

        // Zbs
        Row("bclr", "0100100 ..... ..... 001 ..... 0110011", InstructionFormats.R, OpCode.Bclr, IsaExtensions.Zbs),
        Row("bclri", "010010 ...... ..... 001 ..... 0010011", InstructionFormats.Shift64, OpCode.Bclri, IsaExtensions.Zbs),
        Row("bext", "0100100 ..... ..... 101 ..... 0110011", InstructionFormats.R, OpCode.Bext, IsaExtensions.Zbs),
        Row("bexti", "010010 ...... ..... 101 ..... 0010011", InstructionFormats.Shift64, OpCode.Bexti, IsaExtensions.Zbs),
        Row("binv", "0110100 ..... ..... 001 ..... 0110011", InstructionFormats.R, OpCode.Binv, IsaExtensions.Zbs),
        Row("binvi", "011010 ...... ..... 001 ..... 0010011", InstructionFormats.Shift64, OpCode.Binvi, IsaExtensions.Zbs),
        Row("bset", "0010100 ..... ..... 001 ..... 0110011", InstructionFormats.R, OpCode.Bset, IsaExtensions.Zbs),
        Row("bseti", "001010 ...... ..... 001 ..... 0010011", InstructionFormats.Shift64, OpCode.Bseti, IsaExtensions.Zbs),

        // Zbc, Zicond
        Row("clmul", "0000101 ..... ..... 001 ..... 0110011", InstructionFormats.R, OpCode.Clmul, IsaExtensions.Zbc, or: IsaExtensions.Zbkc),
        Row("clmulr", "0000101 ..... ..... 010 ..... 0110011", InstructionFormats.R, OpCode.Clmulr, IsaExtensions.Zbc),
        Row("clmulh", "0000101 ..... ..... 011 ..... 0110011", InstructionFormats.R, OpCode.Clmulh, IsaExtensions.Zbc, or: IsaExtensions.Zbkc),
        Row("czero.eqz", "0000111 ..... ..... 101 ..... 0110011", InstructionFormats.R, OpCode.CzeroEqz, IsaExtensions.Zicond),
        Row("czero.nez", "0000111 ..... ..... 111 ..... 0110011", InstructionFormats.R, OpCode.CzeroNez, IsaExtensions.Zicond),
    ];

    /// <summary>All rows, 32-bit ones first.</summary>
    public static ReadOnlySpan<InstructionRow> Rows => s_rows;

    private static readonly InstructionRow[] s_rows = [.. BaseRows(), .. HalfRows(), .. AdditionalFloatRows(), .. CryptographyRows(), .. MoreAtomicRows(), .. MayBeRows(), .. CompressedRows(), .. CompressedMayBeRows()];

    private static readonly FrozenDictionary<string, InstructionRow> s_byName = s_rows.ToFrozenDictionary(row => row.Mnemonic);

    /// <summary>The row of a mnemonic, without ordering suffixes.</summary>
    public static InstructionRow? Find(string mnemonic) => s_byName.GetValueOrDefault(mnemonic);

    private static InstructionRow Row(
        string mnemonic,
        string pattern,
        InstructionFormat format,
        OpCode code,
        IsaExtensions requires = IsaExtensions.I,
        string where = "",
        bool overrides = false,
        IsaExtensions or = IsaExtensions.None) => new(mnemonic, pattern, format, code, requires, where, overrides, or);
}
