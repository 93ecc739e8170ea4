using System.Globalization;
using AxVCpu.Software.Riscv64.Isa;
using Xunit;

namespace AxVCpu.Software.Riscv64.Tests.Isa;

public sealed class ObjdumpTests
{
    [Fact]
    public void Objdump_agrees_on_every_halfword()
    {
        List<uint> halfwords = [];
        for (uint bits = 0; bits < 0x10000; bits++)
        {
            if ((bits & 3) != 3)
                halfwords.Add(bits);
        }

        byte[] code = new byte[halfwords.Count * 2];
        for (int i = 0; i < halfwords.Count; i++)
            BitConverter.TryWriteBytes(code.AsSpan(i * 2), (ushort)halfwords[i]);
        Dictionary<ulong, string> gnu = GnuTools.Disassemble(code);
        List<string> different = [];
        for (int i = 0; i < halfwords.Count; i++)
        {
            ulong pc = (ulong)i * 2;
            string theirs = Normal(gnu[pc]);
            string ours = Normal(Disassembler.Format(halfwords[i], pc, GnuTools.Known, DisassemblyStyle.Exact));
            if (ours != theirs && !IsKnownDifference(halfwords[i], ours, theirs))
                different.Add($"{halfwords[i]:x4}: {ours} | {theirs}");
        }

        Assert.Equal(49_152, gnu.Count);
        Assert.True(different.Count == 0, $"{different.Count} differ:\n{string.Join('\n', different.Where((_, i) => i % (1 + different.Count / 40) == 0))}");
    }

    [Fact]
    public void Objdump_agrees_on_random_words()
    {
        const int Seed = 20260802;
        const int Count = 48_000;
        Random random = new(Seed);
        InstructionRow[] rows = [.. InstructionTable.Rows.ToArray().Where(row => row.Length == 4)];
        uint[] words = new uint[Count];
        for (int i = 0; i < Count; i++)
        {
            InstructionRow near = rows[random.Next(rows.Length)];
            uint bits = (uint)random.NextInt64(1L << 32);
            words[i] = (i % 3) switch { 0 => bits | 3, 1 => (bits & ~near.Mask) | near.Value, _ => ((bits & ~near.Mask) | near.Value) ^ (4u << random.Next(30)) };
            if ((words[i] & 0x1F) == 0x1F)
                words[i] ^= 0x10;
        }

        byte[] code = new byte[Count * 4];
        Buffer.BlockCopy(words, 0, code, 0, code.Length);
        Dictionary<ulong, string> gnu = GnuTools.Disassemble(code);
        List<string> different = [];
        int legal = 0;
        for (int i = 0; i < Count; i++)
        {
            ulong pc = (ulong)i * 4;
            string theirs = Normal(gnu[pc]);
            string ours = Normal(Disassembler.Format(words[i], pc, GnuTools.Known, DisassemblyStyle.Exact));
            if (!ours.StartsWith('.'))
                legal++;
            if (ours != theirs && !IsKnownDifference(words[i], ours, theirs))
                different.Add($"{words[i]:x8}: {ours} | {theirs}");
        }

        Assert.InRange(legal, Count / 4, Count);
        Assert.True(different.Count == 0, $"seed {Seed}: {different.Count} differ:\n{string.Join('\n', different.Where((_, i) => i % (1 + different.Count / 60) == 0))}");
    }

    /// <summary>Where the manual and binutils differ on purpose; everything else must be equal to the letter.</summary>
    private static bool IsKnownDifference(uint bits, string ours, string theirs)
    {
        bool weRefuse = ours.StartsWith('.');
        bool theyRefuse = theirs.StartsWith('.');

        // The defined illegal instruction has a name there.
        if (bits == 0)
            return weRefuse && theirs == "c.unimp";

        if (bits == 1)
            return ours == "c.nop" && theirs == "c.addi zero,0";

        // "The code point with nzimm=0 is reserved."
        if (bits == 0x6101)
            return weRefuse && theirs == "c.addi16sp sp,0";

        // Shifts by 0 are HINTs here and RV128 instructions there.
        if ((bits & 3) != 3)
            return theirs.Contains("64 ", StringComparison.Ordinal) && theirs.Replace("64 ", " ", StringComparison.Ordinal) + ",0x0" == ours;

        // CSRs of extensions that the list of names leaves out (H, V, RV32).
        if (ours.Contains(",0x", StringComparison.Ordinal) && ours.StartsWith("csrr", StringComparison.Ordinal))
            return !Enum.IsDefined((Csr)(bits >> 20)) && theirs.Split(' ')[0] == ours.Split(' ')[0] && !theyRefuse;

        // Withdrawn from the privileged manual.
        if (theirs is "uret" or "hret" || theirs.StartsWith("sfence.vm ", StringComparison.Ordinal) || theirs == "sfence.vm")
            return weRefuse;

        // "Values 0xB to 0xF are reserved" for rnum, and printed there; so are reserved rounding modes.
        if (weRefuse && theirs.StartsWith("aes64ks1i ", StringComparison.Ordinal))
            return (bits >> 20 & 15) > 10;
        if (weRefuse)
            return theirs.EndsWith(",unknown", StringComparison.Ordinal) && (bits >> 12 & 7) is 5 or 6;

        // "Base implementations shall ignore" the reserved fields of fence and fence.i.
        if ((bits & 0x7F) == 0x0F && theyRefuse)
            return ours.StartsWith("fence", StringComparison.Ordinal) && ((bits & 0xF00F8F80) != 0 || ours == "fence.i");
        if (ours.StartsWith("fence ", StringComparison.Ordinal))
            return ours.Replace(" 0,", " unknown,", StringComparison.Ordinal).Replace(",0", ",unknown", StringComparison.Ordinal) == theirs;

        // A conversion that is always exact may carry any mode.
        return theyRefuse && (bits >> 12 & 7) != 0 && ours.Split(' ')[0] is "fcvt.d.w" or "fcvt.d.wu" or "fcvt.d.s" or "fcvt.d.h" or "fcvt.s.h";
    }

    private static string Normal(string text)
    {
        int comment = text.IndexOfAny(['#', '<']);
        if (comment >= 0)
            text = text[..comment];
        text = text.Trim();

        // From 2.43 on.
        return text.StartsWith(".insn ", StringComparison.Ordinal)
            ? $".{text[6]}byte 0x{text[(text.IndexOf('x', StringComparison.Ordinal) + 1)..].TrimStart('0').PadLeft(1, '0')}"
            : text;
    }
}
