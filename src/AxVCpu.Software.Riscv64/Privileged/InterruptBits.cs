namespace AxVCpu.Software.Riscv64;

/// <summary>Bits of mip, mie, sip and sie; the bit number is the interrupt's cause code (Privileged ISA 3.1.9).</summary>
[Flags]
internal enum InterruptBits : ulong
{
    None = 0,
    SSIP = 1UL << 1,
    MSIP = 1UL << 3,
    STIP = 1UL << 5,
    MTIP = 1UL << 7,
    SEIP = 1UL << 9,
    MEIP = 1UL << 11,

    /// <summary>What mideleg can hand to S mode, and what sie and sip can show.</summary>
    Supervisor = SSIP | STIP | SEIP,

    /// <summary>Every interrupt this hart has.</summary>
    All = Supervisor | MSIP | MTIP | MEIP,
}
