using System.Diagnostics;
using AxVCpu;
using AxVM.Config;

namespace AxVM.Tests.Boards;

/// <summary>Guests that do their worst: the VM ends or goes on, the program that hosts it lives, and its memory stays bounded.</summary>
public abstract class HostileGuestTests(string tier)
{
    private const long HeapBound = 64 << 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_runtime = TimeSpan.FromMilliseconds(300);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(StartProfile.Sbi)]
    [InlineData(StartProfile.Machine)]
    public async Task Random_bytes_as_a_kernel(StartProfile profile)
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int round = 0; round < 5; round++)
        {
            byte[] noise = new byte[256 << 10];
            random.NextBytes(noise);
            using GuestProgram program = GuestProgram.Bytes(noise);
            await Survives(program, profile, $"seed {seed}, round {round}");
        }
    }

    /// <summary>Loads and stores of random width and value all over the devices; traps are skipped.</summary>
    [Fact]
    public async Task Random_accesses_to_every_device()
    {
        for (int round = 0; round < 4; round++)
        {
            int seed = Random.Shared.Next(1, int.MaxValue);
            using GuestProgram program = GuestProgram.Raw($"""
                    la   t0, trap
                    csrw mtvec, t0
                    li   s0, {seed}
                    la   s1, bases
                again:
                    slli t0, s0, 13
                    xor  s0, s0, t0
                    srli t0, s0, 7
                    xor  s0, s0, t0
                    slli t0, s0, 17
                    xor  s0, s0, t0
                    andi t1, s0, 7
                    slli t1, t1, 3
                    add  t1, t1, s1
                    ld   t1, 0(t1)
                    srli t2, s0, 8
                    slli t2, t2, 52
                    srli t2, t2, 52
                    add  t1, t1, t2
                    srli t3, s0, 20
                    srli t4, s0, 40
                    andi t4, t4, 7
                    slli t4, t4, 3
                    la   t5, accesses
                    add  t5, t5, t4
                    jr   t5
                .align 3
                accesses:
                    sb   t3, 0(t1)
                    j    again
                    sh   t3, 0(t1)
                    j    again
                    sw   t3, 0(t1)
                    j    again
                    sd   t3, 0(t1)
                    j    again
                    lb   t3, 0(t1)
                    j    again
                    lhu  t3, 0(t1)
                    j    again
                    lw   t3, 0(t1)
                    j    again
                    ld   t3, 0(t1)
                    j    again
                .align 2
                trap:
                    csrr t6, mepc
                    addi t6, t6, 4
                    csrw mepc, t6
                    mret
                .align 3
                bases:
                    .dword 0x10000000
                    .dword 0x0c000000
                    .dword 0x0c200000
                    .dword 0x02000000
                    .dword 0x0200b000
                    .dword 0x101000
                    .dword 0x10001000
                    .dword 0x10002000
                """);
            await Survives(program, StartProfile.Machine, $"seed {seed}");
        }
    }

    /// <summary>A page table whose entries lead back to itself, in every mode, used for fetch, load and store.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public async Task A_page_table_that_contains_itself(int mode)
    {
        using GuestProgram program = GuestProgram.Raw($"""
                li   t0, 0x80100000
                li   t1, 0x20040001
                li   t2, 512
            fill:
                sd   t1, 0(t0)
                addi t0, t0, 8
                addi t2, t2, -1
                bnez t2, fill
                li   t0, {mode}
                slli t0, t0, 60
                li   t1, 0x80100
                or   t0, t0, t1
                csrw satp, t0
                sfence.vma
            end:
                j    end
            """);
        await Survives(program, StartProfile.Sbi, $"satp mode {mode}");
    }

    [Fact]
    public async Task A_trap_handler_that_traps()
    {
        using GuestProgram program = GuestProgram.Raw("""
                li   t0, 0x40000000
                csrw mtvec, t0
                unimp
            """);
        await Survives(program, StartProfile.Machine, "mtvec points at nothing");
    }

    /// <summary>Every SBI extension with random arguments; a call that stops the hart or the system ends the round.</summary>
    [Fact]
    public async Task Random_sbi_calls()
    {
        int seed = Random.Shared.Next(1, int.MaxValue);
        using GuestProgram program = GuestProgram.Raw($"""
                li   s0, {seed}
                la   s1, extensions
            again:
                slli t0, s0, 13
                xor  s0, s0, t0
                srli t0, s0, 7
                xor  s0, s0, t0
                slli t0, s0, 17
                xor  s0, s0, t0
                andi t1, s0, 7
                slli t1, t1, 3
                add  t1, t1, s1
                ld   a7, 0(t1)
                srli a6, s0, 4
                andi a6, a6, 7
                mv   a0, s0
                srli a1, s0, 9
                slli a2, s0, 3
                srli a3, s0, 30
                mv   a4, s0
                mv   a5, s0
                ecall
                j    again
            .align 3
            extensions:
                .dword 0x10
                .dword 0x54494D45
                .dword 0x735049
                .dword 0x52464E43
                .dword 0x4442434E
                .dword 1
                .dword 6
                .dword 0x48534D
            """);
        await Survives(program, StartProfile.Sbi, $"seed {seed}", cpus: 2);
    }

    /// <summary>Prints without end into a console that nobody reads.</summary>
    [Fact]
    public async Task A_flood_on_a_console_that_nobody_reads()
    {
        using GuestProgram program = GuestProgram.Raw("""
                li   t0, 0x10000000
            again:
                sb   t0, 0(t0)
                j    again
            """);
        await Survives(program, StartProfile.Machine, "UART flood", discard: false);
    }

    private async Task Survives(GuestProgram program, StartProfile profile, string what, int cpus = 1, bool discard = true)
    {
        VmConfig config = VmConfig.Generate("hostile", program.Path, cpus, 16 << 20);
        config.Engine.Profile = profile;
        config.Engine.Tier = tier;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await using VirtualMachine vm = VirtualMachine.Create(config, new VmOptions { RestartOnReset = false, DiscardConsole = discard });
        await vm.StartAsync(Cancellation);
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < s_runtime && vm.State == VmState.Running)
            await Task.Delay(10, Cancellation);
        if (vm.State == VmState.Running)
            await vm.StopAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        VmExit exit = await vm.WaitForExitAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        Assert.True(exit.Reason != VmExitReason.Failed, $"{what}: {exit}");
        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown < HeapBound, $"{what}: the heap grew by {grown} bytes");
    }
}

/// <summary>The heap is the process's: what other tests have at the same time would count.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class HeapMeasurement
{
    public const string Name = "measures the heap";
}

[Collection(HeapMeasurement.Name)]
public sealed class HostileGuestTestsInterpreted() : HostileGuestTests("interpreter");

[Collection(HeapMeasurement.Name)]
public sealed class HostileGuestTestsTranslated() : HostileGuestTests("translator");
