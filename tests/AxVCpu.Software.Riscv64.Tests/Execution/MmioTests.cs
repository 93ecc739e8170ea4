using AxVCpu.Software.Riscv64.Isa;
using static AxVCpu.Software.Riscv64.Tests.Encode;

namespace AxVCpu.Software.Riscv64.Tests;

public abstract class MmioTests(ExecutionTier tier)
{
    private const uint Device = 0x1000_0000;
    private const uint Mcause = 0x342;
    private const uint Mtval = 0x343;
    private const uint Mtvec = 0x305;
    private const uint Mstatus = 0x300;

    [Theory]
    [InlineData(0u, AccessWidth.Byte, true, 0xFFUL, 0xFFFF_FFFF_FFFF_FFFFUL)]
    [InlineData(1u, AccessWidth.Word, true, 0x1_8000UL, 0xFFFF_FFFF_FFFF_8000UL)]
    [InlineData(2u, AccessWidth.Dword, true, 0x8000_0001UL, 0xFFFF_FFFF_8000_0001UL)]
    [InlineData(3u, AccessWidth.Qword, false, 0x8000_0000_0000_0001UL, 0x8000_0000_0000_0001UL)]
    [InlineData(4u, AccessWidth.Byte, false, 0x1FFUL, 0xFFUL)]
    [InlineData(5u, AccessWidth.Word, false, 0x1_8000UL, 0x8000UL)]
    [InlineData(6u, AccessWidth.Dword, false, 0x1_8000_0001UL, 0x8000_0001UL)]
    public void A_completed_read_is_cut_and_extended(uint funct3, AccessWidth width, bool signed, ulong answer, ulong expected)
    {
        using GuestBoard board = Start(I(0x03, funct3, 12, 10, 8));
        VCpuExit exit = board.Cpu.Run();
        Assert.Equal(VCpuExitKind.MmioRead, exit.Kind);
        Assert.Equal(Device + 8u, exit.MmioRead.Address.Value);
        Assert.Equal(width, exit.MmioRead.Width);
        Assert.Equal(12u, exit.MmioRead.Register);
        Assert.Equal(signed, exit.MmioRead.SignExtend);
        Assert.Equal(GuestBoard.RamBase + 4, board.Cpu.ProgramCounter);
        board.Cpu.CompleteRead(answer);
        Finish(board);
        Assert.Equal(expected, board.Cpu.GetGpr(12));
    }

    [Fact]
    public void A_read_that_nobody_completes_is_zero()
    {
        using GuestBoard board = Start(Ld(12, 10, 0));
        board.Cpu.SetGpr(12, 99);
        Assert.Equal(VCpuExitKind.MmioRead, board.Cpu.Run().Kind);
        Finish(board);
        Assert.Equal(0u, board.Cpu.GetGpr(12));
    }

    [Theory]
    [InlineData(0u, AccessWidth.Byte, 0x88UL)]
    [InlineData(1u, AccessWidth.Word, 0x7788UL)]
    [InlineData(2u, AccessWidth.Dword, 0x5566_7788UL)]
    [InlineData(3u, AccessWidth.Qword, 0x1122_3344_5566_7788UL)]
    public void A_write_carries_its_bytes(uint funct3, AccessWidth width, ulong data)
    {
        using GuestBoard board = Start(S(funct3, 10, 12, 16));
        board.Cpu.SetGpr(12, 0x1122_3344_5566_7788);
        VCpuExit exit = board.Cpu.Run();
        Assert.Equal(VCpuExitKind.MmioWrite, exit.Kind);
        Assert.Equal(Device + 16u, exit.MmioWrite.Address.Value);
        Assert.Equal(width, exit.MmioWrite.Width);
        Assert.Equal(data, exit.MmioWrite.Data);
        Finish(board);
    }

    [Theory]
    [InlineData(false, 5u)]
    [InlineData(true, 7u)]
    public void A_failed_access_is_an_access_fault(bool store, uint cause)
    {
        using GuestBoard board = Start(store ? Sd(12, 10, 0) : Ld(12, 10, 0));
        board.Cpu.Run();
        board.Cpu.FailAccess();
        Assert.Equal(cause, Finish(board));
        Assert.Equal(Device, board.Cpu.GetGpr(20));
    }

    [Theory]
    [InlineData(0x3003u, 5u)] // ld
    [InlineData(0x3023u, 7u)] // sd
    public void A_misaligned_device_access_is_an_access_fault(uint access, uint cause)
    {
        using GuestBoard board = Start(access | 10u << 15);
        board.Cpu.SetGpr(10, Device + 4);
        board.Load(GuestBoard.RamBase, 0x13);
        Assert.Equal(cause, Finish(board));
        Assert.Equal(Device + 4u, board.Cpu.GetGpr(20));
    }

    [Theory]
    [InlineData(0x02u, 5u)] // lr.d
    [InlineData(0x03u, 7u)] // sc.d
    [InlineData(0x00u, 7u)] // amoadd.d
    public void An_atomic_on_a_device_is_an_access_fault(uint funct5, uint cause)
    {
        using GuestBoard board = Start(R(0x2F, 3, funct5 << 2, 12, 10, 0));
        Assert.Equal(cause, Finish(board));
        Assert.Equal(Device, board.Cpu.GetGpr(20));
    }

