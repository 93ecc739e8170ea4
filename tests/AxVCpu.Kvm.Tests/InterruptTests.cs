using AxVCpu.X64;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Tests;

/// <summary>Interrupts of vCPUs without and with a local APIC in the kernel.</summary>
public sealed class InterruptTests
{
    private const ulong Handler = 0x9000;
    private const ulong OtherHandler = 0x9800;

    [Fact]
    public void A_vector_waits_until_the_guest_takes_interrupts_and_the_highest_comes_first()
    {
        using Guest guest = WithHandlers(c =>
        {
            c.mov(al, 1);
            c.@out(0x10, al);
            c.mov(al, 2);
            c.@out(0x10, al); // interrupts are still disabled
            c.sti();
            Delay(c);
            c.hlt();
        });
        Assert.Equal(1UL, guest.NextOut(0x10));
        guest.Cpu.InjectInterrupt(0x20);
        guest.Cpu.InjectInterrupt(0x30);
        Assert.Equal(2UL, guest.NextOut(0x10));
        Assert.Equal(0x30UL, guest.NextOut(0x11));
        Assert.Equal(0x20UL, guest.NextOut(0x11));
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
    }

    [Fact]
    public void A_halted_guest_is_not_entered_until_something_ends_the_halt()
    {
        using Guest guest = WithHandlers(c =>
        {
            c.sti();
            c.hlt();
            c.mov(al, 7);
            c.@out(0x10, al);
            c.cli();
            c.hlt();
            c.mov(al, 8);
            c.@out(0x10, al);
            c.hlt();
        });
        for (int i = 0; i < 3; i++)
            Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.False(guest.Arch.HasPendingInterrupt);
        guest.Cpu.InjectInterrupt(0x20);
        Assert.True(guest.Arch.HasPendingInterrupt);
        Assert.Equal(0x20UL, guest.NextOut(0x11));
        Assert.Equal(7UL, guest.NextOut(0x10));
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        guest.Cpu.InjectInterrupt(0x20); // disabled: the halt goes on
        Assert.False(guest.Arch.HasPendingInterrupt);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        guest.Cpu.InjectInterrupt((uint)X64InterruptInput.Nmi);
        Assert.True(guest.Arch.HasPendingInterrupt);
        Assert.Equal(2UL, guest.NextOut(0x11));
        Assert.Equal(8UL, guest.NextOut(0x10));
    }

