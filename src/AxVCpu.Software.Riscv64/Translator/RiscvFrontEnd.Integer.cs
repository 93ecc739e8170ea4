using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

// Integer instructions: one row each, except the single-bit ones.
internal sealed unsafe partial class RiscvFrontEnd
{
    /// <summary>False when the instruction has no IR.</summary>
    private bool Integer(Op* op) => op->Code switch
    {
        OpCode.Addi => Immediate(op, IrOpcode.Add),
        OpCode.Andi => Immediate(op, IrOpcode.And),
        OpCode.Ori => Immediate(op, IrOpcode.Or),
        OpCode.Xori => Immediate(op, IrOpcode.Xor),
        OpCode.Slli => Immediate(op, IrOpcode.ShiftLeft),
        OpCode.Srli => Immediate(op, IrOpcode.ShiftRight),
        OpCode.Srai => Immediate(op, IrOpcode.ShiftRightSigned),
        OpCode.Slti => Immediate(op, IrOpcode.Set, c: (byte)IrCondition.LessSigned),
        OpCode.Sltiu => Immediate(op, IrOpcode.Set, c: (byte)IrCondition.LessUnsigned),
        OpCode.Addiw => Immediate(op, IrOpcode.Add, IrWidth.W32Signed),
        OpCode.Slliw => Immediate(op, IrOpcode.ShiftLeft, IrWidth.W32Signed),
        OpCode.Srliw => Immediate(op, IrOpcode.ShiftRight, IrWidth.W32Signed),
        OpCode.Sraiw => Immediate(op, IrOpcode.ShiftRightSigned, IrWidth.W32Signed),

        OpCode.Add => Register(op, IrOpcode.Add),
        OpCode.Sub => Register(op, IrOpcode.Sub),
        OpCode.And => Register(op, IrOpcode.And),
        OpCode.Or => Register(op, IrOpcode.Or),
        OpCode.Xor => Register(op, IrOpcode.Xor),
        OpCode.Sll => Register(op, IrOpcode.ShiftLeft),
        OpCode.Srl => Register(op, IrOpcode.ShiftRight),
        OpCode.Sra => Register(op, IrOpcode.ShiftRightSigned),
        OpCode.Slt => Register(op, IrOpcode.Set, c: (byte)IrCondition.LessSigned),
        OpCode.Sltu => Register(op, IrOpcode.Set, c: (byte)IrCondition.LessUnsigned),
        OpCode.Addw => Register(op, IrOpcode.Add, IrWidth.W32Signed),
        OpCode.Subw => Register(op, IrOpcode.Sub, IrWidth.W32Signed),
        OpCode.Sllw => Register(op, IrOpcode.ShiftLeft, IrWidth.W32Signed),
        OpCode.Srlw => Register(op, IrOpcode.ShiftRight, IrWidth.W32Signed),
        OpCode.Sraw => Register(op, IrOpcode.ShiftRightSigned, IrWidth.W32Signed),

        OpCode.Mul => Register(op, IrOpcode.Multiply),
        OpCode.Mulh => Register(op, IrOpcode.MultiplyHighSigned),
        OpCode.Mulhu => Register(op, IrOpcode.MultiplyHighUnsigned),
        OpCode.Mulhsu => Register(op, IrOpcode.MultiplyHighSignedUnsigned),
        OpCode.Mulw => Register(op, IrOpcode.Multiply, IrWidth.W32Signed),
        OpCode.Div => Register(op, IrOpcode.DivideSigned),
        OpCode.Divu => Register(op, IrOpcode.DivideUnsigned),
        OpCode.Rem => Register(op, IrOpcode.RemainderSigned),
        OpCode.Remu => Register(op, IrOpcode.RemainderUnsigned),
        OpCode.Divw => Register(op, IrOpcode.DivideSigned, IrWidth.W32Signed),
        OpCode.Divuw => Register(op, IrOpcode.DivideUnsigned, IrWidth.W32Signed),
        OpCode.Remw => Register(op, IrOpcode.RemainderSigned, IrWidth.W32Signed),
        OpCode.Remuw => Register(op, IrOpcode.RemainderUnsigned, IrWidth.W32Signed),

        // Zba
        OpCode.AddUw => Register(op, IrOpcode.AddShifted, IrWidth.W32Zero),
        OpCode.Sh1add => Register(op, IrOpcode.AddShifted, c: 1),
        OpCode.Sh2add => Register(op, IrOpcode.AddShifted, c: 2),
        OpCode.Sh3add => Register(op, IrOpcode.AddShifted, c: 3),
        OpCode.Sh1addUw => Register(op, IrOpcode.AddShifted, IrWidth.W32Zero, c: 1),
        OpCode.Sh2addUw => Register(op, IrOpcode.AddShifted, IrWidth.W32Zero, c: 2),
        OpCode.Sh3addUw => Register(op, IrOpcode.AddShifted, IrWidth.W32Zero, c: 3),
        OpCode.SlliUw => Add(IrOpcode.AddShifted, (byte)IrWidth.W32Zero, op->Rd, op->Rs1, GuestRegister.Immediate, (byte)op->Imm),

        // Zbb
        OpCode.Andn => Register(op, IrOpcode.AndNot),
        OpCode.Orn => Register(op, IrOpcode.OrNot),
        OpCode.Xnor => Register(op, IrOpcode.XorNot),
        OpCode.Clz => Register(op, IrOpcode.CountLeadingZeros),
        OpCode.Ctz => Register(op, IrOpcode.CountTrailingZeros),
        OpCode.Cpop => Register(op, IrOpcode.PopulationCount),
        OpCode.Clzw => Register(op, IrOpcode.CountLeadingZeros, IrWidth.W32Signed),
        OpCode.Ctzw => Register(op, IrOpcode.CountTrailingZeros, IrWidth.W32Signed),
        OpCode.Cpopw => Register(op, IrOpcode.PopulationCount, IrWidth.W32Signed),
        OpCode.Max => Register(op, IrOpcode.MaxSigned),
        OpCode.Maxu => Register(op, IrOpcode.MaxUnsigned),
        OpCode.Min => Register(op, IrOpcode.MinSigned),
        OpCode.Minu => Register(op, IrOpcode.MinUnsigned),
        OpCode.SextB => Register(op, IrOpcode.SignExtend8),
        OpCode.SextH => Register(op, IrOpcode.SignExtend16),
        OpCode.ZextH => Register(op, IrOpcode.ZeroExtend16),
        OpCode.Rol => Register(op, IrOpcode.RotateLeft),
        OpCode.Ror => Register(op, IrOpcode.RotateRight),
        OpCode.Rori => Immediate(op, IrOpcode.RotateRight),
        OpCode.Rolw => Register(op, IrOpcode.RotateLeft, IrWidth.W32Signed),
        OpCode.Rorw => Register(op, IrOpcode.RotateRight, IrWidth.W32Signed),
        OpCode.Roriw => Immediate(op, IrOpcode.RotateRight, IrWidth.W32Signed),
        OpCode.Rev8 => Register(op, IrOpcode.ReverseBytes),

        // Zbs
        OpCode.Bclri => Add(IrOpcode.And, 0, op->Rd, op->Rs1, GuestRegister.Immediate, imm: ~(1L << op->Imm)),
        OpCode.Binvi => Add(IrOpcode.Xor, 0, op->Rd, op->Rs1, GuestRegister.Immediate, imm: 1L << op->Imm),
        OpCode.Bseti => Add(IrOpcode.Or, 0, op->Rd, op->Rs1, GuestRegister.Immediate, imm: 1L << op->Imm),
        OpCode.Bexti => Immediate(op, IrOpcode.ShiftRight) && LowBit(op),
        OpCode.Bext => Register(op, IrOpcode.ShiftRight) && LowBit(op),
        OpCode.Bclr => SingleBit(op, IrOpcode.AndNot),
        OpCode.Binv => SingleBit(op, IrOpcode.Xor),
        OpCode.Bset => SingleBit(op, IrOpcode.Or),

        // Zicond
        OpCode.CzeroEqz => Register(op, IrOpcode.ZeroIfZero),
        OpCode.CzeroNez => Register(op, IrOpcode.ZeroIfNotZero),
        _ => false,
    };

    private bool Register(Op* op, IrOpcode code, IrWidth width = IrWidth.W64, byte c = 0) => Add(code, (byte)width, op->Rd, op->Rs1, op->Rs2, c);

    private bool Immediate(Op* op, IrOpcode code, IrWidth width = IrWidth.W64, byte c = 0) =>
        Add(code, (byte)width, op->Rd, op->Rs1, GuestRegister.Immediate, c, op->Imm);

    private bool LowBit(Op* op) => Add(IrOpcode.And, 0, op->Rd, op->Rd, GuestRegister.Immediate, imm: 1);

    private bool SingleBit(Op* op, IrOpcode code)
    {
        Add(IrOpcode.Move, 0, GuestRegister.Scratch, GuestRegister.Immediate, imm: 1);
        Add(IrOpcode.ShiftLeft, 0, GuestRegister.Scratch, GuestRegister.Scratch, op->Rs2);
        return Add(code, 0, op->Rd, op->Rs1, GuestRegister.Scratch);
    }
}
