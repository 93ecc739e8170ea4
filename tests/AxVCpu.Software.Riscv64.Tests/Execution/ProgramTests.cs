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

    [Fact]
    public void The_instructions_of_Zcb_do_what_their_names_say()
    {
        using var board = new GuestBoard(tier: tier);
        static uint Pair(uint first, uint second) => first | second << 16;
        const uint Nop = 0x0001;
        board.Load(GuestBoard.RamBase,
        [
            Lui(9, 0x8000_1000), // s1: below RAM's 2 GiB only as a sign extension, so the upper half goes
            Pair(0x9CF1, Nop), // c.zext.w s1
            Addi(8, 0, -2), Pair(0x88E0, 0x80E0), Addi(10, 8, 0), // c.sb s0,3(s1); c.lbu s0,3(s1)
            Addi(8, 0, -3), Pair(0x8CA0, 0x84A0), Addi(11, 8, 0), // c.sh s0,2(s1); c.lhu s0,2(s1)
            Addi(8, 0, -3), Pair(0x8C80, 0x84C0), Addi(12, 8, 0), // c.sh s0,0(s1); c.lh s0,0(s1)
            Addi(8, 0, -5), Pair(0x9C61, Nop), Addi(13, 8, 0), // c.zext.b
            Addi(8, 0, 0xFB), Pair(0x9C65, Nop), Addi(14, 8, 0), // c.sext.b
            Addi(8, 0, -6), Pair(0x9C69, Nop), Addi(15, 8, 0), // c.zext.h
            Pair(0x9C6D, Nop), Addi(16, 8, 0), // c.sext.h
            Pair(0x9C75, Nop), Addi(17, 8, 0), // c.not
            Addi(9, 0, -7), Pair(0x9C45, Nop), Addi(18, 8, 0), // c.mul s0,s1
            Lui(31, 0x10_0000), Sw(18, 31, 0),
        ]);
        Assert.Equal(unchecked((uint)-35), (uint)board.RunToStore());
        ulong[] wanted = [0xFE, 0xFFFD, unchecked((ulong)-3L), 0xFB, unchecked((ulong)-5L), 0xFFFA, unchecked((ulong)-6L), 5, unchecked((ulong)-35L)];
        Assert.Equal(wanted, Enumerable.Range(10, wanted.Length).Select(board.Cpu.GetGpr));
    }
}

public sealed class ProgramTestsInterpreted() : ProgramTests(ExecutionTier.Interpreter);

public sealed class ProgramTestsTranslated() : ProgramTests(ExecutionTier.Translator);
