using AxVCpu.Software.Riscv64.Isa;
using static AxVCpu.Software.Riscv64.Tests.Encode;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Single steps and breakpoints are exact, whatever executes the guest.</summary>
public unsafe class DebugTests
{
    private const ulong Loop = GuestBoard.RamBase + 8;

    /// <summary>Every tier that can run here.</summary>
    public static TheoryData<ExecutionTier> Tiers => [ExecutionTier.Interpreter, ExecutionTier.Auto, ExecutionTier.Translator];

    [Theory]
    [MemberData(nameof(Tiers))]
    public void A_single_step_executes_one_instruction_and_counts_it(ExecutionTier tier)
    {
        using GuestBoard board = CountToFive(tier);
        board.Cpu.Bind();
        board.Cpu.Inner.Arch.SetDebug(new Riscv64DebugRequest { SingleStep = true });
        ulong[] expected = [4, 8, 12, 8, 12, 8, 12, 8, 12, 8, 12, 16, 20];
        foreach (ulong offset in expected)
        {
            ulong before = board.Machine.FindHart(0)!.State->InstRet;
            VCpuExit exit = board.Cpu.Run();
            Assert.Equal((VCpuExitKind.Debug, DebugReason.SingleStep, GuestBoard.RamBase + offset), (exit.Kind, exit.Debug.Reason, exit.Debug.ProgramCounter));
            Assert.Equal(before + 1, board.Machine.FindHart(0)!.State->InstRet);
        }

        Assert.Equal(5u, board.Cpu.GetGpr(5));
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void A_step_onto_a_fault_ends_at_the_handler(ExecutionTier tier)
    {
        using var board = new GuestBoard(tier: tier);
        board.Load(GuestBoard.RamBase, [I(0x03, 3, 5, 0, 1)]); // ld x5, 1(x0): no memory
        board.Machine.FindHart(0)!.State->Mtvec = GuestBoard.RamBase + 0x100;
        board.Cpu.Bind();
        board.Cpu.Inner.Arch.SetDebug(new Riscv64DebugRequest { SingleStep = true });
        VCpuExit exit = board.Cpu.Run();
        Assert.Equal((VCpuExitKind.Debug, GuestBoard.RamBase + 0x100), (exit.Kind, exit.Debug.ProgramCounter));
        Assert.Equal(0u, board.Machine.FindHart(0)!.State->InstRet);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void A_breakpoint_in_a_hot_loop_stops_each_round_in_front_of_its_instruction(ExecutionTier tier)
    {
        using GuestBoard board = CountToFive(tier, rounds: 500);
        board.Cpu.Bind();
        board.Cpu.Inner.Arch.SetDebug(new Riscv64DebugRequest { Breakpoints = [Loop] });
        for (ulong round = 0; round < 300; round++)
        {
            VCpuExit exit = board.Cpu.Run();
            Assert.Equal((VCpuExitKind.Debug, DebugReason.Breakpoint, Loop), (exit.Kind, exit.Debug.Reason, exit.Debug.ProgramCounter));
            Assert.Equal(round, board.Cpu.GetGpr(5));
        }

        board.Cpu.Inner.Arch.SetDebug(default);
        Assert.Equal(VCpuExitKind.MmioWrite, board.Cpu.Run().Kind);
        Assert.Equal(500u, board.Cpu.GetGpr(5));
    }

    /// <summary>x5 counts up to x6: a set-up of two instructions, a loop of two, the end.</summary>
    private static GuestBoard CountToFive(ExecutionTier tier, int rounds = 5)
    {
        var board = new GuestBoard(tier: tier);
        board.Load(GuestBoard.RamBase, [Addi(5, 0, 0), Addi(6, 0, rounds), Addi(5, 5, 1), B(1, 5, 6, -4), .. Stop()]);
        return board;
    }
}
