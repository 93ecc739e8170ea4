using AxVCpu.Software.Riscv64.Isa;
using static AxVCpu.Software.Riscv64.Tests.Encode;

namespace AxVCpu.Software.Riscv64.Tests;

public abstract class CodeTests(ExecutionTier tier)
{
    private const uint FenceI = 0x100F;

    [Fact]
    public void A_guest_that_rewrites_its_code_sees_it_after_a_fence()
    {
        using var board = new GuestBoard(tier: tier);
        // x5 walks 1..100: each round stores "addi x6, x6, x5" and runs it.
        ulong target = GuestBoard.RamBase + 0x100;
        board.Load(
            GuestBoard.RamBase,
            [
                0x17u | 10u << 7, // auipc x10, 0
                Addi(5, 0, 1),
                Addi(11, 0, 101),
                Lui(12, Addi(6, 6, 0)),
                Addi(12, 12, (int)(Addi(6, 6, 0) & 0xFFF)),
                I(0x13, 1, 13, 5, 20), // slli x13, x5, 20
                R(0x33, 0, 0, 13, 13, 12),
                Sw(13, 10, 0x100),
                FenceI,
                Jal(1, (int)(target - GuestBoard.RamBase) - 36),
                Addi(5, 5, 1),
                B(1, 5, 11, -24),
                .. Stop(),
            ]);
        board.Load(target, [0, Jalr(0, 1, 0)]);
        board.RunToStore();
        Assert.Equal(5050u, board.Cpu.GetGpr(6));
    }

    [Fact]
    public void Code_that_the_host_changes_is_seen_after_a_fence()
    {
        using var board = new GuestBoard(tier: tier);
        board.Load(GuestBoard.RamBase, [Lui(31, 0x10_0000), Addi(5, 0, 1), Sw(5, 31, 0), FenceI, Jal(0, -12)]);
        board.Cpu.Bind();
        for (int i = 1; i < 100; i++)
        {
            board.Load(GuestBoard.RamBase + 4, Addi(5, 0, i));
            VCpuExit exit = board.Cpu.Run();
            Assert.Equal(VCpuExitKind.MmioWrite, exit.Kind);
            Assert.Equal((ulong)i, exit.MmioWrite.Data);
        }
    }

    [Fact]
    public void An_instruction_across_two_pages_runs_and_follows_changes_of_either_half()
    {
        using var board = new GuestBoard(tier: tier);
        ulong edge = GuestBoard.RamBase + 0xFFE;
        board.Load(GuestBoard.RamBase, [Jal(0, 0xFFC), .. Stop()]);
        for (int i = 0; i < 3; i++)
        {
            // c.nop, then addi x5, x5, 1 << i across the boundary, then back to the start.
            board.Load(edge - 2, [0x01, 0x00]);
            uint word = Addi(5, 5, 1 << i);
            board.Load(edge, [(byte)word, (byte)(word >> 8), (byte)(word >> 16), (byte)(word >> 24)]);
            uint back = Jal(0, -0xFFE);
            board.Load(edge + 4, [(byte)back, (byte)(back >> 8), (byte)(back >> 16), (byte)(back >> 24)]);
            board.Load(GuestBoard.RamBase, [FenceI, Jal(0, 0xFF8), .. Stop()]);
            board.Load(edge + 4, [0x97, 0x02, 0x00, 0x00]); // auipc x5 would be seen; replaced next
            uint toStop = Jal(0, -0xFFA);
            board.Load(edge + 4, [(byte)toStop, (byte)(toStop >> 8), (byte)(toStop >> 16), (byte)(toStop >> 24)]);
            board.Cpu.SetGpr(5, 0);
            board.Cpu.SetEntry(new GuestPhysAddr(GuestBoard.RamBase));
            board.RunToStore();
            Assert.Equal(1u << i, board.Cpu.GetGpr(5));
        }
    }

    [Fact]
    public void A_full_code_cache_starts_over_and_the_guest_does_not_notice()
    {
        // 64 KiB of cache, some 16000 blocks of one jump each, twice.
        using var board = new GuestBoard(codeCache: 64 << 10, tier: tier);
        const int Count = 16000;
        var code = new uint[(Count * 2) + 8];
        code[0] = Addi(7, 0, 2);
        for (int i = 0; i < Count; i++)
        {
            code[1 + (i * 2)] = Addi(5, 5, 1);
            code[2 + (i * 2)] = Jal(0, 4);
        }

        int end = 1 + (Count * 2);
        code[end] = Addi(7, 7, -1);
        code[end + 1] = B(0, 7, 0, 8);
        code[end + 2] = Jal(0, -4 * (end + 1));
        Stop().CopyTo(code, end + 3);
        board.Load(GuestBoard.RamBase, code);
        board.RunToStore();
        Assert.Equal(2u * Count, board.Cpu.GetGpr(5));
    }

    [Fact]
    public void Without_compressed_instructions_a_half_aligned_target_traps_at_the_jump()
    {
        using var board = new GuestBoard(isa: IsaExtensions.I | IsaExtensions.Zicsr, tier: tier);
        board.Load(
            GuestBoard.RamBase,
            [
                0x17u | 5u << 7,
                Addi(5, 5, 0x40),
                0x1073u | 5u << 15 | 0x305u << 20,
                Addi(6, 0, 55),
                Jal(6, 6),
            ]);
        board.Load(GuestBoard.RamBase + 0x40, [0x2073u | 20u << 7 | 0x343u << 20, 0x2073u | 21u << 7 | 0x341u << 20, 0x2073u | 30u << 7 | 0x342u << 20, Lui(31, 0x10_0000), Sw(30, 31, 0)]);
        Assert.Equal(0u, board.RunToStore());
        Assert.Equal(GuestBoard.RamBase + 22, board.Cpu.GetGpr(20));
        Assert.Equal(GuestBoard.RamBase + 16, board.Cpu.GetGpr(21));
        Assert.Equal(55u, board.Cpu.GetGpr(6));
    }
}

public sealed class CodeTestsInterpreted() : CodeTests(ExecutionTier.Interpreter);

public sealed class CodeTestsTranslated() : CodeTests(ExecutionTier.Translator);
