using AxVCpu.X64;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Tests;

/// <summary>What an exit leaves open is finished before anybody looks at the state, and only once.</summary>
public sealed class CompletionTests
{
    private const int Rax = (int)X64Register.Rax;

    [Fact]
    public void An_answer_is_in_its_register_when_somebody_looks_there()
    {
        using Guest guest = ReadingTwice();
        Assert.Equal(VCpuExitKind.MmioRead, guest.Run().Kind);
        Assert.Equal(1UL, guest.Cpu.GetGpr(Rax));
        guest.Cpu.CompleteRead(0xFEED);
        Assert.Equal(0xFEEDUL, guest.Cpu.GetGpr(Rax));
        Assert.True(guest.Arch.Read(out X64GeneralRegisters registers).IsNone);
        Assert.Equal((0xFEEDUL, guest.Cpu.ProgramCounter), (registers.Rax, registers.Rip));
        Assert.True(registers.Rip > Guest.Entry, $"rip {registers.Rip:x}");
        VCpuExit second = guest.Run();
        Assert.Equal((VCpuExitKind.MmioRead, Guest.Device + 8), (second.Kind, second.MmioRead.Address.Value));
    }

    [Fact]
    public void A_register_written_after_the_answer_keeps_what_was_written()
    {
        using Guest guest = ReadingTwice();
        Assert.Equal(VCpuExitKind.MmioRead, guest.Run().Kind);
        guest.Cpu.CompleteRead(0xFEED);
        guest.Cpu.SetGpr(Rax, 0x77);
        Assert.Equal(VCpuExitKind.MmioRead, guest.Run().Kind);
        Assert.Equal(0x77UL, guest.Cpu.GetGpr(Rax));
    }

    [Fact]
    public void State_that_is_read_and_written_back_does_not_repeat_the_instruction()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.mov(al, 1);
            c.@out(0x10, al);
            c.mov(al, 2);
            c.mov(__byte_ptr[(int)Guest.Device], al);
            c.mov(al, 3);
            c.@out(0x10, al);
            c.hlt();
        });
        Assert.Equal(1UL, guest.NextOut(0x10));
        SaveAndRestore(guest);
        VCpuExit exit = guest.Run();
        Assert.Equal((VCpuExitKind.MmioWrite, 2UL), (exit.Kind, exit.MmioWrite.Data));
        SaveAndRestore(guest);
        Assert.Equal(3UL, guest.NextOut(0x10));
        SaveAndRestore(guest);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);

        static void SaveAndRestore(Guest guest)
        {
            Assert.True(guest.Arch.Read(out X64GeneralRegisters general).IsNone);
            Assert.True(guest.Arch.Read(out X64SystemRegisters system).IsNone);
            Assert.True(guest.Arch.Write(in system).IsNone);
            Assert.True(guest.Arch.Write(in general).IsNone);
        }
    }

    [Fact]
    public void An_access_in_parts_cannot_be_committed_before_all_of_them_were_shown()
    {
        const uint Value = 0x4433_2211;
        using var guest = new Guest(Mode.Long, c =>
        {
            c.mov(ebx, (uint)Guest.Device + 0xFFE);
            c.mov(eax, Value);
            c.mov(__dword_ptr[rbx], eax);
            c.mov(ecx, __dword_ptr[rbx]);
            c.@out(0x10, al);
            c.hlt();
        });
        VCpuExit exit = guest.Run();
        Assert.Equal((VCpuExitKind.MmioWrite, Guest.Device + 0xFFE, 0x2211UL), (exit.Kind, exit.MmioWrite.Address.Value, exit.MmioWrite.Data));
        Assert.Equal(EngineErrorCode.InvalidArgument, guest.Arch.CompletePending().Code);
        Assert.Equal(EngineErrorCode.InvalidArgument, guest.Arch.CompletePending().Code);
        exit = guest.Run();
        Assert.Equal((VCpuExitKind.MmioWrite, Guest.Device + 0x1000, 0x4433UL), (exit.Kind, exit.MmioWrite.Address.Value, exit.MmioWrite.Data));
        Assert.True(guest.Arch.CompletePending().IsNone);

        Assert.Equal(VCpuExitKind.MmioRead, guest.Run().Kind);
        guest.Cpu.CompleteRead(0x2211);
        Assert.Equal(EngineErrorCode.InvalidArgument, guest.Arch.CompletePending().Code);
        exit = guest.Run();
        Assert.Equal((VCpuExitKind.MmioRead, Guest.Device + 0x1000), (exit.Kind, exit.MmioRead.Address.Value));
        guest.Cpu.CompleteRead(0x4433);
        Assert.True(guest.Arch.CompletePending().IsNone);
        Assert.Equal(Value, guest.Cpu.GetGpr((int)X64Register.Rcx));
        guest.NextOut(0x10);
        Assert.True(guest.Arch.CompletePending().IsNone);
        Assert.True(guest.Arch.CompletePending().IsNone);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
    }

    /// <summary>The guest wants more than 4 billion bytes by one instruction; a reset does not wait for them.</summary>
    [Fact]
    public void A_reset_ends_a_string_instruction_that_would_go_on()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.cld();
            c.mov(edi, 0x10_0000);
            c.mov(ecx, uint.MaxValue);
            c.mov(dx, 0x60);
            c.rep.insb();
            c.hlt();
        });
        for (int round = 0; round < 2; round++)
        {
            VCpuExit exit = guest.Run();
            Assert.Equal((VCpuExitKind.IoRead, (ushort)0x60), (exit.Kind, exit.IoRead.Port));
            Assert.InRange(exit.IoRead.Count, 1u, 4096u);
            guest.Cpu.Reset();
            Assert.Equal((Guest.Entry, 0UL), (guest.Cpu.ProgramCounter, guest.Cpu.GetGpr((int)X64Register.Rcx)));
        }

        guest.Load(Mode.Long, Guest.Entry, c => c.hlt());
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.Equal(Guest.Entry + 1, guest.Cpu.ProgramCounter);
    }

    [Fact]
    public void A_string_longer_than_a_page_is_whole_and_in_order()
    {
        const int Length = 10_000;
        const ulong Text = 0x10_0000;
        using var guest = new Guest(Mode.Long, c =>
        {
            c.cld();
            c.mov(esi, (uint)Text);
            c.mov(ecx, Length);
            c.mov(dx, 0x62);
            c.rep.outsb();
            c.hlt();
        });
        byte[] text = new byte[Length];
        new Random(5).NextBytes(text);
        guest.Memory.Write(new(Text), text);
        List<byte> written = [];
        VCpuExit exit = guest.Run();
        for (; exit.Kind == VCpuExitKind.IoWrite; exit = guest.Run())
        {
            for (uint i = 0; i < exit.IoWrite.Count; i++)
                written.Add((byte)exit.IoWrite.Item(i));
        }

        Assert.Equal(VCpuExitKind.Halt, exit.Kind);
        Assert.Equal(text, written);
    }

    private static Guest ReadingTwice() => new(Mode.Long, c =>
    {
        c.mov(eax, 1);
        c.mov(eax, __dword_ptr[(int)Guest.Device]);
        c.mov(ebx, __dword_ptr[(int)Guest.Device + 8]);
        c.hlt();
    });
}
