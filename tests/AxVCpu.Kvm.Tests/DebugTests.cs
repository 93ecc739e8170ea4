using AxVCpu.X64;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Tests;

/// <summary>The VMM's breakpoints and steps.</summary>
public sealed class DebugTests
{
    [Fact]
    public void A_breakpoint_instruction_stops_at_itself_when_the_vmm_wants_it()
    {
        using var guest = new Guest(Mode.User, c =>
        {
            c.nop();
            c.int3();
            c.mov(al, 1);
            c.@out(0x10, al);
        });
        Ask(guest, new X64DebugRequest { BreakpointExits = true });
        VCpuExit exit = guest.Run();
        Assert.Equal(VCpuExitKind.Debug, exit.Kind);
        Assert.Equal((DebugReason.Breakpoint, Guest.Entry + 1), (exit.Debug.Reason, exit.Debug.ProgramCounter));
        Assert.Equal(Guest.Entry + 1, guest.Cpu.ProgramCounter);
        guest.Cpu.ProgramCounter++;
        Assert.Equal(1UL, guest.NextOut(0x10));
    }

    [Fact]
    public void Single_steps_stop_after_every_instruction()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.nop();
            c.nop();
            c.xchg(rax, rbx);
            c.nop();
            c.hlt();
        });
        Assert.True(guest.Arch.SetDebug(new X64DebugRequest { SingleStep = true }).IsNone);
        foreach (ulong offset in (ulong[])[1, 2, 5])
        {
            VCpuExit exit = guest.Run();
            Assert.Equal((VCpuExitKind.Debug, DebugReason.SingleStep, Guest.Entry + offset), (exit.Kind, exit.Debug.Reason, exit.Debug.ProgramCounter));
        }

        Assert.True(guest.Arch.SetDebug(default).IsNone);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
    }

    [Fact]
    public void Steps_go_on_from_where_the_vmm_has_moved_the_guest()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.nop();
            c.nop();
            c.nop();
            c.inc(rbx);
            c.inc(rbx);
            c.hlt();
        });
        Assert.True(guest.Arch.SetDebug(new X64DebugRequest { SingleStep = true }).IsNone);
        VCpuExit exit = guest.Run();
        Assert.Equal((VCpuExitKind.Debug, Guest.Entry + 1), (exit.Kind, exit.Debug.ProgramCounter));
        guest.Cpu.ProgramCounter = Guest.Entry + 3;
        exit = guest.Run();
        Assert.Equal((VCpuExitKind.Debug, Guest.Entry + 6), (exit.Kind, exit.Debug.ProgramCounter));
        Assert.Equal(1UL, guest.Cpu.GetGpr((int)X64Register.Rbx));
        Assert.True(guest.Arch.SetDebug(default).IsNone);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.Equal(2UL, guest.Cpu.GetGpr((int)X64Register.Rbx));
    }

    [Fact]
    public void A_hardware_breakpoint_stops_before_its_instruction()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.nop();
            c.nop();
            c.nop();
            c.hlt();
        });
        const ulong EnableFirst = 0x402; // DR7: G0, instruction, and the bit that is always one
        Assert.True(guest.Arch.SetDebug(new X64DebugRequest { Dr0 = Guest.Entry + 2, Dr7 = EnableFirst }).IsNone);
        VCpuExit exit = guest.Run();
        Assert.Equal((VCpuExitKind.Debug, DebugReason.Breakpoint, Guest.Entry + 2), (exit.Kind, exit.Debug.Reason, exit.Debug.ProgramCounter));
        Assert.True(guest.Arch.SetDebug(default).IsNone);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
    }

    [Fact]
    public void A_watchpoint_stops_after_the_write()
    {
        using var guest = new Guest(Mode.User, c =>
        {
            c.mov(eax, 5);
            c.mov(__dword_ptr[0x30_0000], eax);
            c.nop();
            c.@out(0x10, al);
        });
        const ulong WatchWrites = 0x402 | (1UL << 16) | (3UL << 18); // DR7: G0, writes, four bytes
        Ask(guest, new X64DebugRequest { Dr0 = 0x30_0000, Dr7 = WatchWrites });
        VCpuExit exit = guest.Run();
        Assert.Equal((VCpuExitKind.Debug, DebugReason.Watchpoint), (exit.Kind, exit.Debug.Reason));
        Assert.Equal(5u, guest.Read<uint>(0x30_0000));
    }

    private static void Ask(Guest guest, X64DebugRequest request)
    {
        EngineError error = guest.Arch.SetDebug(in request);
        if (guest.Machine.Module == KvmModule.Pvm)
        {
            Assert.Equal(EngineErrorCode.NotSupported, error.Code);
            Assert.Skip("kvm_pvm does not report breakpoint instructions and data breakpoints, and the engine says so");
        }

        Assert.True(error.IsNone);
    }
}
