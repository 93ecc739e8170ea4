using AxVCpu.Software.Riscv64.Isa;
using Xunit;

namespace AxVCpu.Software.Riscv64.Tests.Isa;

public sealed class InstructionTableTests
{
    [Fact]
    public void No_two_rows_match_the_same_bits_unless_one_overrides()
    {
        InstructionRow[] rows = InstructionTable.Rows.ToArray();
        List<string> overlaps = [];
        int compared = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = i + 1; j < rows.Length; j++)
            {
                if (rows[i].Length != rows[j].Length)
                    continue;
                compared++;
                if (Overlap(rows[i], rows[j]) && rows[i].Overrides == rows[j].Overrides)
                    overlaps.Add($"{rows[i].Mnemonic} and {rows[j].Mnemonic}");
            }
        }

        Assert.True(compared > 10_000, $"only {compared} pairs");
        Assert.Empty(overlaps);
    }

    [Fact]
    public void An_overriding_row_lies_inside_exactly_one_other_row()
    {
        InstructionRow[] rows = InstructionTable.Rows.ToArray();
        InstructionRow[] special = Array.FindAll(rows, row => row.Overrides);
        Assert.NotEmpty(special);
        foreach (InstructionRow row in special)
        {
            InstructionRow[] outer = Array.FindAll(rows, r => r != row && r.Length == row.Length && !r.Overrides && Overlap(r, row));
            InstructionRow only = Assert.Single(outer);
            Assert.Equal(only.Mask, only.Mask & row.Mask);
        }
    }

    [Fact]
    public void The_overlap_check_itself_finds_a_planted_overlap()
    {
        InstructionRow a = new("a", "0000000 ..... ..... 000 ..... 0110011", InstructionFormats.R, OpCode.Add, IsaExtensions.I, "", false);
        InstructionRow b = new("b", "000000 ...... ..... 000 ..... 0110011", InstructionFormats.Shift64, OpCode.Add, IsaExtensions.I, "", false);
        InstructionRow c = new("c", "0000001 ..... ..... 000 ..... 0110011", InstructionFormats.R, OpCode.Mul, IsaExtensions.M, "", false);
        Assert.True(Overlap(a, b));
        Assert.False(Overlap(a, c));
    }

    [Fact]
    public void Every_bit_of_every_row_is_fixed_or_an_operand_or_declared_ignored()
    {
        foreach (InstructionRow row in InstructionTable.Rows)
        {
            uint all = row.Format.Width == 32 ? uint.MaxValue : 0xFFFF;
            Assert.Equal(all, row.Mask | row.Format.OperandMask | row.Format.IgnoredMask);
            Assert.Equal(0u, row.Mask & (row.Format.OperandMask | row.Format.IgnoredMask));
            Assert.Equal(row.Length == 4 ? 3u : row.Value & 3, row.Value & 3);
        }
    }

    [Fact]
    public void Every_op_code_has_a_row_of_its_own_width_and_every_mnemonic_is_used_once()
    {
        HashSet<OpCode> codes = [OpCode.Illegal, OpCode.Nop];
        HashSet<string> names = [];
        foreach (InstructionRow row in InstructionTable.Rows)
        {
            Assert.True(names.Add(row.Mnemonic), row.Mnemonic);
            if (row.Length == 4 && row.Requires == IsaExtensions.Zimop)
                Assert.Equal(OpCode.Andi, row.Code);
            else if (row.Length == 4)
                Assert.True(codes.Add(row.Code), $"{row.Code} has two 32-bit rows");
            else
                Assert.True(codes.Contains(row.Code), $"{row.Mnemonic} expands to {row.Code}, which has no 32-bit row");
        }

        Assert.Equal((int)OpCode.Count, codes.Count);
    }

    [Fact]
    public void Looking_up_agrees_with_trying_every_row_in_turn()
    {
        const int Seed = 20260731;
        Random random = new(Seed);
        InstructionRow[] rows = InstructionTable.Rows.ToArray();
        int legal = 0;
        for (int i = 0; i < 40_000; i++)
        {
            InstructionRow near = rows[random.Next(rows.Length)];
            uint bits = (uint)random.NextInt64(1L << 32);
            if (i % 4 != 0)
                bits = (bits & ~near.Mask) | near.Value;
            if (i % 8 == 1)
                bits ^= 1u << random.Next(32);
            IsaExtensions isa = (i & 16) == 0 ? IsaExtensions.All : (IsaExtensions)(ulong)random.NextInt64() | IsaExtensions.I;
            int width = Decoder.LengthOf(bits);
            InstructionRow? expected = null;
            foreach (InstructionRow row in rows)
            {
                if (row.Length == width && row.Matches(bits) && row.ExistsOn(isa) && (expected is null || row.Overrides))
                    expected = row;
            }

            bool found = DecodeIndex.TryFind(bits, isa, out DecodeEntry entry);
            Assert.True(found == (expected is not null), $"seed {Seed}, step {i}: {bits:x8} is {expected?.Mnemonic ?? "illegal"}");
            if (found)
            {
                legal++;
                Assert.True(rows[entry.Row] == expected, $"seed {Seed}, step {i}: {bits:x8} is {expected!.Mnemonic}, found {rows[entry.Row].Mnemonic}");
            }
        }

        Assert.InRange(legal, 10_000, 39_000);
    }

    private static bool Overlap(InstructionRow a, InstructionRow b) =>
        ((a.Value ^ b.Value) & a.Mask & b.Mask) == 0 && !Excludes(a, b) && !Excludes(b, a);

    private static bool Excludes(InstructionRow a, InstructionRow b) => Array.Exists(
        a.Exclusions,
        exclusion => (b.Mask & exclusion.Mask) == exclusion.Mask && (b.Value & exclusion.Mask) == exclusion.Value);
}
