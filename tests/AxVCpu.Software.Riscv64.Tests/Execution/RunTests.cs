using System.Diagnostics;
using static AxVCpu.Software.Riscv64.Tests.Encode;

namespace AxVCpu.Software.Riscv64.Tests;

public abstract class RunTests(ExecutionTier tier)
{
    [Fact]
    public void Every_kick_ends_a_run_and_none_is_lost()
    {
        using var board = new GuestBoard(tier: tier);
        board.Load(GuestBoard.RamBase, [Addi(5, 5, 1), Jal(0, -4)]);
        const int Kicks = 10_000;
        int seen = 0;
        var kicker = new Thread(() =>
        {
            for (int i = 1; i <= Kicks; i++)
            {
                board.Cpu.RequestExit();
                var spin = default(SpinWait);
                while (Volatile.Read(ref seen) < i)
                    spin.SpinOnce(sleep1Threshold: -1);
            }
        });
        kicker.Start();
        board.Cpu.Bind();
        for (int i = 1; i <= Kicks; i++)
        {
            Assert.Equal(VCpuExitKind.Interrupted, board.Cpu.Run().Kind);
            Volatile.Write(ref seen, i);
        }

        kicker.Join();
        // Each of them may have come before the guest was entered; in the end it runs.
        using var timer = new Timer(_ => board.Cpu.RequestExit(), null, 5, 5);
        do
            Assert.Equal(VCpuExitKind.Interrupted, board.Cpu.Run().Kind);
        while (board.Cpu.GetGpr(5) == 0);
    }

    [Fact]
    public void A_kick_reaches_a_guest_that_does_nothing_but_fault()
    {
        using var board = new GuestBoard(tier: tier);
        // mtvec is 0, which is no memory: every fetch faults.
        board.Load(GuestBoard.RamBase, 0u);
        board.Cpu.Bind();
        using var timer = new Timer(_ => board.Cpu.RequestExit(), null, 5, 5);
        do
            Assert.Equal(VCpuExitKind.Interrupted, board.Cpu.Run().Kind);
        while (board.Cpu.ProgramCounter != 0);
        Assert.Equal(VCpuExitKind.Interrupted, board.Cpu.Run().Kind);
    }

