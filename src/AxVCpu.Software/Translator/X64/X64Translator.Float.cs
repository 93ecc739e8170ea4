namespace AxVCpu.Software.Translator.X64;

// Floating point on the host's unit: IEEE 754 leaves open how NaNs come out and what an integer out of range becomes, and in these cases the
// slow path executes the instruction, on guest rules. Exceptions gather in MXCSR, where operations that turn out to be the slow path's must
// not leave one that the guest would not see; host and guest both tell tininess after rounding. Values live in vector registers or the
// state block; a result is moved there when it is known not to be the slow path's.
internal sealed unsafe partial class X64Translator
{
    private const X64Vector First = X64Vector.Xmm0;
    private const X64Vector Second = X64Vector.Xmm1;
    private const X64Vector Third = X64Vector.Xmm2;
    private const X64Vector FirstVectorHome = X64Vector.Xmm3;

    private void WriteFloat(in IrOp op)
    {
        FlushConstants();
        switch (op.Code)
        {
            case IrOpcode.FloatDirty:
                _asm.Alu(X64Alu.Or, Field(_layout.FloatDirty), (int)op.Imm);
                return;
            case IrOpcode.FloatGuard:
                EndGroup();
                _asm.CompareByte(Field(_layout.FloatReady), 0);
                AddSlow(_asm.JumpNear(X64Condition.Equal), op.Guest);
                return;
        }

        EndGroup();
        bool isDouble = op.Kind == (byte)IrFloat.Double;
        switch (op.Code)
        {
            case IrOpcode.FloatAdd:
                WriteArithmetic(in op, isDouble ? X64Opcode.Addsd : X64Opcode.Addss);
                break;
            case IrOpcode.FloatSubtract:
                WriteArithmetic(in op, isDouble ? X64Opcode.Subsd : X64Opcode.Subss);
                break;
            case IrOpcode.FloatMultiply:
                WriteArithmetic(in op, isDouble ? X64Opcode.Mulsd : X64Opcode.Mulss);
                break;
            case IrOpcode.FloatDivide:
                WriteArithmetic(in op, isDouble ? X64Opcode.Divsd : X64Opcode.Divss);
                break;
            case IrOpcode.FloatSquareRoot:
                CheckBox(op.A, in op, isDouble);
                WriteFreshVector(isDouble);
                Vector(isDouble ? X64Opcode.Sqrtsd : X64Opcode.Sqrtss, First, op.A);
                FinishNumber(in op, isDouble, isBoxed: true);
                break;
            case IrOpcode.FloatMultiplyAdd:
                WriteMultiplyAdd(in op, isDouble);
                break;
            case IrOpcode.FloatMin:
            case IrOpcode.FloatMax:
                WriteFloatSelect(in op, isDouble);
                break;
            case IrOpcode.FloatCopySign:
            case IrOpcode.FloatCopySignNot:
            case IrOpcode.FloatXorSign:
                WriteSign(in op, isDouble);
                break;
            case IrOpcode.FloatSet:
                WriteFloatSet(in op, isDouble);
                break;
            case IrOpcode.FloatToInteger:
                WriteFloatToInteger(in op, isDouble);
                break;
            case IrOpcode.IntegerToFloat:
                WriteIntegerToFloat(in op, isDouble);
                break;
            case IrOpcode.FloatConvert:
                CheckBox(op.A, in op, isDouble: !isDouble);
                WriteFreshVector(isDouble);
                Vector(isDouble ? X64Opcode.Cvtss2sd : X64Opcode.Cvtsd2ss, First, op.A);
                FinishNumber(in op, isDouble, isBoxed: true);
                break;
            case IrOpcode.FloatToBits:
                WriteFloatToBits(in op, isDouble);
                break;
            case IrOpcode.BitsToFloat:
                WriteBitsToFloat(in op, isDouble);
                break;
        }
    }

    private bool IsBoxed(byte register) => (_boxed & IrSemantics.Bit(register)) != 0;

    /// <summary>Leaves a single-precision operand that is not boxed to the slow path. It comes back, so nothing is known afterwards.</summary>
    private void CheckBox(byte register, in IrOp op, bool isDouble)
    {
        if (isDouble || IsBoxed(register))
            return;
        if (_vectorHome[register] == X64Vector.None)
        {
            X64Address slot = Slot(register);
            _asm.Alu(X64Alu.Cmp, new X64Address(slot.Base, slot.Displacement + 4), -1, wide: false);
        }
        else
        {
            _asm.Register(X64Opcode.MovdFromVector, (uint)_vectorHome[register], (uint)X64Register.Rax, wide: true);
            _asm.Shift(X64Shift.Sar, X64Register.Rax, 32);
            _asm.Alu(X64Alu.Cmp, X64Register.Rax, -1, wide: false);
        }

        AddSlow(_asm.JumpNear(X64Condition.NotEqual), op.Guest);
    }

