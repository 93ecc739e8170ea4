using AxVCpu;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace AxVM.Tests.X64;

/// <summary>What guests rely on in their interrupt controllers, with each place of them.</summary>
public sealed class X64ApicTests
{
    private const ulong Apic = 0xFEE0_0000;
    private const ulong IoApic = 0xFEC0_0000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<InterruptControllerPlace> Places => X64VirtTests.Places;

    /// <summary>Starts the guest, waits for what it must print first, and stops it.</summary>
    private static async Task Expect(X64Program program, InterruptControllerPlace place, string text)
    {
        await using VirtualMachine vm = VirtualMachine.Create(program.Config(place));
        await vm.StartAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        string printed = await vm.Console.ReadUntilAsync(text, s_patience, Cancellation);
        Assert.StartsWith(text, printed, StringComparison.Ordinal);
        await vm.StopAsync(Cancellation).WaitAsync(s_patience, Cancellation);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task The_timer_keeps_deadlines_of_the_time_stamp_counter(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            Label handler = c.CreateLabel();
            Label wait = c.CreateLabel();
            Label early = c.CreateLabel();
            Label end = c.CreateLabel();
            c.LoadSegments();
            c.SetHandler(0x42, handler);
            c.mov(eax, 1);
            c.cpuid();
            c.test(ecx, 1 << 24);
            c.jz(end); // without the mode the guest prints nothing
            c.Store(Apic + 0xF0, 0x1FF);
            c.Store(Apic + 0x320, 1 << 18 | 0x42);
            c.mov(r15d, 3);
            Arm(c);
            c.Label(ref wait);
            c.sti();
            c.hlt();
            c.jmp(wait);
            c.Label(ref handler);
            c.rdtsc();
            c.shl(rdx, 32);
            c.or(rax, rdx);
            c.cmp(rax, r12);
            c.jb(early);
            c.Print(".");
            c.Label(ref early);
            c.dec(r15d);
            c.jz(end);
            Arm(c);
            c.Store(Apic + 0xB0, 0);
            c.iretq();
            c.Label(ref end);
            c.Print("!");
            Label stop = c.CreateLabel();
            c.Label(ref stop);
            c.hlt();
            c.jmp(stop);
        });
        await Expect(program, place, "...!");

        static void Arm(Assembler c)
        {
            c.rdtsc();
            c.shl(rdx, 32);
            c.or(rax, rdx);
            c.add(rax, 20_000_000);
            c.mov(r12, rax);
            c.mov(rdx, rax);
            c.shr(rdx, 32);
            c.mov(ecx, 0x6E0);
            c.wrmsr();
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_task_priority_in_cr8_holds_an_interrupt_back_until_it_is_lowered(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            Label handler = c.CreateLabel();
            Label stop = c.CreateLabel();
            c.LoadSegments();
            c.SetHandler(0x44, handler);
            c.Store(Apic + 0xF0, 0x1FF);
            c.mov(eax, 5);
            c.mov(cr8, rax);
            c.Store(Apic + 0x300, 1 << 18 | 0x44); // to itself
            c.sti();
            c.Print("h");
            // The APIC's register shows what CR8 has, and the other way round.
            c.mov(rdi, Apic + 0x80);
            c.mov(eax, __dword_ptr[rdi]);
            c.shr(eax, 4);
            c.add(al, (sbyte)'0');
            c.mov(dx, 0x3F8);
            c.@out(dx, al);
            c.Store(Apic + 0x80, 0x70);
            c.mov(rax, cr8);
            c.add(al, (sbyte)'0');
            c.@out(dx, al);
            c.xor(eax, eax);
            c.mov(cr8, rax);
            c.Label(ref stop);
            c.hlt();
            c.jmp(stop);
            c.Label(ref handler);
            c.Print("i");
            c.jmp(stop);
        });
        await Expect(program, place, "h57i");
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_guest_that_waits_for_its_timer_goes_on_after_a_pause(InterruptControllerPlace place)
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
            c.Store(Apic + 0x380, 5_000_000);
            c.Label(ref wait);
            c.sti();
            c.hlt();
            c.jmp(wait);
            c.Label(ref handler);
            c.Print(".");
            c.Store(Apic + 0xB0, 0);
            c.iretq();
        });
        await using VirtualMachine vm = VirtualMachine.Create(program.Config(place));
        await vm.StartAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        for (int pause = 0; pause < 3; pause++)
        {
            await vm.Console.ReadUntilAsync("...", s_patience, Cancellation);
            await vm.PauseAsync(Cancellation).WaitAsync(s_patience, Cancellation);
            Assert.Equal(VmState.Paused, vm.State);
            await vm.ResumeAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        }

        await vm.Console.ReadUntilAsync("...", s_patience, Cancellation);
        await vm.StopAsync(Cancellation).WaitAsync(s_patience, Cancellation);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_reset_brings_the_io_apic_back_to_power_on(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            Label used = c.CreateLabel();
            Label stop = c.CreateLabel();
            c.Store(IoApic, 0x10 + 2 * 5);
            c.mov(rdi, IoApic + 0x10);
            c.cmp(__dword_ptr[rdi], 1 << 16); // masked
            c.jne(used);
            c.Print("f");
            c.Store(IoApic + 0x10, 0x45);
            c.Out8(0x64, 0xFE);
            c.jmp(stop);
            c.Label(ref used);
            c.Print("u");
            c.Label(ref stop);
            c.hlt();
            c.jmp(stop);
        });
        await Expect(program, place, "fff");
    }
}
