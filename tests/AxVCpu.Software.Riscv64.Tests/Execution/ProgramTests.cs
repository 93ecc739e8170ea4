using static AxVCpu.Software.Riscv64.Tests.Encode;

namespace AxVCpu.Software.Riscv64.Tests;

public abstract class ProgramTests(ExecutionTier tier)
{
    [Fact]
    public void A_loop_counts_and_stores_what_it_counted()
    {
        using var board = new GuestBoard(tier: tier);
        board.Load(GuestBoard.RamBase, [Addi(5, 0, 1000), Addi(6, 6, 3), Addi(5, 5, -1), B(1, 5, 0, -8), Lui(31, 0x10_0000), Sw(6, 31, 0)]);
        Assert.Equal(3000u, board.RunToStore());
        Assert.Equal(3000u, board.Cpu.GetGpr(6));
    }
}

public sealed class ProgramTestsInterpreted() : ProgramTests(ExecutionTier.Interpreter);

public sealed class ProgramTestsTranslated() : ProgramTests(ExecutionTier.Translator);
