using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

/// <summary>Which instructions end a block: those that go elsewhere, and those after which the next fetch may mean something else.</summary>
internal static class BlockShape
{
    /// <summary>Whether nothing may follow <paramref name="code"/> in its block.</summary>
    public static bool EndsBlock(OpCode code) => code switch
    {
        OpCode.Illegal => true,
        >= OpCode.Beq and <= OpCode.Jalr => true,
        OpCode.FenceI => true,
        >= OpCode.Csrrw and <= OpCode.SfenceInvalIr => true,
        OpCode.WrsNto or OpCode.WrsSto or CodeBlock.Stop => true,
        _ => false,
    };

    /// <summary>
    /// Whether nothing may follow in a trace: it goes through branches that are not taken unless they lead back, and through CSR accesses
    /// and fence.i, behind which it only goes on when nothing has changed.
    /// </summary>
    public static bool EndsTrace(OpCode code, int immediate) => code switch
    {
        >= OpCode.Beq and <= OpCode.Bgeu => immediate < 0,
        OpCode.FenceI or >= OpCode.Csrrw and <= OpCode.Csrrci => false,
        _ => EndsBlock(code),
    };
}
