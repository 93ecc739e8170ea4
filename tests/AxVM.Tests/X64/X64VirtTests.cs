using AxVCpu;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace AxVM.Tests.X64;

/// <summary>Small guests on the x86-64 board, whatever KVM module is here; each with every place of the interrupt controllers.</summary>
public sealed class X64VirtTests
{
    private const ulong Apic = 0xFEE0_0000;
    private const ulong IoApic = 0xFEC0_0000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<InterruptControllerPlace> Places =>
        [InterruptControllerPlace.None, InterruptControllerPlace.Split, InterruptControllerPlace.Kernel];

    private static async Task<(VmExit Exit, string Text)> Run(X64Program program, InterruptControllerPlace place, int cpus = 1, Action<VmConfig>? change = null)
    {
        VmConfig config = program.Config(place, cpus);
        change?.Invoke(config);
        await using VirtualMachine vm = VirtualMachine.Create(config, new VmOptions { RestartOnReset = false });
        VmExit exit = await vm.RunAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        ValueTask disposing = vm.DisposeAsync();
        using StreamReader reader = new(vm.Console.Input.AsStream());
        string text = await reader.ReadToEndAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        await disposing;
        return (exit, text);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_guest_prints_on_the_uart_and_powers_off_by_acpi(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            c.Print("up\n");
            c.PowerOff();
        });
        (VmExit exit, string text) = await Run(program, place);
        Assert.Equal((new VmExit(VmExitReason.PowerOff), "up\n"), (exit, text));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task The_local_apic_timer_wakes_a_halted_guest_again_and_again(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            Label handler = c.CreateLabel();
            Label wait = c.CreateLabel();
            c.LoadSegments();
            c.SetHandler(0x40, handler);
            c.Store(Apic + 0xF0, 0x1FF);
            c.Store(Apic + 0x3E0, 0b1011);
            c.Store(Apic + 0x320, 1 << 17 | 0x40); // periodic
            c.mov(ebx, 3);
            c.Store(Apic + 0x380, 5_000_000);
            c.Label(ref wait);
            c.sti();
            c.hlt();
            c.test(ebx, ebx);
            c.jg(wait); // on a busy machine ticks come in a row, also one more than wanted
            c.PowerOff();
            c.Label(ref handler);
            c.Print(".");
            c.dec(ebx);
            c.Store(Apic + 0xB0, 0);
            c.iretq();
        });
        (VmExit exit, string text) = await Run(program, place);
        Assert.Equal((new VmExit(VmExitReason.PowerOff), "..."), (exit, text[..int.Min(text.Length, 3)]));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_device_interrupts_through_the_io_apic(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            Label handler = c.CreateLabel();
            Label stop = c.CreateLabel();
            c.LoadSegments();
            c.SetHandler(0x44, handler);
            c.Store(Apic + 0xF0, 0x1FF);
            // The kernel's pair of 8259s, where it is there, would interrupt by the local APIC's LINT0 too.
            c.Out8(0x21, 0xFF);
            c.Out8(0xA1, 0xFF);
            c.Store(IoApic, 0x10 + 2 * 4 + 1);
            c.Store(IoApic + 0x10, 0);
            c.Store(IoApic, 0x10 + 2 * 4);
            c.Store(IoApic + 0x10, 0x44); // edge, fixed, to APIC 0
            c.sti();
            c.Out8(0x3F9, 0x02); // the transmitter is empty: the UART interrupts at once
            c.Label(ref stop);
            c.hlt();
            c.jmp(stop);
            c.Label(ref handler);
            c.mov(dx, 0x3FA);
            c.@in(al, dx);
            c.mov(cl, al);
            c.Print("u");
            c.PowerOff();
        });
        (VmExit exit, string text) = await Run(program, place);
        Assert.Equal((new VmExit(VmExitReason.PowerOff), "u"), (exit, text));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_level_triggered_interrupt_comes_again_after_each_end(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            Label handler = c.CreateLabel();
            Label stop = c.CreateLabel();
            Label more = c.CreateLabel();
            c.LoadSegments();
            c.SetHandler(0x44, handler);
            c.Store(Apic + 0xF0, 0x1FF);
            c.Out8(0x21, 0xFF);
            c.Out8(0xA1, 0xFF);
            c.mov(ebx, 3);
            c.Store(IoApic, 0x10 + 2 * 4 + 1);
            c.Store(IoApic + 0x10, 0);
            c.Store(IoApic, 0x10 + 2 * 4);
            c.Store(IoApic + 0x10, 1 << 15 | 0x44); // level, fixed, to APIC 0
            c.sti();
            c.Out8(0x3F9, 0x02);
            c.Label(ref stop);
            c.hlt();
            c.jmp(stop);
            c.Label(ref handler);
            c.mov(dx, 0x3FA);
            c.@in(al, dx); // the line falls
            c.Print("u"); // and rises
            c.dec(ebx);
            c.jnz(more);
            c.PowerOff();
            c.Label(ref more);
            c.Store(Apic + 0xB0, 0);
            c.iretq();
        });
        (VmExit exit, string text) = await Run(program, place);
        Assert.Equal((new VmExit(VmExitReason.PowerOff), "uuu"), (exit, text));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_processor_starts_another_by_init_and_start_up(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        Assembler second = new(16);
        second.mov(dx, 0x3F8);
        second.mov(al, (byte)'2');
        second.@out(dx, al);
        second.xor(ax, ax);
        second.mov(ds, ax);
        second.mov(__word_ptr[0x5000], 0x55AA);
        Label idle = second.CreateLabel();
        second.Label(ref idle);
        second.hlt();
        second.jmp(idle);
        byte[] code = X64Program.Encode(second, 0);

        using X64Program program = X64Program.Create(c =>
        {
            Label wait = c.CreateLabel();
            for (int at = 0; at < code.Length; at++)
            {
                c.mov(rdi, X64Program.StartPage + (ulong)at);
                c.mov(__byte_ptr[rdi], code[at]);
            }

            c.Store(0x5000, 0);
            c.Store(Apic + 0xF0, 0x1FF);
            c.Store(Apic + 0x310, 1u << 24);
            c.Store(Apic + 0x300, 0x4500);
            c.Store(Apic + 0x310, 1u << 24);
            c.Store(Apic + 0x300, 0x4600 | (uint)(X64Program.StartPage >> 12));
            c.mov(rdi, 0x5000UL);
            c.Label(ref wait);
            c.pause();
            c.cmp(__word_ptr[rdi], 0x55AA);
            c.jne(wait);
            c.Print("1");
            c.PowerOff();
        });
        (VmExit exit, string text) = await Run(program, place, cpus: 2);
        Assert.Equal((new VmExit(VmExitReason.PowerOff), "21"), (exit, text));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_guest_interrupts_itself_through_the_x2apic_registers(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            Label handler = c.CreateLabel();
            Label stop = c.CreateLabel();
            c.LoadSegments();
            c.SetHandler(0x51, handler);
            c.mov(ecx, 0x1B);
            c.rdmsr();
            c.or(eax, 1 << 10);
            c.wrmsr();
            c.WriteMsr(0x80F, 0x1FF);
            c.sti();
            c.WriteMsr(0x83F, 0x51);
            c.Label(ref stop);
            c.hlt();
            c.jmp(stop);
            c.Label(ref handler);
            c.WriteMsr(0x80B, 0);
            c.mov(ecx, 0x802);
            c.rdmsr();
            c.add(al, (sbyte)'0');
            c.mov(dx, 0x3F8);
            c.@out(dx, al);
            c.PowerOff();
        });
        (VmExit exit, string text) = await Run(program, place);
        Assert.Equal((new VmExit(VmExitReason.PowerOff), "0"), (exit, text));
    }

    [Theory]
    [InlineData(0x64, 0xFE)]
    [InlineData(0xCF9, 0x06)]
    public async Task A_guest_resets_by_the_keyboard_controller_and_the_reset_register(ushort port, byte value)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            Label stop = c.CreateLabel();
            c.Out8(port, value);
            c.Label(ref stop);
            c.hlt();
            c.jmp(stop);
        });
        (VmExit exit, _) = await Run(program, InterruptControllerPlace.Split);
        Assert.Equal(new VmExit(VmExitReason.Reset), exit);
    }

    [Fact]
    public async Task A_triple_fault_ends_the_run_with_a_message_or_starts_the_guest_again()
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c => c.ud2());
        (VmExit exit, _) = await Run(program, InterruptControllerPlace.Split);
        Assert.Equal(VmExitReason.Failed, exit.Reason);
        Assert.StartsWith("vCPU 0: triple fault", exit.Message, StringComparison.Ordinal);

        TaskCompletionSource<string> restarting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using VirtualMachine vm = VirtualMachine.Create(
            program.Config(InterruptControllerPlace.Split), new VmOptions { Restarting = why => restarting.TrySetResult(why) });
        await vm.StartAsync(Cancellation);
        Assert.Equal(exit.Message, await restarting.Task.WaitAsync(s_patience, Cancellation));
    }

    [Fact]
    public async Task A_guest_that_is_started_again_finds_fresh_memory()
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            c.mov(rdi, 0x5000UL);
            c.inc(__byte_ptr[rdi]);
            c.mov(al, __byte_ptr[rdi]);
            c.add(al, (sbyte)'0');
            c.mov(dx, 0x3F8);
            c.@out(dx, al);
            c.PowerOff();
        });
        await using VirtualMachine vm = VirtualMachine.Create(program.Config(InterruptControllerPlace.Split));
        for (int round = 0; round < 3; round++)
            Assert.Equal(VmExitReason.PowerOff, (await vm.RunAsync(Cancellation).WaitAsync(s_patience, Cancellation)).Reason);
        Assert.Equal("111", await vm.Console.ReadUntilAsync("111", s_patience, Cancellation));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Two_machines_run_at_once_and_share_nothing(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            Label handler = c.CreateLabel();
            Label wait = c.CreateLabel();
            c.mov(ebx, __dword_ptr[rsi + 0x228]); // the command line: one character
            c.mov(r8b, __byte_ptr[rbx]);
            c.mov(r9d, 5);
            c.LoadSegments();
            c.SetHandler(0x40, handler);
            c.Store(Apic + 0xF0, 0x1FF);
            c.Store(Apic + 0x3E0, 0b1011);
            c.Store(Apic + 0x320, 1 << 17 | 0x40);
            c.Store(Apic + 0x380, 5_000_000);
            c.Label(ref wait);
            c.sti();
            c.hlt();
            c.test(r9d, r9d);
            c.jg(wait); // as above
            c.PowerOff();
            c.Label(ref handler);
            c.mov(dx, 0x3F8);
            c.mov(al, r8b);
            c.@out(dx, al);
            c.inc(__byte_ptr[rbx]); // one's memory is not the other's
            c.mov(r8b, __byte_ptr[rbx]);
            c.dec(r9d);
            c.Store(Apic + 0xB0, 0);
            c.iretq();
        });
        (VmExit Exit, string Text)[] runs = await Task.WhenAll(
            Run(program, place, change: config => config.Kernel.CommandLine = "a"),
            Run(program, place, change: config => config.Kernel.CommandLine = "n"));
        Assert.Equal(["abcde", "nopqr"], runs.Select(run => run.Text[..int.Min(run.Text.Length, 5)]));
        Assert.All(runs, run => Assert.Equal(VmExitReason.PowerOff, run.Exit.Reason));
    }

    [Fact]
    public async Task The_guest_finds_its_memory_map_and_tables_through_boot_params()
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            Label bad = c.CreateLabel();
            c.mov(rbx, __qword_ptr[rsi + 0x70]); // acpi_rsdp_addr
            c.mov(rax, 0x2052_5450_2044_5352UL); // "RSD PTR "
            c.cmp(__qword_ptr[rbx], rax);
            c.jne(bad);
            c.cmp(__byte_ptr[rsi + 0x1E8], 4); // e820 entries
            c.jne(bad);
            c.cmp(__dword_ptr[rsi + 0x2D0 + 3 * 20], 0x10_0000);
            c.jne(bad);
            c.mov(ebx, __dword_ptr[rsi + 0x228]);
            c.cmp(__dword_ptr[rbx], 0x006F_6C68); // "hlo"
            c.jne(bad);
            c.Print("good");
            c.Label(ref bad);
            c.PowerOff();
        });
        (VmExit _, string text) = await Run(program, InterruptControllerPlace.Split, change: config => config.Kernel.CommandLine = "hlo");
        Assert.Equal("good", text);
    }
}
