namespace AxVCpu.Software.Riscv64.Isa;

/// <content>Bit manipulation for cryptography and scalar cryptography (Unprivileged ISA, "Cryptography Extensions: Scalar &amp; Entropy Source Instructions").</content>
internal static partial class InstructionTable
{
    private static InstructionRow[] CryptographyRows() =>
    [
        // Zbkb, with what it shares with Zbb, and Zbkx. zext.h is packw with x0
        Row("pack", "0000100 ..... ..... 100 ..... 0110011", InstructionFormats.R, OpCode.Pack, IsaExtensions.Zbkb),
        Row("packh", "0000100 ..... ..... 111 ..... 0110011", InstructionFormats.R, OpCode.Packh, IsaExtensions.Zbkb),
        Row("packw", "0000100 ..... ..... 100 ..... 0111011", InstructionFormats.R, OpCode.Packw, IsaExtensions.Zbkb),
        Row("brev8", "011010000111 ..... 101 ..... 0010011", InstructionFormats.Unary, OpCode.Brev8, IsaExtensions.Zbkb),
        Row("xperm4", "0010100 ..... ..... 010 ..... 0110011", InstructionFormats.R, OpCode.Xperm4, IsaExtensions.Zbkx),
        Row("xperm8", "0010100 ..... ..... 100 ..... 0110011", InstructionFormats.R, OpCode.Xperm8, IsaExtensions.Zbkx),

        // Zknd, Zkne
        Row("aes64ds", "0011101 ..... ..... 000 ..... 0110011", InstructionFormats.R, OpCode.Aes64ds, IsaExtensions.Zknd),
        Row("aes64dsm", "0011111 ..... ..... 000 ..... 0110011", InstructionFormats.R, OpCode.Aes64dsm, IsaExtensions.Zknd),
        Row("aes64im", "001100000000 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Aes64im, IsaExtensions.Zknd),
        Row("aes64es", "0011001 ..... ..... 000 ..... 0110011", InstructionFormats.R, OpCode.Aes64es, IsaExtensions.Zkne),
        Row("aes64esm", "0011011 ..... ..... 000 ..... 0110011", InstructionFormats.R, OpCode.Aes64esm, IsaExtensions.Zkne),
        Row("aes64ks1i", "00110001 .... ..... 001 ..... 0010011", InstructionFormats.AesRound, OpCode.Aes64ks1i, IsaExtensions.Zkne, "imm!=1011b imm!=11xxb", or: IsaExtensions.Zknd),
        Row("aes64ks2", "0111111 ..... ..... 000 ..... 0110011", InstructionFormats.R, OpCode.Aes64ks2, IsaExtensions.Zkne, or: IsaExtensions.Zknd),

        // Zknh
        Row("sha256sum0", "000100000000 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Sha256sum0, IsaExtensions.Zknh),
        Row("sha256sum1", "000100000001 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Sha256sum1, IsaExtensions.Zknh),
        Row("sha256sig0", "000100000010 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Sha256sig0, IsaExtensions.Zknh),
        Row("sha256sig1", "000100000011 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Sha256sig1, IsaExtensions.Zknh),
        Row("sha512sum0", "000100000100 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Sha512sum0, IsaExtensions.Zknh),
        Row("sha512sum1", "000100000101 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Sha512sum1, IsaExtensions.Zknh),
        Row("sha512sig0", "000100000110 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Sha512sig0, IsaExtensions.Zknh),
        Row("sha512sig1", "000100000111 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Sha512sig1, IsaExtensions.Zknh),

        // Zksh, Zksed
        Row("sm3p0", "000100001000 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Sm3p0, IsaExtensions.Zksh),
        Row("sm3p1", "000100001001 ..... 001 ..... 0010011", InstructionFormats.Unary, OpCode.Sm3p1, IsaExtensions.Zksh),
        Row("sm4ed", ".. 11000 ..... ..... 000 ..... 0110011", InstructionFormats.ByteSelect, OpCode.Sm4ed, IsaExtensions.Zksed),
        Row("sm4ks", ".. 11010 ..... ..... 000 ..... 0110011", InstructionFormats.ByteSelect, OpCode.Sm4ks, IsaExtensions.Zksed),
    ];
}
