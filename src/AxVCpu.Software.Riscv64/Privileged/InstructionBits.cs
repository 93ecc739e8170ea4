namespace AxVCpu.Software.Riscv64;

/// <summary>Encodings of instructions without operands, for tval of an illegal use, and of the semihosting markers.</summary>
internal static class InstructionBits
{
    public const uint Sret = 0x1020_0073;
    public const uint Mret = 0x3020_0073;
    public const uint Wfi = 0x1050_0073;
    /// <summary>slli x0, x0, 0x1f: before a semihosting ebreak.</summary>
    public const uint SemihostingEntry = 0x01F0_1013;
    /// <summary>srai x0, x0, 7: after it.</summary>
    public const uint SemihostingExit = 0x4070_5013;
}
