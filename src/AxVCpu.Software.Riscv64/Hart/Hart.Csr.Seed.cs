using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

// Zkr: the entropy source (Unprivileged ISA, "Entropy Source"), a virtual one: every read gives 16 fresh bits of the host's generator.
internal sealed unsafe partial class Hart
{
    /// <summary>seed[31:30]: the low 16 bits are entropy. The other states do not occur: there is nothing to warm up, and nothing that can fail for a while.</summary>
    private const ulong SeedStatusEs16 = 2UL << 30;

    /// <summary>mseccfg.USEED: the register is open to user mode.</summary>
    private const ulong MseccfgUseed = 1UL << 8;

    /// <summary>mseccfg.SSEED: the register is open to supervisor mode.</summary>
    private const ulong MseccfgSseed = 1UL << 9;

    /// <summary>No Smepmp: nothing else in mseccfg can be set.</summary>
    private ulong MseccfgWritable => _machine.Isa.HasFlag(IsaExtensions.Zkr) ? MseccfgUseed | MseccfgSseed : 0;

    /// <summary>Whether this mode may access seed, by an instruction that writes; one that only reads is always illegal.</summary>
    private bool MayReadSeed() => _machine.Isa.HasFlag(IsaExtensions.Zkr) && _s->Mode switch
    {
        PrivilegeMode.Machine => true,
        PrivilegeMode.Supervisor => (_s->Mseccfg & MseccfgSseed) != 0,
        _ => (_s->Mseccfg & MseccfgUseed) != 0,
    };

    private static ulong ReadSeed()
    {
        ushort entropy = 0;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ushort>(ref entropy)));
        return SeedStatusEs16 | entropy;
    }
}
