using System.Collections.Frozen;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>Which way a pseudo-instruction is used.</summary>
internal enum PseudoUse : byte
{
    Both,

    /// <summary>Accepted as input only: another spelling is printed.</summary>
    Assemble,

    /// <summary>Printed only: the assembler has its own rule for the name.</summary>
    Print,
}

/// <summary>One other spelling of one instruction. Operands are named; a name that occurs twice must be the same register.</summary>
internal sealed class PseudoInstruction(string mnemonic, string operands, string expansion, PseudoUse use)
{
    public string Mnemonic { get; } = mnemonic;

    public string[] Operands { get; } = operands.Length == 0 ? [] : operands.Split(',');

    /// <summary>The real mnemonic.</summary>
    public string Target { get; } = expansion.Split(' ')[0];

    /// <summary>The real operands: names of <see cref="Operands"/>, registers by ABI name, or numbers.</summary>
    public string[] TargetOperands { get; } = expansion.Contains(' ', StringComparison.Ordinal) ? expansion.Split(' ')[1].Split(',') : [];

    public PseudoUse Use { get; } = use;
}

/// <summary>The pseudo-instructions that stand for one instruction (RISC-V Assembly Programmer's Manual, "Pseudo Instructions").</summary>
internal static class PseudoInstructions
{
    private static readonly PseudoInstruction[] s_all =
    [
        new("nop", "", "addi zero,zero,0", PseudoUse.Both),
        new("li", "rd,imm", "addi rd,zero,imm", PseudoUse.Print),
        new("mv", "rd,rs1", "addi rd,rs1,0", PseudoUse.Both),
        new("mv", "rd,rs2", "add rd,zero,rs2", PseudoUse.Print),
        new("not", "rd,rs1", "xori rd,rs1,-1", PseudoUse.Both),
        new("neg", "rd,rs2", "sub rd,zero,rs2", PseudoUse.Both),
        new("negw", "rd,rs2", "subw rd,zero,rs2", PseudoUse.Both),
        new("sext.w", "rd,rs1", "addiw rd,rs1,0", PseudoUse.Both),
        new("zext.b", "rd,rs1", "andi rd,rs1,255", PseudoUse.Both),
        new("zext.w", "rd,rs1", "add.uw rd,rs1,zero", PseudoUse.Both),
        new("seqz", "rd,rs1", "sltiu rd,rs1,1", PseudoUse.Both),
        new("snez", "rd,rs2", "sltu rd,zero,rs2", PseudoUse.Both),
        new("sltz", "rd,rs1", "slt rd,rs1,zero", PseudoUse.Both),
        new("sgtz", "rd,rs2", "slt rd,zero,rs2", PseudoUse.Both),
        new("sgt", "rd,rs1,rs2", "slt rd,rs2,rs1", PseudoUse.Assemble),
        new("sgtu", "rd,rs1,rs2", "sltu rd,rs2,rs1", PseudoUse.Assemble),
        new("beqz", "rs1,target", "beq rs1,zero,target", PseudoUse.Both),
        new("bnez", "rs1,target", "bne rs1,zero,target", PseudoUse.Both),
        new("blez", "rs2,target", "bge zero,rs2,target", PseudoUse.Both),
        new("bgez", "rs1,target", "bge rs1,zero,target", PseudoUse.Both),
        new("bltz", "rs1,target", "blt rs1,zero,target", PseudoUse.Both),
        new("bgtz", "rs2,target", "blt zero,rs2,target", PseudoUse.Both),
        new("bgt", "rs1,rs2,target", "blt rs2,rs1,target", PseudoUse.Assemble),
        new("ble", "rs1,rs2,target", "bge rs2,rs1,target", PseudoUse.Assemble),
        new("bgtu", "rs1,rs2,target", "bltu rs2,rs1,target", PseudoUse.Assemble),
        new("bleu", "rs1,rs2,target", "bgeu rs2,rs1,target", PseudoUse.Assemble),
        new("j", "target", "jal zero,target", PseudoUse.Both),
        new("jal", "target", "jal ra,target", PseudoUse.Both),
        new("ret", "", "jalr zero,0(ra)", PseudoUse.Both),
        new("jr", "rs1", "jalr zero,0(rs1)", PseudoUse.Print),
        new("jr", "imm(rs1)", "jalr zero,imm(rs1)", PseudoUse.Print),
        new("jr", "address", "jalr zero,address", PseudoUse.Assemble),
        new("jalr", "rs1", "jalr ra,0(rs1)", PseudoUse.Print),
        new("jalr", "address", "jalr ra,address", PseudoUse.Assemble),
        new("jalr", "rd,rs1,imm", "jalr rd,imm(rs1)", PseudoUse.Assemble),
        new("csrr", "rd,csr", "csrrs rd,csr,zero", PseudoUse.Both),
        new("csrw", "csr,rs1", "csrrw zero,csr,rs1", PseudoUse.Both),
        new("csrs", "csr,rs1", "csrrs zero,csr,rs1", PseudoUse.Both),
        new("csrc", "csr,rs1", "csrrc zero,csr,rs1", PseudoUse.Both),
        new("csrwi", "csr,zimm", "csrrwi zero,csr,zimm", PseudoUse.Both),
        new("csrsi", "csr,zimm", "csrrsi zero,csr,zimm", PseudoUse.Both),
        new("csrci", "csr,zimm", "csrrci zero,csr,zimm", PseudoUse.Both),
        new("rdcycle", "rd", "csrrs rd,cycle,zero", PseudoUse.Assemble),
        new("rdtime", "rd", "csrrs rd,time,zero", PseudoUse.Assemble),
        new("rdinstret", "rd", "csrrs rd,instret,zero", PseudoUse.Assemble),
        new("frcsr", "rd", "csrrs rd,fcsr,zero", PseudoUse.Assemble),
        new("fscsr", "rs1", "csrrw zero,fcsr,rs1", PseudoUse.Assemble),
        new("fscsr", "rd,rs1", "csrrw rd,fcsr,rs1", PseudoUse.Assemble),
        new("frrm", "rd", "csrrs rd,frm,zero", PseudoUse.Assemble),
        new("fsrm", "rs1", "csrrw zero,frm,rs1", PseudoUse.Assemble),
        new("fsrm", "rd,rs1", "csrrw rd,frm,rs1", PseudoUse.Assemble),
        new("frflags", "rd", "csrrs rd,fflags,zero", PseudoUse.Assemble),
        new("fsflags", "rs1", "csrrw zero,fflags,rs1", PseudoUse.Assemble),
        new("fsflags", "rd,rs1", "csrrw rd,fflags,rs1", PseudoUse.Assemble),
        new("fmv.s", "fd,fs1", "fsgnj.s fd,fs1,fs1", PseudoUse.Both),
        new("fneg.s", "fd,fs1", "fsgnjn.s fd,fs1,fs1", PseudoUse.Both),
        new("fabs.s", "fd,fs1", "fsgnjx.s fd,fs1,fs1", PseudoUse.Both),
        new("fmv.d", "fd,fs1", "fsgnj.d fd,fs1,fs1", PseudoUse.Both),
        new("fneg.d", "fd,fs1", "fsgnjn.d fd,fs1,fs1", PseudoUse.Both),
        new("fabs.d", "fd,fs1", "fsgnjx.d fd,fs1,fs1", PseudoUse.Both),
        new("fmv.h", "fd,fs1", "fsgnj.h fd,fs1,fs1", PseudoUse.Both),
        new("fneg.h", "fd,fs1", "fsgnjn.h fd,fs1,fs1", PseudoUse.Both),
        new("fabs.h", "fd,fs1", "fsgnjx.h fd,fs1,fs1", PseudoUse.Both),
        new("fgt.s", "rd,fs1,fs2", "flt.s rd,fs2,fs1", PseudoUse.Assemble),
        new("fge.s", "rd,fs1,fs2", "fle.s rd,fs2,fs1", PseudoUse.Assemble),
        new("fgt.d", "rd,fs1,fs2", "flt.d rd,fs2,fs1", PseudoUse.Assemble),
        new("fge.d", "rd,fs1,fs2", "fle.d rd,fs2,fs1", PseudoUse.Assemble),
        new("fgt.h", "rd,fs1,fs2", "flt.h rd,fs2,fs1", PseudoUse.Assemble),
        new("fge.h", "rd,fs1,fs2", "fle.h rd,fs2,fs1", PseudoUse.Assemble),
        new("fgtq.s", "rd,fs1,fs2", "fltq.s rd,fs2,fs1", PseudoUse.Assemble),
        new("fgeq.s", "rd,fs1,fs2", "fleq.s rd,fs2,fs1", PseudoUse.Assemble),
        new("fgtq.d", "rd,fs1,fs2", "fltq.d rd,fs2,fs1", PseudoUse.Assemble),
        new("fgeq.d", "rd,fs1,fs2", "fleq.d rd,fs2,fs1", PseudoUse.Assemble),
        new("fgtq.h", "rd,fs1,fs2", "fltq.h rd,fs2,fs1", PseudoUse.Assemble),
        new("fgeq.h", "rd,fs1,fs2", "fleq.h rd,fs2,fs1", PseudoUse.Assemble),
        new("fence", "", "fence iorw,iorw", PseudoUse.Both),
        new("sfence.vma", "", "sfence.vma zero,zero", PseudoUse.Both),
        new("sfence.vma", "rs1", "sfence.vma rs1,zero", PseudoUse.Both),
        new("unimp", "", "csrrw zero,cycle,zero", PseudoUse.Assemble),
    ];