    private void CheckBoxes(in IrOp op, bool isDouble)
    {
        CheckBox(op.A, in op, isDouble);
        if (op.B != op.A)
            CheckBox(op.B, in op, isDouble);
    }

    /// <summary>An instruction whose second operand is a guest register, where it is.</summary>
    private void Vector(X64Opcode opcode, X64Vector to, byte register)
    {
        if (_vectorHome[register] != X64Vector.None)
            _asm.Vector(opcode, to, _vectorHome[register]);
        else
            _asm.Vector(opcode, to, Slot(register));
    }

    private void LoadVector(X64Vector to, byte register, bool isDouble)
    {
        if (_vectorHome[register] != X64Vector.None)
            _asm.Vector(X64Opcode.Movaps, to, _vectorHome[register]);
        else
            _asm.Vector(isDouble ? X64Opcode.MovsdLoad : X64Opcode.MovssLoad, to, Slot(register));
    }

    /// <summary>
    /// Gives the first vector register a value of its own: instructions that write only the number would wait for whoever wrote the rest.
    /// For a single-precision result that rest is its box.
    /// </summary>
    private void WriteFreshVector(bool isDouble)
    {
        if (isDouble)
            _asm.Vector(X64Opcode.Xorps, First, First);
        else
            _asm.Vector(X64Opcode.Movaps, First, new X64Address(X64Register.Rsp, FrameBox));
    }

    /// <summary>Whether a single-precision number that was loaded from a register brought its box: it did not from memory.</summary>
    private bool BringsBox(byte register) => _vectorHome[register] != X64Vector.None;

    /// <summary>Stores the number in the first vector register as the result; a NaN is the slow path's.</summary>
    private void FinishNumber(in IrOp op, bool isDouble, bool isBoxed)
    {
        _asm.Vector(isDouble ? X64Opcode.Ucomisd : X64Opcode.Ucomiss, First, First);
        AddSlow(_asm.JumpNear(X64Condition.Parity), op.Guest);
        StoreVector(op.Dst, isDouble, isBoxed);
    }

    private void StoreVector(byte register, bool isDouble, bool isBoxed)
    {
        if (_vectorHome[register] != X64Vector.None)
        {
            if (!isDouble && !isBoxed)
                _asm.Vector(X64Opcode.Orps, First, new X64Address(X64Register.Rsp, FrameBox));
            _asm.Vector(X64Opcode.Movaps, _vectorHome[register], First);
            Forget(register);
            if (!isDouble)
                _boxed |= IrSemantics.Bit(register);
            return;
        }

        bool wasBoxed = IsBoxed(register);
        Forget(register);
        _asm.Vector(isDouble ? X64Opcode.MovsdStore : X64Opcode.MovssStore, First, Slot(register));
        if (!isDouble)
            Box(register, wasBoxed);
    }

    /// <summary>Completes a float register that was written without its box.</summary>
    private void FinishInHome(byte register, bool isDouble)
    {
        Forget(register);
        if (isDouble)
            return;
        _asm.Vector(X64Opcode.Orps, _vectorHome[register], new X64Address(X64Register.Rsp, FrameBox));
        _boxed |= IrSemantics.Bit(register);
    }

    private void Box(byte register, bool wasBoxed)
    {
        X64Address slot = Slot(register);
        if (!wasBoxed)
            _asm.StoreImmediate(new X64Address(slot.Base, slot.Displacement + 4), -1, 4);
        _boxed |= IrSemantics.Bit(register);
    }

    /// <summary>Stores bits to a float register; four bytes are boxed.</summary>
    private void WriteFloatSlot(byte register, X64Register bits, bool isDouble, bool wasBoxed)
    {
        _asm.Mov(Slot(register), bits, isDouble);
        if (!isDouble)
            Box(register, wasBoxed);
    }

    private void WriteArithmetic(in IrOp op, X64Opcode opcode)
    {
        bool isDouble = op.Kind == (byte)IrFloat.Double;
        CheckBoxes(in op, isDouble);
        LoadVector(First, op.A, isDouble);
        Vector(opcode, First, op.B);
        FinishNumber(in op, isDouble, BringsBox(op.A));
    }

