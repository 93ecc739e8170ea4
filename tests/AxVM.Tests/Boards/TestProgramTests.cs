using AxVM.Config;

namespace AxVM.Tests.Boards;

/// <summary>What programs of test suites and C libraries ask of their host: HTIF, semihosting, a signature.</summary>
public sealed class TestProgramTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    // A call of semihosting: the operation in a0, the block in a1.
    private const string Call = """
            .align 4
        call:
            slli x0, x0, 0x1f
            ebreak
            srai x0, x0, 7
            ret
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static VmConfig Config(GuestProgram program)
    {
        VmConfig config = VmConfig.Generate("test", program.Path, 1, 16 << 20);
        config.Engine.Profile = StartProfile.Machine;
        return config;
    }

    [Fact]
    public async Task A_semihosted_program_waits_for_typed_characters_and_reads_what_is_there()
    {
        using GuestProgram program = GuestProgram.Raw($"""
                li   a0, 7
                li   a1, 0
                jal  call
                la   s0, text
                sb   a0, 0(s0)
                la   a1, write
                li   a0, 5
                jal  call
                la   a1, read
                li   a0, 6
                jal  call
                la   t0, write
                li   t1, 8
                sub  t1, t1, a0
                sd   t1, 16(t0)
                mv   a1, t0
                li   a0, 5
                jal  call
                la   a1, exit
                li   a0, 0x18
                jal  call
            {Call}
                .align 3
            write: .dword 1, text, 1
            read:  .dword 1, text, 8
            exit:  .dword 0x20026, 0
            text:  .dword 0
            """);
        await using VirtualMachine vm = VirtualMachine.Create(Config(program));
        Task<VmExit> run = vm.RunAsync(Cancellation);
        await vm.Console.WriteAsync("a", Cancellation);
        Assert.Equal("a", await vm.Console.ReadUntilAsync("a", s_patience, Cancellation));
        Assert.False(run.IsCompleted);
        await vm.Console.WriteAsync("x", Cancellation);
        Assert.Equal("x", await vm.Console.ReadUntilAsync("x", s_patience, Cancellation));
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await run.WaitAsync(s_patience, Cancellation));
    }

    [Fact]
    public async Task A_program_that_waits_for_a_character_can_be_stopped()
    {
        using GuestProgram program = GuestProgram.Raw($"""
                li   a0, 7
                jal  call
            {Call}
            """);
        await using VirtualMachine vm = VirtualMachine.Create(Config(program));
        await vm.StartAsync(Cancellation);
        await Task.Delay(50, Cancellation);
        await vm.StopAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        Assert.Equal(VmState.Stopped, vm.State);
    }

    /// <summary>What was typed before the end is still read; then READC fails and READ gives nothing, as at the end of a file.</summary>
    [Fact]
    public async Task A_semihosted_program_sees_the_end_of_the_console_input()
    {
        using GuestProgram program = GuestProgram.Raw($"""
                li   a0, 7
                li   a1, 0
                jal  call
                li   t0, 'z'
                bne  a0, t0, wrong
                li   a0, 7
                jal  call
                li   t0, -1
                bne  a0, t0, wrong
                la   a1, read
                li   a0, 6
                jal  call
                li   t0, 8
                bne  a0, t0, wrong
                la   a1, exit
                li   a0, 0x18
                jal  call
            wrong:
                la   a1, failed
                li   a0, 0x18
                jal  call
            {Call}
                .align 3
            read:   .dword 1, text, 8
            exit:   .dword 0x20026, 0
            failed: .dword 0x20026, 1
            text:   .dword 0
            """);
        await using VirtualMachine vm = VirtualMachine.Create(Config(program), new VmOptions { DiscardConsole = true });
        Task<VmExit> run = vm.RunAsync(Cancellation);
        await vm.Console.WriteAsync("z", Cancellation);
        await vm.Console.Output.CompleteAsync();
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await run.WaitAsync(s_patience, Cancellation));
    }

    [Fact]
    public async Task A_semihosted_program_is_told_its_words_and_its_heap()
    {
        using GuestProgram program = GuestProgram.Raw($"""
                la   a1, words
                li   a0, 0x15
                jal  call
                bnez a0, wrong
                la   t0, words
                ld   t1, 8(t0)
                la   t0, write
                sd   t1, 16(t0)
                mv   a1, t0
                li   a0, 5
                jal  call
                # a buffer of three bytes is too small for "a b"
                la   a1, words
                li   t0, 3
                sd   t0, 8(a1)
                li   a0, 0x15
                jal  call
                beqz a0, wrong
                li   a0, 0x13
                jal  call
                li   t0, 34
                bne  a0, t0, wrong
                la   a1, heap
                li   a0, 0x16
                jal  call
                la   t0, limits
                ld   t1, 0(t0)
                la   t2, end
                bltu t1, t2, wrong
                ld   t3, 8(t0)
                bgeu t1, t3, wrong
                li   t4, 0x81000000
                bgtu t3, t4, wrong
                ld   t4, 16(t0)
                bne  t3, t4, wrong
                # both ends are memory
                sd   t1, 0(t1)
                sd   t1, -8(t3)
                la   a1, exit
                li   a0, 0x18
                jal  call
            wrong:
                la   a1, failed
                li   a0, 0x18
                jal  call
            {Call}
                .align 3
            words:  .dword text, 8
            write:  .dword 1, text, 0
            heap:   .dword limits
            limits: .dword 0, 0, 0, 0
            exit:   .dword 0x20026, 0
            failed: .dword 0x20026, 1
            text:   .dword 0
            end:
            """);
        VmConfig config = Config(program);
        config.Kernel.CommandLine = "a b";
        await using VirtualMachine vm = VirtualMachine.Create(config);
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await vm.RunAsync(Cancellation).WaitAsync(s_patience, Cancellation));
        Assert.Equal("a b", await vm.Console.ReadUntilAsync("a b", s_patience, Cancellation));
    }

    [Fact]
    public async Task A_program_reads_characters_through_htif()
    {
        // Asks for two characters; the second answer waits until the first was taken.
        using GuestProgram program = GuestProgram.Elf("""
                la   s0, tohost
                la   s1, fromhost
                li   s2, 2
            next:
                li   t1, 0x0100000000000000
                sd   t1, 0(s0)
            wait:
                ld   t1, 0(s1)
                beqz t1, wait
                sd   zero, 0(s1)
                li   t2, 0x0100000000000100
                sub  t1, t1, t2
                li   t2, 0x0101000000000000
                add  t1, t1, t2
                sd   t1, 0(s0)
            sent:
                ld   t1, 0(s0)
                bnez t1, sent
                addi s2, s2, -1
                bnez s2, next
                li   t1, 1
                sd   t1, 0(s0)
            end:
                j    end
                .align 6
            tohost:
                .dword 0
                .align 6
            fromhost:
                .dword 0
            """);
        await using VirtualMachine vm = VirtualMachine.Create(Config(program));
        Task<VmExit> run = vm.RunAsync(Cancellation);
        await vm.Console.WriteAsync("hi", Cancellation);
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await run.WaitAsync(s_patience, Cancellation));
        Assert.Equal("hi", await vm.Console.ReadUntilAsync("hi", s_patience, Cancellation));
    }

    [Fact]
    public async Task The_signature_is_the_memory_between_its_symbols()
    {
        using GuestProgram program = GuestProgram.Elf("""
                la   t0, begin_signature
                li   t1, 0x1122334455667788
                sd   t1, 0(t0)
                la   t0, tohost
                li   t1, 1
                sd   t1, 0(t0)
            stop:
                j    stop
                .align 6
            tohost:
                .dword 0
            begin_signature:
                .dword 0, 7
            end_signature:
            """);
        await using VirtualMachine vm = VirtualMachine.Create(Config(program), new VmOptions { DiscardConsole = true });
        Assert.Throws<InvalidOperationException>(() => vm.ReadSignature());
        await vm.LoadAsync(Cancellation);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0], vm.ReadSignature()!);
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await vm.RunAsync(Cancellation).WaitAsync(s_patience, Cancellation));
        Assert.Equal([0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 7, 0, 0, 0, 0, 0, 0, 0], vm.ReadSignature()!);
    }

    [Fact]
    public async Task A_program_without_the_symbols_has_no_signature()
    {
        using GuestProgram program = GuestProgram.Elf("stop: j stop");
        await using VirtualMachine vm = VirtualMachine.Create(Config(program), new VmOptions { DiscardConsole = true });
        await vm.LoadAsync(Cancellation);
        Assert.Null(vm.ReadSignature());
    }
}
