using System.Runtime.CompilerServices;

namespace AxVCpu.Software.Riscv64;

/// <summary>Thirty-two 64-bit registers, by number.</summary>
[InlineArray(Length)]
public struct RegisterFile
{
    /// <summary>How many there are.</summary>
    public const int Length = 32;
    private ulong _first;
}

/// <summary>The integer registers and pc.</summary>
public struct Riscv64IntegerRegisters
{
    /// <summary>x0 to x31; x0 reads as zero, and what is written to it is ignored.</summary>
    public RegisterFile X;

    /// <summary>The guest-virtual address of the next instruction.</summary>
    public ulong Pc;
}

/// <summary>The floating-point registers and fcsr.</summary>
public struct Riscv64FloatRegisters
{
    /// <summary>f0 to f31; a binary32 value has all upper bits set.</summary>
    public RegisterFile F;

    /// <summary>Accrued exceptions in bits 4 to 0, rounding mode in bits 7 to 5; the others are zero, and ignored when written.</summary>
    public uint Fcsr;
}

public partial struct Riscv64VCpu : IArchRegisters<Riscv64IntegerRegisters>, IArchRegisters<Riscv64FloatRegisters>
{
    /// <summary>Reads the integer registers and pc. Not while the vCPU runs.</summary>
    public readonly EngineError Read(out Riscv64IntegerRegisters group)
    {
        group = default;
        for (int i = 0; i < RegisterFile.Length; i++)
            group.X[i] = _hart.GetRegister(i);
        group.Pc = _hart.GetPc();
        return default;
    }

    /// <summary>Writes the integer registers and pc; an access that waited for the VMM is dropped. Not while the vCPU runs.</summary>
    public EngineError Write(in Riscv64IntegerRegisters group)
    {
        for (int i = 0; i < RegisterFile.Length; i++)
            _hart.SetRegister(i, group.X[i]);
        ProgramCounter = group.Pc;
        return default;
    }

    /// <summary>Reads the floating-point registers and fcsr, whatever mstatus.FS says. Not while the vCPU runs.</summary>
    public readonly EngineError Read(out Riscv64FloatRegisters group)
    {
        group = default;
        for (int i = 0; i < RegisterFile.Length; i++)
            group.F[i] = _hart.GetFloatRegister(i);
        group.Fcsr = _hart.Fcsr;
        return default;
    }

    /// <summary>Writes the floating-point registers and fcsr, whatever mstatus.FS says. Not while the vCPU runs.</summary>
    public readonly EngineError Write(in Riscv64FloatRegisters group)
    {
        for (int i = 0; i < RegisterFile.Length; i++)
            _hart.SetFloatRegister(i, group.F[i]);
        _hart.Fcsr = group.Fcsr;
        return default;
    }
}