    private void WriteMultiplyAdd(in IrOp op, bool isDouble)
    {
        if (!_hasFma)
        {
            AddSlow(_asm.JumpNear(), op.Guest);
            Forget(op.Dst);
            return;
        }

        CheckBoxes(in op, isDouble);
        if (op.C != op.A && op.C != op.B)
            CheckBox(op.C, in op, isDouble);
        LoadVector(First, op.A, isDouble);
        X64Vector second = _vectorHome[op.B];
        if (second == X64Vector.None)
        {
            second = Second;
            LoadVector(second, op.B, isDouble);
        }

        X64VexOpcode opcode = (IrMultiplyAdd)op.Imm switch
        {
            IrMultiplyAdd.None => isDouble ? X64VexOpcode.Vfmadd213sd : X64VexOpcode.Vfmadd213ss,
            IrMultiplyAdd.NegateAddend => isDouble ? X64VexOpcode.Vfmsub213sd : X64VexOpcode.Vfmsub213ss,
            IrMultiplyAdd.NegateProduct => isDouble ? X64VexOpcode.Vfnmadd213sd : X64VexOpcode.Vfnmadd213ss,
            _ => isDouble ? X64VexOpcode.Vfnmsub213sd : X64VexOpcode.Vfnmsub213ss,
        };
        if (_vectorHome[op.C] != X64Vector.None)
            _asm.Vex(opcode, (uint)First, (uint)second, (uint)_vectorHome[op.C]);
        else
            _asm.Vex(opcode, (uint)First, (uint)second, Slot(op.C));
        FinishNumber(in op, isDouble, BringsBox(op.A));
    }

    // The host gives its second operand when both are equal, so zeros of different sign come out as they were put in. Both ways round, or-ed
    // for the minimum and and-ed for the maximum, the sign is right, and for other equal numbers nothing changes.
    private void WriteFloatSelect(in IrOp op, bool isDouble)
    {
        CheckBoxes(in op, isDouble);
        bool isMinimum = op.Code == IrOpcode.FloatMin;
        LoadVector(First, op.A, isDouble);
        LoadVector(Second, op.B, isDouble);
        _asm.Vector(isDouble ? X64Opcode.Ucomisd : X64Opcode.Ucomiss, First, Second);
        AddSlow(_asm.JumpNear(X64Condition.Parity), op.Guest);
        X64Opcode select = isMinimum
            ? isDouble ? X64Opcode.Minsd : X64Opcode.Minss
            : isDouble ? X64Opcode.Maxsd : X64Opcode.Maxss;
        _asm.Vector(X64Opcode.Movaps, Third, First);
        _asm.Vector(select, First, Second);
        _asm.Vector(select, Second, Third);
        _asm.Vector(isMinimum ? X64Opcode.Orps : X64Opcode.Andps, First, Second);
        StoreVector(op.Dst, isDouble, isBoxed: false);
    }

    private void WriteSign(in IrOp op, bool isDouble)
    {
        CheckBoxes(in op, isDouble);
        LoadVector(First, op.A, isDouble);
        if (op.A != op.B || op.Code != IrOpcode.FloatCopySign)
        {
            // The sign bit alone, of the lower element and, where nobody looks, of the upper one.
            _asm.Vector(X64Opcode.Pcmpeqd, Second, Second);
            _asm.Shift(X64VectorShift.Left, Second, 63);
            if (!isDouble)
                _asm.Shift(X64VectorShift.Right, Second, 32);
            CombineSigns(in op, isDouble);
        }

        StoreVector(op.Dst, isDouble, BringsBox(op.A));
    }

    // First: A, second: the sign bit. The result goes to first.
    private void CombineSigns(in IrOp op, bool isDouble)
    {
        if (op.A == op.B)
        {
            // The usual two: negation and magnitude.
            if (op.Code == IrOpcode.FloatXorSign)
            {
                _asm.Vector(X64Opcode.Andnps, Second, First);
                _asm.Vector(X64Opcode.Movaps, First, Second);
            }
            else
            {
                _asm.Vector(X64Opcode.Xorps, First, Second);
            }

            return;
        }

        LoadVector(Third, op.B, isDouble);
        if (op.Code != IrOpcode.FloatXorSign)
            _asm.Vector(X64Opcode.Xorps, Third, First);
        _asm.Vector(X64Opcode.Andps, Third, Second);
        _asm.Vector(X64Opcode.Xorps, First, Third);
        if (op.Code == IrOpcode.FloatCopySignNot)
            _asm.Vector(X64Opcode.Xorps, First, Second);
    }
}
