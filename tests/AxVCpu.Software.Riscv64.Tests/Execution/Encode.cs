namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Instruction words by format, for tests that make instructions from numbers (RISC-V unprivileged ISA, 2.2).</summary>
internal static class Encode
{
    public static uint R(uint opcode, uint funct3, uint funct7, uint rd, uint rs1, uint rs2) =>
        opcode | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | funct7 << 25;

    public static uint I(uint opcode, uint funct3, uint rd, uint rs1, int imm) =>
        opcode | rd << 7 | funct3 << 12 | rs1 << 15 | (uint)(imm & 0xFFF) << 20;

    public static uint S(uint funct3, uint rs1, uint rs2, int imm) =>
        0x23u | (uint)(imm & 31) << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | (uint)((imm >> 5) & 0x7F) << 25;

    public static uint B(uint funct3, uint rs1, uint rs2, int imm) =>
        0x63u | (uint)((imm >> 11) & 1) << 7 | (uint)((imm >> 1) & 15) << 8 | funct3 << 12 | rs1 << 15 | rs2 << 20
        | (uint)((imm >> 5) & 63) << 25 | (uint)((imm >> 12) & 1) << 31;

    public static uint Lui(uint rd, uint value) => 0x37u | rd << 7 | (value & 0xFFFF_F000);

    public static uint Addi(uint rd, uint rs1, int imm) => I(0x13, 0, rd, rs1, imm);

    public static uint Jal(uint rd, int imm) =>
        0x6Fu | rd << 7 | (uint)((imm >> 12) & 0xFF) << 12 | (uint)((imm >> 11) & 1) << 20 | (uint)((imm >> 1) & 0x3FF) << 21 | (uint)((imm >> 20) & 1) << 31;

    public static uint Jalr(uint rd, uint rs1, int imm) => I(0x67, 0, rd, rs1, imm);

    public static uint Ld(uint rd, uint rs1, int imm) => I(0x03, 3, rd, rs1, imm);

    public static uint Sd(uint rs2, uint rs1, int imm) => S(3, rs1, rs2, imm);

    public static uint Sw(uint rs2, uint rs1, int imm) => S(2, rs1, rs2, imm);

    /// <summary>Writes <paramref name="code"/> to the syscon at 0x10_0000, which ends the test.</summary>
    public static uint[] Stop(int code = 1) => [Lui(31, 0x10_0000), Addi(30, 0, code), Sw(30, 31, 0)];
}
