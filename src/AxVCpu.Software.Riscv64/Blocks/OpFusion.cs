using System.Collections.Frozen;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// Finds pairs of instructions that the interpreter executes with one dispatch. Both ops stay in place, so counts, offsets and what a
/// fault takes back are as without.
/// </summary>
internal static unsafe class OpFusion
{
    private const int Codes = (int)OpCode.Count;
    private const string ChainSuffix = "Chain";
    private const char RowSeparator = '_';

    private static readonly FusedOp[] s_plain = CreateTable(chained: false);
    private static readonly FusedOp[] s_chained = CreateTable(chained: true);
    private static readonly FrozenDictionary<(OpCode First, OpCode Second), FusedOp> s_rows = CreateRows();

    /// <summary>Marks the pairs among <paramref name="count"/> ops, from the front.</summary>
    public static void Fuse(Op* ops, int count)
    {
        for (int i = 0; i + 1 < count; i++)
        {
            FusedOp fused = Match(ops, i, count, out bool isChained);
            if (fused == default)
                continue;
            // A pair that keeps its value in a register is worth more: leave one op alone for it, if that breaks no pair behind.
            if (!isChained
                && Match(ops, i + 1, count, out bool isNextChained) != default && isNextChained
                && Match(ops, i + 2, count, out _) == default)
                continue;
            if (isChained && ops[i + 1].Rs1 != ops[i].Rd)
                (ops[i + 1].Rs1, ops[i + 1].Rs2) = (ops[i + 1].Rs2, ops[i + 1].Rs1);
            ops[i].Code = (OpCode)fused;
            i++;
        }

        FuseRows(ops, count);
    }

    private static void FuseRows(Op* ops, int count)
    {
        for (int i = 0; i < count;)
        {
            int next = i + LengthOf(ops[i].Code);
            if (next < count && FindRow(ops[i].Code, ops[next].Code) is var row && row != default)
            {
                next += LengthOf(ops[next].Code);
                ops[i].Code = (OpCode)row;
            }

            i = next;
        }
    }

    private static int LengthOf(OpCode code) => code > CodeBlock.MisalignedJump ? 2 : 1;

    /// <summary>The code of two codes in a row, the second of which is fused; zero when there is none.</summary>
    public static FusedOp FindRow(OpCode first, OpCode second) =>
        second > OpCode.Count && s_rows.TryGetValue((first, second), out FusedOp row) ? row : default;

    /// <summary>The pair's code; zero when the two are not a pair.</summary>
    /// <param name="first">The first instruction.</param>
    /// <param name="second">The second.</param>
    /// <param name="chained">Whether the second's rs1 is the first's rd.</param>
    public static FusedOp Find(OpCode first, OpCode second, bool chained) => first < OpCode.Count && second < OpCode.Count
        ? (chained ? s_chained : s_plain)[((int)first * Codes) + (int)second]
        : default;

    private static FusedOp Match(Op* ops, int index, int count, out bool isChained)
    {
        isChained = false;
        if (index + 1 >= count)
            return default;
        OpCode first = ops[index].Code;
        OpCode second = ops[index + 1].Code;
        byte rd = ops[index].Rd;
        if (rd != Op.Sink && (ops[index + 1].Rs1 == rd || (IsCommutative(second) && ops[index + 1].Rs2 == rd)))
        {
            FusedOp chained = Find(first, second, chained: true);
            isChained = chained != default;
            if (isChained)
                return chained;
        }

        return Find(first, second, chained: false);
    }

    /// <summary>Whether rs1 and rs2 may change places.</summary>
    private static bool IsCommutative(OpCode code) => code is OpCode.Add or OpCode.And or OpCode.Or or OpCode.Xor or OpCode.Beq or OpCode.Bne;

    private static FusedOp[] CreateTable(bool chained)
    {
        var table = new FusedOp[Codes * Codes];
        string[] names = [.. Enumerable.Range(0, Codes).Select(code => ((OpCode)code).ToString())];
        foreach (FusedOp fused in Enum.GetValues<FusedOp>())
        {
            // No pair's name can be read in two ways; OpFusionTests looks.
            string name = fused.ToString();
            if (name.Contains(RowSeparator, StringComparison.Ordinal) || name.EndsWith(ChainSuffix, StringComparison.Ordinal) != chained)
                continue;
            if (chained)
                name = name[..^ChainSuffix.Length];
            for (int first = 0; first < names.Length; first++)
            {
                if (!name.StartsWith(names[first], StringComparison.Ordinal))
                    continue;
                int second = Array.IndexOf(names, name[names[first].Length..]);
                if (second >= 0)
                    table[(first * Codes) + second] = fused;
            }
        }

        return table;
    }

    private static FrozenDictionary<(OpCode First, OpCode Second), FusedOp> CreateRows()
    {
        Dictionary<(OpCode First, OpCode Second), FusedOp> rows = [];
        foreach (FusedOp fused in Enum.GetValues<FusedOp>())
        {
            string[] parts = fused.ToString().Split(RowSeparator);
            if (parts.Length == 2)
                rows.Add((CodeOf(parts[0]), CodeOf(parts[1])), fused);
        }

        return rows.ToFrozenDictionary();
    }

    private static OpCode CodeOf(string name) => Enum.TryParse(name, out OpCode code) ? code : (OpCode)Enum.Parse<FusedOp>(name);
}
