using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Zabha and Zacas.</summary>
public abstract unsafe class MoreAtomicTests(ExecutionTier tier)
{
    private const ulong Data = GuestBoard.RamBase + 0x10_0000;
    private const ulong IllegalInstruction = 2;
    private const ulong StoreAddressMisaligned = 6;

    public static TheoryData<string, ulong, ulong, ulong> Operations => new()
    {
        // Operation, memory, operand, what memory becomes; of 8 bits, then widened.
        { "amoswap", 0x80, 0x12, 0x12 },
        { "amoadd", 0xF0, 0x21, 0x11 },
        { "amoxor", 0xF0, 0x3C, 0xCC },
        { "amoand", 0xF0, 0x3C, 0x30 },
        { "amoor", 0xF0, 0x3C, 0xFC },
        { "amomin", 0x80, 0x7F, 0x80 },
        { "amomin", 0x7F, 0x80, 0x80 },
        { "amomax", 0x80, 0x7F, 0x7F },
        { "amomax", 0xFE, 0xFF, 0xFF },
        { "amominu", 0x80, 0x7F, 0x7F },
        { "amominu", 0x01, 0x02, 0x01 },
        { "amomaxu", 0x80, 0x7F, 0x80 },
        { "amomaxu", 0x01, 0xFF, 0xFF },
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public void A_narrow_operation_changes_its_bytes_only_and_returns_the_old_value_with_its_sign(string operation, ulong memory, ulong operand, ulong expected)
    {
        using InstructionProbe probe = new(tier);
        foreach ((string suffix, int bits) in (ReadOnlySpan<(string, int)>)[("b", 8), ("h", 16)])
        {
            // The value in the top byte: the sign is that of the 8 bits.
            int shift = bits - 8;
            for (int place = 0; place < 64; place += bits)
            {
                ulong mask = ((1UL << bits) - 1) << place;
                ulong around = 0x0123_4567_89AB_CDEF & ~mask;
                *(ulong*)probe.Board.At(Data) = around | memory << shift << place;
                ulong old = probe.Run($"{operation}.{suffix}.aqrl t2,t1,(t0)", Data + ((ulong)place / 8), (operand << shift) | 0xFFFF_FFFF_0000_0000);
                Assert.Equal((ulong)((long)(memory << 56) >> 56 << shift), old);
                Assert.Equal(around | expected << shift << place, probe.Board.Read64(Data));
            }
        }
    }

    [Theory]
    [InlineData("b", 8)]
    [InlineData("h", 16)]
    [InlineData("w", 32)]
    [InlineData("d", 64)]
    public void A_compare_and_swap_stores_when_the_low_bits_are_equal_and_returns_what_was_there(string suffix, int bits)
    {
        using InstructionProbe probe = new(tier);
        ulong mask = ulong.MaxValue >> (64 - bits);
        const ulong Old = 0x8182_8384_8586_8788;
        const ulong New = 0x1112_1314_1516_1718;
        ulong* memory = (ulong*)probe.Board.At(Data);
        ulong extended = (ulong)((long)(Old << (64 - bits)) >> (64 - bits));

        *memory = Old;
        Assert.Equal(extended, probe.Run($"amocas.{suffix} t2,t1,(t0)", Data, New, (Old & mask) | (bits < 64 ? 0xABUL << 56 : 0)));
        Assert.Equal((Old & ~mask) | (New & mask), *memory);

        *memory = Old;
        Assert.Equal(extended, probe.Run($"amocas.{suffix} t2,t1,(t0)", Data, New, Old ^ 1));
        Assert.Equal(Old, *memory);

        // x0 compares as zero, and stays zero.
        *memory = Old & ~mask;
        Assert.Equal(0UL, probe.Run($"amocas.{suffix} x0,t1,(t0); mv t2,x0", Data, New));
        Assert.Equal((Old & ~mask) | (New & mask), *memory);
    }

    [Fact]
    public void A_pair_is_compared_and_swapped_as_one()
    {
        using InstructionProbe probe = new(tier);
        ulong* memory = (ulong*)probe.Board.At(Data);
        const string Swap = "mv a2,t1; not a3,t1; mv a4,t2; not a5,t2; amocas.q a4,a2,(t0); mv t2,a4; mv t3,a5";

        (memory[0], memory[1]) = (5, ~5UL);
        Assert.Equal(5UL, probe.Run(Swap, Data, 7, 5));
        Assert.Equal((~5UL, 7UL, ~7UL), (probe.Second, memory[0], memory[1]));

        // One half alone is not enough.
        (memory[0], memory[1]) = (5, 6);
        Assert.Equal(5UL, probe.Run(Swap, Data, 7, 5));
        Assert.Equal((6UL, 5UL, 6UL), (probe.Second, memory[0], memory[1]));
        (memory[0], memory[1]) = (4, ~5UL);
        Assert.Equal(4UL, probe.Run(Swap, Data, 7, 5));
        Assert.Equal((~5UL, 4UL, ~5UL), (probe.Second, memory[0], memory[1]));

        // A pair that begins with x0 is zero, as a source and to compare with, and is not written: ra keeps its value.
        (memory[0], memory[1]) = (0, 0);
        Assert.Equal(77UL, probe.Run("li ra,77; mv a2,t1; not a3,t1; amocas.q x0,a2,(t0); mv t2,ra", Data, 7));
        Assert.Equal((7UL, ~7UL), (memory[0], memory[1]));
        Assert.Equal(7UL, probe.Run("li ra,77; mv a4,t2; not a5,t2; amocas.q a4,x0,(t0); mv t2,a4", Data, 0, 7));
        Assert.Equal((0UL, 0UL), (memory[0], memory[1]));
    }

    [Theory]
    [InlineData("amoadd.h t2,t1,(t0)", 1)]
    [InlineData("amocas.h t2,t1,(t0)", 1)]
    [InlineData("amocas.w t2,t1,(t0)", 2)]
    [InlineData("amocas.d t2,t1,(t0)", 4)]
    [InlineData("amocas.q a4,a2,(t0)", 8)]
    public void A_misaligned_address_is_a_store_exception(string text, ulong offset)
    {
        using InstructionProbe probe = new(tier);
        *(ulong*)probe.Board.At(Data) = 5;
        Assert.Equal(StoreAddressMisaligned, probe.Run(text, Data + offset));
        Assert.Equal(Data + offset, probe.Second);
        Assert.Equal(5UL, probe.Board.Read64(Data));
    }

    [Theory]
    [InlineData(0x28C5_47AFu)] // amocas.q a5,a2,(a0)
    [InlineData(0x28D5_472Fu)] // amocas.q a4,a3,(a0)
    public void Pairs_that_begin_with_an_odd_register_are_reserved(uint word)
    {
        using InstructionProbe probe = new(tier);
        Assert.Equal(IllegalInstruction, probe.Run($".4byte 0x{word:x}"));
        Assert.Equal(word, probe.Second);
    }

    [Theory]
    [InlineData(IsaExtensions.Zabha, "amoadd.b t2,t1,(t0)")]
    [InlineData(IsaExtensions.Zacas, "amocas.d t2,t1,(t0)")]
    [InlineData(IsaExtensions.Zacas, "amocas.b t2,t1,(t0)")]
    [InlineData(IsaExtensions.Zimop, "mop.r.7 t2,t1")]
    [InlineData(IsaExtensions.Zkne, "aes64es t2,t1,t0")]
    [InlineData(IsaExtensions.Zfa, "fli.s ft0,1.0")]
    [InlineData(IsaExtensions.Zfh | IsaExtensions.Zfhmin, "flh ft0,0(t0)")]
    public void Without_its_extension_an_instruction_is_illegal(IsaExtensions missing, string text)
    {
        uint word = BitConverter.ToUInt32(Assembler.Assemble(text, 0).Code);
        using InstructionProbe probe = new(tier, IsaExtensions.All & ~missing);
        Assert.Equal(IllegalInstruction, probe.Run($".4byte 0x{word:x}", Data));
    }

    [Fact]
    public void May_be_operations_write_zero_or_nothing()
    {
        using InstructionProbe probe = new(tier);
        for (int n = 0; n < 32; n++)
            Assert.Equal(0UL, probe.Run($"mop.r.{n} t2,t0", 5, 6, 7));
        for (int n = 0; n < 8; n++)
        {
            Assert.Equal(0UL, probe.Run($"mop.rr.{n} t2,t0,t1", 5, 6, 7));
            Assert.Equal(7UL, probe.Run($"c.mop.{(2 * n) + 1}", 5, 6, 7));
        }
    }

    [Fact]
    public void Two_harts_count_in_one_pair_without_losing_a_step()
    {
        const ulong Rounds = 2000;
        using GuestBoard board = new(harts: 2, tier: tier);
        byte[] code = Assembler.Assemble(
            $$"""
                    li s0, {{Data}}
                    li s1, {{Rounds}}
            1:      ld a4, 0(s0)
                    ld a5, 8(s0)
            2:      addi a2, a4, 1
                    addi a3, a5, 3
                    mv s2, a4
                    mv s3, a5
                    amocas.q.aqrl a4, a2, (s0)
                    bne a4, s2, 2b
                    bne a5, s3, 2b
                    addi s1, s1, -1
                    bnez s1, 1b
                    lui t6, 0x100
                    sw x0, 0(t6)
            """,
            GuestBoard.RamBase).Code;
        board.Load(GuestBoard.RamBase, code);
        Thread[] threads = [.. board.Cpus.Select(cpu => new Thread(() =>
        {
            cpu.Bind();
            Assert.Equal(VCpuExitKind.MmioWrite, cpu.Run().Kind);
            cpu.Unbind();
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.True(thread.Join(TimeSpan.FromSeconds(60)));
        Assert.Equal((2 * Rounds, 6 * Rounds), (board.Read64(Data), board.Read64(Data + 8)));
    }
}

public sealed class MoreAtomicTestsInterpreted() : MoreAtomicTests(ExecutionTier.Interpreter);

public sealed class MoreAtomicTestsTranslated() : MoreAtomicTests(ExecutionTier.Translator);
