namespace AxVCpu.Software.Riscv64.Isa;

/// <content>
/// Atomics on bytes and halfwords (Unprivileged ISA, "Zabha") and compare-and-swap (chapter "Zacas": register pairs begin with an even number).
/// </content>
internal static partial class InstructionTable
{
    private static InstructionRow[] MoreAtomicRows() =>
    [
        // Zabha
        Row("amoswap.b", "00001 .. ..... ..... 000 ..... 0101111", InstructionFormats.Amo, OpCode.AmoswapB, IsaExtensions.Zabha),
        Row("amoadd.b", "00000 .. ..... ..... 000 ..... 0101111", InstructionFormats.Amo, OpCode.AmoaddB, IsaExtensions.Zabha),
        Row("amoxor.b", "00100 .. ..... ..... 000 ..... 0101111", InstructionFormats.Amo, OpCode.AmoxorB, IsaExtensions.Zabha),
        Row("amoand.b", "01100 .. ..... ..... 000 ..... 0101111", InstructionFormats.Amo, OpCode.AmoandB, IsaExtensions.Zabha),
        Row("amoor.b", "01000 .. ..... ..... 000 ..... 0101111", InstructionFormats.Amo, OpCode.AmoorB, IsaExtensions.Zabha),
        Row("amomin.b", "10000 .. ..... ..... 000 ..... 0101111", InstructionFormats.Amo, OpCode.AmominB, IsaExtensions.Zabha),
        Row("amomax.b", "10100 .. ..... ..... 000 ..... 0101111", InstructionFormats.Amo, OpCode.AmomaxB, IsaExtensions.Zabha),
        Row("amominu.b", "11000 .. ..... ..... 000 ..... 0101111", InstructionFormats.Amo, OpCode.AmominuB, IsaExtensions.Zabha),
        Row("amomaxu.b", "11100 .. ..... ..... 000 ..... 0101111", InstructionFormats.Amo, OpCode.AmomaxuB, IsaExtensions.Zabha),
        Row("amoswap.h", "00001 .. ..... ..... 001 ..... 0101111", InstructionFormats.Amo, OpCode.AmoswapH, IsaExtensions.Zabha),
        Row("amoadd.h", "00000 .. ..... ..... 001 ..... 0101111", InstructionFormats.Amo, OpCode.AmoaddH, IsaExtensions.Zabha),
        Row("amoxor.h", "00100 .. ..... ..... 001 ..... 0101111", InstructionFormats.Amo, OpCode.AmoxorH, IsaExtensions.Zabha),
        Row("amoand.h", "01100 .. ..... ..... 001 ..... 0101111", InstructionFormats.Amo, OpCode.AmoandH, IsaExtensions.Zabha),
        Row("amoor.h", "01000 .. ..... ..... 001 ..... 0101111", InstructionFormats.Amo, OpCode.AmoorH, IsaExtensions.Zabha),
        Row("amomin.h", "10000 .. ..... ..... 001 ..... 0101111", InstructionFormats.Amo, OpCode.AmominH, IsaExtensions.Zabha),
        Row("amomax.h", "10100 .. ..... ..... 001 ..... 0101111", InstructionFormats.Amo, OpCode.AmomaxH, IsaExtensions.Zabha),
        Row("amominu.h", "11000 .. ..... ..... 001 ..... 0101111", InstructionFormats.Amo, OpCode.AmominuH, IsaExtensions.Zabha),
        Row("amomaxu.h", "11100 .. ..... ..... 001 ..... 0101111", InstructionFormats.Amo, OpCode.AmomaxuH, IsaExtensions.Zabha),

        // Zacas
        Row("amocas.b", "00101 .. ..... ..... 000 ..... 0101111", InstructionFormats.Amo, OpCode.AmocasB, IsaExtensions.Zabha | IsaExtensions.Zacas),
        Row("amocas.h", "00101 .. ..... ..... 001 ..... 0101111", InstructionFormats.Amo, OpCode.AmocasH, IsaExtensions.Zabha | IsaExtensions.Zacas),
        Row("amocas.w", "00101 .. ..... ..... 010 ..... 0101111", InstructionFormats.Amo, OpCode.AmocasW, IsaExtensions.Zacas),
        Row("amocas.d", "00101 .. ..... ..... 011 ..... 0101111", InstructionFormats.Amo, OpCode.AmocasD, IsaExtensions.Zacas),
        Row("amocas.q", "00101 .. ..... ..... 100 ..... 0101111", InstructionFormats.Amo, OpCode.AmocasQ, IsaExtensions.Zacas, "rd!=1b rs2!=1b"),
    ];
}
