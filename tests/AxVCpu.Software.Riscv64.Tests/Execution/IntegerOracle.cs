using System.Numerics;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>One register-register instruction and what it computes, written from the manual with wide arithmetic and bit loops.</summary>
internal sealed record IntegerOperation(string Name, uint Opcode, uint Funct3, uint Funct7, Func<ulong, ulong, ulong> Compute)
{
    public uint Word(uint rd, uint rs1, uint rs2) => Encode.R(Opcode, Funct3, Funct7, rd, rs1, rs2);
}

/// <summary>The integer instructions of I, M, Zba, Zbb, Zbc, Zbs and Zicond with two source registers (or one, with a fixed rs2 field).</summary>
internal static class IntegerOracle
{
    private const uint Op = 0x33;
    private const uint Op32 = 0x3B;
    private const uint OpImm = 0x13;
    private const uint OpImm32 = 0x1B;

    public static IReadOnlyList<IntegerOperation> Operations { get; } =
    [
        new("add", Op, 0, 0, (a, b) => Low((BigInteger)a + b)),
        new("sub", Op, 0, 0x20, (a, b) => Low((BigInteger)a - b)),
        new("sll", Op, 1, 0, (a, b) => Low((BigInteger)a << (int)(b % 64))),
        new("slt", Op, 2, 0, (a, b) => (long)a < (long)b ? 1UL : 0),
        new("sltu", Op, 3, 0, (a, b) => a < b ? 1UL : 0),
        new("xor", Op, 4, 0, (a, b) => (a | b) & ~(a & b)),
        new("srl", Op, 5, 0, (a, b) => Low((BigInteger)a >> (int)(b % 64))),
        new("sra", Op, 5, 0x20, (a, b) => Low((BigInteger)(long)a >> (int)(b % 64))),
        new("or", Op, 6, 0, (a, b) => ~(~a & ~b)),
        new("and", Op, 7, 0, (a, b) => ~(~a | ~b)),
        new("addw", Op32, 0, 0, (a, b) => Word((BigInteger)a + b)),
        new("subw", Op32, 0, 0x20, (a, b) => Word((BigInteger)a - b)),
        new("sllw", Op32, 1, 0, (a, b) => Word((BigInteger)(uint)a << (int)(b % 32))),
        new("srlw", Op32, 5, 0, (a, b) => Word((BigInteger)(uint)a >> (int)(b % 32))),
        new("sraw", Op32, 5, 0x20, (a, b) => Word((BigInteger)(int)a >> (int)(b % 32))),

        new("mul", Op, 0, 1, (a, b) => Low((BigInteger)a * b)),
        new("mulh", Op, 1, 1, (a, b) => Low(((BigInteger)(long)a * (long)b) >> 64)),
        new("mulhsu", Op, 2, 1, (a, b) => Low(((BigInteger)(long)a * b) >> 64)),
        new("mulhu", Op, 3, 1, (a, b) => Low(((BigInteger)a * b) >> 64)),
        new("div", Op, 4, 1, (a, b) => b == 0 ? ulong.MaxValue : Low(BigInteger.Divide((long)a, (long)b))),
        new("divu", Op, 5, 1, (a, b) => b == 0 ? ulong.MaxValue : Low(BigInteger.Divide(a, b))),
        new("rem", Op, 6, 1, (a, b) => b == 0 ? a : Low(BigInteger.Remainder((long)a, (long)b))),
        new("remu", Op, 7, 1, (a, b) => b == 0 ? a : Low(BigInteger.Remainder(a, b))),
        new("mulw", Op32, 0, 1, (a, b) => Word((BigInteger)(int)a * (int)b)),
        new("divw", Op32, 4, 1, (a, b) => (int)b == 0 ? ulong.MaxValue : Word(BigInteger.Divide((int)a, (int)b))),
        new("divuw", Op32, 5, 1, (a, b) => (uint)b == 0 ? ulong.MaxValue : Word(BigInteger.Divide((uint)a, (uint)b))),
        new("remw", Op32, 6, 1, (a, b) => (int)b == 0 ? Word((int)a) : Word(BigInteger.Remainder((int)a, (int)b))),
        new("remuw", Op32, 7, 1, (a, b) => (uint)b == 0 ? Word((uint)a) : Word(BigInteger.Remainder((uint)a, (uint)b))),

        new("add.uw", Op32, 0, 4, (a, b) => Low((BigInteger)(uint)a + b)),
        new("sh1add", Op, 2, 0x10, (a, b) => Low((BigInteger)a * 2 + b)),
        new("sh2add", Op, 4, 0x10, (a, b) => Low((BigInteger)a * 4 + b)),
        new("sh3add", Op, 6, 0x10, (a, b) => Low((BigInteger)a * 8 + b)),
        new("sh1add.uw", Op32, 2, 0x10, (a, b) => Low((BigInteger)(uint)a * 2 + b)),
        new("sh2add.uw", Op32, 4, 0x10, (a, b) => Low((BigInteger)(uint)a * 4 + b)),
        new("sh3add.uw", Op32, 6, 0x10, (a, b) => Low((BigInteger)(uint)a * 8 + b)),

        new("andn", Op, 7, 0x20, (a, b) => Bits(i => Bit(a, i) && !Bit(b, i))),
        new("orn", Op, 6, 0x20, (a, b) => Bits(i => Bit(a, i) || !Bit(b, i))),
        new("xnor", Op, 4, 0x20, (a, b) => Bits(i => Bit(a, i) == Bit(b, i))),
        new("max", Op, 6, 5, (a, b) => (ulong)Math.Max((long)a, (long)b)),
        new("maxu", Op, 7, 5, Math.Max),
        new("min", Op, 4, 5, (a, b) => (ulong)Math.Min((long)a, (long)b)),
        new("minu", Op, 5, 5, Math.Min),
        new("rol", Op, 1, 0x30, (a, b) => Bits(i => Bit(a, (i - (int)(b % 64) + 64) % 64))),
        new("ror", Op, 5, 0x30, (a, b) => Bits(i => Bit(a, (i + (int)(b % 64)) % 64))),
        new("rolw", Op32, 1, 0x30, (a, b) => Word(Bits32(i => Bit(a, (i - (int)(b % 32) + 32) % 32)))),
        new("rorw", Op32, 5, 0x30, (a, b) => Word(Bits32(i => Bit(a, (i + (int)(b % 32)) % 32)))),

        new("bclr", Op, 1, 0x24, (a, b) => Bits(i => Bit(a, i) && i != (int)(b % 64))),
        new("bext", Op, 5, 0x24, (a, b) => Bit(a, (int)(b % 64)) ? 1UL : 0),
        new("binv", Op, 1, 0x34, (a, b) => Bits(i => Bit(a, i) != (i == (int)(b % 64)))),
        new("bset", Op, 1, 0x14, (a, b) => Bits(i => Bit(a, i) || i == (int)(b % 64))),

        new("czero.eqz", Op, 5, 7, (a, b) => b == 0 ? 0 : a),
        new("czero.nez", Op, 7, 7, (a, b) => b != 0 ? 0 : a),
        new("clmul", Op, 1, 5, (a, b) => Low(Carryless(a, b))),
        new("clmulh", Op, 3, 5, (a, b) => Low(Carryless(a, b) >> 64)),
        new("clmulr", Op, 2, 5, (a, b) => Low(Carryless(a, b) >> 63)),
    ];

