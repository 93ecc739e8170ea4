using AxVCpu.Software.Riscv64.Isa;
using Xunit;

namespace AxVCpu.Software.Riscv64.Tests.Isa;

public sealed class DisassemblerTests
{
    [Theory]
    [InlineData(0x00000013u, "nop", "addi zero,zero,0")]
    [InlineData(0x00500513u, "li a0,5", "addi a0,zero,5")]
    [InlineData(0x00058513u, "mv a0,a1", "addi a0,a1,0")]
    [InlineData(0x00008067u, "ret", "jalr zero,0(ra)")]
    [InlineData(0xFF9FF06Fu, "j 0x7ffffff8", "jal zero,0x7ffffff8")]
    [InlineData(0x00050463u, "beqz a0,0x80000008", "beq a0,zero,0x80000008")]
    [InlineData(0x14202573u, "csrr a0,scause", "csrrs a0,scause,zero")]
    [InlineData(0x30046073u, "csrsi mstatus,8", "csrrsi zero,mstatus,8")]
    [InlineData(0x22B58553u, "fmv.d fa0,fa1", "fsgnj.d fa0,fa1,fa1")]
    [InlineData(0x12000073u, "sfence.vma", "sfence.vma zero,zero")]
    [InlineData(0x06C5A52Fu, "amoadd.w.aqrl a0,a2,(a1)", "amoadd.w.aqrl a0,a2,(a1)")]
    [InlineData(0x02C5F553u, "fadd.d fa0,fa1,fa2", "fadd.d fa0,fa1,fa2")]
    [InlineData(0x02C59553u, "fadd.d fa0,fa1,fa2,rtz", "fadd.d fa0,fa1,fa2,rtz")]
    [InlineData(0x8082u, "ret", "c.jr ra")]
    [InlineData(0x852Eu, "mv a0,a1", "c.mv a0,a1")]
    [InlineData(0x1141u, "addi sp,sp,-16", "c.addi sp,-16")]
    [InlineData(0x7139u, "addi sp,sp,-64", "c.addi16sp sp,-64")]
    [InlineData(0xE406u, "sd ra,8(sp)", "c.sdsp ra,8(sp)")]
    [InlineData(0x0000u, ".2byte 0x0", ".2byte 0x0")]
    [InlineData(0xFFFFFFFFu, ".4byte 0xffffffff", ".4byte 0xffffffff")]
    public void An_instruction_prints_readable_and_exact(uint bits, string readable, string exact)
    {
        Assert.Equal(readable, Disassembler.Format(bits, 0x8000_0000, IsaExtensions.Default));
        Assert.Equal(exact, Disassembler.Format(bits, 0x8000_0000, IsaExtensions.Default, DisassemblyStyle.Exact));
    }

    [Fact]
    public void Instructions_of_missing_extensions_print_as_data() =>
        Assert.Equal(".4byte 0x2c58533", Disassembler.Format(0x02C58533, 0, IsaExtensions.I));
}