    private static readonly FrozenDictionary<(string, int), PseudoInstruction> s_input = s_all
        .Where(pseudo => pseudo.Use != PseudoUse.Print)
        .ToFrozenDictionary(pseudo => (pseudo.Mnemonic, pseudo.Operands.Length));

    private static readonly ILookup<string, PseudoInstruction> s_output = s_all
        .Where(pseudo => pseudo.Use != PseudoUse.Assemble)
        .ToLookup(pseudo => pseudo.Target);

    /// <summary>Every pseudo-instruction.</summary>
    public static ReadOnlySpan<PseudoInstruction> All => s_all;

    /// <summary>The one with this name and this many operands.</summary>
    public static PseudoInstruction? Find(string mnemonic, int operands) => s_input.GetValueOrDefault((mnemonic, operands));

    /// <summary>Whether any operand count of this name exists.</summary>
    public static bool Knows(string mnemonic) => s_all.Any(pseudo => pseudo.Mnemonic == mnemonic);

    /// <summary>Writes an instruction's printed operands as the shortest pseudo-instruction that means the same.</summary>
    /// <returns>Null when none does.</returns>
    public static string? Shorten(string mnemonic, IReadOnlyList<string> operands)
    {
        foreach (PseudoInstruction pseudo in s_output[mnemonic])
        {
            Dictionary<string, string> bound = [];
            if (pseudo.TargetOperands.Length != operands.Count)
                continue;
            bool same = true;
            for (int i = 0; i < operands.Count && same; i++)
                same = Unify(pseudo, pseudo.TargetOperands[i], operands[i], bound);
            if (same)
                return pseudo.Operands.Length == 0 ? pseudo.Mnemonic : $"{pseudo.Mnemonic} {string.Join(',', pseudo.Operands.Select(name => bound[name]))}";
        }

        return null;
    }

    /// <summary>Replaces operand names in a real operand by what was written for them.</summary>
    public static string[] Expand(PseudoInstruction pseudo, IReadOnlyList<string> written) => Array.ConvertAll(pseudo.TargetOperands, target =>
    {
        int open = target.IndexOf('(', StringComparison.Ordinal);
        return open < 0 ? Written(target) : $"{Written(target[..open])}({Written(target[(open + 1)..^1])})";

        string Written(string name)
        {
            int index = Array.IndexOf(pseudo.Operands, name);
            return index < 0 ? name : written[index];
        }
    });

    private static bool Unify(PseudoInstruction pseudo, string template, string text, Dictionary<string, string> bound)
    {
        if (Array.IndexOf(pseudo.Operands, template) >= 0)
        {
            if (bound.TryGetValue(template, out string? before))
                return before == text;
            bound[template] = text;
            return true;
        }

        int open = template.IndexOf('(', StringComparison.Ordinal);
        int openText = text.IndexOf('(', StringComparison.Ordinal);
        if (open < 0 || openText < 0)
            return template == text;
        return Unify(pseudo, template[..open], text[..openText], bound) && Unify(pseudo, template[(open + 1)..^1], text[(openText + 1)..^1], bound);
    }
}
