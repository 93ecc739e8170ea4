using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.SoftFloat;

namespace AxVCpu.Software.Riscv64;

// Zfh: the F extension again for binary16, with conversions to and from both wider formats.
internal sealed unsafe partial class Hart
{
    /// <summary>The upper bits of a register that holds a binary16 value.</summary>
    private const ulong NanBox16 = 0xFFFF_FFFF_FFFF_0000;

    private bool ExecuteHalf(Op* op, ref FloatStatus status)
    {
        ulong* f = _s->F;
        ulong x = _s->X[op->Rs1];
        ushort a = UnboxHalf(f[op->Rs1]);
        ushort b = UnboxHalf(f[op->Rs2]);
        switch (op->Code)
        {
            case OpCode.FmvXH: return WriteInteger(op, (ulong)(long)(short)f[op->Rs1], in status);
            case OpCode.FmvHX: return WriteHalf(op, (ushort)x, in status);
            case OpCode.FcvtSH: return WriteFloat(op, Box(Float16.ToFloat32(a, ref status)), in status);
            case OpCode.FcvtHS: return WriteHalf(op, Float32.ToFloat16(Unbox(f[op->Rs1]), ref status), in status);
            case OpCode.FcvtDH: return WriteFloat(op, Float16.ToFloat64(a, ref status), in status);
            case OpCode.FcvtHD: return WriteHalf(op, Float64.ToFloat16(f[op->Rs1], ref status), in status);

            case OpCode.FaddH: return WriteHalf(op, Float16.Add(a, b, ref status), in status);
            case OpCode.FsubH: return WriteHalf(op, Float16.Sub(a, b, ref status), in status);
            case OpCode.FmulH: return WriteHalf(op, Float16.Mul(a, b, ref status), in status);
            case OpCode.FdivH: return WriteHalf(op, Float16.Div(a, b, ref status), in status);
            case OpCode.FsqrtH: return WriteHalf(op, Float16.Sqrt(a, ref status), in status);
            case OpCode.FmaddH: return MultiplyAddHalf(op, a, b, 0, ref status);
            case OpCode.FmsubH: return MultiplyAddHalf(op, a, b, Float16.SignBit, ref status);
            case OpCode.FnmsubH: return MultiplyAddHalf(op, (ushort)(a ^ Float16.SignBit), b, 0, ref status);
            case OpCode.FnmaddH: return MultiplyAddHalf(op, (ushort)(a ^ Float16.SignBit), b, Float16.SignBit, ref status);
            case OpCode.FminH: return WriteHalf(op, Float16.Min(a, b, ref status), in status);
            case OpCode.FmaxH: return WriteHalf(op, Float16.Max(a, b, ref status), in status);
            case OpCode.FsgnjH: return WriteHalf(op, (ushort)((a & ~Float16.SignBit) | (b & Float16.SignBit)), in status);
            case OpCode.FsgnjnH: return WriteHalf(op, (ushort)((a & ~Float16.SignBit) | (~b & Float16.SignBit)), in status);
            case OpCode.FsgnjxH: return WriteHalf(op, (ushort)(a ^ (b & Float16.SignBit)), in status);
            case OpCode.FeqH: return WriteInteger(op, Float16.Equal(a, b, ref status) ? 1UL : 0, in status);
            case OpCode.FltH: return WriteInteger(op, Float16.LessThan(a, b, ref status) ? 1UL : 0, in status);
            case OpCode.FleH: return WriteInteger(op, Float16.LessOrEqual(a, b, ref status) ? 1UL : 0, in status);
            case OpCode.FclassH: return WriteInteger(op, (ulong)Float16.Classify(a), in status);

            case OpCode.FcvtWH: return WriteInteger(op, (ulong)(long)Float16.ToInt32(a, ref status), in status);
            case OpCode.FcvtWuH: return WriteInteger(op, (ulong)(long)(int)Float16.ToUInt32(a, ref status), in status);
            case OpCode.FcvtLH: return WriteInteger(op, (ulong)Float16.ToInt64(a, ref status), in status);
            case OpCode.FcvtLuH: return WriteInteger(op, Float16.ToUInt64(a, ref status), in status);
            case OpCode.FcvtHW: return WriteHalf(op, Float16.FromInt32((int)x, ref status), in status);
            case OpCode.FcvtHWu: return WriteHalf(op, Float16.FromUInt32((uint)x, ref status), in status);
            case OpCode.FcvtHL: return WriteHalf(op, Float16.FromInt64((long)x, ref status), in status);
            case OpCode.FcvtHLu: return WriteHalf(op, Float16.FromUInt64(x, ref status), in status);
            default: return false;
        }
    }

    /// <summary>a * b + rs3 with the sign of rs3 flipped where <paramref name="addendSign"/> has a bit.</summary>
    private bool MultiplyAddHalf(Op* op, ushort a, ushort b, ushort addendSign, ref FloatStatus status) =>
        WriteHalf(op, Float16.MulAdd(a, b, (ushort)(UnboxHalf(_s->F[op->Rs3]) ^ addendSign), ref status), in status);

    private bool WriteHalf(Op* op, ushort value, in FloatStatus status) => WriteFloat(op, NanBox16 | value, in status);

    /// <summary>A binary16 operand; what is not boxed counts as the canonical NaN.</summary>
    private static ushort UnboxHalf(ulong register) => register >= NanBox16 ? (ushort)register : Float16.CanonicalNaN;
}
