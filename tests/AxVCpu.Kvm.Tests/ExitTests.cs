using AxVCpu.Memory;
using AxVCpu.X64;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Tests;

/// <summary>What the guest does is what the exits say, and what the VMM answers is what the guest sees.</summary>
public sealed class ExitTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_port_read_is_answered_with_its_width_and_zero_when_nobody_answers(int width)
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            for (int i = 0; i < 3; i++)
            {
                c.mov(rax, -1L);
                c.mov(dx, 0x1F0);
                if (width == 1)
                    c.@in(al, dx);
                else if (width == 2)
                    c.@in(ax, dx);
                else
                    c.@in(eax, dx);
                c.mov(__[0x30_0000 + (8 * i)], rax);
            }

            c.hlt();
        });
        ulong mask = width == 4 ? uint.MaxValue : (1UL << (8 * width)) - 1;
        ulong kept = width == 4 ? 0 : ~mask; // a write of a 32-bit register clears the upper half, others leave the rest
        VCpuExit exit = guest.Run();
        Assert.Equal((VCpuExitKind.IoRead, (ushort)0x1F0, (AccessWidth)width, 1u), (exit.Kind, exit.IoRead.Port, exit.IoRead.Width, exit.IoRead.Count));
        guest.Cpu.CompleteRead(0x8877_6655_4433_2211);
        Assert.Throws<MisuseException>(() => guest.Cpu.CompleteRead(1));
        Assert.Equal(VCpuExitKind.IoRead, guest.Run().Kind);
        Assert.Equal(VCpuExitKind.IoRead, guest.Run().Kind);
        guest.Cpu.FailAccess();
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.Equal(kept | (0x8877_6655_4433_2211 & mask), guest.Read<ulong>(0x30_0000));
        Assert.Equal(kept, guest.Read<ulong>(0x30_0008));
        Assert.Equal(kept | mask, guest.Read<ulong>(0x30_0010));
    }

    [Fact]
    public void A_string_write_is_shown_whole()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.mov(esi, 0x30_0000);
            c.mov(ecx, 5);
            c.mov(dx, 0x1F0);
            c.cld();
            c.rep.outsw();
            c.hlt();
        });
        for (uint i = 0; i < 5; i++)
            guest.Write(0x30_0000 + (2 * i), (ushort)(0x1100 + i));
        List<ulong> seen = [];
        VCpuExit exit = guest.Run();
        while (exit.Kind == VCpuExitKind.IoWrite)
        {
            Assert.Equal(((ushort)0x1F0, AccessWidth.Word), (exit.IoWrite.Port, exit.IoWrite.Width));
            for (uint i = 0; i < exit.IoWrite.Count; i++)
                seen.Add(exit.IoWrite.Item(i));
            exit = guest.Run();
        }

        Assert.Equal(VCpuExitKind.Halt, exit.Kind);
        Assert.Equal([0x1100, 0x1101, 0x1102, 0x1103, 0x1104], seen);
    }

    [Fact]
    public void A_string_read_takes_one_answer_for_each_value()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.mov(edi, 0x30_0000);
            c.mov(ecx, 8);
            c.mov(dx, 0x1F0);
            c.cld();
            c.rep.insd();
            c.hlt();
        });
        uint next = 0xA000_0000;
        uint most = 0;
        VCpuExit exit = guest.Run();
        while (exit.Kind == VCpuExitKind.IoRead)
        {
            Assert.Equal(AccessWidth.Dword, exit.IoRead.Width);
            most = Math.Max(most, exit.IoRead.Count);
            for (uint i = 0; i < exit.IoRead.Count; i++)
                guest.Cpu.CompleteRead(next++);
            exit = guest.Run();
        }

        Assert.Equal(VCpuExitKind.Halt, exit.Kind);
        Assert.Equal(8u, most);
        for (uint i = 0; i < 8; i++)
            Assert.Equal(0xA000_0000 + i, guest.Read<uint>(0x30_0000 + (4 * i)));
    }

    [Fact]
    public void Device_memory_is_read_and_written_with_its_width()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.mov(ebx, (uint)Guest.Device);
            c.mov(rax, 0x1122_3344_5566_7788UL);
            c.mov(__[rbx], al);
            c.mov(__[rbx + 2], ax);
            c.mov(__[rbx + 4], eax);
            c.mov(__[rbx + 8], rax);
            c.movzx(ecx, __word_ptr[rbx + 16]);
            c.mov(rdx, __[rbx + 24]);
            c.mov(rsi, __[rbx + 32]);
            c.hlt();
        });
        foreach ((ulong offset, AccessWidth width, ulong data) in new[]
        {
            (0UL, AccessWidth.Byte, 0x88UL), (2UL, AccessWidth.Word, 0x7788UL), (4UL, AccessWidth.Dword, 0x5566_7788UL),
            (8UL, AccessWidth.Qword, 0x1122_3344_5566_7788UL),
        })
        {
            VCpuExit exit = guest.Run();
            Assert.Equal(VCpuExitKind.MmioWrite, exit.Kind);
            Assert.Equal((Guest.Device + offset, width, data), (exit.MmioWrite.Address.Value, exit.MmioWrite.Width, exit.MmioWrite.Data));
        }

        VCpuExit read = guest.Run();
        Assert.Equal((VCpuExitKind.MmioRead, Guest.Device + 16, AccessWidth.Word), (read.Kind, read.MmioRead.Address.Value, read.MmioRead.Width));
        guest.Cpu.CompleteRead(0xFFFF_BEEF);
        Assert.Equal(VCpuExitKind.MmioRead, guest.Run().Kind);
        guest.Cpu.FailAccess();
        Assert.Equal(VCpuExitKind.MmioRead, guest.Run().Kind);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.Equal(0xBEEFUL, guest.Cpu.GetGpr((int)X64Register.Rcx));
        Assert.Equal(ulong.MaxValue, guest.Cpu.GetGpr((int)X64Register.Rdx));
        Assert.Equal(0UL, guest.Cpu.GetGpr((int)X64Register.Rsi));
    }

    /// <summary>The kernel shows such an access in parts, and some of a length that no device knows.</summary>
    [Fact]
    public void An_access_over_the_end_of_a_page_is_shown_in_powers_of_two()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.mov(ebx, (uint)Guest.Device + 0xFFD);
            c.mov(rax, 0x8877_6655_4433_2211UL);
            c.mov(__[rbx], rax);
            c.mov(rcx, __[rbx]);
            c.hlt();
        });
        byte[] written = new byte[8];
        VCpuExit exit = guest.Run();
        while (exit.Kind == VCpuExitKind.MmioWrite)
        {
            ulong offset = exit.MmioWrite.Address.Value - Guest.Device - 0xFFD;
            for (int i = 0; i < (int)exit.MmioWrite.Width; i++)
                written[(int)offset + i] = (byte)(exit.MmioWrite.Data >> (8 * i));
            exit = guest.Run();
        }

        Assert.Equal(BitConverter.GetBytes(0x8877_6655_4433_2211UL), written);
        int parts = 0;
        while (exit.Kind == VCpuExitKind.MmioRead)
        {
            parts++;
            ulong offset = exit.MmioRead.Address.Value - Guest.Device - 0xFFD;
            guest.Cpu.CompleteRead(0x8877_6655_4433_2211UL >> (8 * (int)offset));
            exit = guest.Run();
        }

        Assert.True(parts >= 3, $"{parts} parts");
        Assert.Equal(VCpuExitKind.Halt, exit.Kind);
        Assert.Equal(0x8877_6655_4433_2211UL, guest.Cpu.GetGpr((int)X64Register.Rcx));
    }

    [Fact]
    public void A_hypercall_carries_its_arguments_and_the_guest_sees_the_result()
    {
        using var guest = new Guest(
            Mode.Long,
            c =>
            {
                c.mov(eax, 7);
                c.mov(edi, 1);
                c.mov(esi, 2);
                c.mov(edx, 3);
                c.mov(r10d, 4);
                c.mov(r8d, 5);
                c.mov(r9d, 6);
                c.@out(0x42, al);
                c.mov(__[0x30_0000], rax);
                c.hlt();
            },
            hypercallPort: 0x42);
        VCpuExit exit = guest.Run();
        Assert.Equal((VCpuExitKind.Hypercall, 7UL), (exit.Kind, exit.Hypercall.Number));
        for (int i = 0; i < HypercallExit.ArgumentCount; i++)
            Assert.Equal((ulong)i + 1, exit.Hypercall.Argument(i));
        guest.Cpu.SetReturnValue(0x1234_5678_9ABC);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.Equal(0x1234_5678_9ABCUL, guest.Read<ulong>(0x30_0000));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_hypercall_instruction_is_one_where_the_kernel_gives_it_away(bool looksFirst)
    {
        RequireHypercalls();
        using var guest = new Guest(
            Mode.Long,
            c =>
            {
                c.mov(eax, 7);
                c.mov(edi, 1);
                c.mov(esi, 2);
                c.mov(edx, 3);
                c.mov(r10d, 4);
                c.mov(r8d, 5);
                c.mov(r9d, 6);
                c.vmmcall();
                c.mov(__[0x30_0000], rax);
                c.vmmcall();
                c.mov(__[0x30_0008], rax);
                c.hlt();
            },
            hypercallExits: true);
        VCpuExit exit = guest.Run();
        Assert.Equal((VCpuExitKind.Hypercall, 7UL), (exit.Kind, exit.Hypercall.Number));
        for (int i = 0; i < HypercallExit.ArgumentCount; i++)
            Assert.Equal((ulong)i + 1, exit.Hypercall.Argument(i));
        if (looksFirst)
            Assert.True(guest.Arch.Read(out X64GeneralRegisters _).IsNone); // which ends the instruction
        guest.Cpu.SetReturnValue(0x1234_5678_9ABC);
        Assert.Equal(0x1234_5678_9ABCUL, guest.Cpu.GetGpr((int)X64Register.Rax));
        exit = guest.Run();
        Assert.Equal((VCpuExitKind.Hypercall, 0x1234_5678_9ABCUL), (exit.Kind, exit.Hypercall.Number));
        guest.Cpu.SetGpr((int)X64Register.Rax, 5);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.Equal((0x1234_5678_9ABCUL, 5UL), (guest.Read<ulong>(0x30_0000), guest.Read<ulong>(0x30_0008)));
    }

    [Fact]
    public void A_hypercall_instruction_of_a_program_is_an_error_to_it()
    {
        RequireHypercalls();
        using var guest = new Guest(
            Mode.User,
            c =>
            {
                c.mov(eax, 7);
                c.vmmcall();
                c.mov(__[0x30_0000], rax);
                c.@out(0x10, al);
            },
            hypercallExits: true);
        Assert.Equal(VCpuExitKind.IoWrite, guest.Run().Kind);
        Assert.Equal(ulong.MaxValue, guest.Read<ulong>(0x30_0000));
    }

    [Fact]
    public void A_kernel_that_keeps_hypercalls_is_an_error_and_no_capability()
    {
        Guest.Require();
        Assert.SkipWhen(new KvmEngine().Capabilities.HasFlag(EngineCapabilities.HypercallExits), "this kernel gives hypercalls to the VMM");
        EngineException refused = Assert.Throws<EngineException>(() => new Guest(Mode.Long, c => c.hlt(), hypercallExits: true));
        Assert.Contains("CONFIG_KVM_XEN", refused.Message, StringComparison.Ordinal);
    }

    private static void RequireHypercalls()
    {
        Guest.Require();
        Assert.SkipUnless(
            new KvmEngine().Capabilities.HasFlag(EngineCapabilities.HypercallExits), "the kernel's KVM keeps hypercalls: it is built without CONFIG_KVM_XEN");
    }

    /// <summary>Test programs clear them while they start, and no bit of CPUID tells them not to.</summary>
    [Fact]
    public void The_first_counters_of_amd_can_be_cleared_and_count_nothing()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.xor(ebx, ebx);
            for (uint register = 0xC001_0000; register < 0xC001_0008; register++)
            {
                c.mov(ecx, register);
                c.xor(eax, eax);
                c.xor(edx, edx);
                c.wrmsr();
                c.rdmsr();
                c.or(ebx, eax);
                c.or(ebx, edx);
            }

            c.hlt();
        });
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.Equal(0UL, guest.Cpu.GetGpr((int)X64Register.Rbx));
    }

    [Fact]
    public void A_register_on_no_list_leaves_the_guest_and_an_allowed_one_does_not()
    {
        using var guest = new Guest(
            Mode.Long,
            c =>
            {
                c.mov(ecx, 0xC000_0082); // LSTAR: allowed
                c.mov(eax, 0x1234);
                c.xor(edx, edx);
                c.wrmsr();
                c.rdmsr();
                c.mov(__[0x30_0000], eax);
                c.mov(ecx, 0x1B); // APIC_BASE: served by this VMM
                c.rdmsr();
                c.inc(eax);
                c.wrmsr();
                c.mov(ecx, 0x1234_0000); // nobody's
                c.rdmsr();
                c.mov(__[0x30_0008], eax);
                c.mov(__[0x30_000C], edx);
                c.hlt();
            },
            served: [new X64MsrRange(0x1B)]);
        VCpuExit exit = guest.Run();
        Assert.Equal((VCpuExitKind.SysRegRead, 0x1BUL), (exit.Kind, exit.SysRegRead.Address));
        guest.Cpu.CompleteRead(0x5_0000_0041);
        exit = guest.Run();
        Assert.Equal((VCpuExitKind.SysRegWrite, 0x1BUL, 0x5_0000_0042UL), (exit.Kind, exit.SysRegWrite.Address, exit.SysRegWrite.Value));
        exit = guest.Run();
        Assert.Equal((VCpuExitKind.SysRegRead, 0x1234_0000UL), (exit.Kind, exit.SysRegRead.Address));
        guest.Cpu.CompleteRead(0x9_0000_0008);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
        Assert.Equal(0x1234u, guest.Read<uint>(0x30_0000));
        Assert.Equal(0x9_0000_0008UL, guest.Read<ulong>(0x30_0008));
    }

    [Fact]
    public void A_register_that_nobody_serves_is_a_general_protection_fault_in_the_guest()
    {
        using var guest = new Guest(Mode.Real, c =>
        {
            c.xor(ax, ax);
            c.mov(ds, ax);
            c.mov(__word_ptr[13 * 4], 0x9000); // #GP in the real-mode vector table
            c.mov(__word_ptr[(13 * 4) + 2], ax);
            c.mov(ecx, 0x1234_0000);
            c.rdmsr();
            c.hlt();
        });
        guest.Load(Mode.Real, 0x9000, c =>
        {
            c.mov(al, 0x0D);
            c.@out(0x10, al);
            c.hlt();
        });
        Assert.Equal(VCpuExitKind.SysRegRead, guest.Run().Kind);
        guest.Cpu.FailAccess();
        Assert.Equal(0x0DUL, guest.NextOut(0x10));
    }

    [Fact]
    public void A_triple_fault_is_a_reset_and_the_vcpu_can_start_again()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.@out(0x10, al);
            c.ud2(); // no interrupt descriptor table: the fault cannot be delivered, and neither can the double fault
        });
        for (int i = 0; i < 2; i++)
        {
            guest.NextOut(0x10);
            VCpuExit exit = guest.Run();
            Assert.Equal((VCpuExitKind.SystemReset, (ulong)X64ResetCode.TripleFault), (exit.Kind, exit.SystemResetCode));
            guest.Cpu.Reset();
        }
    }

    [Fact]
    public void Code_that_the_kernel_cannot_execute_is_an_internal_error_and_the_vcpu_stays_usable()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.mov(rax, Guest.Device);
            c.jmp(rax); // device memory is no place for code
        });
        VCpuExit exit = guest.Run();
        Assert.Equal(VCpuExitKind.InternalError, exit.Kind);
        Assert.Equal((EngineErrorCode.NotSupported, 1UL), (exit.InternalError.Code, exit.InternalError.Data0));
        Assert.Equal(VCpuState.Ready, guest.Cpu.State);
        Assert.Equal(Guest.Device, guest.Cpu.ProgramCounter);
        guest.Cpu.Reset();
        Assert.Equal(Guest.Entry, guest.Cpu.ProgramCounter);
    }

    [Fact]
    public void A_rejected_entry_state_is_an_argument_error_and_not_a_failed_vcpu()
    {
        using var guest = new Guest(Mode.Long, c => c.hlt());
        Assert.True(guest.Arch.Read(out X64SystemRegisters registers).IsNone);
        X64SystemRegisters broken = registers;
        broken.Cr0 &= ~X64Control.ProtectionEnable; // paging without protection
        Assert.Equal(EngineErrorCode.InvalidArgument, guest.Arch.Write(in broken).Code);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
    }
}
