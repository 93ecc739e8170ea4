using System.Globalization;

namespace AxVCpu.Software.Riscv64.Isa;

/// <content>
/// May-be-operations (Unprivileged ISA, "Zimop" and "Zcmop"): instructions for extensions to come. Until then the first kind writes zero to rd,
/// as andi with 0 does, and the compressed kind does nothing.
/// </content>
internal static partial class InstructionTable
{
    private static InstructionRow[] MayBeRows() =>
    [
        .. Enumerable.Range(0, 32).Select(n => Row(
            string.Create(CultureInfo.InvariantCulture, $"mop.r.{n}"),
            $"1{Bit(n, 4)}00{Bit(n, 3)}{Bit(n, 2)}0111{Bit(n, 1)}{Bit(n, 0)} ..... 100 ..... 1110011", InstructionFormats.Unary, OpCode.Andi, IsaExtensions.Zimop)),
        .. Enumerable.Range(0, 8).Select(n => Row(
            string.Create(CultureInfo.InvariantCulture, $"mop.rr.{n}"),
            $"1{Bit(n, 2)}00{Bit(n, 1)}{Bit(n, 0)}1 ..... ..... 100 ..... 1110011", InstructionFormats.R, OpCode.Andi, IsaExtensions.Zimop)),
    ];

    private static InstructionRow[] CompressedMayBeRows() =>
    [
        .. Enumerable.Range(0, 8).Select(i => Row(
            string.Create(CultureInfo.InvariantCulture, $"c.mop.{2 * i + 1}"),
            $"01100{Bit(i, 2)}{Bit(i, 1)}{Bit(i, 0)}10000001", InstructionFormats.CFixed, OpCode.Nop, IsaExtensions.Zcmop)),
    ];

    private static int Bit(int number, int bit) => number >> bit & 1;
}
