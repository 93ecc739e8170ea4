using AxVCpu;
using AxVCpu.Devices;
using AxVM.Boot;
using AxVM.Config;

namespace AxVM.Tests.Boards;

public sealed class Riscv64VirtTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static VmConfig Config(GuestProgram program, StartProfile? profile = null, int cpus = 1)
    {
        VmConfig config = VmConfig.Generate("test", program.Path, cpus, 16 << 20);
        config.Engine.Profile = profile;
        return config;
    }

    private static async Task<VmExit> Run(VmConfig config, VmOptions? options = null)
    {
        await using VirtualMachine vm = VirtualMachine.Create(config, options ?? new VmOptions { DiscardConsole = true });
        return await vm.RunAsync(Cancellation).WaitAsync(s_patience, Cancellation);
    }

    [Fact]
    public async Task A_guest_talks_on_its_console_and_powers_off()
    {
        using GuestProgram program = GuestProgram.Raw(GuestProgram.Echo);
        await using VirtualMachine vm = VirtualMachine.Create(Config(program));
        Task<VmExit> run = vm.RunAsync(Cancellation);
        await vm.Console.ReadUntilAsync("up\n", s_patience, Cancellation);
        await vm.Console.WriteLineAsync("abc", Cancellation);
        Assert.Equal(">a>b>c\n", await vm.Console.ReadUntilAsync("\n", s_patience, Cancellation));
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await run.WaitAsync(s_patience, Cancellation));
    }

    [Fact]
    public async Task A_stopped_guest_starts_again_from_its_beginning_with_fresh_memory()
    {
        // Counts its starts in memory; a second start must find zero again.
        using GuestProgram program = GuestProgram.Raw("""
                li   t0, 0x80100000
                lw   t1, 0(t0)
                addi t1, t1, 3
                sw   t1, 0(t0)
                slli t1, t1, 16
                li   t2, 0x3333
                or   t1, t1, t2
                li   t0, 0x100000
                sw   t1, 0(t0)
            end:
                j    end
            """);
        await using VirtualMachine vm = VirtualMachine.Create(Config(program), new VmOptions { DiscardConsole = true });
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(new VmExit(VmExitReason.GuestExit, 3), await vm.RunAsync(Cancellation).WaitAsync(s_patience, Cancellation));
        }
    }

    [Theory]
    [InlineData(0x5555u, VmExitReason.PowerOff, 0)]
    [InlineData(0x7777u, VmExitReason.Reset, 0)]
    [InlineData(0x0005_3333u, VmExitReason.GuestExit, 5)]
    public async Task The_test_finisher_ends_the_run(uint value, VmExitReason reason, int code)
    {
        using GuestProgram program = GuestProgram.Raw($"""
                li   t0, 0x100000
                li   t1, {value}
                sw   t1, 0(t0)
            end:
                j    end
            """);
        VmExit exit = await Run(Config(program), new VmOptions { RestartOnReset = false, DiscardConsole = true });
        Assert.Equal(new VmExit(reason, code), exit);
    }

    [Theory]
    [InlineData(1, VmExitReason.PowerOff, 0)]
    [InlineData(7, VmExitReason.GuestExit, 3)]
    [InlineData(1999, VmExitReason.GuestExit, 120)]
    public async Task A_program_ends_by_writing_tohost(int value, VmExitReason reason, int code)
    {
        using GuestProgram program = GuestProgram.Elf($"""
                la   t0, tohost
                li   t1, {value}
                sd   t1, 0(t0)
            end:
                j    end
                .align 6
            tohost:
                .dword 0
            fromhost:
                .dword 0
            """);
        Assert.Equal(new VmExit(reason, code), await Run(Config(program, cpus: 2)));
    }

    [Fact]
    public async Task A_program_prints_through_tohost_and_its_system_calls()
    {
        using GuestProgram program = GuestProgram.Elf("""
                csrr t0, mhartid
                la   s0, tohost
                la   s1, fromhost
                li   t1, 0x0101000000000041
                sd   t1, 0(s0)
            wait1:
                ld   t1, 0(s0)
                bnez t1, wait1
                la   t2, block
                sd   t2, 0(s0)
            wait2:
                ld   t1, 0(s1)
                beqz t1, wait2
                la   t2, block
                li   t1, 93
                sd   t1, 0(t2)
                li   t1, 9
                sd   t1, 8(t2)
                sd   zero, 0(s1)
                sd   t2, 0(s0)
            end:
                j    end
                .align 6
            tohost:
                .dword 0
                .align 6
            fromhost:
                .dword 0
                .align 6
            block:
                .dword 64, 1, text, 3, 0, 0, 0, 0
            text:
                .asciz "bc\n"
            """);
        await using VirtualMachine vm = VirtualMachine.Create(Config(program));
        Task<VmExit> run = vm.RunAsync(Cancellation);
        Assert.EndsWith("Abc\n", await vm.Console.ReadUntilAsync("bc\n", s_patience, Cancellation), StringComparison.Ordinal);
        Assert.Equal(new VmExit(VmExitReason.GuestExit, 9), await run.WaitAsync(s_patience, Cancellation));
    }

    [Fact]
    public async Task The_machine_profile_starts_every_hart_in_machine_mode_with_its_id_and_the_devicetree()
    {
        // Every hart checks the devicetree's magic and adds its bit; hart 0 waits for all three.
        using GuestProgram program = GuestProgram.Raw("""
                csrr t0, mhartid
                bne  t0, a0, bad
                lw   t1, 0(a1)
                li   t2, 0xedfe0dd0
                sext.w t2, t2
                bne  t1, t2, bad
                li   t3, 1
                sll  t3, t3, t0
                li   t4, 0x80100000
                amoor.w zero, t3, (t4)
                bnez t0, end
            wait:
                lw   t1, 0(t4)
                li   t2, 7
                bne  t1, t2, wait
                li   t0, 0x100000
                li   t1, 0x5555
                sw   t1, 0(t0)
            end:
                wfi
                j    end
            bad:
                li   t0, 0x100000
                li   t1, 0x13333
                sw   t1, 0(t0)
                j    end
            """);
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await Run(Config(program, StartProfile.Machine, 3)));
    }

    [Fact]
    public async Task A_supervisor_guest_starts_its_second_hart_and_is_called_back_by_it()
    {
        using GuestProgram program = GuestProgram.Raw("""
                bnez a0, bad
                li   a7, 0x48534D
                li   a6, 0
                li   a0, 1
                la   a1, second
                li   a2, 1234
                ecall
                bnez a0, bad
            wait:
                j    wait
            second:
                li   t0, 1
                bne  a0, t0, bad
                li   t0, 1234
                bne  a1, t0, bad
                li   a7, 0x53525354
                li   a6, 0
                li   a0, 0
                li   a1, 0
                ecall
            bad:
                li   t0, 0x100000
                li   t1, 0x13333
                sw   t1, 0(t0)
                j    bad
            """);
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await Run(Config(program, StartProfile.Sbi, 2)));
    }

    [Fact]
    public async Task A_reset_by_the_guest_starts_it_anew_on_the_same_console()
    {
        // Prints a letter and waits for one: 'r' resets, everything else powers off.
        using GuestProgram program = GuestProgram.Raw("""
                li   t0, 0x10000000
                li   t1, 'B'
                sb   t1, 0(t0)
            wait:
                lbu  t1, 5(t0)
                andi t1, t1, 1
                beqz t1, wait
                lbu  a0, 0(t0)
                li   t2, 0x100000
                li   t3, 0x5555
                li   t4, 'r'
                bne  a0, t4, write
                li   t3, 0x7777
            write:
                sw   t3, 0(t2)
            end:
                j    end
            """);
        await using VirtualMachine vm = VirtualMachine.Create(Config(program));
        Task<VmExit> run = vm.RunAsync(Cancellation);
        for (int round = 0; round < 3; round++)
        {
            await vm.Console.ReadUntilAsync("B", s_patience, Cancellation);
            await vm.Console.WriteAsync("r", Cancellation);
        }

        await vm.Console.ReadUntilAsync("B", s_patience, Cancellation);
        await vm.Console.WriteAsync("q", Cancellation);
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await run.WaitAsync(s_patience, Cancellation));
    }

    [Fact]
    public async Task A_guest_that_spins_is_paused_resumed_and_cancelled()
    {
        using GuestProgram program = GuestProgram.Raw("end:\n j end\n");
        await using VirtualMachine vm = VirtualMachine.Create(Config(program, StartProfile.Machine, 2), new VmOptions { DiscardConsole = true });
        using CancellationTokenSource cancel = new();
        Task<VmExit> run = vm.RunAsync(cancel.Token);
        while (vm.State != VmState.Running)
        {
            await Task.Delay(5, Cancellation);
        }

        for (int round = 0; round < 5; round++)
        {
            await vm.PauseAsync(Cancellation);
            ulong ticks = vm.GetStatistics().GuestTicks;
            await Task.Delay(20, Cancellation);
            Assert.Equal(ticks, vm.GetStatistics().GuestTicks);
            await vm.ResumeAsync(Cancellation);
        }

        await cancel.CancelAsync();
        Assert.Equal(VmExitReason.Cancelled, (await run.WaitAsync(s_patience, Cancellation)).Reason);
    }

    [Fact]
    public async Task Lazy_memory_holds_only_what_the_guest_touched()
    {
        using GuestProgram program = GuestProgram.Raw(GuestProgram.Echo);
        VmConfig config = Config(program);
        config.Memory.Size = 4UL << 30;
        await using VirtualMachine vm = VirtualMachine.Create(config);
        _ = vm.RunAsync(Cancellation);
        await vm.Console.ReadUntilAsync("up\n", s_patience, Cancellation);
        Assert.InRange(vm.GetStatistics().ResidentBytes, 4096UL, 1UL << 20);
    }

    [Fact]
    public async Task Random_bytes_as_a_kernel_leave_the_host_alone()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        for (int round = 0; round < 6; round++)
        {
            byte[] noise = new byte[4096];
            random.NextBytes(noise);
            using GuestProgram program = GuestProgram.Bytes(noise);
            await using VirtualMachine vm = VirtualMachine.Create(
                Config(program, round % 2 == 0 ? StartProfile.Sbi : StartProfile.Machine, 2), new VmOptions { DiscardConsole = true });
            using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(100));
            VmExit exit = await vm.RunAsync(cancel.Token).WaitAsync(s_patience, Cancellation);
            Assert.True(exit.Reason != VmExitReason.Failed, $"seed {seed}, round {round}: {exit.Message}");
        }
    }

    [Fact]
    public async Task Several_guests_at_once_have_consoles_of_their_own()
    {
        using GuestProgram program = GuestProgram.Raw(GuestProgram.Echo);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async number =>
        {
            await using VirtualMachine vm = VirtualMachine.Create(Config(program));
            Task<VmExit> run = vm.RunAsync(Cancellation);
            await vm.Console.ReadUntilAsync("up\n", s_patience, Cancellation);
            await vm.Console.WriteLineAsync($"{number}", Cancellation);
            Assert.Equal($">{number}\n", await vm.Console.ReadUntilAsync("\n", s_patience, Cancellation));
            await run.WaitAsync(s_patience, Cancellation);
        }));
    }

    [Theory]
    [InlineData("[devices]\ninterrupt_mode = \"pt\"", "vm.toml:4:18: devices.interrupt_mode: \"passthrough\" needs the host's interrupt controller")]
    [InlineData("[devices]\npassthrough_devices = [[\"/soc/pci\"]]", "devices.passthrough_devices: \"/soc/pci\" cannot be passed through")]
    [InlineData("[devices]\nemu_devices = [[\"net\", 0x1000_1000, 0x1000, 1, 0xE2]]", "\"net\" (VirtioNet at 0x10001000) is not a device of the virt board")]
    [InlineData("[base]\narchitecture = \"riscv64\"\n[engine]\nname = \"kvm\"", "vm.toml:6:8: engine.name: \"kvm\" has no riscv64 guests")]
    [InlineData("[engine]\nisa = \"rv32i\"", "engine.isa: ")]
    [InlineData("[engine]\ntier = \"warp\"", "engine.tier: \"warp\" is not a tier of the software engine; \"auto\", \"interpreter\", \"translator\", \"both\" are possible")]
    [InlineData("[engine]\ntier = \"both\"\n[base]\ncpu_num = 2", "engine.tier: \"both\" compares the tiers of one vCPU, and base.cpu_num is 2")]
    public void What_the_board_cannot_do_is_named(string toml, string message)
    {
        VmConfig config = VmConfig.Parse("[kernel]\nkernel_path = \"k\"\n" + toml, "vm.toml");
        Assert.Contains(message, Assert.Throws<ConfigException>(() => VirtualMachine.Create(config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_that_do_not_fit_together_are_named()
    {
        using GuestProgram program = GuestProgram.Raw("end:\n j end\n");
        VmConfig config = Config(program);
        config.Kernel.RamdiskPath = program.Path;
        config.Kernel.RamdiskLoadAddress = 0x8020_0000;
        await using VirtualMachine vm = VirtualMachine.Create(config);
        ImageException e = await Assert.ThrowsAsync<ImageException>(() => vm.LoadAsync(Cancellation));
        Assert.Contains("the ramdisk", e.Message, StringComparison.Ordinal);
        Assert.Contains("overlaps the kernel", e.Message, StringComparison.Ordinal);
        Assert.Equal(VmState.Created, vm.State);
    }

    [Fact]
    public void A_disk_that_cannot_be_used_is_named_and_nothing_is_left_behind()
    {
        using GuestProgram program = GuestProgram.Raw("end:\n j end\n");
        VmConfig config = Config(program);
        config.Disks.Add(new DiskConfig { Path = Path.GetTempPath() });
        Assert.Contains("is a directory", Assert.Throws<DiskOpenException>(() => VirtualMachine.Create(config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_devicetree_can_be_described_without_a_kernel()
    {
        await using VirtualMachine vm = VirtualMachine.Create(new VmConfig());
        Assert.NotNull(vm.DescribeToGuest().Root.At("/soc/serial"));
        await Assert.ThrowsAsync<ConfigException>(() => vm.StartAsync(Cancellation));
    }

    /// <summary>What C libraries do at exit: look for the extended exit in the features file, then use it.</summary>
    [Fact]
    public async Task A_semihosted_program_finds_the_extended_exit_and_prints_by_file()
    {
        using GuestProgram program = GuestProgram.Raw("""
                la   a1, open_features
                li   a0, 1
                jal  call
                la   t0, read_features
                sd   a0, 0(t0)
                mv   a1, t0
                li   a0, 6
                jal  call
                bnez a0, wrong
                la   t0, buffer
                lbu  t1, 4(t0)
                andi t1, t1, 1
                beqz t1, wrong
                la   a1, open_file
                li   a0, 1
                jal  call
                li   t0, -1
                bne  a0, t0, wrong
                la   a1, open_console
                li   a0, 1
                jal  call
                la   t0, write
                sd   a0, 0(t0)
                mv   a1, t0
                li   a0, 5
                jal  call
                bnez a0, wrong
                la   a1, exit
                li   a0, 0x20
                jal  call
            wrong:
                la   a1, exit_wrong
                li   a0, 0x18
                jal  call
            .align 4
            call:
                slli x0, x0, 0x1f
                ebreak
                srai x0, x0, 7
                ret
            .align 3
            open_features: .dword name_features, 0, 21
            open_file:     .dword name_file, 0, 11
            open_console:  .dword name_console, 4, 3
            read_features: .dword 0, buffer, 5
            write:         .dword 0, text, 6
            exit:          .dword 0x20026, 17
            exit_wrong:    .dword 0x20026, 99
            buffer:        .dword 0
            name_features: .asciz ":semihosting-features"
            name_file:     .asciz "/etc/passwd"
            name_console:  .asciz ":tt"
            text:          .ascii "hello\n"
            """);
        await using VirtualMachine vm = VirtualMachine.Create(Config(program, StartProfile.Machine));
        Task<VmExit> run = vm.RunAsync(Cancellation);
        Assert.Equal("hello\n", await vm.Console.ReadUntilAsync("\n", s_patience, Cancellation));
        Assert.Equal(new VmExit(VmExitReason.GuestExit, 17), await run.WaitAsync(s_patience, Cancellation));
    }

    /// <summary>A guest without a serial driver: everything through SBI, the debug console's read and the legacy getchar.</summary>
    [Theory]
    [InlineData("""
            get:
                addi sp, sp, -16
            get_again:
                li   a7, 0x4442434E
                li   a6, 1
                li   a0, 1
                mv   a1, sp
                li   a2, 0
                ecall
                bnez a0, .
                beqz a1, get_again
                lbu  a0, 0(sp)
                addi sp, sp, 16
                ret
        """)]
    [InlineData("""
            get:
                li   a7, 2
                ecall
                bltz a0, get
                ret
        """)]
    public async Task A_guest_reads_its_console_through_sbi(string get)
    {
        using GuestProgram program = GuestProgram.Raw("""
                li   sp, 0x80100000
            next:
                jal  get
                li   t0, 'q'
                beq  a0, t0, off
                addi a0, a0, 1
                li   a7, 1
                ecall
                j    next
            off:
                li   a7, 8
                ecall

            """ + get);
        await using VirtualMachine vm = VirtualMachine.Create(Config(program, StartProfile.Sbi));
        Task<VmExit> run = vm.RunAsync(Cancellation);
        await vm.Console.WriteAsync("HAL", Cancellation);
        Assert.Equal("IBM", await vm.Console.ReadUntilAsync("M", s_patience, Cancellation));
        await vm.Console.WriteAsync("q", Cancellation);
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await run.WaitAsync(s_patience, Cancellation));
    }
}
