namespace AxVCpu.Software.Riscv64.Tests.Differential;

/// <summary>Random register values with many corners among them.</summary>
internal static class OperandValues
{
    private static readonly ulong[] s_doubles =
    [
        0, 0x8000_0000_0000_0000, 0x3FF0_0000_0000_0000, 0xBFF0_0000_0000_0000, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000,
        0x7FF8_0000_0000_0000, 0x7FF0_0000_0000_0001, 1, 0x000F_FFFF_FFFF_FFFF, 0x0010_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF,
        0x43E0_0000_0000_0000, 0xC3E0_0000_0000_0000, 0x41DF_FFFF_FFC0_0000, 0x3FE0_0000_0000_0000, 0x3CA0_0000_0000_0000,
    ];

    private static readonly uint[] s_singles =
    [
        0, 0x8000_0000, 0x3F80_0000, 0xBF80_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x7F80_0001, 1, 0x007F_FFFF, 0x0080_0000,
        0x7F7F_FFFF, 0x4F00_0000, 0xDF00_0000, 0x3F00_0000, 0x3300_0000,
    ];

    private static readonly ushort[] s_halves =
    [
        0, 0x8000, 0x3C00, 0xBC00, 0x7C00, 0xFC00, 0x7E00, 0x7C01, 1, 0x03FF, 0x0400, 0x7BFF, 0x3800, 0x1000, 0x6400, 0x8001,
    ];

    public static ulong Integer(Random random) => random.Next(6) switch
    {
        0 => (ulong)random.Next(-2, 3),
        1 => 1UL << random.Next(64),
        2 => (ulong)random.Next(int.MinValue, int.MaxValue),
        3 => (1UL << random.Next(64)) - 1,
        4 => random.Next(3) switch { 0 => 0x8000_0000_0000_0000, 1 => 0xFFFF_FFFF_8000_0000, _ => 0x8000_0000 },
        _ => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
    };

    public static ulong Float(Random random) => random.Next(11) switch
    {
        0 or 1 => s_doubles[random.Next(s_doubles.Length)],
        2 or 3 => 0xFFFF_FFFF_0000_0000 | s_singles[random.Next(s_singles.Length)],
        4 => 0xFFFF_FFFF_0000_0000 | (uint)random.NextInt64(),
        5 => BitConverter.DoubleToUInt64Bits((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-70, 70))),
        6 => 0xFFFF_FFFF_0000_0000 | BitConverter.SingleToUInt32Bits((float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-40, 40)))),
        7 or 8 => 0xFFFF_FFFF_FFFF_0000 | s_halves[random.Next(s_halves.Length)],
        9 => 0xFFFF_FFFF_FFFF_0000 | (ushort)random.Next(),
        _ => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
    };
}
