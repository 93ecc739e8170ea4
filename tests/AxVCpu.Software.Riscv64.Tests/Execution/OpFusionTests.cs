using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

public class OpFusionTests
{
    [Fact]
    public void Every_pair_has_one_reading_and_is_found_by_it()
    {
        OpCode[] codes = [.. Enum.GetValues<OpCode>().Where(code => code < OpCode.Count)];
        foreach (FusedOp fused in Enum.GetValues<FusedOp>())
        {
            (OpCode First, OpCode Second) pair = Assert.Single(
                from first in codes from second in codes where $"{first}{second}" == fused.ToString() select (first, second));
            Assert.Equal(fused, OpFusion.Find(pair.First, pair.Second));
        }
    }

    [Fact]
    public void Pairs_do_not_overlap_and_leave_the_second_op_alone()
    {
        Op[] ops = [new() { Code = OpCode.Addi }, new() { Code = OpCode.Addi }, new() { Code = OpCode.Addi }, new() { Code = OpCode.Ecall }];
        unsafe
        {
            fixed (Op* first = ops)
                OpFusion.Fuse(first, ops.Length);
        }

        Assert.Equal([(OpCode)FusedOp.AddiAddi, OpCode.Addi, OpCode.Addi, OpCode.Ecall], ops.Select(op => op.Code));
    }
}