    [Fact]
    public void The_interrupt_pin_asks_the_vmm_for_a_vector_when_the_guest_can_take_it()
    {
        using Guest guest = WithHandlers(c =>
        {
            c.mov(al, 1);
            c.@out(0x10, al);
            c.sti();
            Delay(c);
            c.mov(al, 2);
            c.@out(0x10, al);
            c.hlt();
        });
        guest.Cpu.SetInterruptLine((uint)X64InterruptInput.Intr, true);
        Assert.Equal(1UL, guest.NextOut(0x10));
        VCpuExit exit = guest.Run();
        Assert.Equal((VCpuExitKind.ArchSpecific, (uint)X64Exit.InterruptWindow), (exit.Kind, exit.ArchSpecificCode));
        guest.Cpu.SetInterruptLine((uint)X64InterruptInput.Intr, false); // the controller's answer
        guest.Cpu.InjectInterrupt(0x20);
        Assert.Equal(0x20UL, guest.NextOut(0x11));
        Assert.Equal(2UL, guest.NextOut(0x10));
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_interrupt_that_comes_while_a_register_is_refused_is_taken_as_well_as_the_fault(bool isWrite)
    {
        const byte GeneralProtection = 13;
        const ulong FaultHandler = Handler + 0x600;
        using Guest guest = WithHandlers(c =>
        {
            c.mov(ecx, 0x4242);
            c.sti();
            c.nop();
            if (isWrite)
                c.wrmsr();
            else
                c.rdmsr();
            Delay(c);
            c.mov(al, 7);
            c.@out(0x10, al);
        });
        guest.Write(GeneralProtection * 4UL, (uint)FaultHandler);
        guest.Load(Mode.Real, FaultHandler, c =>
        {
            c.push(bp);
            c.mov(bp, sp);
            c.add(__word_ptr[bp + 2], 2); // the return address, behind the instruction
            c.mov(al, GeneralProtection);
            c.@out(0x11, al);
            c.pop(bp);
            c.iret();
        });
        Assert.Equal(isWrite ? VCpuExitKind.SysRegWrite : VCpuExitKind.SysRegRead, guest.Run().Kind);
        guest.Cpu.InjectInterrupt(0x20);
        guest.Cpu.FailAccess();
        ulong[] taken = [guest.NextOut(0x11), guest.NextOut(0x11)];
        Assert.Equal([GeneralProtection, 0x20UL], taken.Order());
        Assert.Equal(7UL, guest.NextOut(0x10));
    }

    [Fact]
    public void An_interrupt_of_another_thread_reaches_a_guest_that_never_exits()
    {
        using Guest guest = WithHandlers(c =>
        {
            c.sti();
            Iced.Intel.Label loop = c.CreateLabel();
            c.Label(ref loop);
            c.jmp(loop);
        });
        for (int i = 0; i < 50; i++)
        {
            var other = new Thread(() =>
            {
                while (guest.Cpu.State != VCpuState.Running)
                    Thread.Yield();
                guest.Cpu.InjectInterrupt(0x20);
            });
            other.Start();
            Assert.Equal(0x20UL, guest.NextOut(0x11));
            other.Join();
        }
    }

    [Fact]
    public void The_task_priority_goes_both_ways_between_guest_and_vmm()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.mov(eax, 5);
            c.mov(cr8, rax);
            c.@out(0x10, al);
            c.mov(rax, cr8);
            c.@out(0x10, al);
            c.mov(eax, 2);
            c.mov(cr8, rax);
            c.@out(0x11, al);
            c.hlt();
        });
        Assert.Equal(0, guest.Arch.TaskPriority);
        guest.NextOut(0x10);
        Assert.Equal(5, guest.Arch.TaskPriority);
        Assert.True(guest.Arch.Read(out X64SystemRegisters system).IsNone);
        Assert.Equal(5UL, system.Cr8);
        guest.Arch.TaskPriority = 9;
        Assert.Equal(9UL, guest.NextOut(0x10));
        VCpuExit exit = guest.Run();
        Assert.Equal((VCpuExitKind.ArchSpecific, (uint)X64Exit.TaskPriority), (exit.Kind, exit.ArchSpecificCode));
        Assert.Equal(2, exit.ArchSpecific<X64TaskPriority>().Class);
        guest.NextOut(0x11);
        Assert.Equal(2, guest.Arch.TaskPriority);
        guest.Cpu.Reset();
        Assert.Equal(0, guest.Arch.TaskPriority);
    }

    [Fact]
    public void An_input_that_does_not_exist_is_refused()
    {
        using var guest = new Guest(Mode.Long, c => c.hlt());
        Assert.Equal(EngineErrorCode.InvalidArgument, Assert.Throws<EngineException>(() => guest.Cpu.InjectInterrupt(300)).Error.Code);
        Assert.Equal(EngineErrorCode.InvalidArgument, Assert.Throws<EngineException>(() => guest.Cpu.SetInterruptLine(3, true)).Error.Code);
    }

    [Theory]
    [InlineData(X64InterruptController.Kernel)]
    [InlineData(X64InterruptController.Split)]
    public void Application_processors_wait_in_the_kernel_and_start_by_init_and_start_up(X64InterruptController controller)
    {
        using var guest = new Guest(
            Mode.Long,
            c =>
            {
                // x2APIC: INIT, then start-up with vector 9, to APIC id 1.
                c.mov(ecx, 0x1B);
                c.rdmsr();
                c.or(eax, 1 << 10);
                c.wrmsr();
                c.mov(ecx, 0x830);
                c.mov(edx, 1);
                c.mov(eax, 0x4500);
                c.wrmsr();
                c.mov(eax, 0x4600 | 9);
                c.wrmsr();
                Iced.Intel.Label wait = c.CreateLabel();
                c.Label(ref wait);
                c.pause();
                c.cmp(__dword_ptr[0x30_0000], 0x5A);
                c.jne(wait);
                c.mov(al, 1);
                c.@out(0x10, al);
            },
            cpus: 2,
            controller: controller);
        guest.Load(Mode.Real, Handler, c =>
        {
            c.mov(ax, 0x3000);
            c.mov(ds, ax);
            c.mov(ax, cs);
            c.@out(0x12, ax);
            c.hlt();
        });
        ulong codeSegment = 0;
        var second = new Thread(() =>
        {
            VirtualCpu<KvmX64VCpu> cpu = guest.Cpus[1];
            cpu.Bind();
            VCpuExit exit = cpu.Run();
            codeSegment = exit.Kind == VCpuExitKind.IoWrite ? exit.IoWrite.Data : 0;
            guest.Write(0x30_0000, 0x5A);
            cpu.Unbind();
        });
        second.Start();
        Assert.Equal(1UL, guest.NextOut(0x10));
        second.Join();
        Assert.Equal(Handler >> 4, codeSegment);
    }

    [Fact]
    public void A_message_wakes_a_vcpu_that_halts_in_the_kernel()
    {
        using Guest guest = WithHandlers(
            c =>
            {
                // x2APIC mode, and the spurious vector register's enable bit.
                c.mov(ecx, 0x1B);
                c.rdmsr();
                c.or(eax, 1 << 10);
                c.wrmsr();
                c.mov(ecx, 0x80F);
                c.mov(eax, 0x1FF);
                c.xor(edx, edx);
                c.wrmsr();
                c.sti();
                c.hlt();
                c.mov(al, 9);
                c.@out(0x10, al);
            },
            X64InterruptController.Split);
        // Message to APIC 0, vector 0x20, edge (Intel SDM volume 3, 12.11).
        const ulong MessageAddress = 0xFEE0_0000;
        var other = new Thread(() =>
        {
            while (guest.Cpu.State != VCpuState.Running)
                Thread.Yield();
            while (!guest.Machine.SignalMsi(MessageAddress, 0x20))
                Thread.Yield();
        });
        other.Start();
        Assert.Equal(0x20UL, guest.NextOut(0x11));
        other.Join();
    }

    // Some instructions at which an interrupt can be taken: a kernel that emulates the guest does not look after each.
    private static void Delay(Iced.Intel.Assembler c)
    {
        c.mov(cx, 5000);
        Iced.Intel.Label loop = c.CreateLabel();
        c.Label(ref loop);
        c.loop(loop);
    }

    /// <summary>A real-mode guest whose handlers for vectors 2, 0x20 and 0x30 write their vector to port 0x11.</summary>
    private static Guest WithHandlers(Action<Iced.Intel.Assembler> program, X64InterruptController controller = X64InterruptController.None)
    {
        var guest = new Guest(
            Mode.Real,
            c =>
            {
                if (controller != X64InterruptController.None)
                {
                    c.mov(ax, 0);
                    c.mov(ds, ax);
                }

                program(c);
            },
            controller: controller);
        foreach ((uint vector, ulong address) in new[] { (2u, Handler + 0x400), (0x20u, Handler), (0x30u, OtherHandler) })
        {
            guest.Write(vector * 4, (uint)address);
            guest.Load(Mode.Real, address, c =>
            {
                c.push(ax);
                c.mov(al, (sbyte)vector);
                c.@out(0x11, al);
                c.pop(ax);
                c.iret();
            });
        }

        return guest;
    }
}
