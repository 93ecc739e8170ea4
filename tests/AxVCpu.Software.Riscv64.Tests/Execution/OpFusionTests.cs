using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

public class OpFusionTests
{
    [Fact]
    public void Every_pair_has_one_reading_and_is_found_by_it()
    {
        OpCode[] codes = [.. Enum.GetValues<OpCode>().Where(code => code < OpCode.Count)];
        foreach (FusedOp fused in Enum.GetValues<FusedOp>().Where(fused => !fused.ToString().Contains('_')))
        {
            bool isChained = fused.ToString().EndsWith("Chain", StringComparison.Ordinal);
            (OpCode First, OpCode Second) pair = Assert.Single(
                from first in codes
                from second in codes
                where $"{first}{second}{(isChained ? "Chain" : "")}" == fused.ToString()
                select (first, second));
            Assert.Equal(fused, OpFusion.Find(pair.First, pair.Second, isChained));
        }
    }

    [Fact]
    public void Pairs_do_not_overlap_and_leave_the_second_op_alone()
    {
        Op[] ops = [At(OpCode.Addi, 5), At(OpCode.Addi, 6), At(OpCode.Addi, 7), At(OpCode.Ecall, 0)];
        unsafe
        {
            fixed (Op* first = ops)
                OpFusion.Fuse(first, ops.Length);
        }

        Assert.Equal([(OpCode)FusedOp.AddiAddi, OpCode.Addi, OpCode.Addi, OpCode.Ecall], ops.Select(op => op.Code));
    }

    [Fact]
    public void A_dependent_pair_is_chained_with_the_result_in_rs1_and_preferred()
    {
        Op[] ops = [At(OpCode.Addi, 5), At(OpCode.Slli, 6), new() { Code = OpCode.Xor, Rd = 7, Rs1 = 8, Rs2 = 6 }];
        unsafe
        {
            fixed (Op* first = ops)
                OpFusion.Fuse(first, ops.Length);
        }

        Assert.Equal([OpCode.Addi, (OpCode)FusedOp.SlliXorChain, OpCode.Xor], ops.Select(op => op.Code));
        Assert.Equal(6, ops[2].Rs1);
        Assert.Equal(8, ops[2].Rs2);
    }

    private static Op At(OpCode code, byte rd) => new() { Code = code, Rd = rd };
}
