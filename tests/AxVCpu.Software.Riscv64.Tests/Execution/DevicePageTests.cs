using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Device accesses again and again: what is remembered of their pages, and going on behind them.</summary>
public abstract unsafe class DevicePageTests(ExecutionTier tier)
{
    private const ulong Device = 0x1000_0000;
    private const ulong Done = 0x10_0000;
    private const uint MachineExternal = 11;
    private const int Hot = 40;

    [Fact]
    public void Memory_that_appears_where_a_device_was_is_used_at_once()
    {
        using GuestBoard board = Start("""
            1:  ld a1, 0(a0)
                addi a1, a1, 1
                sd a1, 8(a0)
                j 1b
            """);
        ulong place = GuestBoard.RamBase + (2 * GuestBoard.BlockSize);
        board.Cpu.SetGpr(10, place);
        for (ulong i = 0; i < Hot; i++)
        {
            VCpuExit read = board.Cpu.Run();
            Assert.Equal(VCpuExitKind.MmioRead, read.Kind);
            Assert.Equal(place, read.MmioRead.Address.Value);
            board.Cpu.CompleteRead(i);
            VCpuExit write = board.Cpu.Run();
            Assert.Equal(VCpuExitKind.MmioWrite, write.Kind);
            Assert.Equal((place + 8, i + 1), (write.MmioWrite.Address.Value, write.MmioWrite.Data));
        }

        // A mapping where nothing was needs no invalidation.
        board.Block(2) = board.Block(1);
        board.At(GuestBoard.RamBase + GuestBoard.BlockSize)[0] = 41;
        board.Cpu.ProgramCounter = GuestBoard.RamBase + 0x800;
        board.Load(GuestBoard.RamBase + 0x800, Program("""
                ld a1, 0(a0)
                addi a1, a1, 1
                sd a1, 8(a0)
                li t0, 0x100000
                sd a1, 0(t0)
            """, GuestBoard.RamBase + 0x800));
        VCpuExit done = board.Cpu.Run();
        Assert.Equal(VCpuExitKind.MmioWrite, done.Kind);
        Assert.Equal((Done, 42UL), (done.MmioWrite.Address.Value, done.MmioWrite.Data));
        Assert.Equal(42UL, board.Read64(GuestBoard.RamBase + GuestBoard.BlockSize + 8));
    }

    [Theory]
    [InlineData("sfence.vma")]
    [InlineData("sfence.vma a0")]
    [InlineData("li t0, 0x1F\n csrw pmpcfg0, t0")]
    public void A_device_page_is_walked_again_after_a_fence(string fence)
    {
        // One superpage of a gigabyte, first at 0, then at 1 GiB; loads and stores have the rights of supervisor mode.
        using GuestBoard board = Start($"""
                li t0, -1
                csrw pmpaddr0, t0
                li t0, 0x1F
                csrw pmpcfg0, t0
                li t1, 0x80100000
                li t0, 0xCF
                sd t0, 0(t1)
                li t0, 0x8000000000080100
                csrw satp, t0
                sfence.vma
                li t2, 0x20000
                li t0, 0x20800
                csrs mstatus, t0
                lw a1, 8(a0)
                sw a1, 12(a0)
                lw a1, 8(a0)
                sw a1, 12(a0)
                csrc mstatus, t2
                li t0, 0x100000CF
                sd t0, 0(t1)
                {fence}
                csrs mstatus, t2
                lw a1, 8(a0)
                sw a1, 12(a0)
            """);
        board.Cpu.SetGpr(10, Device);
        foreach (ulong page in (ulong[])[Device, Device, Device + 0x4000_0000])
        {
            VCpuExit read = board.Cpu.Run();
            Assert.Equal(VCpuExitKind.MmioRead, read.Kind);
            Assert.Equal(page + 8, read.MmioRead.Address.Value);
            VCpuExit write = board.Cpu.Run();
            Assert.Equal(VCpuExitKind.MmioWrite, write.Kind);
            Assert.Equal(page + 12, write.MmioWrite.Address.Value);
        }
    }

    [Fact]
    public void A_right_to_read_a_device_is_none_to_write_it()
    {
        using GuestBoard board = Start("""
                li t0, -1
                csrw pmpaddr0, t0
                li t0, 0x19
                csrw pmpcfg0, t0
                la t0, handler
                csrw mtvec, t0
                li t0, 0x20800
                csrs mstatus, t0
                lw a1, 0(a0)
                lw a1, 0(a0)
                sw a1, 0(a0)
            .balign 4
            handler:
                li t0, 0x20000
                csrc mstatus, t0
                csrr t1, mcause
                li t0, 0x100000
                sd t1, 0(t0)
            """);
        board.Cpu.SetGpr(10, Device);
        Assert.Equal(VCpuExitKind.MmioRead, board.Cpu.Run().Kind);
        Assert.Equal(VCpuExitKind.MmioRead, board.Cpu.Run().Kind);
        VCpuExit done = board.Cpu.Run();
        Assert.Equal(VCpuExitKind.MmioWrite, done.Kind);
        Assert.Equal((Done, (ulong)ExceptionCause.StoreAccessFault), (done.MmioWrite.Address.Value, done.MmioWrite.Data));
    }

    [Fact]
    public void An_interrupt_that_comes_with_the_answer_is_taken_right_behind_the_access()
    {
        using GuestBoard board = Start("""
                la t0, handler
                csrw mtvec, t0
                li t0, 0x800
                csrw mie, t0
                csrsi mstatus, 8
                li a2, 0
            1:  lbu a1, 5(a0)
            behind:
                addi a2, a2, 1
                j 1b
            .balign 4
            handler:
                csrr t1, mepc
                la t2, behind
                sub t1, t1, t2
                li t2, 0x100000
                sd t1, 0(t2)
            """);
        board.Cpu.SetGpr(10, Device);
        for (int i = 0; i < Hot; i++)
        {
            Assert.Equal(VCpuExitKind.MmioRead, board.Cpu.Run().Kind);
            board.Cpu.CompleteRead(0x160);
        }

        board.Cpu.SetInterruptLine(MachineExternal, true);
        VCpuExit done = board.Cpu.Run();
        Assert.Equal(VCpuExitKind.MmioWrite, done.Kind);
        Assert.Equal((Done, 0UL), (done.MmioWrite.Address.Value, done.MmioWrite.Data));
        Assert.Equal((0x60UL, (ulong)Hot - 1), (board.Cpu.GetGpr(11), board.Cpu.GetGpr(12)));
    }

    private static byte[] Program(string text, ulong address) => Assembler.Assemble(text, address).Code;

    private GuestBoard Start(string text)
    {
        var board = new GuestBoard(tier: tier);
        board.Load(GuestBoard.RamBase, Program(text, GuestBoard.RamBase));
        board.Cpu.Bind();
        return board;
    }
}

public sealed class DevicePageTestsInterpreted() : DevicePageTests(ExecutionTier.Interpreter);

public sealed class DevicePageTestsTranslated() : DevicePageTests(ExecutionTier.Translator);

public sealed class DevicePageTestsInTurns() : DevicePageTests(ExecutionTier.Auto);
