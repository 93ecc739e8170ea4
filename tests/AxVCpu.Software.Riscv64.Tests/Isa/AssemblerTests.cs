using System.Buffers.Binary;
using System.Text;
using AxVCpu.Software.Riscv64.Isa;
using Xunit;
using Decoder = AxVCpu.Software.Riscv64.Isa.Decoder;

namespace AxVCpu.Software.Riscv64.Tests.Isa;

public sealed class AssemblerTests
{
    private const ulong Base = 0x8000_0000;

    [Fact]
    public void Labels_comments_and_numeric_local_labels_resolve()
    {
        const string Source = """
            # leading comment
            _start:              // another
            1:  addi a0, a0, -1  /* and
                                    a long one */
                bnez a0, 1b; beqz a1, 1f
                j    done
            1:  nop
            done: j .
            """;
        Assert.Equal(
            ["addi a0,a0,-1", "bnez a0,0x80000000", "beqz a1,0x80000010", "j 0x80000014", "nop", "j 0x80000014"],
            Listing(Source));
    }

    [Fact]
    public void Expressions_have_the_precedence_of_C_and_wrap_at_64_bits()
    {
        const string Source = """
            .equ A, 1 + 2 * 3
            B = (A << 4) | 1
            .dword A, B, -1 & 0xff, ~0, 7 / 2 - 1, 0xffffffffffffffff + 2, 'A', '\n', 0b101, end - start, 1 << 63, 10 % 4 ^ 1
            start: .space 5
            end:
            """;
        Assert.Equal(
            [7, 113, 255, ulong.MaxValue, 2, 1, 65, 10, 5, 5, 1UL << 63, 3],
            Dwords(Assembler.Assemble(Source, Base).Code.AsSpan(0, 12 * 8)));
    }

    [Fact]
    public void Data_directives_lay_bytes_out_little_endian()
    {
        const string Source = """
            .data
            .byte 1, -1
            .half 0x1234
            .word 0xdeadbeef
            .ascii "ab", "c"
            .asciz "x\ty\x41\0"
            .balign 8, 0
            .align 4
            .zero 2
            .org 0x80000028
            .8byte end
            end:
            """;
        byte[] code = Assembler.Assemble(Source, Base).Code;
        Assert.Equal(
            "01FF3412EFBEADDE" + "616263" + "780979410000" + "000000000000000000000000000000" + "0000000000000000" + "3000008000000000",
            Convert.ToHexString(code));
    }

    [Fact]
    public void Alignment_between_instructions_is_filled_with_nops()
    {
        Assert.Equal(["nop", "nop", "nop", "nop", "nop", "ret"], Listing("c.nop; .align 4; foo: ret"));
        Assert.Equal(0x8000_0010u, Assembler.Assemble("c.nop; .align 4; foo: ret", Base).Symbols["foo"]);
    }

    [Theory]
    [InlineData("jr a0", "jr a0")]
    [InlineData("jr 8(a0)", "jr 8(a0)")]
    [InlineData("jalr a0", "jalr a0")]
    [InlineData("jalr t0, a0", "jalr t0,0(a0)")]
    [InlineData("jalr t0, 4(a0)", "jalr t0,4(a0)")]
    [InlineData("jalr t0, a0, 4", "jalr t0,4(a0)")]
    [InlineData("jal .", "jal 0x80000000")]
    [InlineData("jal t0, .", "jal t0,0x80000000")]
    [InlineData("bgt a0, a1, .", "blt a1,a0,0x80000000")]
    [InlineData("ble a0, a1, .", "bge a1,a0,0x80000000")]
    [InlineData("bgtu a0, a1, .", "bltu a1,a0,0x80000000")]
    [InlineData("bleu a0, a1, .", "bgeu a1,a0,0x80000000")]
    [InlineData("blez a0, .", "blez a0,0x80000000")]
    [InlineData("bgtz a0, .", "bgtz a0,0x80000000")]
    [InlineData("rdtime a0", "csrr a0,time")]
    [InlineData("csrw 0x300, a0", "csrw mstatus,a0")]
    [InlineData("csrrwi a0, fcsr, 31", "csrrwi a0,fcsr,31")]
    [InlineData("fabs.d fa0, fa1", "fabs.d fa0,fa1")]
    [InlineData("fneg.s ft0, f31", "fneg.s ft0,ft11")]
    [InlineData("fcvt.w.d a0, fa0, rtz", "fcvt.w.d a0,fa0,rtz")]
    [InlineData("fence rw, w", "fence rw,w")]
    [InlineData("fence", "fence")]
    [InlineData("lr.d.aq a0, (a1)", "lr.d.aq a0,(a1)")]
    [InlineData("sc.w.rl a0, a1, 0(a2)", "sc.w.rl a0,a1,(a2)")]
    [InlineData("lw a0, (sp)", "lw a0,0(sp)")]
    [InlineData("ld fp, %lo(0x12345fff)(x10)", "ld s0,-1(a0)")]
    [InlineData("lui a0, %hi(0x12345fff)", "lui a0,0x12346")]
    [InlineData("lui a0, -1", "lui a0,0xfffff")]
    [InlineData("c.lui a0, 0xfffff", "lui a0,0xfffff")]
    [InlineData("c.lwsp a0, 4(sp)", "lw a0,4(sp)")]
    [InlineData("ADDI A0, x0, 1", null)]
    [InlineData("sext.w a0, a1", "sext.w a0,a1")]
    [InlineData("snez a0, a1", "snez a0,a1")]
    [InlineData("negw a0, a1", "negw a0,a1")]
    [InlineData("sfence.vma a0, a1", "sfence.vma a0,a1")]
    public void Instructions_and_pseudo_instructions_assemble(string text, string? expected)
    {
        if (expected is null)
            Assert.Throws<AssemblerException>(() => Assembler.Assemble(text, Base));
        else
            Assert.Equal([expected], Listing(text));
    }

