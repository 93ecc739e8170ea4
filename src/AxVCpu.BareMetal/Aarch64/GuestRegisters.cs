using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>What took the guest to EL2: which vector (Arm ARM D1.3.1.4). The values are those of <c>vectors.S</c>.</summary>
internal enum ExceptionKind : uint
{
    /// <summary>A synchronous exception; ESR_EL2 says which.</summary>
    Synchronous = 0,
    /// <summary>A physical IRQ.</summary>
    Irq = 1,
    /// <summary>A physical FIQ.</summary>
    Fiq = 2,
    /// <summary>An SError interrupt.</summary>
    SError = 3,
}

/// <summary>Storage for X0 to X30.</summary>
[InlineArray(Count)]
internal struct GeneralRegisters
{
    /// <summary>X0 to X30.</summary>
    public const int Count = 31;
    private ulong _first;
}

/// <summary>Storage for V0 to V31, two words each.</summary>
[InlineArray(Count * 2)]
internal struct VectorRegisters
{
    /// <summary>V0 to V31.</summary>
    public const int Count = 32;
    private ulong _first;
}

/// <summary>What every world switch moves, in the layout of <c>vectors.S</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 816)]
internal struct GuestRegisters
{
    /// <summary>X0 to X30.</summary>
    [FieldOffset(0)]
    public GeneralRegisters X;

    /// <summary>The address of the next instruction.</summary>
    [FieldOffset(248)]
    public ulong Pc;

    /// <summary>The guest's PSTATE in the format of SPSR_EL2.</summary>
    [FieldOffset(256)]
    public ulong Pstate;

    /// <summary>ESR_EL2 of the last exit.</summary>
    [FieldOffset(264)]
    public ulong Esr;

    /// <summary>FAR_EL2 of the last exit.</summary>
    [FieldOffset(272)]
    public ulong Far;

    /// <summary>HPFAR_EL2 of the last exit.</summary>
    [FieldOffset(280)]
    public ulong Hpfar;

    /// <summary>V0 to V31.</summary>
    [FieldOffset(288)]
    public VectorRegisters V;

    /// <summary>FPSR.</summary>
    [FieldOffset(800)]
    public ulong Fpsr;

    /// <summary>FPCR.</summary>
    [FieldOffset(808)]
    public ulong Fpcr;
}
