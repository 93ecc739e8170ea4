using AxVCpu;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace AxVM.Tests.X64;

/// <summary>What kernels that read no tables rely on: the ports of QEMU and Bochs for switching off and testing, a text screen, a halt as the end.</summary>
public sealed class X64SmallKernelTests
{
    private const ulong Screen = 0xB_8000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<InterruptControllerPlace> Places =>
        [InterruptControllerPlace.None, InterruptControllerPlace.Split, InterruptControllerPlace.Kernel];

    private static async Task<(VmExit Exit, string? Screen)> Run(X64Program program, InterruptControllerPlace place, int cpus = 1)
    {
        await using VirtualMachine vm = VirtualMachine.Create(
            program.Config(place, cpus), new VmOptions { RestartOnReset = false, DiscardConsole = true });
        VmExit exit = await vm.RunAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        return (exit, vm.ReadScreen());
    }

    private static async Task<VmExit> RunToEnd(Action<Assembler> body, InterruptControllerPlace place = InterruptControllerPlace.Split)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(body);
        return (await Run(program, place)).Exit;
    }

    private static void Out16(Assembler c, ushort port, ushort value)
    {
        c.mov(dx, port);
        c.mov(ax, value);
        c.@out(dx, ax);
    }

    private static void HaltForGood(Assembler c)
    {
        Label stop = c.CreateLabel();
        c.cli();
        c.Label(ref stop);
        c.hlt();
        c.jmp(stop);
    }

    [Theory]
    [InlineData(0x604)]
    [InlineData(0xB004)]
    public async Task The_sleep_type_of_qemu_and_bochs_switches_off(int port) =>
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await RunToEnd(c =>
        {
            Out16(c, (ushort)port, 0x2000);
            c.Out8(0xF4, 0x7F);
        }));

    [Fact]
    public async Task The_word_shutdown_at_the_port_of_bochs_switches_off() =>
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await RunToEnd(c =>
        {
            foreach (char letter in "ShutShutdown")
                c.Out8(0x8900, (byte)letter);
            c.Out8(0xF4, 0x7F);
        }));

    [Fact]
    public async Task System_control_port_a_has_line_20_open_and_resets() =>
        Assert.Equal(new VmExit(VmExitReason.Reset), await RunToEnd(c =>
        {
            Label closed = c.CreateLabel();
            c.@in(al, 0x92);
            c.cmp(al, 2);
            c.jne(closed);
            c.Out8(0x92, 2);
            c.Out8(0x92, 3);
            c.Label(ref closed);
            c.Out8(0xF4, 0x7F);
        }));

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_halt_with_interrupts_masked_is_the_end_and_the_screen_stays(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            const string Words = "Hello, screen";
            for (int i = 0; i < Words.Length; i++)
                c.Store(Screen + 160 + (ulong)i * 2, 0x0700u | Words[i] | 0x0720_0000);
            c.Store(Screen + 160 * 24 + 158, 0x07FE);
            HaltForGood(c);
        });
        (VmExit exit, string? screen) = await Run(program, place);
        Assert.Equal(new VmExit(VmExitReason.Halted), exit);
        Assert.Equal("\nHello, screen" + new string('\n', 23) + new string(' ', 79) + "■\n", screen);
    }

    /// <summary>Scrolled by the CRT controller to the second row, which is then the first.</summary>
    [Fact]
    public async Task The_screen_is_shown_from_where_the_crt_controller_begins()
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            Label wait = c.CreateLabel();
            c.Store(Screen, 0x0741);
            c.Store(Screen + 160, 0x0742);
            Out16(c, 0x3D4, 80 << 8 | 0x0D);
            c.mov(dx, 0x3DA);
            c.Label(ref wait);
            c.@in(al, dx);
            c.test(al, 8); // the vertical retrace
            c.jz(wait);
            c.Out8(0x3D4, 0x0D);
            c.mov(dx, 0x3D5);
            c.@in(al, dx);
            c.@out(0xF4, al);
        });
        Assert.Equal((new VmExit(VmExitReason.GuestExit, 161), "B\n"), await Run(program, InterruptControllerPlace.Split));
    }

    [Fact]
    public async Task Nothing_on_the_screen_is_nothing_to_show()
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c => c.PowerOff());
        Assert.Equal((new VmExit(VmExitReason.PowerOff), null), await Run(program, InterruptControllerPlace.Split));
    }

    /// <summary>The second processor is halted for good, the first sleeps until its timer's interrupt: nobody ends it before it ends itself.</summary>
    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_guest_that_waits_for_an_interrupt_is_not_over(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        const ulong Apic = 0xFEE0_0000;
        using X64Program program = X64Program.Create(c =>
        {
            Label handler = c.CreateLabel();
            Label wait = c.CreateLabel();
            c.Store(X64Program.StartPage, 0xF4FA); // cli, hlt
            c.LoadSegments();
            c.SetHandler(0x40, handler);
            c.Store(Apic + 0xF0, 0x1FF);
            c.Store(Apic + 0x300, 0x000C_4500); // INIT to all others
            c.Store(Apic + 0x300, 0x000C_4600 | (uint)(X64Program.StartPage >> 12));
            c.Store(Apic + 0x3E0, 0b1011);
            c.Store(Apic + 0x320, 0x40); // once, after 2.5 s
            c.Store(Apic + 0x380, 2_500_000_000);
            c.Label(ref wait);
            c.sti();
            c.hlt();
            c.jmp(wait);
            c.Label(ref handler);
            c.Out8(0xF4, 1);
        });
        Assert.Equal((new VmExit(VmExitReason.GuestExit, 3), null), await Run(program, place, cpus: 2));
    }

    [Fact]
    public async Task An_instruction_that_kvm_cannot_execute_is_named_with_its_address()
    {
        VmExit exit = await RunToEnd(c =>
        {
            c.mov(rax, 0xD800_0000UL); // no memory to fetch from
            c.jmp(rax);
        });
        Assert.Equal(VmExitReason.Failed, exit.Reason);
        Assert.StartsWith("vCPU 0: KVM cannot execute the instruction at 0xd8000000", exit.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_test_device_keeps_what_is_written_in_any_width()
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            Label bad = c.CreateLabel();
            c.mov(eax, 0x4433_2211);
            c.@out(0xE0, eax);
            c.@in(al, 0xE2);
            c.cmp(al, 0x33);
            c.jne(bad);
            c.@out(0xE4, eax);
            c.mov(rdi, 0xFF00_0FFEUL);
            c.mov(rax, 0x8877_6655_4433_2211UL);
            c.mov(__qword_ptr[rdi], rax);
            c.mov(eax, __dword_ptr[rdi + 3]);
            c.cmp(eax, 0x7766_5544);
            c.jne(bad);
            c.Out8(0xF4, 2);
            c.Label(ref bad);
            c.Out8(0xF4, 3);
        });
        Assert.Equal((new VmExit(VmExitReason.GuestExit, 5), null), await Run(program, InterruptControllerPlace.Split));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task The_test_device_drives_the_pins_of_the_io_apic(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        const ulong Apic = 0xFEE0_0000;
        const ulong IoApic = 0xFEC0_0000;
        const uint Pin = 23;
        using X64Program program = X64Program.Create(c =>
        {
            Label handler = c.CreateLabel();
            Label wait = c.CreateLabel();
            c.LoadSegments();
            c.SetHandler(0x44, handler);
            c.Store(Apic + 0xF0, 0x1FF);
            c.Out8(0x21, 0xFF);
            c.Out8(0xA1, 0xFF);
            c.Store(IoApic, 0x10 + Pin * 2 + 1);
            c.Store(IoApic + 0x10, 0);
            c.Store(IoApic, 0x10 + Pin * 2);
            c.Store(IoApic + 0x10, 0x44);
            c.sti();
            c.mov(dx, (ushort)(0x2000 + Pin));
            c.mov(eax, 1);
            c.@out(dx, eax);
            c.Label(ref wait);
            c.hlt();
            c.jmp(wait);
            c.Label(ref handler);
            c.Out8(0xF4, 4);
        });
        Assert.Equal((new VmExit(VmExitReason.GuestExit, 9), null), await Run(program, place));
    }
}
