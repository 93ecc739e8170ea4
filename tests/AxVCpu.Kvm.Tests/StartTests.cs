using AxVCpu.X64;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Tests;

/// <summary>Each mode starts as its set-up says.</summary>
public sealed class StartTests
{
    [Fact]
    public void Real_mode_starts_at_its_entry()
    {
        using var guest = new Guest(Mode.Real, c =>
        {
            c.mov(ax, cs);
            c.@out(0x10, ax);
            c.mov(ax, 0x1234);
            c.add(ax, 1);
            c.@out(0x11, ax);
            c.hlt();
        });
        Assert.Equal(Guest.Entry >> 4, guest.NextOut(0x10));
        Assert.Equal(0x1235UL, guest.NextOut(0x11));
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
    }

    [Fact]
    public void Protected_mode_starts_flat_and_without_paging()
    {
        using var guest = new Guest(Mode.Protected, c =>
        {
            c.mov(eax, cr0);
            c.@out(0x10, eax);
            c.mov(eax, __dword_ptr[0x20_0000]);
            c.@out(0x11, eax);
            c.hlt();
        });
        guest.Write(0x20_0000, 0xCAFE_F00D);
        Assert.Equal(X64Control.ProtectionEnable, guest.NextOut(0x10) & (X64Control.ProtectionEnable | X64Control.Paging));
        Assert.Equal(0xCAFE_F00DUL, guest.NextOut(0x11));
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
    }

    [Fact]
    public void Long_mode_starts_with_64_bit_registers_and_the_tables_of_the_vmm()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.mov(rax, 0x1122_3344_5566_7788UL);
            c.mov(__[0x30_0000], rax);
            c.hlt();
        });
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.Equal(0x1122_3344_5566_7788UL, guest.Read<ulong>(0x30_0000));
        Assert.Equal(0x1122_3344_5566_7788UL, guest.Cpu.GetGpr((int)X64Register.Rax));
    }
}
