namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>Turns instruction bits into an <see cref="Op"/>. Pure; any thread; no allocation.</summary>
internal static class Decoder
{
    /// <summary>Bytes of the instruction that starts with this halfword: 2 or 4. Longer encodings count as 4 and decode as illegal.</summary>
    public static int LengthOf(uint bits) => (bits & 3) == 3 ? 4 : 2;

    /// <summary>Decodes one instruction.</summary>
    /// <param name="bits">The instruction; for a 16-bit one the upper half is ignored.</param>
    /// <param name="isa">The extensions of the machine; encodings of others are illegal.</param>
    /// <returns>
    /// The operation, or <see cref="OpCode.Illegal"/> with the raw bits (16 or 32 of them) in <see cref="Op.Imm"/>. Reserved rounding modes
    /// are illegal; the dynamic mode (7) is left for the executor, which knows frm.
    /// </returns>
    public static Op Decode(uint bits, IsaExtensions isa)
    {
        Op op = default;
        ref readonly DecodeEntry entry = ref DecodeIndex.Find(bits, isa, out bool found);
        if (!found)
        {
            op.Code = OpCode.Illegal;
            op.Length = (byte)LengthOf(bits);
            op.Imm = (int)(op.Length == 2 ? bits & 0xFFFF : bits);
            return op;
        }

        byte rd = entry.Rd.Get(bits);
        if (rd == 0 && entry.HasIntegerRd)
        {
            rd = Op.Sink;
            if (entry.IsPure)
            {
                op.Code = OpCode.Nop;
                op.Length = entry.Length;
                op.Rd = rd;
                return op;
            }
        }

        uint immediate = 0;
        foreach (ref readonly ImmediateRun run in DecodeIndex.Runs.AsSpan(entry.FirstRun, entry.RunCount))
            immediate |= ((bits >> run.From) & run.Mask) << run.To;
        op.Code = entry.Code;
        op.Length = entry.Length;
        op.Rd = rd;
        op.Rs1 = entry.Rs1.Get(bits);
        op.Rs2 = entry.Rs2.Get(bits);
        op.Rs3 = entry.Rs3.Get(bits);
        op.Rm = entry.Rm.Get(bits);
        op.Imm = (int)(immediate << entry.SignShift) >> entry.SignShift | entry.ImpliedImmediate;
        return op;
    }
}
