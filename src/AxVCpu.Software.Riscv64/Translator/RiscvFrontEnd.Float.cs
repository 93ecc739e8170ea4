using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

// The F and D extensions. The host computes when the rounding mode is nearest even, by the instruction or by frm (the guard looks); other
// modes are the slow path's.
internal sealed unsafe partial class RiscvFrontEnd
{
    private const byte RoundNearestEven = 0;
    private const byte RoundTowardsZero = 1;
    private const byte RoundDynamic = 7;

    private bool Float(Op* op)
    {
        switch (op->Code)
        {
            case OpCode.Flw: return FloatLoad(op, IrMemory.Dword);
            case OpCode.Fld: return FloatLoad(op, IrMemory.Qword);
            case OpCode.Fsw: return Guard() && Add(IrOpcode.StoreFloat, (byte)IrMemory.Dword, a: op->Rs1, b: F(op->Rs2), imm: op->Imm);
            case OpCode.Fsd: return Guard() && Add(IrOpcode.StoreFloat, (byte)IrMemory.Qword, a: op->Rs1, b: F(op->Rs2), imm: op->Imm);

            case OpCode.FmvXW: return ToInteger(op, IrOpcode.FloatToBits, IrFloat.Single);
            case OpCode.FmvXD: return ToInteger(op, IrOpcode.FloatToBits, IrFloat.Double);
            case OpCode.FmvWX: return FromInteger(op, IrOpcode.BitsToFloat, IrFloat.Single);
            case OpCode.FmvDX: return FromInteger(op, IrOpcode.BitsToFloat, IrFloat.Double);

            case OpCode.FsgnjS: return Binary(op, IrOpcode.FloatCopySign, IrFloat.Single);
            case OpCode.FsgnjD: return Binary(op, IrOpcode.FloatCopySign, IrFloat.Double);
            case OpCode.FsgnjnS: return Binary(op, IrOpcode.FloatCopySignNot, IrFloat.Single);
            case OpCode.FsgnjnD: return Binary(op, IrOpcode.FloatCopySignNot, IrFloat.Double);
            case OpCode.FsgnjxS: return Binary(op, IrOpcode.FloatXorSign, IrFloat.Single);
            case OpCode.FsgnjxD: return Binary(op, IrOpcode.FloatXorSign, IrFloat.Double);
            case OpCode.FminS: return Binary(op, IrOpcode.FloatMin, IrFloat.Single);
            case OpCode.FminD: return Binary(op, IrOpcode.FloatMin, IrFloat.Double);
            case OpCode.FmaxS: return Binary(op, IrOpcode.FloatMax, IrFloat.Single);
            case OpCode.FmaxD: return Binary(op, IrOpcode.FloatMax, IrFloat.Double);

            case OpCode.FeqS: return ToInteger(op, IrOpcode.FloatSet, IrFloat.Single, (byte)IrCondition.Equal);
            case OpCode.FeqD: return ToInteger(op, IrOpcode.FloatSet, IrFloat.Double, (byte)IrCondition.Equal);
            case OpCode.FltS: return ToInteger(op, IrOpcode.FloatSet, IrFloat.Single, (byte)IrCondition.LessSigned);
            case OpCode.FltD: return ToInteger(op, IrOpcode.FloatSet, IrFloat.Double, (byte)IrCondition.LessSigned);
            case OpCode.FleS: return ToInteger(op, IrOpcode.FloatSet, IrFloat.Single, (byte)IrCondition.LessOrEqualSigned);
            case OpCode.FleD: return ToInteger(op, IrOpcode.FloatSet, IrFloat.Double, (byte)IrCondition.LessOrEqualSigned);

            // Conversions to integers truncate in C; only that has IR.
            case OpCode.FcvtWS: return Truncate(op, IrFloat.Single, IrInteger.Int32);
            case OpCode.FcvtWuS: return Truncate(op, IrFloat.Single, IrInteger.UInt32);
            case OpCode.FcvtLS: return Truncate(op, IrFloat.Single, IrInteger.Int64);
            case OpCode.FcvtLuS: return Truncate(op, IrFloat.Single, IrInteger.UInt64);
            case OpCode.FcvtWD: return Truncate(op, IrFloat.Double, IrInteger.Int32);
            case OpCode.FcvtWuD: return Truncate(op, IrFloat.Double, IrInteger.UInt32);
            case OpCode.FcvtLD: return Truncate(op, IrFloat.Double, IrInteger.Int64);
            case OpCode.FcvtLuD: return Truncate(op, IrFloat.Double, IrInteger.UInt64);
        }

        if (op->Rm is not (RoundNearestEven or RoundDynamic))
            return Interpret();
        switch (op->Code)
        {
            case OpCode.FaddS: return Binary(op, IrOpcode.FloatAdd, IrFloat.Single);
            case OpCode.FaddD: return Binary(op, IrOpcode.FloatAdd, IrFloat.Double);
            case OpCode.FsubS: return Binary(op, IrOpcode.FloatSubtract, IrFloat.Single);
            case OpCode.FsubD: return Binary(op, IrOpcode.FloatSubtract, IrFloat.Double);
            case OpCode.FmulS: return Binary(op, IrOpcode.FloatMultiply, IrFloat.Single);
            case OpCode.FmulD: return Binary(op, IrOpcode.FloatMultiply, IrFloat.Double);
            case OpCode.FdivS: return Binary(op, IrOpcode.FloatDivide, IrFloat.Single);
            case OpCode.FdivD: return Binary(op, IrOpcode.FloatDivide, IrFloat.Double);
            case OpCode.FsqrtS: return Unary(op, IrOpcode.FloatSquareRoot, IrFloat.Single);
            case OpCode.FsqrtD: return Unary(op, IrOpcode.FloatSquareRoot, IrFloat.Double);
            case OpCode.FcvtSD: return Unary(op, IrOpcode.FloatConvert, IrFloat.Single);
            case OpCode.FcvtDS: return Unary(op, IrOpcode.FloatConvert, IrFloat.Double);

            case OpCode.FmaddS: return MultiplyAdd(op, IrFloat.Single, IrMultiplyAdd.None);
            case OpCode.FmaddD: return MultiplyAdd(op, IrFloat.Double, IrMultiplyAdd.None);
            case OpCode.FmsubS: return MultiplyAdd(op, IrFloat.Single, IrMultiplyAdd.NegateAddend);
            case OpCode.FmsubD: return MultiplyAdd(op, IrFloat.Double, IrMultiplyAdd.NegateAddend);
            case OpCode.FnmsubS: return MultiplyAdd(op, IrFloat.Single, IrMultiplyAdd.NegateProduct);
            case OpCode.FnmsubD: return MultiplyAdd(op, IrFloat.Double, IrMultiplyAdd.NegateProduct);
            case OpCode.FnmaddS: return MultiplyAdd(op, IrFloat.Single, IrMultiplyAdd.NegateProduct | IrMultiplyAdd.NegateAddend);
            case OpCode.FnmaddD: return MultiplyAdd(op, IrFloat.Double, IrMultiplyAdd.NegateProduct | IrMultiplyAdd.NegateAddend);

            case OpCode.FcvtSW: return FromInteger(op, IrOpcode.IntegerToFloat, IrFloat.Single, (byte)IrInteger.Int32);
            case OpCode.FcvtSWu: return FromInteger(op, IrOpcode.IntegerToFloat, IrFloat.Single, (byte)IrInteger.UInt32);
            case OpCode.FcvtSL: return FromInteger(op, IrOpcode.IntegerToFloat, IrFloat.Single, (byte)IrInteger.Int64);
            case OpCode.FcvtSLu: return FromInteger(op, IrOpcode.IntegerToFloat, IrFloat.Single, (byte)IrInteger.UInt64);
            case OpCode.FcvtDW: return FromInteger(op, IrOpcode.IntegerToFloat, IrFloat.Double, (byte)IrInteger.Int32);
            case OpCode.FcvtDWu: return FromInteger(op, IrOpcode.IntegerToFloat, IrFloat.Double, (byte)IrInteger.UInt32);
            case OpCode.FcvtDL: return FromInteger(op, IrOpcode.IntegerToFloat, IrFloat.Double, (byte)IrInteger.Int64);
            case OpCode.FcvtDLu: return FromInteger(op, IrOpcode.IntegerToFloat, IrFloat.Double, (byte)IrInteger.UInt64);
            default: return Interpret();
        }
    }