    [Fact]
    public void Any_64_bit_constant_is_loaded_exactly()
    {
        const int Seed = 20260803;
        Random random = new(Seed);
        List<long> values = [0, 1, -1, 2047, 2048, -2048, -2049, int.MaxValue, int.MinValue, 0x7FFFF800, 0xFFFFFFFF, 0x80000000, long.MaxValue, long.MinValue];
        for (int i = 0; i < 2_000; i++)
            values.Add(random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64) << random.Next(40));
        foreach (long value in values)
        {
            byte[] code = Assembler.Assemble($"li t0, {value}", Base).Code;
            Assert.True(Interpret(code, Base, 5) == value, $"seed {Seed}: li {value:x}");
            Assert.InRange(code.Length, 4, 32);
        }

        Assert.Equal(-1, Interpret(Assembler.Assemble("li t0, 0xffffffffffffffff", Base).Code, Base, 5));
    }

    [Theory]
    [InlineData("before: .space 2052; la t0, before", 2052, "before")]
    [InlineData("la t0, after; .space 6000; after:", 0, "after")]
    [InlineData("1: auipc t0, %pcrel_hi(after); addi t0, t0, %pcrel_lo(1b); .space 0xffc; after:", 0, "after")]
    public void An_address_is_loaded_relative_to_the_program_counter(string source, int at, string symbol)
    {
        AssembledProgram program = Assembler.Assemble(source, Base);
        Assert.Equal(program.Symbols[symbol], (ulong)Interpret(program.Code.AsSpan(at, 8), Base + (ulong)at, 5));
    }

    [Fact]
    public void Call_and_tail_reach_their_target()
    {
        Assert.Equal(["auipc ra,0x1", "jalr ra,-2032(ra)"], Listing("call f; .space 2056; f:")[..2]);
        Assert.Equal(["auipc t1,0x0", "jr 8(t1)"], Listing("tail f; f:"));
    }

    [Theory]
    [InlineData("addi a0, a0, 2048", "2048 does not fit: a number from -2048 to 2047")]
    [InlineData("beq a0, a1, 1f; .space 4096; 1:", "a multiple of 2 from -4096 to 4094")]
    [InlineData("slli a0, a0, 64", "from 0 to 63")]
    [InlineData("add a0, a1", "add takes rd, rs1, rs2")]
    [InlineData("frob a0", "instruction 'frob' is not known")]
    [InlineData("lw a0, a1", "offset(register)")]
    [InlineData("mv a0, q1", "'q1' is not an integer register")]
    [InlineData("fadd.s fa0, fa1, a2", "'a2' is not a floating-point register")]
    [InlineData("fadd.s fa0, fa1, fa2, up", "not a rounding mode")]
    [InlineData("j nowhere", "symbol 'nowhere' is not defined")]
    [InlineData("x: nop; x: nop", "'x' is defined twice")]
    [InlineData("li a0, later; later:", "use la")]
    [InlineData(".space later; later:", "must be known here")]
    [InlineData(".byte 256", "does not fit in 1 bytes")]
    [InlineData(".word (1", "')' is missing")]
    [InlineData(".word 1 2", "left over")]
    [InlineData(".word 1 / 0", "division by zero")]
    [InlineData(".word 0xg", "not a number")]
    [InlineData(".asciz hello", "double quotes")]
    [InlineData(".asciz \"\\q\"", "escape")]
    [InlineData(".org 0", "before the current address")]
    [InlineData(".space 0x7fffffff", "larger than 256 MiB")]
    [InlineData(".space -1", "larger than 256 MiB")]
    [InlineData(".align 30", "power of two")]
    [InlineData(".frob", "directive .frob is not known")]
    [InlineData("c.addi4spn a0, sp, 0", "reserved")]
    [InlineData("c.lui sp, 1", "reserved")]
    [InlineData("c.and a0, t0", "'t0' must be one of s0 s1 a0-a5")]
    [InlineData("fence rx, w", "not a set of i, o, r and w")]
    [InlineData("csrrwi a0, mstatus, 32", "from 0 to 31")]
    [InlineData("lw a0, %foo(1)(a0)", "'%foo' is not known")]
    public void An_error_names_file_line_and_what_would_be_right(string source, string expected)
    {
        AssemblerException error = Assert.Throws<AssemblerException>(() => Assembler.Assemble("nop\n" + source, Base, "guest.s"));
        Assert.StartsWith("guest.s:2: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.Line);
    }

    [Fact]
    public void Instructions_of_missing_extensions_are_refused_by_name()
    {
        AssemblerException error = Assert.Throws<AssemblerException>(() => Assembler.Assemble("andn a0, a0, a1", Base, isa: IsaExtensions.I));
        Assert.Contains("'andn' needs Zbb", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_text_is_refused_by_an_assembler_exception_or_accepted_never_worse()
    {
        const int Seed = 20260804;
        string[] words = ["li", "a0", ",", "(", ")", "%hi", "1f", "1:", "0x", ".word", "\"", "'", "\\", "-", "<<", ">", "x:", "=", "jal", ";", ".align", "9", ".", "%", "fence", "c.lui", "\n", ".set"];
        Random random = new(Seed);
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            StringBuilder text = new();
            for (int n = random.Next(1, 8); n > 0; n--)
                text.Append(words[random.Next(words.Length)]).Append(random.Next(3) == 0 ? "" : " ");
            try
            {
                Assembler.Assemble(text.ToString(), Base);
                accepted++;
            }
            catch (AssemblerException)
            {
            }
            catch (Exception other)
            {
                Assert.Fail($"seed {Seed}: '{text}' gives {other}");
            }
        }

        Assert.InRange(accepted, 1, 19_999);
    }

    [Fact]
    public void The_ELF_image_carries_segment_entry_and_symbols()
    {
        AssembledProgram program = Assembler.Assemble(".word 0\n_start: j _start\n.align 3\n.globl tohost\ntohost: .dword 0\n.equ UART, 0x10000000", Base);
        byte[] elf = program.ToElf();
        Assert.Equal("7F454C46020101", Convert.ToHexString(elf.AsSpan(0, 7)));
        Assert.Equal(243, BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(18)));
        Assert.Equal(Base + 4, BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(24)));
        Assert.Equal(0x1234u, BinaryPrimitives.ReadUInt64LittleEndian(program.ToElf(0x1234).AsSpan(24)));
        ReadOnlySpan<byte> segment = elf.AsSpan(64);
        int offset = (int)BinaryPrimitives.ReadUInt64LittleEndian(segment[8..]);
        Assert.Equal(Base, BinaryPrimitives.ReadUInt64LittleEndian(segment[16..]));
        Assert.Equal(program.Code, elf.AsSpan(offset, program.Code.Length).ToArray());
        Dictionary<string, ulong> symbols = ReadSymbols(elf);
        Assert.Equal(program.Symbols.OrderBy(pair => pair.Key), symbols.OrderBy(pair => pair.Key));
        Assert.Equal(Base + 8, symbols["tohost"]);
        Assert.Equal(0x1000_0000u, symbols["UART"]);
    }

    private static Dictionary<string, ulong> ReadSymbols(byte[] elf)
    {
        int headers = (int)BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(40));
        int table = Field(2, 24);
        int strings = Field(3, 24);
        Dictionary<string, ulong> symbols = [];
        for (int at = table + 24; at < table + Field(2, 32); at += 24)
        {
            int name = strings + BinaryPrimitives.ReadInt32LittleEndian(elf.AsSpan(at));
            int end = Array.IndexOf(elf, (byte)0, name);
            symbols[Encoding.ASCII.GetString(elf, name, end - name)] = BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(at + 8));
        }

        return symbols;

        int Field(int section, int offset) => (int)BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(headers + 64 * section + offset));
    }

    private static List<string> Listing(string source)
    {
        byte[] code = Assembler.Assemble(source, Base).Code;
        List<string> lines = [];
        for (int at = 0; at < code.Length;)
        {
            uint bits = BinaryPrimitives.ReadUInt16LittleEndian(code.AsSpan(at));
            int length = Decoder.LengthOf(bits);
            if (length == 4)
                bits = BinaryPrimitives.ReadUInt32LittleEndian(code.AsSpan(at));
            lines.Add(Disassembler.Format(bits, Base + (ulong)at, IsaExtensions.All));
            at += length;
        }

        return lines;
    }

    private static ulong[] Dwords(ReadOnlySpan<byte> code) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(code).ToArray();

    /// <summary>Runs straight-line address and constant arithmetic and returns one register.</summary>
    private static long Interpret(ReadOnlySpan<byte> code, ulong pc, int register)
    {
        long[] x = new long[33];
        for (int at = 0; at < code.Length; at += 4)
        {
            Op op = Decoder.Decode(BinaryPrimitives.ReadUInt32LittleEndian(code[at..]), IsaExtensions.Default);
            x[op.Rd] = op.Code switch
            {
                OpCode.Addi => x[op.Rs1] + op.Imm,
                OpCode.Addiw => (int)(x[op.Rs1] + op.Imm),
                OpCode.Lui => op.Imm,
                OpCode.Slli => x[op.Rs1] << op.Imm,
                OpCode.Auipc => (long)pc + at + op.Imm,
                _ => throw new InvalidOperationException($"{op.Code} is not expected in a constant"),
            };
        }

        return x[register];
    }
}
