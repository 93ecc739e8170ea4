using static AxVCpu.Software.Riscv64.Tests.Encode;

namespace AxVCpu.Software.Riscv64.Tests;

public abstract class MemoryTests(ExecutionTier tier)
{
    private const ulong Data = GuestBoard.RamBase + 0x10_0000;
    private const uint Mcause = 0x342;
    private const uint Mtval = 0x343;
    private const uint Mtvec = 0x305;
    private const uint Mepc = 0x341;

    private static uint Csrrw(uint rd, uint csr, uint rs1) => 0x1073u | rd << 7 | rs1 << 15 | csr << 20;

    private static uint Csrr(uint rd, uint csr) => 0x2073u | rd << 7 | csr << 20;

    private static uint Auipc(uint rd, uint value) => 0x17u | rd << 7 | (value & 0xFFFF_F000);

    [Theory]
    [InlineData(0u, 1, true)]
    [InlineData(1u, 2, true)]
    [InlineData(2u, 4, true)]
    [InlineData(3u, 8, true)]
    [InlineData(4u, 1, false)]
    [InlineData(5u, 2, false)]
    [InlineData(6u, 4, false)]
    public unsafe void A_load_at_any_offset_reads_and_extends(uint funct3, int size, bool signed)
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        // Around a page boundary and in the middle of a page, aligned and not.
        foreach (int offset in (int[])[0x100, 0x101, 0x103, 0x107, 0xFF9, 0xFFB, 0xFFD, 0xFFE, 0xFFF, 0x1000])
        {
            using var board = new GuestBoard(tier: tier);
            random.NextBytes(new Span<byte>(board.At(Data), 0x2000));
            board.Load(
                GuestBoard.RamBase,
                [Auipc(10, 0x10_0000), Lui(11, 0x1000), R(0x33, 0, 0, 10, 10, 11), I(0x03, funct3, 12, 10, offset - 0x1000), .. Stop()]);
            // The immediate reaches 2047 bytes only.
            if (offset < 0x800)
                board.Load(GuestBoard.RamBase + 8, [0x13, I(0x03, funct3, 12, 10, offset)]);
            board.RunToStore();
            ulong expected = 0;
            for (int i = 0; i < size; i++)
                expected |= (ulong)board.At(Data)[offset + i] << (8 * i);
            if (signed)
                expected = (ulong)((long)(expected << (64 - (8 * size))) >> (64 - (8 * size)));
            Assert.True(expected == board.Cpu.GetGpr(12), $"offset {offset:x}: expected {expected:x}, was {board.Cpu.GetGpr(12):x} (seed {seed})");
        }
    }

    [Theory]
    [InlineData(0u, 1)]
    [InlineData(1u, 2)]
    [InlineData(2u, 4)]
    [InlineData(3u, 8)]
    public unsafe void A_store_at_any_offset_writes_its_bytes_and_no_others(uint funct3, int size)
    {
        foreach (int offset in (int[])[0x7F8, 0x7F9, 0x7FB, 0x7FF])
        {
            using var board = new GuestBoard(tier: tier);
            new Span<byte>(board.At(Data), 0x2000).Fill(0xAA);
            // x10 = Data + 0x800, so that the offset's complement crosses into the second page.
            board.Load(
                GuestBoard.RamBase,
                [Auipc(10, 0x10_0000), Lui(11, 0x1000), R(0x33, 0, 0, 10, 10, 11), Addi(10, 10, -0x800), Addi(12, 0, 0x123), S(funct3, 10, 12, offset), .. Stop()]);
            board.RunToStore();
            byte* at = board.At(Data) + 0x800 + offset;
            ulong stored = 0x123;
            for (int i = -16; i < 24; i++)
            {
                byte expected = i >= 0 && i < size ? (byte)(stored >> (8 * i)) : (byte)0xAA;
                Assert.True(expected == at[i], $"offset {offset:x}, byte {i}: expected {expected:x}, was {at[i]:x}");
            }
        }
    }

    [Theory]
    [InlineData(false, 5u)]
    [InlineData(true, 7u)]
    public unsafe void An_access_that_crosses_into_nothing_faults_without_effect(bool store, uint cause)
    {
        using var board = new GuestBoard(tier: tier);
        ulong end = GuestBoard.RamBase + board.RamSize;
        new Span<byte>(board.At(end - 8), 8).Fill(0x55);
        uint access = store ? Sd(0, 10, -4) : Ld(12, 10, -4);
        board.Load(GuestBoard.RamBase, [Lui(10, 0x8040_0000), I(0x13, 1, 10, 10, 32), I(0x13, 5, 10, 10, 32), .. Handler(), Addi(12, 0, 99), access, .. Stop(2)]);
        Assert.Equal(0x8040_0000u, GuestBoard.RamBase + board.RamSize);
        Assert.Equal(cause, board.RunToStore());
        // mtval is where the part that faulted begins.
        Assert.Equal(end, board.Cpu.GetGpr(20));
        Assert.Equal(0x5555_5555_5555_5555u, board.Read64(end - 8));
        if (!store)
            Assert.Equal(99u, board.Cpu.GetGpr(12));
    }

    [Theory]
    [InlineData(2u, 0x02u, 4u)] // lr.w
    [InlineData(3u, 0x02u, 4u)] // lr.d
    [InlineData(2u, 0x03u, 6u)] // sc.w
    [InlineData(2u, 0x00u, 6u)] // amoadd.w
    [InlineData(3u, 0x01u, 6u)] // amoswap.d
    public void A_misaligned_atomic_traps(uint funct3, uint funct5, uint cause)
    {
        using var board = new GuestBoard(tier: tier);
        board.Load(GuestBoard.RamBase, [Auipc(10, 0x10_0000), Addi(10, 10, 2), .. Handler(), R(0x2F, funct3, funct5 << 2, 12, 10, 0), .. Stop(99)]);
        Assert.Equal(cause, board.RunToStore());
        Assert.Equal(Data + 2, board.Cpu.GetGpr(20));
    }

    [Fact]
    public void Instret_is_exact_across_a_fault_in_the_middle_of_a_block()
    {
        using var board = new GuestBoard(tier: tier);
        board.Load(
            GuestBoard.RamBase,
            [
                .. Handler(afterwards: [Csrr(21, 0xB02)]), // minstret
                Csrr(22, 0xB02),
                Addi(1, 0, 1),
                Addi(2, 0, 2),
                I(0x03, 3, 3, 0, 1), // ld x3, 1(x0): misaligned and not memory
                .. Stop(99),
            ]);
        Assert.Equal(5u, board.RunToStore());
        // csrr itself, two addi; the load does not retire; three instructions of the handler.
        Assert.Equal(3u + 2, board.Cpu.GetGpr(21) - board.Cpu.GetGpr(22));
    }

    [Theory]
    [InlineData(0x00u, 10UL, 3UL, 13UL)] // amoadd
    [InlineData(0x01u, 10UL, 3UL, 3UL)] // amoswap
    [InlineData(0x04u, 10UL, 3UL, 9UL)] // amoxor
    [InlineData(0x0Cu, 10UL, 3UL, 2UL)] // amoand
    [InlineData(0x08u, 10UL, 3UL, 11UL)] // amoor
    [InlineData(0x10u, 0xFFFF_FFFF_FFFF_FFFFUL, 3UL, 0xFFFF_FFFF_FFFF_FFFFUL)] // amomin
    [InlineData(0x14u, 0xFFFF_FFFF_FFFF_FFFFUL, 3UL, 3UL)] // amomax
    [InlineData(0x18u, 0xFFFF_FFFF_FFFF_FFFFUL, 3UL, 3UL)] // amominu
    [InlineData(0x1Cu, 0xFFFF_FFFF_FFFF_FFFFUL, 3UL, 0xFFFF_FFFF_FFFF_FFFFUL)] // amomaxu
    public unsafe void An_amo_returns_the_old_value_and_stores_the_new(uint funct5, ulong memory, ulong operand, ulong expected)
    {
        foreach (uint funct3 in (uint[])[2, 3])
        {
            using var board = new GuestBoard(tier: tier);
            ulong* at = (ulong*)board.At(Data);
            at[0] = memory;
            at[1] = 0x1111_1111_1111_1111;
            board.Load(GuestBoard.RamBase, [Auipc(10, 0x10_0000), Addi(11, 0, (int)operand), R(0x2F, funct3, funct5 << 2, 12, 10, 11), .. Stop()]);
            board.RunToStore();
            Assert.Equal(memory, board.Cpu.GetGpr(12));
            ulong merged = funct3 == 3 ? expected : (memory & 0xFFFF_FFFF_0000_0000) | (uint)expected;
            Assert.Equal(merged, at[0]);
            Assert.Equal(0x1111_1111_1111_1111u, at[1]);
        }
    }

    [Fact]
    public unsafe void Sc_succeeds_once_after_lr_and_only_there()
    {
        const uint Lr = 0x02u << 2, Sc = 0x03u << 2;
        using var board = new GuestBoard(tier: tier);
        board.Load(
            GuestBoard.RamBase,
            [
                Auipc(10, 0x10_0000),
                Addi(11, 0, 7),
                R(0x2F, 3, Sc, 12, 10, 11), // no reservation
                R(0x2F, 3, Lr, 13, 10, 0),
                R(0x2F, 3, Sc, 14, 10, 11), // succeeds
                R(0x2F, 3, Sc, 15, 10, 11), // used up
                R(0x2F, 3, Lr, 16, 10, 0),
                Addi(17, 10, 8),
                R(0x2F, 3, Sc, 18, 17, 11), // elsewhere
                R(0x2F, 3, Lr, 16, 10, 0),
                Sd(0, 10, 0),
                R(0x2F, 3, Sc, 19, 10, 11), // changed in between
                .. Stop(),
            ]);
        *(ulong*)board.At(Data) = 42;
        board.RunToStore();
        Assert.Equal(1u, board.Cpu.GetGpr(12));
        Assert.Equal(42u, board.Cpu.GetGpr(13));
        Assert.Equal(0u, board.Cpu.GetGpr(14));
        Assert.Equal(1u, board.Cpu.GetGpr(15));
        Assert.Equal(7u, board.Cpu.GetGpr(16));
        Assert.Equal(1u, board.Cpu.GetGpr(18));
        Assert.Equal(1u, board.Cpu.GetGpr(19));
        Assert.Equal(0u, board.Read64(Data));
    }

    /// <summary>Code that points mtvec at a handler inside itself, and jumps over it. The handler stops with mcause; x20 is mtval.</summary>
    private static uint[] Handler(params uint[] afterwards)
    {
        uint[] handler = [Csrr(20, Mtval), Csrr(30, Mcause), .. afterwards, Lui(31, 0x10_0000), Sw(30, 31, 0)];
        return [Auipc(5, 0), Addi(5, 5, 16), Csrrw(0, Mtvec, 5), Jal(0, 4 + (handler.Length * 4)), .. handler];
    }
}

public sealed class MemoryTestsInterpreted() : MemoryTests(ExecutionTier.Interpreter);

public sealed class MemoryTestsTranslated() : MemoryTests(ExecutionTier.Translator);