    [Fact]
    public void Exits_allocate_nothing()
    {
        using var board = new GuestBoard(tier: tier);
        board.Load(GuestBoard.RamBase, [Lui(10, 0x1000_0000), Ld(5, 10, 0), Sd(5, 10, 8), Jal(0, -8)]);
        board.Cpu.Bind();
        Assert.Equal(0, Garbage.Of(() => Spin(board, 10_000)));

        static void Spin(GuestBoard board, int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                VCpuExit exit = board.Cpu.Run();
                if (exit.Kind == VCpuExitKind.MmioRead)
                    board.Cpu.CompleteRead(1);
            }
        }
    }

    [Fact]
    public void Two_harts_count_together()
    {
        using var board = new GuestBoard(harts: 2, tier: tier);
        const int Rounds = 20_000;
        // One counter by amoadd.d, one by lr/sc, one under a spin lock.
        board.Load(
            GuestBoard.RamBase,
            [
                0x17u | 10u << 7 | 0x10_0000, // auipc x10, 0x100
                Lui(11, 20_480),
                Addi(11, 11, Rounds - 20_480),
                Addi(12, 0, 1),
                R(0x2F, 3, 0, 0, 10, 12), // amoadd.d x0, x12, (x10)
                Addi(13, 10, 64),
                R(0x2F, 3, 0x02 << 2, 14, 13, 0), // lr.d
                Addi(14, 14, 1),
                R(0x2F, 3, 0x03 << 2, 15, 13, 14), // sc.d
                B(1, 15, 0, -12),
                Addi(13, 10, 128),
                R(0x2F, 2, 0x01 << 2, 15, 13, 12), // amoswap.w: take the lock
                B(1, 15, 0, -4),
                Ld(16, 10, 192),
                Addi(16, 16, 1),
                Sd(16, 10, 192),
                0x0FF0_000F, // fence
                R(0x2F, 2, 0x01 << 2, 0, 13, 0), // amoswap.w: give it back
                Addi(11, 11, -1),
                B(1, 11, 0, -60),
                .. Stop(),
            ]);
        var threads = board.Cpus.Select(cpu => new Thread(() =>
        {
            cpu.Bind();
            Assert.Equal(VCpuExitKind.MmioWrite, cpu.Run().Kind);
            cpu.Unbind();
        })).ToArray();
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.True(thread.Join(TimeSpan.FromSeconds(60)));
        ulong data = GuestBoard.RamBase + 0x10_0000;
        Assert.Equal(2u * Rounds, board.Read64(data));
        Assert.Equal(2u * Rounds, board.Read64(data + 64));
        Assert.Equal(2u * Rounds, board.Read64(data + 192));
    }

    [Fact]
    public void Registers_are_read_and_written_in_groups()
    {
        using var board = new GuestBoard(tier: tier);
        ref Riscv64VCpu arch = ref board.Cpu.Inner.Arch;
        var integers = new Riscv64IntegerRegisters { Pc = GuestBoard.RamBase + 4 };
        var floats = new Riscv64FloatRegisters { Fcsr = 0xFF_FFE3 };
        for (int i = 0; i < RegisterFile.Length; i++)
        {
            integers.X[i] = 1000 + (ulong)i;
            floats.F[i] = 2000 + (ulong)i;
        }

        integers.X[31] = 0x10_0000;
        Assert.True(arch.Write(in integers).IsNone);
        Assert.True(arch.Write(in floats).IsNone);
        // lui, csrs mstatus: FS on; fmv.x.d x6, f7; the store ends it.
        board.Load(GuestBoard.RamBase, [0, Lui(5, 0x6000), 0x2073u | 5u << 15 | 0x300u << 20, R(0x53, 0, 0x71, 6, 7, 0), Sw(6, 31, 0)]);
        Assert.Equal(2007u, board.RunToStore());
        Assert.True(arch.Read(out integers).IsNone);
        Assert.True(arch.Read(out floats).IsNone);
        Assert.Equal(0u, integers.X[0]);
        Assert.Equal(1030u, integers.X[30]);
        Assert.Equal(2007u, integers.X[6]);
        Assert.Equal(GuestBoard.RamBase + 16, integers.Pc);
        Assert.Equal(2031u, floats.F[31]);
        Assert.Equal(0xE3u, floats.Fcsr);
    }

    [Fact]
    public void Reset_starts_the_program_again_with_its_arguments()
    {
        using var board = new GuestBoard(tier: tier);
        board.Load(GuestBoard.RamBase, [Addi(5, 5, 1), .. Stop()]);
        for (int i = 0; i < 2; i++)
        {
            board.RunToStore();
            Assert.Equal(1u, board.Cpu.GetGpr(5));
            board.Cpu.SetGpr(10, 99);
            board.Cpu.Reset();
            Assert.Equal(0u, board.Cpu.GetGpr(5));
            Assert.Equal(0u, board.Cpu.GetGpr(10));
            Assert.Equal(GuestBoard.RamBase, board.Cpu.ProgramCounter);
        }
    }

    [Theory]
    [InlineData(StartProfile.Machine)]
    [InlineData(StartProfile.Sbi)]
    public unsafe void Random_bytes_as_code_never_hurt_the_host(StartProfile profile)
    {
        int seed = Environment.TickCount;
        long deadline = Stopwatch.GetTimestamp() + (3 * Stopwatch.Frequency / 2);
        for (int round = 0; round < 200 && Stopwatch.GetTimestamp() < deadline; round++)
        {
            var random = new Random(seed + round);
            using var board = new GuestBoard(profile: profile, codeCache: 256 << 10, semihosting: true, tier: tier);
            random.NextBytes(new Span<byte>(board.Ram, 1 << 20));
            for (int i = 1; i < 32; i++)
                board.Cpu.SetGpr(i, random.Next(3) == 0 ? (ulong)random.NextInt64() : GuestBoard.RamBase + (ulong)random.Next((int)board.RamSize));
            board.Cpu.Bind();
            using var timer = new Timer(_ => board.Cpu.RequestExit(), null, 5, Timeout.Infinite);
            bool isOver = false;
            for (int exits = 0; exits < 1000 && !isOver; exits++)
            {
                VCpuExit exit = board.Cpu.Run();
                switch (exit.Kind)
                {
                    case VCpuExitKind.MmioRead when random.Next(2) == 0:
                        board.Cpu.CompleteRead((ulong)random.NextInt64());
                        break;
                    case VCpuExitKind.MmioRead or VCpuExitKind.MmioWrite when random.Next(2) == 0:
                        board.Cpu.FailAccess();
                        break;
                    case VCpuExitKind.InternalError:
                        Assert.Fail($"internal error (seed {seed + round}, {profile})");
                        break;
                    case VCpuExitKind.Interrupted or VCpuExitKind.Halt or VCpuExitKind.CpuDown or VCpuExitKind.SystemDown or VCpuExitKind.SystemReset:
                        isOver = true;
                        break;
                }
            }

            Assert.True(board.Cpu.GetGpr(0) == 0, $"x0 changed (seed {seed + round}, {profile})");
        }
    }
}

public sealed class RunTestsInterpreted() : RunTests(ExecutionTier.Interpreter);

public sealed class RunTestsTranslated() : RunTests(ExecutionTier.Translator);
