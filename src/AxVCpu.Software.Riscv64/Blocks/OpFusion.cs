using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// Finds pairs of instructions that the interpreter executes with one dispatch. Both ops stay in place, so counts, offsets and what a
/// fault takes back are as without.
/// </summary>
internal static unsafe class OpFusion
{
    private static readonly FusedOp[] s_fused = CreateTable();

    /// <summary>Marks the pairs among <paramref name="count"/> ops, from the front.</summary>
    public static void Fuse(Op* ops, int count)
    {
        for (int i = 0; i + 1 < count; i++)
        {
            FusedOp fused = Find(ops[i].Code, ops[i + 1].Code);
            if (fused == default)
                continue;
            ops[i].Code = (OpCode)fused;
            i++;
        }
    }

    /// <summary>The pair's code; zero when the two are not a pair.</summary>
    public static FusedOp Find(OpCode first, OpCode second) =>
        first < OpCode.Count && second < OpCode.Count ? s_fused[((int)first * (int)OpCode.Count) + (int)second] : default;

    private static FusedOp[] CreateTable()
    {
        var table = new FusedOp[(int)OpCode.Count * (int)OpCode.Count];
        // No pair's name can be read in two ways; OpFusionTests looks.
        string[] names = [.. Enumerable.Range(0, (int)OpCode.Count).Select(code => ((OpCode)code).ToString())];
        foreach (FusedOp fused in Enum.GetValues<FusedOp>())
        {
            string name = fused.ToString();
            for (int first = 0; first < names.Length; first++)
            {
                if (!name.StartsWith(names[first], StringComparison.Ordinal))
                    continue;
                int second = Array.IndexOf(names, name[names[first].Length..]);
                if (second >= 0)
                    table[(first * (int)OpCode.Count) + second] = fused;
            }
        }

        return table;
    }
}
