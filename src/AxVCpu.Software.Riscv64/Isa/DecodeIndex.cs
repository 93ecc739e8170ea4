using System.Numerics;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>What the decoder needs of one row, flat. The exclusions are compares that can never be true where the row has none.</summary>
internal struct DecodeEntry
{
    public uint Mask;
    public uint Value;
    public uint ExcludeMask0;
    public uint ExcludeValue0;
    public uint ExcludeMask1;
    public uint ExcludeValue1;
    public IsaExtensions Requires;
    public IsaExtensions Alternative;
    public OpCode Code;
    public ushort Row;
    public BitField Rd;
    public BitField Rs1;
    public BitField Rs2;
    public BitField Rs3;
    public BitField Rm;
    public bool HasIntegerRd;

    /// <summary>Nothing but the destination changes, so that with destination x0 it is a nop.</summary>
    public bool IsPure;
    public byte Length;
    public byte SignShift;
    public ushort FirstRun;
    public ushort RunCount;
    public int ImpliedImmediate;
}

/// <summary>The rows of <see cref="InstructionTable"/> arranged for lookup. Built once; never written afterwards.</summary>
/// <remarks>
/// Level one is chosen by major opcode and funct3 (16-bit: quadrant and funct3). A crowded bucket has a second level on the next seven bits
/// that tell its rows apart: funct7, or bits 11-5 of a compressed instruction. What is left is compared in turn, most fixed bits first, so
/// that an overriding row is met before the row it lies in.
/// </remarks>
internal static class DecodeIndex
{
    private const int CompressedBase = 256;
    private const int FirstLevelSize = CompressedBase + 32;
    private const int Crowded = 3;
    private const int SecondLevelBits = 7;
    private const int SecondShiftBase = 25;
    private const int SecondShiftCompressed = 5;

    private static readonly (DecodeEntry[] Entries, Node[] Nodes, ImmediateRun[] Runs) s_index = Build();
    private static readonly DecodeEntry[] s_entries = s_index.Entries;
    private static readonly Node[] s_nodes = s_index.Nodes;
    private static readonly ImmediateRun[] s_runs = s_index.Runs;

    private readonly record struct Node(ushort Start, byte Count, byte Shift);

    /// <summary>All immediate pieces; an entry owns a run of them.</summary>
    public static ImmediateRun[] Runs => s_runs;

    /// <summary>The row that these bits mean on a machine with these extensions.</summary>
    /// <returns>False when the bits are no instruction of that machine.</returns>
    public static bool TryFind(uint bits, IsaExtensions isa, out DecodeEntry entry)
    {
        ref readonly DecodeEntry found = ref Find(bits, isa, out bool ok);
        entry = found;
        return ok;
    }

    /// <summary>As <see cref="TryFind"/> without the copy.</summary>
    internal static ref readonly DecodeEntry Find(uint bits, IsaExtensions isa, out bool found)
    {
        Node node = s_nodes[FirstLevel(bits)];
        if (node.Shift != 0)
            node = s_nodes[node.Start + (int)((bits >> node.Shift) & ((1 << SecondLevelBits) - 1))];
        foreach (ref readonly DecodeEntry entry in s_entries.AsSpan(node.Start, node.Count))
        {
            if ((bits & entry.Mask) == entry.Value
                && (bits & entry.ExcludeMask0) != entry.ExcludeValue0
                && (bits & entry.ExcludeMask1) != entry.ExcludeValue1
                && ((isa & entry.Requires) == entry.Requires || (isa & entry.Alternative) != 0))
            {
                found = true;
                return ref entry;
            }
        }

        found = false;
        return ref s_entries[0];
    }

    private static int FirstLevel(uint bits) => (bits & 3) == 3
        ? (int)((bits >> 2 & 0x1F) | (bits >> 7 & 0xE0))
        : CompressedBase + (int)((bits & 3) | (bits >> 11 & 0x1C));

