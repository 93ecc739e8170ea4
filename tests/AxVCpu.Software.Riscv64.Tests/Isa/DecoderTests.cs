using System.Runtime.CompilerServices;
using AxVCpu.Software.Riscv64.Isa;
using Xunit;

namespace AxVCpu.Software.Riscv64.Tests.Isa;

public sealed class DecoderTests
{
    [Fact]
    public void An_op_is_sixteen_bytes_without_references()
    {
        Assert.Equal(16, Unsafe.SizeOf<Op>());
        Assert.False(RuntimeHelpers.IsReferenceOrContainsReferences<Op>());
    }

    // Expected values worked out by hand from the manual's format pictures.
    [Theory]
    [InlineData(0xFFF50513u, "Addi rd=10 rs1=10 rs2=0 imm=-1 len=4")]
    [InlineData(0x00C58533u, "Add rd=10 rs1=11 rs2=12 imm=0 len=4")]
    [InlineData(0xFE0508E3u, "Beq rd=0 rs1=10 rs2=0 imm=-16 len=4")]
    [InlineData(0xFF9FF0EFu, "Jal rd=1 rs1=0 rs2=0 imm=-8 len=4")]
    [InlineData(0x0000006Fu, "Jal rd=32 rs1=0 rs2=0 imm=0 len=4")]
    [InlineData(0x00008067u, "Jalr rd=32 rs1=1 rs2=0 imm=0 len=4")]
    [InlineData(0x80000537u, "Lui rd=10 rs1=0 rs2=0 imm=-2147483648 len=4")]
    [InlineData(0xFEB53C23u, "Sd rd=0 rs1=10 rs2=11 imm=-8 len=4")]
    [InlineData(0x03F51513u, "Slli rd=10 rs1=10 rs2=0 imm=63 len=4")]
    [InlineData(0x30029073u, "Csrrw rd=32 rs1=5 rs2=0 imm=768 len=4")]
    [InlineData(0xC01022F3u, "Csrrs rd=5 rs1=0 rs2=0 imm=3073 len=4")]
    [InlineData(0x0FF0000Fu, "Fence rd=0 rs1=0 rs2=0 imm=255 len=4")]
    [InlineData(0x4501u, "Addi rd=10 rs1=0 rs2=0 imm=0 len=2")]
    [InlineData(0x8082u, "Jalr rd=32 rs1=1 rs2=0 imm=0 len=2")]
    [InlineData(0x9502u, "Jalr rd=1 rs1=10 rs2=0 imm=0 len=2")]
    [InlineData(0x852Eu, "Add rd=10 rs1=0 rs2=11 imm=0 len=2")]
    [InlineData(0x1141u, "Addi rd=2 rs1=2 rs2=0 imm=-16 len=2")]
    [InlineData(0x7139u, "Addi rd=2 rs1=2 rs2=0 imm=-64 len=2")]
    [InlineData(0x0808u, "Addi rd=10 rs1=2 rs2=0 imm=16 len=2")]
    [InlineData(0xE406u, "Sd rd=0 rs1=2 rs2=1 imm=8 len=2")]
    [InlineData(0x9002u, "Ebreak rd=0 rs1=0 rs2=0 imm=0 len=2")]
    [InlineData(0x00000013u, "Nop rd=32 rs1=0 rs2=0 imm=0 len=4")]
    [InlineData(0x0001u, "Nop rd=0 rs1=0 rs2=0 imm=0 len=2")]
    public void Known_instructions_decode_field_by_field(uint bits, string expected)
    {
        Op op = Decoder.Decode(bits, IsaExtensions.Default);
        Assert.Equal(expected, $"{op.Code} rd={op.Rd} rs1={op.Rs1} rs2={op.Rs2} imm={op.Imm} len={op.Length}");
    }

    // "Zcb", Code Size Reduction, with the operands as the pictures there have them: s0 and s1.
    [Theory]
    [InlineData(0x80E0u, "c.lbu s0,3(s1)", nameof(OpCode.Lbu), 3, IsaExtensions.Zcb)]
    [InlineData(0x80C0u, "c.lbu s0,1(s1)", nameof(OpCode.Lbu), 1, IsaExtensions.Zcb)]
    [InlineData(0x80A0u, "c.lbu s0,2(s1)", nameof(OpCode.Lbu), 2, IsaExtensions.Zcb)]
    [InlineData(0x84A0u, "c.lhu s0,2(s1)", nameof(OpCode.Lhu), 2, IsaExtensions.Zcb)]
    [InlineData(0x84C0u, "c.lh s0,0(s1)", nameof(OpCode.Lh), 0, IsaExtensions.Zcb)]
    [InlineData(0x88E0u, "c.sb s0,3(s1)", nameof(OpCode.Sb), 3, IsaExtensions.Zcb)]
    [InlineData(0x8CA0u, "c.sh s0,2(s1)", nameof(OpCode.Sh), 2, IsaExtensions.Zcb)]
    [InlineData(0x9C61u, "c.zext.b s0", nameof(OpCode.Andi), 255, IsaExtensions.Zcb)]
    [InlineData(0x9C65u, "c.sext.b s0", nameof(OpCode.SextB), 0, IsaExtensions.Zbb)]
    [InlineData(0x9C69u, "c.zext.h s0", nameof(OpCode.ZextH), 0, IsaExtensions.Zbb)]
    [InlineData(0x9C6Du, "c.sext.h s0", nameof(OpCode.SextH), 0, IsaExtensions.Zbb)]
    [InlineData(0x9C71u, "c.zext.w s0", nameof(OpCode.AddUw), 0, IsaExtensions.Zba)]
    [InlineData(0x9C75u, "c.not s0", nameof(OpCode.Xori), -1, IsaExtensions.Zcb)]
    [InlineData(0x9C45u, "c.mul s0,s1", nameof(OpCode.Mul), 0, IsaExtensions.M)]
    public void Zcb_decodes_to_what_it_expands_to_and_needs_what_that_needs(uint bits, string text, string code, int immediate, IsaExtensions needed)
    {
        Op op = Decoder.Decode(bits, IsaExtensions.All);
        Assert.Equal((code, immediate, (byte)2), (op.Code.ToString(), op.Imm, op.Length));
        Assert.Equal(text, Disassembler.Format(bits, 0, IsaExtensions.All, DisassemblyStyle.Exact));
        Assert.Equal(OpCode.Illegal, Decoder.Decode(bits, IsaExtensions.All & ~needed).Code);
        Assert.Equal(OpCode.Illegal, Decoder.Decode(bits, IsaExtensions.All & ~IsaExtensions.Zcb).Code);
    }

