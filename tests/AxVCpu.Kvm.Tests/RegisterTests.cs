using System.Runtime.CompilerServices;
using AxVCpu.X64;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Tests;

/// <summary>What is written is what is read, and what the guest sees; for every group.</summary>
public sealed class RegisterTests
{
    [Fact]
    public void General_registers_reach_the_guest_and_come_back()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            for (int i = 0; i < X64GeneralRegisters.Count; i++)
                c.not(Registers[i]);
            c.stc();
            c.hlt();
        });
        X64GeneralRegisters registers = new() { Rip = Guest.Entry };
        for (int i = 0; i < X64GeneralRegisters.Count; i++)
            registers[(X64Register)i] = 0x0101_0101_0101_0101UL * (ulong)(i + 1);
        Assert.True(guest.Arch.Write(in registers).IsNone);
        Assert.True(guest.Arch.Read(out X64GeneralRegisters before).IsNone);
        Assert.Equal(registers.R15, before.R15);
        Assert.Equal(X64Flags.Fixed, before.Rflags);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.True(guest.Arch.Read(out X64GeneralRegisters after).IsNone);
        for (int i = 0; i < X64GeneralRegisters.Count; i++)
        {
            Assert.Equal(~registers[(X64Register)i], after[(X64Register)i]);
            Assert.Equal(~registers[(X64Register)i], guest.Cpu.GetGpr(i));
        }

        Assert.Equal(1UL, after.Rflags & 1);
    }

    [Theory]
    [InlineData(X64InterruptController.None)]
    [InlineData(X64InterruptController.Split)]
    [InlineData(X64InterruptController.Kernel)]
    public void A_single_register_is_written_in_the_middle_of_a_run(X64InterruptController controller)
    {
        using var guest = new Guest(
            Mode.Long,
            c =>
            {
                c.@out(0x10, al);
                c.mov(__[0x30_0000], r13);
                c.mov(__[0x30_0008], rbx);
                c.@out(0x11, al);
            },
            controller: controller);
        guest.NextOut(0x10);
        guest.Cpu.SetGpr((int)X64Register.R13, 0xABCD);
        guest.Cpu.SetGpr((int)X64Register.Rbx, 0x1234);
        guest.NextOut(0x11);
        Assert.Equal((0xABCDUL, 0x1234UL), (guest.Read<ulong>(0x30_0000), guest.Read<ulong>(0x30_0008)));
    }

    [Fact]
    public void System_registers_survive_a_round_trip()
    {
        using var guest = new Guest(Mode.Long, c => c.hlt());
        Assert.True(guest.Arch.Read(out X64SystemRegisters first).IsNone);
        first.Cr2 = 0x1234_5678;
        first.Fs.Base = 0x7FFF_1234_5000;
        first.Gdt = new() { Base = 0x5000, Limit = 0x7F };
        first.Idt = new() { Base = 0x6000, Limit = 0xFFF };
        first.Cs.Attributes |= X64SegmentAttributes.Available;
        Assert.True(guest.Arch.Write(in first).IsNone);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.True(guest.Arch.Read(out X64SystemRegisters second).IsNone);
        Assert.Equal(first.Cr2, second.Cr2);
        Assert.Equal(first.Cr3, second.Cr3);
        Assert.Equal(first.Efer, second.Efer);
        Assert.Equal(first.Fs.Base, second.Fs.Base);
        Assert.Equal((first.Gdt.Base, first.Gdt.Limit, first.Idt.Base, first.Idt.Limit), (second.Gdt.Base, second.Gdt.Limit, second.Idt.Base, second.Idt.Limit));
        Assert.Equal((first.Cs.Attributes, first.Cs.Selector, first.Cs.Limit), (second.Cs.Attributes, second.Cs.Selector, second.Cs.Limit));
    }

    [Fact]
    public void Extended_registers_survive_a_round_trip()
    {
        using var guest = new Guest(Mode.Long, c => c.hlt());
        Assert.True(guest.Arch.Read(out X64XsaveArea area).IsNone);
        const int Xmm0 = 160;
        const int StateBits = 512;
        Span<byte> bytes = area;
        for (int i = 0; i < 16; i++)
            bytes[Xmm0 + i] = (byte)(0xF0 + i);
        bytes[StateBits] |= 3; // x87 and SSE are in the area
        Assert.True(guest.Arch.Write(in area).IsNone);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.True(guest.Arch.Read(out X64XsaveArea after).IsNone);
        Assert.True(((ReadOnlySpan<byte>)after).Slice(Xmm0, 16).SequenceEqual(bytes.Slice(Xmm0, 16)));
        Assert.True(guest.Arch.Write(new X64ExtendedControl { Xcr0 = 3 }).IsNone);
        Assert.True(guest.Arch.Read(out X64ExtendedControl control).IsNone);
        Assert.Equal(3UL, control.Xcr0);
        Assert.Equal(EngineErrorCode.InvalidArgument, guest.Arch.Write(new X64ExtendedControl { Xcr0 = 2 }).Code);
    }

    [Fact]
    public void Debug_registers_events_and_run_state_survive_a_round_trip()
    {
        using var guest = new Guest(Mode.Long, c => c.hlt());
        Assert.True(guest.Arch.Write(new X64DebugRegisters { Dr0 = 0x1000, Dr3 = 0x4000, Dr6 = 0xFFFF_0FF0, Dr7 = 0x400 }).IsNone);
        Assert.True(guest.Arch.Read(out X64DebugRegisters debug).IsNone);
        Assert.Equal((0x1000UL, 0x4000UL, 0x400UL), (debug.Dr0, debug.Dr3, debug.Dr7));
        Assert.True(guest.Arch.Write(new X64EventState { NmiMasked = true, InterruptShadow = 1 }).IsNone);
        Assert.True(guest.Arch.Read(out X64EventState events).IsNone);
        // Bit 0 after MOV SS, bit 1 after STI: processors with SVM have one shadow for both, and say both.
        Assert.Equal((true, false), (events.NmiMasked, events.ExceptionInjected));
        Assert.Contains(events.InterruptShadow, (byte[])[1, 3]);
        Assert.True(guest.Arch.Read(out X64RunStateGroup state).IsNone);
        Assert.Equal(X64RunState.Runnable, state.State);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.True(guest.Arch.Read(out state).IsNone);
        Assert.Equal(X64RunState.Halted, state.State);
    }

    [Fact]
    public void Model_specific_registers_are_read_and_written_as_a_block()
    {
        using var guest = new Guest(Mode.Long, c => c.hlt());
        X64MsrBlock block = default;
        block.Add(0xC000_0082, 0xFFFF_8000_1234_0000);
        block.Add(0xC000_0102, 0x7FFF_0000_0000);
        block.Add(0x277, 0x0007_0406_0007_0406);
        Assert.True(guest.Arch.WriteMsrs(in block).IsNone);
        X64MsrBlock read = default;
        foreach (uint index in (uint[])[0xC000_0082, 0xC000_0102, 0x277])
            read.Add(index);
        Assert.True(guest.Arch.ReadMsrs(ref read).IsNone);
        for (int i = 0; i < read.Count; i++)
            Assert.Equal(block.Entries[i].Value, read.Entries[i].Value);
        read.Add(0x1234_0000);
        Assert.Equal(EngineErrorCode.InvalidArgument, guest.Arch.ReadMsrs(ref read).Code);
    }

    [Fact]
    public void A_local_apic_in_the_kernel_is_read_and_written()
    {
        using var guest = new Guest(Mode.Long, c => c.hlt(), controller: X64InterruptController.Split);
        const int TaskPriority = 0x80;
        Assert.True(guest.Arch.Read(out X64LapicState state).IsNone);
        ((Span<byte>)state)[TaskPriority] = 0x20;
        Assert.True(guest.Arch.Write(in state).IsNone);
        Assert.True(guest.Arch.Read(out X64LapicState after).IsNone);
        Assert.Equal(0x20, ((ReadOnlySpan<byte>)after)[TaskPriority]);
    }

    [Fact]
    public void A_pending_read_is_committed_before_state_is_saved()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.mov(eax, __dword_ptr[(int)Guest.Device]);
            c.nop();
            c.hlt();
        });
        Assert.Equal(VCpuExitKind.MmioRead, guest.Run().Kind);
        guest.Cpu.CompleteRead(0xFEED);
        Assert.True(guest.Arch.CompletePending().IsNone);
        Assert.True(guest.Arch.Read(out X64GeneralRegisters registers).IsNone);
        Assert.Equal(0xFEEDUL, registers.Rax);
        Assert.True(registers.Rip > Guest.Entry, $"rip {registers.Rip:x}");
        // What was saved goes on elsewhere: a second VM has the same code and no pending access.
        using var other = new Guest(Mode.Long, c =>
        {
            c.mov(eax, __dword_ptr[(int)Guest.Device]);
            c.nop();
            c.hlt();
        });
        Assert.True(other.Arch.Write(in registers).IsNone);
        Assert.Equal(VCpuExitKind.Halt, other.Run().Kind);
        Assert.Equal(0xFEEDUL, other.Cpu.GetGpr((int)X64Register.Rax));
    }

    [Fact]
    public void A_reset_returns_to_the_state_after_set_up()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.mov(ecx, 0xC000_0082);
            c.mov(eax, 0x77);
            c.xor(edx, edx);
            c.wrmsr();
            c.mov(rbx, rax);
            c.hlt();
        });
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        guest.Cpu.Reset();
        Assert.Equal((Guest.Entry, 0UL, Guest.StackTop), (guest.Cpu.ProgramCounter, guest.Cpu.GetGpr((int)X64Register.Rbx), guest.Cpu.GetGpr((int)X64Register.Rsp)));
        X64MsrBlock block = default;
        block.Add(0xC000_0082);
        Assert.True(guest.Arch.ReadMsrs(ref block).IsNone);
        Assert.Equal(0UL, block.Entries[0].Value);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
    }

    private static Iced.Intel.AssemblerRegister64[] Registers { get; } =
        [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];
}