    private bool FloatLoad(Op* op, IrMemory size) =>
        Guard() && Add(IrOpcode.LoadFloat, (byte)size, F(op->Rd), op->Rs1, imm: op->Imm) && Dirty();

    private bool Binary(Op* op, IrOpcode code, IrFloat format) =>
        Guard() && Add(code, (byte)format, F(op->Rd), F(op->Rs1), F(op->Rs2)) && Dirty();

    private bool Unary(Op* op, IrOpcode code, IrFloat format) => Guard() && Add(code, (byte)format, F(op->Rd), F(op->Rs1)) && Dirty();

    private bool MultiplyAdd(Op* op, IrFloat format, IrMultiplyAdd signs) =>
        Guard() && Add(IrOpcode.FloatMultiplyAdd, (byte)format, F(op->Rd), F(op->Rs1), F(op->Rs2), F(op->Rs3), (long)signs) && Dirty();

    private bool ToInteger(Op* op, IrOpcode code, IrFloat format, byte c = 0) =>
        Guard() && Add(code, (byte)format, Destination(op->Rd), F(op->Rs1), F(op->Rs2), c);

    private bool FromInteger(Op* op, IrOpcode code, IrFloat format, byte c = 0) =>
        Guard() && Add(code, (byte)format, F(op->Rd), op->Rs1, c: c) && Dirty();

    private bool Truncate(Op* op, IrFloat format, IrInteger integer) =>
        op->Rm == RoundTowardsZero ? ToInteger(op, IrOpcode.FloatToInteger, format, (byte)integer) : Interpret();

    private bool Guard()
    {
        if (!_isFloatGuarded)
            Add(IrOpcode.FloatGuard);
        return _isFloatGuarded = true;
    }

    private bool Dirty()
    {
        if (!_isFloatDirty)
            Add(IrOpcode.FloatDirty, imm: (long)StatusBits.FS);
        return _isFloatDirty = true;
    }

    private static byte F(byte register) => (byte)(GuestRegister.Float0 + register);
}