    /// <summary>Instructions with one source: the rs2 field is part of the encoding.</summary>
    public static IReadOnlyList<(string Name, uint Word, Func<ulong, ulong> Compute)> Unary { get; } =
    [
        ("clz", Encode.R(OpImm, 1, 0x30, 7, 5, 0), a => CountFrom(a, 63, -1, 64)),
        ("ctz", Encode.R(OpImm, 1, 0x30, 7, 5, 1), a => CountFrom(a, 0, 1, 64)),
        ("cpop", Encode.R(OpImm, 1, 0x30, 7, 5, 2), a => (ulong)Enumerable.Range(0, 64).Count(i => Bit(a, i))),
        ("sext.b", Encode.R(OpImm, 1, 0x30, 7, 5, 4), a => Bits(i => Bit(a, Math.Min(i, 7)))),
        ("sext.h", Encode.R(OpImm, 1, 0x30, 7, 5, 5), a => Bits(i => Bit(a, Math.Min(i, 15)))),
        ("zext.h", Encode.R(Op32, 4, 4, 7, 5, 0), a => Bits(i => i < 16 && Bit(a, i))),
        ("clzw", Encode.R(OpImm32, 1, 0x30, 7, 5, 0), a => CountFrom(a, 31, -1, 32)),
        ("ctzw", Encode.R(OpImm32, 1, 0x30, 7, 5, 1), a => CountFrom(a, 0, 1, 32)),
        ("cpopw", Encode.R(OpImm32, 1, 0x30, 7, 5, 2), a => (ulong)Enumerable.Range(0, 32).Count(i => Bit(a, i))),
        ("orc.b", Encode.R(OpImm, 5, 0x14, 7, 5, 7), a => Bits(i => Enumerable.Range(i / 8 * 8, 8).Any(j => Bit(a, j)))),
        ("rev8", Encode.R(OpImm, 5, 0x35, 7, 5, 24), a => Bits(i => Bit(a, ((7 - (i / 8)) * 8) + (i % 8)))),
    ];

