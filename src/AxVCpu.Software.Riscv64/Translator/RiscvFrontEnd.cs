using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// Says in IR what the instructions of a trace do. What has no IR, and what needs the machine around the hart, is left to the slow path.
/// </summary>
/// <remarks>Belongs to one hart's thread. The array is used again for each trace.</remarks>
internal sealed unsafe partial class RiscvFrontEnd
{
    /// <summary>Most IR operations of one instruction, and what the end of a trace needs.</summary>
    private const int MaxPerInstruction = 4;

    private readonly IrOp[] _ops = new IrOp[(CodeBlock.MaxOps + 1) * MaxPerInstruction];
    private readonly ulong _misalignedTarget;
    private int _count;
    private ushort _index;
    private bool _isFloatGuarded;
    private bool _isFloatDirty;

    /// <summary>A front end for a hart on which these bits of a jump target raise an exception.</summary>
    public RiscvFrontEnd(ulong misalignedTarget) => _misalignedTarget = misalignedTarget;

    /// <summary>The operations of a trace; valid until the next call.</summary>
    public Span<IrOp> Translate(CodeBlock* trace)
    {
        _count = 0;
        _isFloatGuarded = false;
        _isFloatDirty = false;
        Op* ops = CodeBlock.Ops(trace);
        bool isOpen = true;
        for (int i = 0; isOpen && i < (int)trace->Count; i++)
        {
            _index = (ushort)i;
            isOpen = TranslateOne(ops + i, trace->Pc + ops[i].PcOffset, ops[i].PcOffset + ops[i].Length);
        }

        if (isOpen)
            Add(IrOpcode.Jump, imm: (long)trace->Pc + trace->Length);
        return _ops.AsSpan(0, _count);
    }

    /// <summary>False when the trace ends here.</summary>
    private bool TranslateOne(Op* op, ulong pc, int nextOffset)
    {
        switch (op->Code)
        {
            case OpCode.Nop or OpCode.Pause:
                return true;
            case OpCode.Lui:
                return MoveImmediate(op->Rd, op->Imm);
            case OpCode.Auipc:
                return MoveImmediate(op->Rd, (long)pc + op->Imm);
            case >= OpCode.Beq and <= OpCode.Bgeu:
                return Branch(op, pc);
            case OpCode.Jal:
                MoveImmediate(op->Rd, (long)pc + op->Length);
                Add(IrOpcode.Jump, imm: (long)pc + op->Imm);
                return false;
            case OpCode.Jalr when _misalignedTarget == 0:
                Add(IrOpcode.JumpIndirect, dst: Destination(op->Rd), a: op->Rs1, imm: (uint)op->Imm | (long)nextOffset << 32);
                return false;
            case >= OpCode.Ld and <= OpCode.Sw or >= OpCode.Lbu and <= OpCode.Sh:
                return Memory(op);
            case OpCode.Fence or OpCode.FenceTso:
                return Add(IrOpcode.Fence);
            case >= OpCode.LrW and <= OpCode.AmomaxuD:
                return Atomic(op);
            case >= OpCode.Flw and <= OpCode.FcvtDS:
                return Float(op);
            case >= OpCode.Csrrw and <= OpCode.Csrrci:
                // A CSR access may change whether floats are on, and how they round.
                _isFloatGuarded = false;
                _isFloatDirty = false;
                return Interpret();
            case OpCode.FenceI:
                return Interpret();
            case OpCode.Illegal or OpCode.Jalr or CodeBlock.MisalignedJump or CodeBlock.Stop:
            case >= OpCode.Ecall and <= OpCode.SfenceInvalIr:
            case OpCode.WrsNto or OpCode.WrsSto:
                Add(IrOpcode.Interpret, c: 1);
                return false;
            default:
                return Integer(op) || Interpret();
        }
    }

