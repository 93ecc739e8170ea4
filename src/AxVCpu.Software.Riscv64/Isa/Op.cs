using System.Runtime.InteropServices;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>One pre-decoded instruction. Blittable, 16 bytes, so that four fit in a cache line of a block.</summary>
/// <remarks>
/// The executor needs no test for x0: a destination x0 is written to the sink slot of the register file (<see cref="Sink"/>), a source x0
/// reads slot 0, which nothing ever writes. Compressed instructions carry the <see cref="OpCode"/> of the instruction they expand to.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct Op
{
    /// <summary>The <see cref="Rd"/> of an integer result that is thrown away: the write-only 33rd slot of the register file.</summary>
    public const byte Sink = 32;

    /// <summary>What to do.</summary>
    public OpCode Code;

    /// <summary>Destination register: 1-31 or <see cref="Sink"/> for integer results, 0-31 for floating-point results, 0 when there is none.</summary>
    public byte Rd;

    /// <summary>First source register (0-31), or the 5-bit zero-extended immediate of csrrwi, csrrsi and csrrci.</summary>
    public byte Rs1;

    /// <summary>Second source register, 0-31.</summary>
    public byte Rs2;

    /// <summary>Third source register of the fused multiply-adds, 0-31.</summary>
    public byte Rs3;

    /// <summary>Rounding mode 0-4 or 7 (dynamic) of floating-point instructions; <c>aq &lt;&lt; 1 | rl</c> of atomics; 0 otherwise.</summary>
    public byte Rm;

    /// <summary>Bytes the instruction takes in memory: 2 or 4.</summary>
    public byte Length;

    /// <summary>
    /// Sign-extended immediate: load/store/branch/jump offset in bytes; the already shifted value of lui and auipc; the shift amount or bit
    /// index (0-63); the CSR number (0-4095); <c>fm &lt;&lt; 8 | pred &lt;&lt; 4 | succ</c> of fence; the raw bits of <see cref="OpCode.Illegal"/>.
    /// </summary>
    public int Imm;

    /// <summary>Bytes from the start of the block to this instruction. The decoder leaves 0, the block builder fills it.</summary>
    public ushort PcOffset;

    /// <summary>Free for the block builder; the decoder leaves 0.</summary>
    public ushort Extra;

    /// <summary>Whether the architectural destination is x0. Only meaningful for instructions with an integer destination.</summary>
    public readonly bool IsRdZero => Rd == Sink;
}