    /// <summary>Instructions with an immediate, for one value of it.</summary>
    public static IEnumerable<(string Name, uint Word, Func<ulong, ulong> Compute)> Immediate(int imm, int shift)
    {
        ulong b = (ulong)(long)imm;
        int shiftW = shift % 32;
        return
        [
            ($"addi {imm}", Encode.I(OpImm, 0, 7, 5, imm), a => Low((BigInteger)a + imm)),
            ($"slti {imm}", Encode.I(OpImm, 2, 7, 5, imm), a => (long)a < imm ? 1UL : 0),
            ($"sltiu {imm}", Encode.I(OpImm, 3, 7, 5, imm), a => a < b ? 1UL : 0),
            ($"xori {imm}", Encode.I(OpImm, 4, 7, 5, imm), a => Bits(i => Bit(a, i) != Bit(b, i))),
            ($"ori {imm}", Encode.I(OpImm, 6, 7, 5, imm), a => Bits(i => Bit(a, i) || Bit(b, i))),
            ($"andi {imm}", Encode.I(OpImm, 7, 7, 5, imm), a => Bits(i => Bit(a, i) && Bit(b, i))),
            ($"addiw {imm}", Encode.I(OpImm32, 0, 7, 5, imm), a => Word((BigInteger)a + imm)),
            ($"slli {shift}", Encode.I(OpImm, 1, 7, 5, shift), a => Low((BigInteger)a << shift)),
            ($"srli {shift}", Encode.I(OpImm, 5, 7, 5, shift), a => Low((BigInteger)a >> shift)),
            ($"srai {shift}", Encode.I(OpImm, 5, 7, 5, shift | 0x400), a => Low((BigInteger)(long)a >> shift)),
            ($"slliw {shiftW}", Encode.I(OpImm32, 1, 7, 5, shiftW), a => Word((BigInteger)(uint)a << shiftW)),
            ($"srliw {shiftW}", Encode.I(OpImm32, 5, 7, 5, shiftW), a => Word((BigInteger)(uint)a >> shiftW)),
            ($"sraiw {shiftW}", Encode.I(OpImm32, 5, 7, 5, shiftW | 0x400), a => Word((BigInteger)(int)a >> shiftW)),
            ($"slli.uw {shift}", Encode.I(OpImm32, 1, 7, 5, shift | 0x080), a => Low((BigInteger)(uint)a << shift)),
            ($"rori {shift}", Encode.I(OpImm, 5, 7, 5, shift | 0x600), a => Bits(i => Bit(a, (i + shift) % 64))),
            ($"roriw {shiftW}", Encode.I(OpImm32, 5, 7, 5, shiftW | 0x600), a => Word(Bits32(i => Bit(a, (i + shiftW) % 32)))),
            ($"bclri {shift}", Encode.I(OpImm, 1, 7, 5, shift | 0x480), a => Bits(i => Bit(a, i) && i != shift)),
            ($"bexti {shift}", Encode.I(OpImm, 5, 7, 5, shift | 0x480), a => Bit(a, shift) ? 1UL : 0),
            ($"binvi {shift}", Encode.I(OpImm, 1, 7, 5, shift | 0x680), a => Bits(i => Bit(a, i) != (i == shift))),
            ($"bseti {shift}", Encode.I(OpImm, 1, 7, 5, shift | 0x280), a => Bits(i => Bit(a, i) || i == shift)),
        ];
    }

    private static ulong Low(BigInteger value) => (ulong)(value & ulong.MaxValue);

    private static ulong Word(BigInteger value) => (ulong)(long)(int)(uint)(value & uint.MaxValue);

    private static bool Bit(ulong value, int index) => (value >> index) % 2 == 1;

    private static ulong Bits(Func<int, bool> bit) => Enumerable.Range(0, 64).Aggregate(0UL, (sum, i) => bit(i) ? sum + (1UL << i) : sum);

    private static uint Bits32(Func<int, bool> bit) => (uint)Enumerable.Range(0, 32).Aggregate(0UL, (sum, i) => bit(i) ? sum + (1UL << i) : sum);

    private static ulong CountFrom(ulong a, int first, int step, int width) =>
        (ulong)Enumerable.Range(0, width).TakeWhile(i => !Bit(a, first + (step * i))).Count();

    private static BigInteger Carryless(ulong a, ulong b) =>
        Enumerable.Range(0, 64).Where(i => Bit(b, i)).Aggregate(BigInteger.Zero, (sum, i) => sum ^ ((BigInteger)a << i));
}