    private bool Branch(Op* op, ulong pc)
    {
        IrCondition condition = op->Code switch
        {
            OpCode.Beq => IrCondition.Equal,
            OpCode.Bne => IrCondition.NotEqual,
            OpCode.Blt => IrCondition.LessSigned,
            OpCode.Bge => IrCondition.GreaterOrEqualSigned,
            OpCode.Bltu => IrCondition.LessUnsigned,
            _ => IrCondition.GreaterOrEqualUnsigned,
        };
        ulong target = pc + (ulong)(long)op->Imm;
        if ((target & _misalignedTarget) != 0)
        {
            // Taken, it is an exception: let the interpreter decide.
            Add(IrOpcode.Interpret, c: 1);
            return false;
        }

        return Add(IrOpcode.Branch, a: op->Rs1, b: op->Rs2, c: (byte)condition, imm: (long)target);
    }

    private bool Memory(Op* op)
    {
        IrMemory kind = op->Code switch
        {
            OpCode.Ld or OpCode.Sd => IrMemory.Qword,
            OpCode.Lw => IrMemory.Dword | IrMemory.Signed,
            OpCode.Lwu or OpCode.Sw => IrMemory.Dword,
            OpCode.Lh => IrMemory.Word | IrMemory.Signed,
            OpCode.Lhu or OpCode.Sh => IrMemory.Word,
            OpCode.Lb => IrMemory.Byte | IrMemory.Signed,
            _ => IrMemory.Byte,
        };
        return op->Code is OpCode.Sd or OpCode.Sw or OpCode.Sh or OpCode.Sb
            ? Add(IrOpcode.Store, (byte)kind, a: op->Rs1, b: op->Rs2, imm: op->Imm)
            : Add(IrOpcode.Load, (byte)kind, Destination(op->Rd), op->Rs1, imm: op->Imm);
    }

    private bool Atomic(Op* op)
    {
        bool isDouble = op->Code >= OpCode.LrD;
        var kind = (byte)(isDouble ? IrMemory.Qword : IrMemory.Dword | IrMemory.Signed);
        byte dst = Destination(op->Rd);
        OpCode code = isDouble ? op->Code - (OpCode.LrD - OpCode.LrW) : op->Code;
        switch (code)
        {
            case OpCode.LrW:
                return Add(IrOpcode.LoadReserved, kind, dst, op->Rs1);
            case OpCode.ScW:
                return Add(IrOpcode.StoreConditional, kind, dst, op->Rs1, op->Rs2);
        }

        IrAtomic operation = code switch
        {
            OpCode.AmoswapW => IrAtomic.Exchange,
            OpCode.AmoaddW => IrAtomic.Add,
            OpCode.AmoxorW => IrAtomic.Xor,
            OpCode.AmoandW => IrAtomic.And,
            OpCode.AmoorW => IrAtomic.Or,
            OpCode.AmominW => IrAtomic.MinSigned,
            OpCode.AmomaxW => IrAtomic.MaxSigned,
            OpCode.AmominuW => IrAtomic.MinUnsigned,
            _ => IrAtomic.MaxUnsigned,
        };
        return Add(IrOpcode.Atomic, kind, dst, op->Rs1, op->Rs2, (byte)operation);
    }

    private bool Interpret() => Add(IrOpcode.Interpret);

    private bool MoveImmediate(byte rd, long value) =>
        rd == Op.Sink || Add(IrOpcode.Move, (byte)IrWidth.W64, rd, GuestRegister.Immediate, imm: value);

    /// <summary>Writes to x0 have no destination.</summary>
    private static byte Destination(byte rd) => rd == Op.Sink ? GuestRegister.None : rd;

    private bool Add(IrOpcode code, byte kind = 0, byte dst = GuestRegister.None, byte a = 0, byte b = 0, byte c = 0, long imm = 0)
    {
        ref IrOp op = ref _ops[_count++];
        op.Code = code;
        op.Kind = kind;
        op.Dst = dst;
        op.A = a;
        op.B = b;
        op.C = c;
        op.Guest = _index;
        op.Imm = imm;
        return true;
    }
}
