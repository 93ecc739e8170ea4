using System.Runtime.CompilerServices;
using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.SoftFloat;

namespace AxVCpu.Software.Riscv64;

// The F and D extensions; Zfh and Zfa go through here too. Results and flags come from SoftFloat, bit by bit; here are registers, NaN boxes, rounding modes and mstatus.FS.
internal sealed unsafe partial class Hart
{
    /// <summary>The upper half of a register that holds a binary32 value (chapter "D" extension, NaN boxing of narrower values).</summary>
    private const ulong NanBox = 0xFFFF_FFFF_0000_0000;

    /// <summary>Executes a floating-point computation at Pc. False when it trapped.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ExecuteFloat(CodeBlock* block, Op* op)
    {
        uint rounding = op->Rm == DynamicRounding ? _s->Frm : op->Rm;
        if ((_s->Mstatus & StatusBits.FS) == 0 || rounding > (uint)FloatRounding.NearestMaxMagnitude)
            return RaiseIllegal(CodeBlock.Raw(block, op));
        FloatStatus status = default;
        status.Rounding = (FloatRounding)rounding;
        return op->Code switch
        {
            OpCode.FmvXW => WriteInteger(op, (ulong)(long)(int)_s->F[op->Rs1], in status),
            OpCode.FmvXD => WriteInteger(op, _s->F[op->Rs1], in status),
            OpCode.FmvWX => WriteFloat(op, Box((uint)_s->X[op->Rs1]), in status),
            OpCode.FmvDX => WriteFloat(op, _s->X[op->Rs1], in status),
            OpCode.FcvtSD => WriteFloat(op, Box(Float64.ToFloat32(_s->F[op->Rs1], ref status)), in status),
            OpCode.FcvtDS => WriteFloat(op, Float32.ToFloat64(Unbox(_s->F[op->Rs1]), ref status), in status),
            >= OpCode.FsgnjD and <= OpCode.FsgnjxD => ExecuteDouble(op, ref status),
            >= OpCode.FaddD and <= OpCode.FcvtDS => ExecuteDouble(op, ref status),
            >= OpCode.FmvXH and <= OpCode.FcvtHLu => ExecuteHalf(op, ref status),
            >= OpCode.FliS => ExecuteAdditionalFloat(op, ref status),
            _ => ExecuteSingle(op, ref status),
        };
    }

