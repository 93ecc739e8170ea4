using System.Globalization;
using AxVCpu.Software.Riscv64.Isa;
using Xunit;
using StringBuilder = System.Text.StringBuilder;

namespace AxVCpu.Software.Riscv64.Tests.Isa;

public sealed class RoundTripTests
{
    private const int Seed = 20260801;
    private const int SamplesPerRow = 24;
    private const ulong Pc = 0x8000_0000;

    [Fact]
    public void Every_row_survives_disassembling_and_assembling_again()
    {
        int checkedCount = 0;
        foreach ((InstructionRow row, uint bits) in Samples())
        {
            string text = Disassembler.Format(bits, Pc, IsaExtensions.All, DisassemblyStyle.Exact);
            Assert.True(text.Split(' ')[0].StartsWith(row.Mnemonic, StringComparison.Ordinal), $"{bits:x8} of {row.Mnemonic} prints as {text}");
            byte[] code = Assembler.Assemble(text, Pc).Code;
            Assert.True(Convert.ToHexString(code) == Bytes(row, bits), $"seed {Seed}: {text} gives {Convert.ToHexString(code)}, not {Bytes(row, bits)}");
            Assert.Equal(IsHint(row, bits) ? OpCode.Nop : row.Code, Decoder.Decode(bits, IsaExtensions.All).Code);
            checkedCount++;
        }

        Assert.InRange(checkedCount, InstructionTable.Rows.Length, int.MaxValue);
    }

    [Fact]
    public void The_readable_spelling_assembles_to_an_instruction_with_the_same_meaning()
    {
        foreach ((InstructionRow row, uint bits) in Samples())
        {
            string text = Disassembler.Format(bits, Pc, IsaExtensions.All);
            Op expected = Decoder.Decode(bits, IsaExtensions.All);
            byte[] code = Assembler.Assemble(text, Pc).Code;
            Assert.True(code.Length == 4, $"{text} has {code.Length} bytes");
            Op actual = Decoder.Decode(BitConverter.ToUInt32(code), IsaExtensions.All);
            actual.Length = expected.Length;
            if (expected.Code == OpCode.Nop)
                Assert.True(actual.Code == OpCode.Nop, $"seed {Seed}: {row.Mnemonic} {bits:x8} as {text}");
            else if (text.StartsWith("mv ", StringComparison.Ordinal) && expected.Code == OpCode.Add)
                Assert.Equal((OpCode.Addi, expected.Rd, expected.Rs2), (actual.Code, actual.Rd, actual.Rs1));
            else
                Assert.True(expected.Equals(actual), $"seed {Seed}: {row.Mnemonic} {bits:x8} as {text}");
        }
    }

    [Fact]
    public void The_GNU_assembler_encodes_every_row_the_same()
    {
        StringBuilder source = new();
        List<(string Text, string Bytes)> expected = [];
        ulong offset = 0;
        foreach ((InstructionRow row, uint bits) in Samples())
        {
            if (!row.ExistsOn(GnuTools.Known))
                continue;
            string text = Disassembler.Format(bits, offset, IsaExtensions.All, DisassemblyStyle.Exact);
            if (row.Format.Syntax.Contains(OperandKind.Target))
                text = string.Create(CultureInfo.InvariantCulture, $"{text[..(text.LastIndexOfAny([',', ' ']) + 1)]}.{row.Format.GetImmediate(bits):+0;-0}");

            // GNU writes a conversion that is always exact with rne only, and refuses hints written as the plain instruction.
            if (row.Format.Syntax.Contains(OperandKind.RmExact) && row.Format.Rm.Get(bits) != 0)
                continue;
            if (text.Contains(" 0,", StringComparison.Ordinal) || text.EndsWith(",0", StringComparison.Ordinal) && row.Mnemonic == "fence")
                continue;
            if (row.Length == 2 && (IsHint(row, bits) || text.EndsWith(",0x0", StringComparison.Ordinal)))
                continue;
            source.Append(row.Length == 2 ? ".option rvc\n" : ".option norvc\n").Append(text).Append('\n');
            expected.Add((text, Bytes(row, bits)));
            offset += (ulong)row.Length;
        }

        byte[] code = GnuTools.Assemble(source.ToString());
        int at = 0;
        List<string> different = [];
        foreach ((string text, string bytes) in expected)
        {
            string actual = Convert.ToHexString(code.AsSpan(at, int.Min(bytes.Length / 2, code.Length - at)));
            if (actual != bytes)
                different.Add($"{text}: {bytes}, GNU {actual}");
            at += bytes.Length / 2;
        }

        Assert.True(expected.Count > 3_000, $"only {expected.Count} instructions");
        Assert.True(different.Count == 0, $"seed {Seed}: {different.Count} differ, {string.Join('\n', different.Take(20))}");
        Assert.Equal(at, code.Length);
    }

    private static string Bytes(InstructionRow row, uint bits) => Convert.ToHexString(BitConverter.GetBytes(bits).AsSpan(0, row.Length));

    private static bool IsHint(InstructionRow row, uint bits) => row.Format.HasIntegerRd && row.Format.Rd.Get(bits) == 0
        && Decoder.Decode(bits, IsaExtensions.All).Code == OpCode.Nop;

    /// <summary>Legal encodings of each row; ignored bits and the reserved fm field of fence stay 0, as an assembler writes them.</summary>
    private static List<(InstructionRow Row, uint Bits)> Samples()
    {
        Random random = new(Seed);
        List<(InstructionRow, uint)> samples = [];
        foreach (InstructionRow row in InstructionTable.Rows)
        {
            uint free = row.Format.OperandMask & (row.Code == OpCode.Fence ? 0x0FFF_FFFFu : uint.MaxValue);
            int found = 0;
            for (int i = 0; i < 200 && found < SamplesPerRow; i++)
            {
                uint fill = i switch { 0 => 0, 1 => uint.MaxValue, _ => (uint)random.NextInt64(1L << 32) };
                uint bits = row.Value | (fill & free);
                if (!DecodeIndex.TryFind(bits, IsaExtensions.All, out DecodeEntry entry) || InstructionTable.Rows[entry.Row] != row)
                    continue;
                samples.Add((row, bits));
                found++;
            }

            Assert.True(found > 0, $"no legal encoding of {row.Mnemonic} was found");
        }

        return samples;
    }
}