    private static (DecodeEntry[] Entries, Node[] Nodes, ImmediateRun[] Runs) Build()
    {
        ReadOnlySpan<InstructionRow> rows = InstructionTable.Rows;
        List<ImmediateRun> runs = [];
        DecodeEntry[] flat = new DecodeEntry[rows.Length];
        HashSet<OpCode> pure = [];
        foreach (InstructionRow row in rows)
        {
            if (row.Length == 4 && IsComputation(row.Value))
                pure.Add(row.Code);
        }

        for (int i = 0; i < rows.Length; i++)
            flat[i] = Flatten(rows[i], i, runs, pure);

        List<Node> nodes = [.. new Node[FirstLevelSize]];
        List<DecodeEntry> entries = [];
        for (int bucket = 0; bucket < FirstLevelSize; bucket++)
        {
            (uint mask, uint value, bool compressed) = FirstLevelBits(bucket);
            List<DecodeEntry> all = Select(flat, compressed, mask, value);
            if (all.Count <= Crowded)
            {
                nodes[bucket] = Append(entries, all, 0);
                continue;
            }

            int shift = compressed ? SecondShiftCompressed : SecondShiftBase;
            nodes[bucket] = new Node((ushort)nodes.Count, 0, (byte)shift);
            uint subMask = (uint)((1 << SecondLevelBits) - 1) << shift;
            for (uint sub = 0; sub < 1u << SecondLevelBits; sub++)
                nodes.Add(Append(entries, Select([.. all], compressed, mask | subMask, value | sub << shift), 0));
        }

        return ([.. entries], [.. nodes], [.. runs]);
    }

    private static (uint Mask, uint Value, bool Compressed) FirstLevelBits(int bucket)
    {
        uint index = (uint)(bucket % CompressedBase);
        return bucket < CompressedBase
            ? (0x707Fu, (index & 0x1F) << 2 | (index >> 5) << 12 | 3, false)
            : (0xE003u, (index & 3) | (index >> 2) << 13, true);
    }

    private static List<DecodeEntry> Select(DecodeEntry[] from, bool compressed, uint mask, uint value)
    {
        List<DecodeEntry> list = [];
        foreach (DecodeEntry entry in from)
        {
            if (compressed == (entry.Length == 2) && ((entry.Value ^ value) & entry.Mask & mask) == 0)
                list.Add(entry);
        }

        list.Sort((a, b) => BitOperations.PopCount(b.Mask) - BitOperations.PopCount(a.Mask));
        return list;
    }

    private static Node Append(List<DecodeEntry> entries, List<DecodeEntry> bucket, byte shift)
    {
        int start = entries.Count;
        entries.AddRange(bucket);
        return new Node(checked((ushort)start), checked((byte)bucket.Count), shift);
    }

    /// <summary>OP, OP-32, OP-IMM, OP-IMM-32, LUI and AUIPC: nothing happens but a write to rd.</summary>
    private static bool IsComputation(uint bits) => (bits & 0x7F) is 0x33 or 0x3B or 0x13 or 0x1B or 0x37 or 0x17;

    private static DecodeEntry Flatten(InstructionRow row, int number, List<ImmediateRun> runs, HashSet<OpCode> pure)
    {
        InstructionFormat format = row.Format;
        Exclusion never = new(0, 1);
        Exclusion first = row.Exclusions.Length > 0 ? row.Exclusions[0] : never;
        Exclusion second = row.Exclusions.Length > 1 ? row.Exclusions[1] : never;
        if (row.Exclusions.Length > 2)
            throw new InvalidOperationException($"{row.Mnemonic}: more exclusions than an entry holds");
        DecodeEntry entry = new()
        {
            Mask = row.Mask,
            Value = row.Value,
            ExcludeMask0 = first.Mask,
            ExcludeValue0 = first.Value,
            ExcludeMask1 = second.Mask,
            ExcludeValue1 = second.Value,
            Requires = row.Requires,
            Alternative = row.Alternative,
            Code = row.Code,
            Row = (ushort)number,
            Rd = format.Rd,
            Rs1 = format.Rs1,
            Rs2 = format.Rs2,
            Rs3 = format.Rs3,
            Rm = format.Rm,
            HasIntegerRd = format.HasIntegerRd,
            IsPure = pure.Contains(row.Code),
            Length = (byte)row.Length,
            SignShift = format.SignShift,
            FirstRun = (ushort)runs.Count,
            RunCount = (ushort)format.Immediate.Length,
            ImpliedImmediate = format.ImpliedImmediate,
        };
        runs.AddRange(format.Immediate);
        return entry;
    }
}