    [Theory]
    [InlineData(0x0000u, "all zeros")]
    [InlineData(0x6101u, "c.addi16sp 0")]
    [InlineData(0x6501u, "c.lui 0")]
    [InlineData(0x2001u, "c.addiw x0")]
    [InlineData(0x4002u, "c.lwsp x0")]
    [InlineData(0x8002u, "c.jr x0")]
    [InlineData(0x9C79u, "reserved behind c.not")]
    [InlineData(0x9C7Du, "reserved behind c.not, the last")]
    [InlineData(0x8CC0u, "reserved beside c.sh")]
    [InlineData(0x9000u, "reserved behind c.sh")]
    [InlineData(0xFFFFFFFFu, "all ones")]
    [InlineData(0x0000001Fu, "48-bit encoding")]
    [InlineData(0x02C5D553u, "fadd.s with rounding mode 5")]
    [InlineData(0x02C5E553u, "fadd.d with rounding mode 6")]
    [InlineData(0x0200D01Bu, "slliw-like shift amount 32")]
    public void Reserved_encodings_are_illegal_and_keep_their_bits(uint bits, string what)
    {
        Op op = Decoder.Decode(bits, IsaExtensions.All);
        Assert.True(op.Code == OpCode.Illegal, what);
        Assert.Equal(bits, (uint)op.Imm);
        Assert.Equal((bits & 3) == 3 ? 4 : 2, op.Length);
    }

    [Fact]
    public void The_upper_half_does_not_matter_to_a_compressed_instruction()
    {
        Op expected = Decoder.Decode(0x1141, IsaExtensions.Default);
        Op actual = Decoder.Decode(0xDEAD1141, IsaExtensions.Default);
        Assert.Equal(expected, actual);
        Assert.Equal(0, Decoder.Decode(0xDEAD0000, IsaExtensions.Default).Imm);
    }

    [Fact]
    public void A_missing_extension_makes_its_instructions_illegal_and_pause_an_ordinary_fence()
    {
        Assert.Equal(OpCode.Mul, Decoder.Decode(0x02C58533, IsaExtensions.Default).Code);
        Assert.Equal(OpCode.Illegal, Decoder.Decode(0x02C58533, IsaExtensions.Default & ~(IsaExtensions.M | IsaExtensions.Zmmul)).Code);
        Assert.Equal(OpCode.Illegal, Decoder.Decode(0x02C5C533, IsaExtensions.I | IsaExtensions.Zmmul).Code); // div
        Assert.Equal(OpCode.Mul, Decoder.Decode(0x02C58533, IsaExtensions.I | IsaExtensions.Zmmul).Code);
        Assert.Equal(OpCode.LrW, Decoder.Decode(0x1005252F, IsaExtensions.I | IsaExtensions.Zalrsc).Code);
        Assert.Equal(OpCode.Illegal, Decoder.Decode(0x1005252F, IsaExtensions.I | IsaExtensions.Zaamo).Code);
        Assert.Equal(OpCode.Andn, Decoder.Decode(0x40C5F533, IsaExtensions.I | IsaExtensions.Zbkb).Code);
        Assert.Equal(OpCode.Illegal, Decoder.Decode(0x40C5F533, IsaExtensions.I).Code);
        Assert.Equal(OpCode.Illegal, Decoder.Decode(0x1141, IsaExtensions.Default & ~IsaExtensions.C).Code);
        Assert.Equal(OpCode.Illegal, Decoder.Decode(0x2108, IsaExtensions.Default & ~IsaExtensions.D).Code);
        Assert.Equal(OpCode.Fence, Decoder.Decode(0x0100000F, IsaExtensions.Default & ~IsaExtensions.Zihintpause).Code);
        Assert.Equal(OpCode.Pause, Decoder.Decode(0x0100000F, IsaExtensions.Default | IsaExtensions.Zihintpause).Code);
    }

    [Fact]
    public void Rounding_mode_and_ordering_bits_arrive_in_rm()
    {
        Assert.Equal(7, Decoder.Decode(0x02C5F553, IsaExtensions.Default).Rm);
        Assert.Equal(1, Decoder.Decode(0x02C59553, IsaExtensions.Default).Rm);
        Assert.Equal(3, Decoder.Decode(0x06C5A52F, IsaExtensions.Default).Rm);
        Assert.Equal(2, Decoder.Decode(0x1405A52F, IsaExtensions.Default).Rm);
    }

    [Fact]
    public void Every_halfword_decodes_without_trouble_and_without_garbage()
    {
        int legal = 0;
        Assert.Equal(0, Garbage.Of(() =>
        {
            legal = 0;
            for (uint bits = 0; bits < 0x10000; bits++)
            {
                if (Decoder.Decode(bits, IsaExtensions.Default).Code != OpCode.Illegal && Decoder.LengthOf(bits) == 2)
                    legal++;
            }
        }));
        Assert.InRange(legal, 40_000, 49_152);
    }
}
