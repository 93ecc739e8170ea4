using AxVM.Config;

namespace AxVM.Tests.Boards;

/// <summary>
/// A kernel that starts as small Unix kernels for RISC-V do: from machine mode into supervisor mode with a PMP entry, timer interrupts of
/// the CLINT handed on as software interrupts, pages without A and D bits, the UART's interrupt through the PLIC.
/// </summary>
public sealed class TeachingKernelTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private const string Kernel = """
            csrr t0, mhartid
        park:
            bnez t0, park
            # supervisor mode next, everything delegated, all memory open
            li   t0, 0x1800
            csrc mstatus, t0
            li   t0, 0x0800
            csrs mstatus, t0
            la   t0, main
            csrw mepc, t0
            csrw satp, zero
            li   t0, 0xffff
            csrw medeleg, t0
            csrw mideleg, t0
            li   t0, 0x222
            csrw sie, t0
            li   t0, 0x3fffffffffffff
            csrw pmpaddr0, t0
            li   t0, 0xf
            csrw pmpcfg0, t0
            # a timer interrupt after a millisecond, then every 0.4
            la   t0, scratch
            csrw mscratch, t0
            la   t0, timer
            csrw mtvec, t0
            li   t0, 0x0200bff8
            ld   t1, 0(t0)
            li   t2, 10000
            add  t1, t1, t2
            li   t0, 0x02004000
            sd   t1, 0(t0)
            li   t0, 0x80
            csrs mie, t0
            # below machine mode its interrupts are enabled, whatever MIE says
            mret
            .align 2
        timer:
            csrrw a0, mscratch, a0
            sd   a1, 0(a0)
            sd   a2, 8(a0)
            li   a1, 0x02004000
            ld   a2, 0(a1)
            addi a2, a2, 2000
            addi a2, a2, 2000
            sd   a2, 0(a1)
            li   a1, 2
            csrw sip, a1
            ld   a2, 8(a0)
            ld   a1, 0(a0)
            csrrw a0, mscratch, a0
            mret

        main:
            # Sv39: the gigabytes of the devices and of RAM as leaves without A and D
            la   t0, root
            li   t1, 0x0f
            sd   t1, 0(t0)
            li   t1, 0x2000000f
            sd   t1, 16(t0)
            srli t0, t0, 12
            li   t1, 8
            slli t1, t1, 60
            or   t0, t0, t1
            sfence.vma
            csrw satp, t0
            sfence.vma
            la   t0, trap
            csrw stvec, t0
            # the UART: receive interrupts; the PLIC: source 10 to supervisor mode of hart 0
            li   t0, 0x10000000
            li   t1, 1
            sb   t1, 1(t0)
            li   t0, 0x0c000000
            sw   t1, 40(t0)
            li   t2, 0x400
            li   t0, 0x0c002080
            sw   t2, 0(t0)
            li   t0, 0x0c201000
            sw   zero, 0(t0)
            li   s2, 0
            li   s3, 0
            csrsi sstatus, 2
            li   s1, 0x10000000
        ticking:
            li   t0, 3
            bltu s2, t0, ticking
            li   t0, 'T'
            sb   t0, 0(s1)
        typing:
            wfi
            beqz s3, typing
            sb   s3, 0(s1)
            # A and D of the gigabyte of RAM, which is written here
            la   t0, root
            sd   zero, 8(t0)
            ld   t1, 16(t0)
            andi t1, t1, 0xc0
            li   t2, 0xc0
            bne  t1, t2, end
            li   t0, 0x00100000
            li   t1, 0x5555
            sw   t1, 0(t0)
        end:
            j    end
            .align 2
        trap:
            csrr t5, scause
            li   t6, 0x8000000000000001
            beq  t5, t6, tick
            li   t6, 0x8000000000000009
            bne  t5, t6, end
            li   t5, 0x0c201004
            lw   t6, 0(t5)
            lbu  s3, 0(s1)
            sw   t6, 0(t5)
            sret
        tick:
            csrci sip, 2
            addi s2, s2, 1
            sret
            .align 12
        root:
            .zero 4096
        scratch:
            .dword 0, 0
        """;

    /// <summary>
    /// Looks into all slots for legacy devices, sets up a disk the old way, reads a sector by interrupt in machine mode, and prints it.
    /// </summary>
    private const string LegacyDisk = """
            # only the first hart; every slot says magic and its device
            csrr t0, mhartid
        park:
            bnez t0, park
            li   s0, 0x10001000
            li   s1, 8
            li   s2, 0
        probe:
            lw   t0, 0(s0)
            li   t1, 0x74726976
            bne  t0, t1, bad
            lw   t0, 4(s0)
            li   t1, 1
            bne  t0, t1, bad
            lw   t0, 8(s0)
            add  s2, s2, t0
            li   t1, 0x1000
            add  s0, s0, t1
            addi s1, s1, -1
            bnez s1, probe
            # one disk, device 2, in the first slot; the other slots are empty
            li   t1, 2
            bne  s2, t1, bad
            li   s0, 0x10001000
            lw   t0, 8(s0)
            bne  t0, t1, bad
            sw   zero, 0x70(s0)
            li   t0, 1
            sw   t0, 0x70(s0)
            li   t0, 3
            sw   t0, 0x70(s0)
            lw   t0, 0x10(s0)
            li   t1, ~0x38000020
            and  t0, t0, t1
            sw   t0, 0x20(s0)
            li   t0, 11
            sw   t0, 0x70(s0)
            lw   t1, 0x70(s0)
            bne  t0, t1, bad
            li   t0, 4096
            sw   t0, 0x28(s0)
            sw   zero, 0x30(s0)
            lw   t0, 0x40(s0)
            bnez t0, bad
            lw   t0, 0x34(s0)
            li   t1, 8
            bltu t0, t1, bad
            sw   t1, 0x38(s0)
            la   s3, queue
            srli t0, s3, 12
            sw   t0, 0x40(s0)
            li   t0, 15
            sw   t0, 0x70(s0)
            # the capacity is two sectors
            lw   t0, 0x100(s0)
            li   t1, 2
            bne  t0, t1, bad
            # descriptors: header, 512 bytes of data, status
            la   t0, header
            sd   t0, 0(s3)
            li   t1, 16
            sw   t1, 8(s3)
            li   t1, 0x10001
            sw   t1, 12(s3)
            la   t0, data
            sd   t0, 16(s3)
            li   t1, 512
            sw   t1, 24(s3)
            li   t1, 0x20003
            sw   t1, 28(s3)
            la   t0, status
            sd   t0, 32(s3)
            li   t1, 1
            sw   t1, 40(s3)
            li   t1, 2
            sw   t1, 44(s3)
            # the interrupt: source 1, machine mode of hart 0
            li   t0, 0x0c000000
            li   t1, 1
            sw   t1, 4(t0)
            li   t0, 0x0c002000
            li   t1, 2
            sw   t1, 0(t0)
            li   t0, 0x0c200000
            sw   zero, 0(t0)
            li   t0, 0x800
            csrs mie, t0
            # avail: flags 0, idx 1, ring[0] = 0
            fence
            li   t1, 0x10000
            sw   t1, 128(s3)
            fence
            sw   zero, 0x50(s0)
        wait:
            wfi
            csrr t0, mip
            li   t1, 0x800
            and  t0, t0, t1
            beqz t0, wait
            li   s4, 0x0c200004
            lw   s5, 0(s4)
            li   t1, 1
            bne  s5, t1, bad
            lw   t0, 0x60(s0)
            bne  t0, t1, bad
            sw   t0, 0x64(s0)
            sw   s5, 0(s4)
            # used ring on the next page: idx 1, one entry of 513 bytes
            li   t0, 4096
            add  t0, t0, s3
            lhu  t1, 2(t0)
            li   t2, 1
            bne  t1, t2, bad
            lw   t1, 8(t0)
            li   t2, 513
            bne  t1, t2, bad
            la   t0, status
            lbu  t0, 0(t0)
            bnez t0, bad
            la   s1, data
            li   t2, 0x10000000
        print:
            lbu  t1, 0(s1)
            beqz t1, good
            sb   t1, 0(t2)
            addi s1, s1, 1
            j    print
        good:
            li   t1, 0x5555
            j    finish
        bad:
            li   t1, 0x13333
        finish:
            li   t0, 0x100000
            sw   t1, 0(t0)
        end:
            j    end
            .align 3
        header:
            .dword 0, 1
        status:
            .dword 0xff
            .align 12
        queue:
            .zero 8192
        data:
            .zero 512
        """;

    [Theory]
    [InlineData("interpreter")]
    [InlineData("translator")]
    public async Task A_kernel_goes_from_machine_to_supervisor_mode_and_takes_timer_and_device_interrupts(string tier)
    {
        using GuestProgram program = GuestProgram.Raw(Kernel);
        VmConfig config = VmConfig.Generate("test", program.Path, 2, 16 << 20);
        config.Engine.Profile = StartProfile.Machine;
        config.Engine.Tier = tier;
        await using VirtualMachine vm = VirtualMachine.Create(config);
        Task<VmExit> run = vm.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("T", await vm.Console.ReadUntilAsync("T", s_patience, TestContext.Current.CancellationToken));
        await vm.Console.WriteAsync("k", TestContext.Current.CancellationToken);
        Assert.Equal("k", await vm.Console.ReadUntilAsync("k", s_patience, TestContext.Current.CancellationToken));
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await run.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("interpreter")]
    [InlineData("translator")]
    public async Task A_kernel_reads_its_disk_through_the_legacy_interface(string tier)
    {
        byte[] sectors = new byte[1024];
        "sector one\n"u8.CopyTo(sectors.AsSpan(512));
        using GuestProgram disk = GuestProgram.Bytes(sectors);
        using GuestProgram program = GuestProgram.Elf(LegacyDisk);
        VmConfig config = VmConfig.Generate("test", program.Path, 2, 16 << 20);
        config.Engine.Tier = tier;
        config.Virtio.Interface = AxVCpu.Devices.VirtioMmioInterface.Legacy;
        config.Disks.Add(new DiskConfig { Path = disk.Path, ReadOnly = true });
        await using VirtualMachine vm = VirtualMachine.Create(config);
        Task<VmExit> run = vm.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("sector one\n", await vm.Console.ReadUntilAsync("\n", s_patience, TestContext.Current.CancellationToken));
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await run.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }
}