    private bool ExecuteSingle(Op* op, ref FloatStatus status)
    {
        ulong* f = _s->F;
        switch (op->Code)
        {
            case OpCode.FaddS: return WriteFloat(op, Box(Float32.Add(Unbox(f[op->Rs1]), Unbox(f[op->Rs2]), ref status)), in status);
            case OpCode.FsubS: return WriteFloat(op, Box(Float32.Sub(Unbox(f[op->Rs1]), Unbox(f[op->Rs2]), ref status)), in status);
            case OpCode.FmulS: return WriteFloat(op, Box(Float32.Mul(Unbox(f[op->Rs1]), Unbox(f[op->Rs2]), ref status)), in status);
            case OpCode.FdivS: return WriteFloat(op, Box(Float32.Div(Unbox(f[op->Rs1]), Unbox(f[op->Rs2]), ref status)), in status);
            case OpCode.FsqrtS: return WriteFloat(op, Box(Float32.Sqrt(Unbox(f[op->Rs1]), ref status)), in status);
            case OpCode.FmaddS: return WriteFloat(op, Box(Float32.MulAdd(Unbox(f[op->Rs1]), Unbox(f[op->Rs2]), Unbox(f[op->Rs3]), ref status)), in status);
            case OpCode.FmsubS: return WriteFloat(op, Box(Float32.MulAdd(Unbox(f[op->Rs1]), Unbox(f[op->Rs2]), Unbox(f[op->Rs3]) ^ Float32.SignBit, ref status)), in status);
            case OpCode.FnmsubS: return WriteFloat(op, Box(Float32.MulAdd(Unbox(f[op->Rs1]) ^ Float32.SignBit, Unbox(f[op->Rs2]), Unbox(f[op->Rs3]), ref status)), in status);
            case OpCode.FnmaddS: return WriteFloat(op, Box(Float32.MulAdd(Unbox(f[op->Rs1]) ^ Float32.SignBit, Unbox(f[op->Rs2]), Unbox(f[op->Rs3]) ^ Float32.SignBit, ref status)), in status);
            case OpCode.FminS: return WriteFloat(op, Box(Float32.Min(Unbox(f[op->Rs1]), Unbox(f[op->Rs2]), ref status)), in status);
            case OpCode.FmaxS: return WriteFloat(op, Box(Float32.Max(Unbox(f[op->Rs1]), Unbox(f[op->Rs2]), ref status)), in status);
            case OpCode.FsgnjS: return WriteFloat(op, Box((Unbox(f[op->Rs1]) & ~Float32.SignBit) | (Unbox(f[op->Rs2]) & Float32.SignBit)), in status);
            case OpCode.FsgnjnS: return WriteFloat(op, Box((Unbox(f[op->Rs1]) & ~Float32.SignBit) | (~Unbox(f[op->Rs2]) & Float32.SignBit)), in status);
            case OpCode.FsgnjxS: return WriteFloat(op, Box(Unbox(f[op->Rs1]) ^ (Unbox(f[op->Rs2]) & Float32.SignBit)), in status);
            case OpCode.FeqS: return WriteInteger(op, Float32.Equal(Unbox(f[op->Rs1]), Unbox(f[op->Rs2]), ref status) ? 1UL : 0, in status);
            case OpCode.FltS: return WriteInteger(op, Float32.LessThan(Unbox(f[op->Rs1]), Unbox(f[op->Rs2]), ref status) ? 1UL : 0, in status);
            case OpCode.FleS: return WriteInteger(op, Float32.LessOrEqual(Unbox(f[op->Rs1]), Unbox(f[op->Rs2]), ref status) ? 1UL : 0, in status);
            case OpCode.FclassS: return WriteInteger(op, (ulong)Float32.Classify(Unbox(f[op->Rs1])), in status);
            case OpCode.FcvtWS: return WriteInteger(op, (ulong)(long)Float32.ToInt32(Unbox(f[op->Rs1]), ref status), in status);
            case OpCode.FcvtWuS: return WriteInteger(op, (ulong)(long)(int)Float32.ToUInt32(Unbox(f[op->Rs1]), ref status), in status);
            case OpCode.FcvtLS: return WriteInteger(op, (ulong)Float32.ToInt64(Unbox(f[op->Rs1]), ref status), in status);
            case OpCode.FcvtLuS: return WriteInteger(op, Float32.ToUInt64(Unbox(f[op->Rs1]), ref status), in status);
            case OpCode.FcvtSW: return WriteFloat(op, Box(Float32.FromInt32((int)_s->X[op->Rs1], ref status)), in status);
            case OpCode.FcvtSWu: return WriteFloat(op, Box(Float32.FromUInt32((uint)_s->X[op->Rs1], ref status)), in status);
            case OpCode.FcvtSL: return WriteFloat(op, Box(Float32.FromInt64((long)_s->X[op->Rs1], ref status)), in status);
            case OpCode.FcvtSLu: return WriteFloat(op, Box(Float32.FromUInt64(_s->X[op->Rs1], ref status)), in status);
            default: return false;
        }
    }

