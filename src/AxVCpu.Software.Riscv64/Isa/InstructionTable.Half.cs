namespace AxVCpu.Software.Riscv64.Isa;

/// <content>
/// Half precision (Unprivileged ISA, "Zfh" and "Zfhmin") and the additional floating-point instructions (chapter "Zfa").
/// </content>
internal static partial class InstructionTable
{
    private static InstructionRow[] HalfRows() =>
    [
        // Zfhmin
        Row("flh", "............ ..... 001 ..... 0000111", InstructionFormats.FLoad, OpCode.Flh, IsaExtensions.Zfhmin),
        Row("fsh", "....... ..... ..... 001 ..... 0100111", InstructionFormats.FStore, OpCode.Fsh, IsaExtensions.Zfhmin),
        Row("fmv.x.h", "111001000000 ..... 000 ..... 1010011", InstructionFormats.FToInt, OpCode.FmvXH, IsaExtensions.Zfhmin),
        Row("fmv.h.x", "111101000000 ..... 000 ..... 1010011", InstructionFormats.IntToF, OpCode.FmvHX, IsaExtensions.Zfhmin),
        Row("fcvt.s.h", "010000000010 ..... ... ..... 1010011", InstructionFormats.FUnaryExact, OpCode.FcvtSH, IsaExtensions.Zfhmin),
        Row("fcvt.h.s", "010001000000 ..... ... ..... 1010011", InstructionFormats.FUnaryRm, OpCode.FcvtHS, IsaExtensions.Zfhmin),
        Row("fcvt.d.h", "010000100010 ..... ... ..... 1010011", InstructionFormats.FUnaryExact, OpCode.FcvtDH, IsaExtensions.Zfhmin | IsaExtensions.D),
        Row("fcvt.h.d", "010001000001 ..... ... ..... 1010011", InstructionFormats.FUnaryRm, OpCode.FcvtHD, IsaExtensions.Zfhmin | IsaExtensions.D),

        // Zfh
        Row("fmadd.h", "..... 10 ..... ..... ... ..... 1000011", InstructionFormats.FR4, OpCode.FmaddH, IsaExtensions.Zfh),
        Row("fmsub.h", "..... 10 ..... ..... ... ..... 1000111", InstructionFormats.FR4, OpCode.FmsubH, IsaExtensions.Zfh),
        Row("fnmsub.h", "..... 10 ..... ..... ... ..... 1001011", InstructionFormats.FR4, OpCode.FnmsubH, IsaExtensions.Zfh),
        Row("fnmadd.h", "..... 10 ..... ..... ... ..... 1001111", InstructionFormats.FR4, OpCode.FnmaddH, IsaExtensions.Zfh),
        Row("fadd.h", "0000010 ..... ..... ... ..... 1010011", InstructionFormats.FRRm, OpCode.FaddH, IsaExtensions.Zfh),
        Row("fsub.h", "0000110 ..... ..... ... ..... 1010011", InstructionFormats.FRRm, OpCode.FsubH, IsaExtensions.Zfh),
        Row("fmul.h", "0001010 ..... ..... ... ..... 1010011", InstructionFormats.FRRm, OpCode.FmulH, IsaExtensions.Zfh),
        Row("fdiv.h", "0001110 ..... ..... ... ..... 1010011", InstructionFormats.FRRm, OpCode.FdivH, IsaExtensions.Zfh),
        Row("fsqrt.h", "010111000000 ..... ... ..... 1010011", InstructionFormats.FUnaryRm, OpCode.FsqrtH, IsaExtensions.Zfh),
        Row("fsgnj.h", "0010010 ..... ..... 000 ..... 1010011", InstructionFormats.FR, OpCode.FsgnjH, IsaExtensions.Zfh),
        Row("fsgnjn.h", "0010010 ..... ..... 001 ..... 1010011", InstructionFormats.FR, OpCode.FsgnjnH, IsaExtensions.Zfh),
        Row("fsgnjx.h", "0010010 ..... ..... 010 ..... 1010011", InstructionFormats.FR, OpCode.FsgnjxH, IsaExtensions.Zfh),
        Row("fmin.h", "0010110 ..... ..... 000 ..... 1010011", InstructionFormats.FR, OpCode.FminH, IsaExtensions.Zfh),
        Row("fmax.h", "0010110 ..... ..... 001 ..... 1010011", InstructionFormats.FR, OpCode.FmaxH, IsaExtensions.Zfh),
        Row("feq.h", "1010010 ..... ..... 010 ..... 1010011", InstructionFormats.FCompare, OpCode.FeqH, IsaExtensions.Zfh),
        Row("flt.h", "1010010 ..... ..... 001 ..... 1010011", InstructionFormats.FCompare, OpCode.FltH, IsaExtensions.Zfh),
        Row("fle.h", "1010010 ..... ..... 000 ..... 1010011", InstructionFormats.FCompare, OpCode.FleH, IsaExtensions.Zfh),
        Row("fclass.h", "111001000000 ..... 001 ..... 1010011", InstructionFormats.FToInt, OpCode.FclassH, IsaExtensions.Zfh),
        Row("fcvt.w.h", "110001000000 ..... ... ..... 1010011", InstructionFormats.FToIntRm, OpCode.FcvtWH, IsaExtensions.Zfh),
        Row("fcvt.wu.h", "110001000001 ..... ... ..... 1010011", InstructionFormats.FToIntRm, OpCode.FcvtWuH, IsaExtensions.Zfh),
        Row("fcvt.l.h", "110001000010 ..... ... ..... 1010011", InstructionFormats.FToIntRm, OpCode.FcvtLH, IsaExtensions.Zfh),
        Row("fcvt.lu.h", "110001000011 ..... ... ..... 1010011", InstructionFormats.FToIntRm, OpCode.FcvtLuH, IsaExtensions.Zfh),
        Row("fcvt.h.w", "110101000000 ..... ... ..... 1010011", InstructionFormats.IntToFRm, OpCode.FcvtHW, IsaExtensions.Zfh),
        Row("fcvt.h.wu", "110101000001 ..... ... ..... 1010011", InstructionFormats.IntToFRm, OpCode.FcvtHWu, IsaExtensions.Zfh),
        Row("fcvt.h.l", "110101000010 ..... ... ..... 1010011", InstructionFormats.IntToFRm, OpCode.FcvtHL, IsaExtensions.Zfh),
        Row("fcvt.h.lu", "110101000011 ..... ... ..... 1010011", InstructionFormats.IntToFRm, OpCode.FcvtHLu, IsaExtensions.Zfh),
    ];