    [Fact]
    public void A_float_load_from_a_device_is_boxed()
    {
        // csrs mstatus, FS=1; flw f3, 0(x10); fmv.x.d x12, f3
        using GuestBoard board = Start(0x13, Lui(5, 0x2000), 0x2073u | 5u << 15 | Mstatus << 20, I(0x07, 2, 3, 10, 0), R(0x53, 0, 0x71, 12, 3, 0));
        VCpuExit exit = board.Cpu.Run();
        Assert.Equal(VCpuExitKind.MmioRead, exit.Kind);
        Assert.Equal(AccessWidth.Dword, exit.MmioRead.Width);
        board.Cpu.CompleteRead(0x3F80_0000);
        Finish(board);
        Assert.Equal(0xFFFF_FFFF_3F80_0000u, board.Cpu.GetGpr(12));
    }

    [Fact]
    public void A_read_can_be_answered_only_while_one_waits()
    {
        using GuestBoard board = Start(Sd(12, 10, 0));
        Assert.Equal(VCpuExitKind.MmioWrite, board.Cpu.Run().Kind);
        Assert.Throws<MisuseException>(() => board.Cpu.CompleteRead(1));
        Finish(board);
    }

    [Fact]
    public unsafe void A_nested_fault_is_repeated_until_it_is_resolved_and_refused_as_an_access_fault()
    {
        using GuestBoard board = Start(Ld(12, 11, 0));
        ulong block = GuestBoard.RamBase + GuestBoard.BlockSize;
        board.Cpu.SetGpr(11, block + 0x128);
        *(ulong*)board.At(block + 0x128) = 4711;
        ulong entry = board.Block(1);
        board.Block(1) = AxVCpu.Memory.NonPresentEntry.Lazy;
        for (int i = 0; i < 3; i++)
        {
            VCpuExit exit = board.Cpu.Run();
            Assert.Equal(VCpuExitKind.NestedPageFault, exit.Kind);
            Assert.Equal(block + 0x128, exit.NestedPageFault.Address.Value);
            Assert.Equal(MappingFlags.Read, exit.NestedPageFault.Access);
        }

        board.Block(1) = entry;
        Finish(board);
        Assert.Equal(4711u, board.Cpu.GetGpr(12));

        using GuestBoard other = Start(Ld(12, 11, 0));
        other.Cpu.SetGpr(11, block + 0x128);
        other.Block(1) = AxVCpu.Memory.NonPresentEntry.Lazy;
        other.Cpu.Run();
        other.Cpu.FailAccess();
        Assert.Equal(5u, Finish(other));
        Assert.Equal(block + 0x128, other.Cpu.GetGpr(20));
    }

    [Fact]
    public void An_entry_that_is_not_memory_fails_the_entry()
    {
        using var board = new GuestBoard(tier: tier);
        board.Cpu.SetEntry(new GuestPhysAddr(Device));
        board.Cpu.Bind();
        VCpuExit exit = board.Cpu.Run();
        Assert.Equal(VCpuExitKind.FailEntry, exit.Kind);
        Assert.Equal((ulong)RiscvFailEntry.NotMapped, exit.FailEntryReason);
        board.Cpu.SetEntry(new GuestPhysAddr(GuestBoard.RamBase + 1));
        Assert.Equal((ulong)RiscvFailEntry.Misaligned, board.Cpu.Run().FailEntryReason);
        board.Load(GuestBoard.RamBase, Stop());
        board.Cpu.SetEntry(new GuestPhysAddr(GuestBoard.RamBase));
        Assert.Equal(VCpuExitKind.MmioWrite, board.Cpu.Run().Kind);
    }

    /// <summary>A bound vCPU with x10 at the device: lui, <paramref name="code"/>, stop with 1; a trap stops with mcause, and mtval in x20.</summary>
    private GuestBoard Start(params ReadOnlySpan<uint> code)
    {
        var board = new GuestBoard(isa: IsaExtensions.All, tier: tier);
        board.Load(GuestBoard.RamBase, [Lui(10, Device), .. code, .. Stop()]);
        ulong handler = GuestBoard.RamBase + 0x1000;
        board.Load(handler, [0x2073u | 20u << 7 | Mtval << 20, 0x2073u | 30u << 7 | Mcause << 20, Lui(31, 0x10_0000), Sw(30, 31, 0)]);
        // Set mtvec by running one instruction elsewhere.
        board.Load(GuestBoard.RamBase + 0x2000, [0x1073u | 11u << 15 | Mtvec << 20, Sw(0, 12, 0)]);
        board.Cpu.SetGpr(11, handler);
        board.Cpu.SetGpr(12, 0x10_0000);
        board.Cpu.ProgramCounter = GuestBoard.RamBase + 0x2000;
        board.Cpu.Bind();
        Assert.Equal(VCpuExitKind.MmioWrite, board.Cpu.Run().Kind);
        board.Cpu.ProgramCounter = GuestBoard.RamBase;
        return board;
    }

    private static ulong Finish(GuestBoard board)
    {
        VCpuExit exit = board.Cpu.Run();
        Assert.Equal(VCpuExitKind.MmioWrite, exit.Kind);
        Assert.Equal(0x10_0000u, exit.MmioWrite.Address.Value);
        return exit.MmioWrite.Data;
    }
}

public sealed class MmioTestsInterpreted() : MmioTests(ExecutionTier.Interpreter);

public sealed class MmioTestsTranslated() : MmioTests(ExecutionTier.Translator);
