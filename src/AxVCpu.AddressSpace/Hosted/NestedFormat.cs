namespace AxVCpu.Memory;

/// <summary>A nested table format, for code that picks it at run time.</summary>
public enum NestedFormat
{
    /// <summary>RISC-V, 41-bit guest-physical addresses (<see cref="Memory.Sv39x4"/>).</summary>
    Sv39x4,
    /// <summary>RISC-V, 50-bit guest-physical addresses (<see cref="Memory.Sv48x4"/>).</summary>
    Sv48x4,
    /// <summary>Intel, 48-bit guest-physical addresses (<see cref="X64Ept"/>).</summary>
    Ept,
    /// <summary>AMD, 48-bit guest-physical addresses (<see cref="X64Npt"/>).</summary>
    Npt,
    /// <summary>AArch64, 40-bit guest-physical addresses (<see cref="Aarch64Stage2{TIpa}"/> of <see cref="Ipa40"/>).</summary>
    Stage2,
    /// <summary>AArch64, 48-bit guest-physical addresses (<see cref="Aarch64Stage2{TIpa}"/> of <see cref="Ipa48"/>).</summary>
    Stage2Ipa48,
}
