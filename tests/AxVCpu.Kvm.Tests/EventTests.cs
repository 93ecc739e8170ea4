using System.Runtime.InteropServices;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Tests;

/// <summary>Events by file descriptor, interrupt lines and the clock of a machine.</summary>
public sealed unsafe partial class EventTests
{
    private const ulong Handler = 0x9000;

    [Fact]
    public void A_write_signals_an_event_instead_of_leaving_the_guest()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.mov(eax, 7);
            c.@out(0x20, eax);
            c.mov(eax, 8);
            c.@out(0x20, eax);
            c.hlt();
        });
        int file = EventFd(0, 0);
        var place = new KvmIoEvent(0x20, 4, IsPort: true, Match: 7);
        guest.Machine.AddIoEvent(file, place);
        Assert.Equal(8UL, guest.NextOut(0x20)); // 7 did not leave
        ulong count;
        Assert.Equal(sizeof(ulong), (int)ReadFile(file, &count, sizeof(ulong)));
        Assert.Equal(1UL, count);
        Assert.Throws<EngineException>(() => guest.Machine.AddIoEvent(file, place));
        guest.Machine.RemoveIoEvent(file, place);
        guest.Cpu.Reset();
        Assert.Equal(7UL, guest.NextOut(0x20));
        _ = CloseFile(file);
    }

    [Fact]
    public void An_event_and_a_line_interrupt_the_guest_through_the_controllers_in_the_kernel()
    {
        using var guest = new Guest(
            Mode.Real,
            c =>
            {
                // The first 8259: vectors from 0x20, all lines open but the cascade's.
                foreach ((byte port, byte value) in new[] { ((byte)0x20, (byte)0x11), ((byte)0x21, (byte)0x20), ((byte)0x21, (byte)4), ((byte)0x21, (byte)1), ((byte)0x21, (byte)0) })
                {
                    c.mov(al, (sbyte)value);
                    c.@out((sbyte)port, al);
                }

                c.@out(0x10, al);
                c.sti();
                Iced.Intel.Label loop = c.CreateLabel();
                c.Label(ref loop);
                c.hlt();
                c.jmp(loop);
            },
            controller: X64InterruptController.Kernel);
        guest.Write(0x25 * 4, (uint)Handler);
        guest.Load(Mode.Real, Handler, c =>
        {
            c.mov(al, 0x20);
            c.@out(0x20, al); // end of interrupt
            c.mov(al, 5);
            c.@out(0x11, al);
            c.iret();
        });
        int file = EventFd(0, 0);
        guest.Machine.SetRoutes([KvmRoute.ToMasterPic(5, 5), KvmRoute.ToIoApic(6, 6), KvmRoute.ToMessage(7, 0xFEE0_0000, 0x30)]);
        guest.Machine.AddInterruptEvent(file, 5);
        guest.NextOut(0x10); // the controller is ready
        ulong one = 1;
        Assert.Equal(sizeof(ulong), (int)WriteFile(file, &one, sizeof(ulong)));
        Assert.Equal(5UL, guest.NextOut(0x11));
        guest.Machine.RemoveInterruptEvent(file, 5);
        guest.Machine.SetInterruptLine(5, true);
        guest.Machine.SetInterruptLine(5, false);
        Assert.Equal(5UL, guest.NextOut(0x11));
        _ = CloseFile(file);
    }

    [Fact]
    public void Controllers_that_are_not_there_are_refused()
    {
        using var guest = new Guest(Mode.Long, c => c.hlt());
        Assert.Throws<EngineException>(() => guest.Machine.SetInterruptLine(1, true));
        Assert.Throws<EngineException>(() => guest.Machine.SignalMsi(0xFEE0_0000, 0x20));
        Assert.Throws<ArgumentException>(() => new KvmX64Machine(new KvmX64MachineConfig { Memory = guest.Memory, KernelTimer = true }));
    }

    /// <summary>What one run left in the controllers must not be there for the next, which begins at power-on.</summary>
    [Fact]
    public void The_controllers_in_the_kernel_return_to_power_on()
    {
        Guest.Require();
        using var guest = new Guest(Mode.Protected, c =>
        {
            // The I/O APIC's entry 5 and the first PIC's mask: shown, and changed.
            c.mov(ebx, unchecked((int)0xFEC0_0000));
            Iced.Intel.Label loop = c.CreateLabel();
            c.Label(ref loop);
            c.mov(__dword_ptr[ebx], 0x10 + (2 * 5));
            c.mov(eax, __dword_ptr[ebx + 0x10]);
            c.@out(0x90, eax);
            c.mov(__dword_ptr[ebx + 0x10], 0x45);
            c.@in(al, 0x21);
            c.mov(cl, al);
            c.mov(al, 0xFB);
            c.@out(0x21, al);
            c.mov(al, cl);
            c.@out(0x91, al);
            c.jmp(loop);
        }, controller: X64InterruptController.Kernel);
        const uint Masked = 0x1_0000;
        Assert.Equal(Masked, guest.NextOut(0x90));
        ulong mask = guest.NextOut(0x91);
        Assert.Equal(0x45u, guest.NextOut(0x90));
        Assert.Equal(0xFBu, guest.NextOut(0x91));
        guest.Machine.ResetInterruptControllers();
        Assert.Equal(Masked, guest.NextOut(0x90));
        Assert.Equal(mask, guest.NextOut(0x91));
    }

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int EventFd(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint ReadFile(int file, void* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint WriteFile(int file, void* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseFile(int file);
}