    private bool ExecuteDouble(Op* op, ref FloatStatus status)
    {
        ulong* f = _s->F;
        switch (op->Code)
        {
            case OpCode.FaddD: return WriteFloat(op, Float64.Add(f[op->Rs1], f[op->Rs2], ref status), in status);
            case OpCode.FsubD: return WriteFloat(op, Float64.Sub(f[op->Rs1], f[op->Rs2], ref status), in status);
            case OpCode.FmulD: return WriteFloat(op, Float64.Mul(f[op->Rs1], f[op->Rs2], ref status), in status);
            case OpCode.FdivD: return WriteFloat(op, Float64.Div(f[op->Rs1], f[op->Rs2], ref status), in status);
            case OpCode.FsqrtD: return WriteFloat(op, Float64.Sqrt(f[op->Rs1], ref status), in status);
            case OpCode.FmaddD: return WriteFloat(op, Float64.MulAdd(f[op->Rs1], f[op->Rs2], f[op->Rs3], ref status), in status);
            case OpCode.FmsubD: return WriteFloat(op, Float64.MulAdd(f[op->Rs1], f[op->Rs2], f[op->Rs3] ^ Float64.SignBit, ref status), in status);
            case OpCode.FnmsubD: return WriteFloat(op, Float64.MulAdd(f[op->Rs1] ^ Float64.SignBit, f[op->Rs2], f[op->Rs3], ref status), in status);
            case OpCode.FnmaddD: return WriteFloat(op, Float64.MulAdd(f[op->Rs1] ^ Float64.SignBit, f[op->Rs2], f[op->Rs3] ^ Float64.SignBit, ref status), in status);
            case OpCode.FminD: return WriteFloat(op, Float64.Min(f[op->Rs1], f[op->Rs2], ref status), in status);
            case OpCode.FmaxD: return WriteFloat(op, Float64.Max(f[op->Rs1], f[op->Rs2], ref status), in status);
            case OpCode.FsgnjD: return WriteFloat(op, (f[op->Rs1] & ~Float64.SignBit) | (f[op->Rs2] & Float64.SignBit), in status);
            case OpCode.FsgnjnD: return WriteFloat(op, (f[op->Rs1] & ~Float64.SignBit) | (~f[op->Rs2] & Float64.SignBit), in status);
            case OpCode.FsgnjxD: return WriteFloat(op, f[op->Rs1] ^ (f[op->Rs2] & Float64.SignBit), in status);
            case OpCode.FeqD: return WriteInteger(op, Float64.Equal(f[op->Rs1], f[op->Rs2], ref status) ? 1UL : 0, in status);
            case OpCode.FltD: return WriteInteger(op, Float64.LessThan(f[op->Rs1], f[op->Rs2], ref status) ? 1UL : 0, in status);
            case OpCode.FleD: return WriteInteger(op, Float64.LessOrEqual(f[op->Rs1], f[op->Rs2], ref status) ? 1UL : 0, in status);
            case OpCode.FclassD: return WriteInteger(op, (ulong)Float64.Classify(f[op->Rs1]), in status);
            case OpCode.FcvtWD: return WriteInteger(op, (ulong)(long)Float64.ToInt32(f[op->Rs1], ref status), in status);
            case OpCode.FcvtWuD: return WriteInteger(op, (ulong)(long)(int)Float64.ToUInt32(f[op->Rs1], ref status), in status);
            case OpCode.FcvtLD: return WriteInteger(op, (ulong)Float64.ToInt64(f[op->Rs1], ref status), in status);
            case OpCode.FcvtLuD: return WriteInteger(op, Float64.ToUInt64(f[op->Rs1], ref status), in status);
            case OpCode.FcvtDW: return WriteFloat(op, Float64.FromInt32((int)_s->X[op->Rs1], ref status), in status);
            case OpCode.FcvtDWu: return WriteFloat(op, Float64.FromUInt32((uint)_s->X[op->Rs1], ref status), in status);
            case OpCode.FcvtDL: return WriteFloat(op, Float64.FromInt64((long)_s->X[op->Rs1], ref status), in status);
            case OpCode.FcvtDLu: return WriteFloat(op, Float64.FromUInt64(_s->X[op->Rs1], ref status), in status);
            default: return false;
        }
    }

    /// <summary>Executes a load or store of a floating-point register at Pc. False when it trapped or an exit is pending.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ExecuteFloatMemory(CodeBlock* block, Op* op)
    {
        if ((_s->Mstatus & StatusBits.FS) == 0)
            return RaiseIllegal(CodeBlock.Raw(block, op));
        ulong va = _s->X[op->Rs1] + (ulong)(long)op->Imm;
        switch (op->Code)
        {
            case OpCode.Fsd:
                return StoreMemory(op, va, 8, _s->F[op->Rs2]);
            case OpCode.Fsw:
                return StoreMemory(op, va, 4, _s->F[op->Rs2]);
            case OpCode.Fsh:
                return StoreMemory(op, va, 2, _s->F[op->Rs2]);
        }

        uint size = op->Code switch { OpCode.Fld => 8, OpCode.Flw => 4, _ => 2 };
        if (!LoadMemory(op, va, size, new MmioTarget(op->Rd, IsFloat: true, SignExtend: false), out ulong value))
            return false;
        _s->F[op->Rd] = Box(value, size);
        _s->Mstatus |= StatusBits.FS;
        return true;
    }

    private const byte DynamicRounding = 7;

    private bool WriteFloat(Op* op, ulong value, in FloatStatus status)
    {
        _s->F[op->Rd] = value;
        _s->Fflags |= (uint)status.Flags;
        _s->Mstatus |= StatusBits.FS;
        return true;
    }

    private bool WriteInteger(Op* op, ulong value, in FloatStatus status)
    {
        _s->X[op->Rd] = value;
        if (status.Flags != FloatFlags.None)
        {
            _s->Fflags |= (uint)status.Flags;
            _s->Mstatus |= StatusBits.FS;
        }

        return true;
    }

    private static ulong Box(uint value) => NanBox | value;

    /// <summary>A value of so many bytes, zero-extended, as a register holds it.</summary>
    private static ulong Box(ulong value, uint size) => size == 8 ? value : value | ulong.MaxValue << (int)(size * 8);

    /// <summary>A binary32 operand; what is not boxed counts as the canonical NaN.</summary>
    private static uint Unbox(ulong register) => register >= NanBox ? (uint)register : Float32.CanonicalNaN;
}