    private static InstructionRow[] AdditionalFloatRows() =>
    [
        Row("fli.s", "111100000001 ..... 000 ..... 1010011", InstructionFormats.FLi, OpCode.FliS, IsaExtensions.Zfa),
        Row("fminm.s", "0010100 ..... ..... 010 ..... 1010011", InstructionFormats.FR, OpCode.FminmS, IsaExtensions.Zfa),
        Row("fmaxm.s", "0010100 ..... ..... 011 ..... 1010011", InstructionFormats.FR, OpCode.FmaxmS, IsaExtensions.Zfa),
        Row("fround.s", "010000000100 ..... ... ..... 1010011", InstructionFormats.FUnaryRm, OpCode.FroundS, IsaExtensions.Zfa),
        Row("froundnx.s", "010000000101 ..... ... ..... 1010011", InstructionFormats.FUnaryRm, OpCode.FroundnxS, IsaExtensions.Zfa),
        Row("fleq.s", "1010000 ..... ..... 100 ..... 1010011", InstructionFormats.FCompare, OpCode.FleqS, IsaExtensions.Zfa),
        Row("fltq.s", "1010000 ..... ..... 101 ..... 1010011", InstructionFormats.FCompare, OpCode.FltqS, IsaExtensions.Zfa),
        Row("fli.d", "111100100001 ..... 000 ..... 1010011", InstructionFormats.FLi, OpCode.FliD, IsaExtensions.Zfa | IsaExtensions.D),
        Row("fminm.d", "0010101 ..... ..... 010 ..... 1010011", InstructionFormats.FR, OpCode.FminmD, IsaExtensions.Zfa | IsaExtensions.D),
        Row("fmaxm.d", "0010101 ..... ..... 011 ..... 1010011", InstructionFormats.FR, OpCode.FmaxmD, IsaExtensions.Zfa | IsaExtensions.D),
        Row("fround.d", "010000100100 ..... ... ..... 1010011", InstructionFormats.FUnaryRm, OpCode.FroundD, IsaExtensions.Zfa | IsaExtensions.D),
        Row("froundnx.d", "010000100101 ..... ... ..... 1010011", InstructionFormats.FUnaryRm, OpCode.FroundnxD, IsaExtensions.Zfa | IsaExtensions.D),
        Row("fleq.d", "1010001 ..... ..... 100 ..... 1010011", InstructionFormats.FCompare, OpCode.FleqD, IsaExtensions.Zfa | IsaExtensions.D),
        Row("fltq.d", "1010001 ..... ..... 101 ..... 1010011", InstructionFormats.FCompare, OpCode.FltqD, IsaExtensions.Zfa | IsaExtensions.D),
        Row("fli.h", "111101000001 ..... 000 ..... 1010011", InstructionFormats.FLi, OpCode.FliH, IsaExtensions.Zfa | IsaExtensions.Zfh),
        Row("fminm.h", "0010110 ..... ..... 010 ..... 1010011", InstructionFormats.FR, OpCode.FminmH, IsaExtensions.Zfa | IsaExtensions.Zfh),
        Row("fmaxm.h", "0010110 ..... ..... 011 ..... 1010011", InstructionFormats.FR, OpCode.FmaxmH, IsaExtensions.Zfa | IsaExtensions.Zfh),
        Row("fround.h", "010001000100 ..... ... ..... 1010011", InstructionFormats.FUnaryRm, OpCode.FroundH, IsaExtensions.Zfa | IsaExtensions.Zfh),
        Row("froundnx.h", "010001000101 ..... ... ..... 1010011", InstructionFormats.FUnaryRm, OpCode.FroundnxH, IsaExtensions.Zfa | IsaExtensions.Zfh),
        Row("fleq.h", "1010010 ..... ..... 100 ..... 1010011", InstructionFormats.FCompare, OpCode.FleqH, IsaExtensions.Zfa | IsaExtensions.Zfh),
        Row("fltq.h", "1010010 ..... ..... 101 ..... 1010011", InstructionFormats.FCompare, OpCode.FltqH, IsaExtensions.Zfa | IsaExtensions.Zfh),
        Row("fcvtmod.w.d", "110000101000 ..... 001 ..... 1010011", InstructionFormats.FToIntRtz, OpCode.FcvtmodWD, IsaExtensions.Zfa | IsaExtensions.D),
    ];
}
