using System.Runtime.InteropServices;

namespace AxVCpu.Software.Translator;

/// <summary>
/// One operation of a trace, between a guest's front end and a host's back end. 16 bytes, in an array that is used again for each trace.
/// At every operation that can leave the trace the guest's registers are exact for the start of instruction <see cref="Guest"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IrOp
{
    /// <summary>What to do.</summary>
    public IrOpcode Code;

    /// <summary>An <see cref="IrWidth"/>, <see cref="IrMemory"/> or <see cref="IrFloat"/>, as the code has it.</summary>
    public byte Kind;

    /// <summary>Where the result goes, or <see cref="GuestRegister.None"/>.</summary>
    public byte Dst;

    /// <summary>First operand.</summary>
    public byte A;

    /// <summary>Second operand; <see cref="GuestRegister.Immediate"/> stands for <see cref="Imm"/>.</summary>
    public byte B;

    /// <summary>Third operand, or a selector.</summary>
    public byte C;

    /// <summary>Index in the trace of the guest instruction that this belongs to.</summary>
    public ushort Guest;

    /// <summary>Immediate, displacement, state offset or target address.</summary>
    public long Imm;
}

/// <summary>Numbers of guest registers in an <see cref="IrOp"/>.</summary>
internal static class GuestRegister
{
    /// <summary>How many integer registers there can be; register i is the state's field at <see cref="StateLayout.Integers"/> + 8 i.</summary>
    public const byte Integers = 32;

    /// <summary>Number of the first float register; these are at <see cref="StateLayout.Floats"/>, 8 bytes each.</summary>
    public const byte Float0 = 32;

    /// <summary>A register without meaning to the guest, at <see cref="StateLayout.Scratch"/>; dead at the end of its instruction.</summary>
    public const byte Scratch = 64;

    /// <summary>B (or A of Move) is the immediate.</summary>
    public const byte Immediate = 0xFE;

    /// <summary>No register.</summary>
    public const byte None = 0xFF;
}
