using static AxVCpu.Software.Riscv64.Tests.Encode;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Every integer computation against an oracle, with operands at the edges and random ones.</summary>
public abstract class IntegerTests(ExecutionTier tier)
{
    private const ulong Table = GuestBoard.RamBase + 0x10_0000;
    private const int Pairs = 96;

    private static readonly ulong[] s_edges =
    [
        0, 1, 2, 31, 32, 63, 64, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_8000_0000, ulong.MaxValue, ulong.MaxValue - 1,
    ];

    public static TheoryData<string> RegisterOperations => new(IntegerOracle.Operations.Select(operation => operation.Name));

    [Theory]
    [MemberData(nameof(RegisterOperations))]
    public void A_register_operation_computes_what_the_manual_says(string name)
    {
        int seed = Environment.TickCount;
        IntegerOperation operation = IntegerOracle.Operations.Single(candidate => candidate.Name == name);
        Check(name, operation.Word(7, 5, 6), operation.Compute, seed);
        // rd may be a source.
        CheckAliased(name, operation, seed);
    }

    [Fact]
    public void A_unary_operation_computes_what_the_manual_says()
    {
        int seed = Environment.TickCount;
        foreach ((string name, uint word, Func<ulong, ulong> compute) in IntegerOracle.Unary)
            Check(name, word, (a, _) => compute(a), seed);
    }

    [Fact]
    public void An_operation_with_an_immediate_computes_what_the_manual_says()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        int[] immediates = [0, 1, -1, 2047, -2048, random.Next(-2048, 2048), random.Next(-2048, 2048)];
        foreach (int imm in immediates)
        {
            foreach ((string name, uint word, Func<ulong, ulong> compute) in IntegerOracle.Immediate(imm, random.Next(64)))
                Check(name, word, (a, _) => compute(a), seed);
        }
    }

    [Fact]
    public void Writes_to_x0_are_lost()
    {
        int seed = Environment.TickCount;
        using var board = new GuestBoard(tier: tier);
        List<uint> code = [Addi(5, 0, -1), Addi(6, 0, 77)];
        code.AddRange(IntegerOracle.Operations.Select(operation => operation.Word(0, 5, 6)));
        code.AddRange(Stop());
        board.Load(GuestBoard.RamBase, [.. code]);
        board.RunToStore();
        Assert.True(board.Cpu.GetGpr(0) == 0, $"seed {seed}");
    }

    [Fact]
    public void Lui_auipc_jal_and_jalr_compute_addresses()
    {
        using var board = new GuestBoard(tier: tier);
        board.Load(
            GuestBoard.RamBase,
            [
                Lui(5, 0x8765_4000),
                0x17u | 6u << 7 | 0xFFFF_F000, // auipc x6, -1
                Jal(7, 8),
                0,
                Addi(8, 7, 17), // 0x8000_000C + 17: jalr clears bit 0
                Jalr(9, 8, 0),
                0,
                Lui(31, 0x10_0000),
                Sw(30, 31, 0),
            ]);
        board.RunToStore();
        Assert.Equal(0xFFFF_FFFF_8765_4000u, board.Cpu.GetGpr(5));
        Assert.Equal(0x7FFF_F004u, board.Cpu.GetGpr(6));
        Assert.Equal(0x8000_000Cu, board.Cpu.GetGpr(7));
        Assert.Equal(0x8000_0018u, board.Cpu.GetGpr(9));
    }

    private void CheckAliased(string name, IntegerOperation operation, int seed)
    {
        // x7 is copied from x5 first, and is source and destination.
        Check(name + " aliased", operation.Word(7, 7, 6), operation.Compute, seed, Addi(7, 5, 0));
        Check(name + " aliased", operation.Word(7, 5, 7), operation.Compute, seed, Addi(7, 6, 0));
    }

    private unsafe void Check(string name, uint word, Func<ulong, ulong, ulong> compute, int seed, uint before = 0x13)
    {
        var random = new Random(seed);
        using var board = new GuestBoard(tier: tier);
        // x10 walks over triples {a, b, result}; x11 counts.
        board.Load(
            GuestBoard.RamBase,
            [
                0x17u | 10u << 7 | 0x10_0000, // auipc x10, 0x100
                Addi(11, 0, Pairs),
                Ld(5, 10, 0),
                Ld(6, 10, 8),
                before,
                word,
                Sd(7, 10, 16),
                Addi(10, 10, 24),
                Addi(11, 11, -1),
                B(1, 11, 0, -28),
                .. Stop(),
            ]);
        ulong* table = (ulong*)board.At(Table);
        for (int i = 0; i < Pairs; i++)
        {
            table[i * 3] = Operand(random);
            table[(i * 3) + 1] = Operand(random);
            table[(i * 3) + 2] = 0xDEAD_BEEF;
        }

        board.RunToStore();
        for (int i = 0; i < Pairs; i++)
        {
            ulong a = table[i * 3];
            ulong b = table[(i * 3) + 1];
            ulong expected = compute(a, b);
            ulong actual = table[(i * 3) + 2];
            Assert.True(expected == actual, $"{name} of {a:x} and {b:x}: expected {expected:x}, was {actual:x} (seed {seed})");
        }
    }

    private static ulong Operand(Random random) =>
        random.Next(3) == 0 ? (ulong)random.NextInt64(long.MinValue, long.MaxValue) : s_edges[random.Next(s_edges.Length)];
}

public sealed class IntegerTestsInterpreted() : IntegerTests(ExecutionTier.Interpreter);

public sealed class IntegerTestsTranslated() : IntegerTests(ExecutionTier.Translator);
