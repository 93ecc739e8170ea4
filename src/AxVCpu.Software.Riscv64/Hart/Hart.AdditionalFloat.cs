using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.SoftFloat;

namespace AxVCpu.Software.Riscv64;

// Zfa, for the three formats.
internal sealed unsafe partial class Hart
{
    private bool ExecuteAdditionalFloat(Op* op, ref FloatStatus status) => op->Code switch
    {
        OpCode.FcvtmodWD => WriteInteger(op, (ulong)(long)Float64.ToInt32Modular(_s->F[op->Rs1], ref status), in status),
        >= OpCode.FliH => ExecuteAdditionalHalf(op, UnboxHalf(_s->F[op->Rs1]), UnboxHalf(_s->F[op->Rs2]), ref status),
        >= OpCode.FliD => ExecuteAdditionalDouble(op, _s->F[op->Rs1], _s->F[op->Rs2], ref status),
        _ => ExecuteAdditionalSingle(op, Unbox(_s->F[op->Rs1]), Unbox(_s->F[op->Rs2]), ref status),
    };

    private bool ExecuteAdditionalSingle(Op* op, uint a, uint b, ref FloatStatus status)
    {
        switch (op->Code)
        {
            case OpCode.FliS: return WriteFloat(op, Box(FloatConstants.Single(op->Rs1)), in status);
            case OpCode.FminmS: return WriteFloat(op, Box(Float32.MinOrNaN(a, b, ref status)), in status);
            case OpCode.FmaxmS: return WriteFloat(op, Box(Float32.MaxOrNaN(a, b, ref status)), in status);
            case OpCode.FroundS: return WriteFloat(op, Box(Float32.RoundToIntegral(a, ref status)), in status);
            case OpCode.FroundnxS: return WriteFloat(op, Box(Float32.RoundToIntegralExact(a, ref status)), in status);
            case OpCode.FleqS: return WriteInteger(op, Float32.LessOrEqualQuiet(a, b, ref status) ? 1UL : 0, in status);
            case OpCode.FltqS: return WriteInteger(op, Float32.LessThanQuiet(a, b, ref status) ? 1UL : 0, in status);
            default: return false;
        }
    }

    private bool ExecuteAdditionalDouble(Op* op, ulong a, ulong b, ref FloatStatus status)
    {
        switch (op->Code)
        {
            case OpCode.FliD: return WriteFloat(op, FloatConstants.Double(op->Rs1), in status);
            case OpCode.FminmD: return WriteFloat(op, Float64.MinOrNaN(a, b, ref status), in status);
            case OpCode.FmaxmD: return WriteFloat(op, Float64.MaxOrNaN(a, b, ref status), in status);
            case OpCode.FroundD: return WriteFloat(op, Float64.RoundToIntegral(a, ref status), in status);
            case OpCode.FroundnxD: return WriteFloat(op, Float64.RoundToIntegralExact(a, ref status), in status);
            case OpCode.FleqD: return WriteInteger(op, Float64.LessOrEqualQuiet(a, b, ref status) ? 1UL : 0, in status);
            case OpCode.FltqD: return WriteInteger(op, Float64.LessThanQuiet(a, b, ref status) ? 1UL : 0, in status);
            default: return false;
        }
    }

    private bool ExecuteAdditionalHalf(Op* op, ushort a, ushort b, ref FloatStatus status)
    {
        switch (op->Code)
        {
            case OpCode.FliH: return WriteHalf(op, FloatConstants.Half(op->Rs1), in status);
            case OpCode.FminmH: return WriteHalf(op, Float16.MinOrNaN(a, b, ref status), in status);
            case OpCode.FmaxmH: return WriteHalf(op, Float16.MaxOrNaN(a, b, ref status), in status);
            case OpCode.FroundH: return WriteHalf(op, Float16.RoundToIntegral(a, ref status), in status);
            case OpCode.FroundnxH: return WriteHalf(op, Float16.RoundToIntegralExact(a, ref status), in status);
            case OpCode.FleqH: return WriteInteger(op, Float16.LessOrEqualQuiet(a, b, ref status) ? 1UL : 0, in status);
            case OpCode.FltqH: return WriteInteger(op, Float16.LessThanQuiet(a, b, ref status) ? 1UL : 0, in status);
            default: return false;
        }
    }
}
