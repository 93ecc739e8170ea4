namespace AxVCpu.Software.Translator.X64;

// Where guest registers are, and what is known about them.
internal sealed unsafe partial class X64Translator
{
    private bool IsZero(byte register) => register == 0 && _layout.HasZeroRegister;

    private X64Address Field(int offset) => new(State, offset - _layout.Integers - Bias);

    private X64Address Slot(byte register) => Field(register switch
    {
        < GuestRegister.Float0 => _layout.Integers + 8 * register,
        < GuestRegister.Scratch => _layout.Floats + 8 * (register - GuestRegister.Float0),
        _ => _layout.Scratch,
    });

    private bool TryConstant(byte register, long immediate, out long value)
    {
        if (register == GuestRegister.Immediate)
        {
            value = immediate;
            return true;
        }

        if (register < 64)
        {
            if (IsZero(register))
            {
                value = 0;
                return true;
            }

            value = _value[register];
            return (_known & 1UL << register) != 0;
        }

        value = 0;
        return register == GuestRegister.None;
    }

    /// <summary>Whether an operand is a constant that an instruction can hold.</summary>
    private bool TryImmediate(byte register, long immediate, out int value)
    {
        bool isKnown = TryConstant(register, immediate, out long constant);
        value = (int)constant;
        return isKnown && constant == value;
    }

    /// <summary>A register known to be constant from here on, written when it must be.</summary>
    private void SetConstant(byte register, long value)
    {
        ulong bit = IrSemantics.Bit(register);
        if (bit == 0)
        {
            _asm.MovConstant(X64Register.Rax, value);
            _asm.Mov(Slot(register), X64Register.Rax);
            return;
        }

        // Nothing is written yet, so that what was written last is still the old value.
        _inRaxAt = _inFlagsAt = null;
        _value[register] = value;
        _known |= bit;
        _pending |= bit;
    }

    private void Forget(byte register)
    {
        ulong bit = ~IrSemantics.Bit(register);
        _known &= bit;
        _pending &= bit;
        _boxed &= bit;
    }

    /// <summary>Writes the constants that are not in their registers yet.</summary>
    private void FlushConstants()
    {
        while (_pending != 0)
            Flush((byte)System.Numerics.BitOperations.TrailingZeroCount(_pending));
    }

    private void Flush(byte register)
    {
        _pending &= ~(1UL << register);
        long value = _value[register];
        if (_home[register] != X64Register.None)
        {
            _asm.MovConstant(_home[register], value);
        }
        else if (value == (int)value)
        {
            _asm.StoreImmediate(Slot(register), (int)value, 8);
        }
        else
        {
            _asm.MovConstant(X64Register.Rax, value);
            _asm.Mov(Slot(register), X64Register.Rax);
        }
    }

    /// <summary>A host register with the operand's value: its own one, or <paramref name="scratch"/>.</summary>
    private X64Register Source(byte register, long immediate, X64Register scratch)
    {
        if (TryConstant(register, immediate, out long value))
        {
            if (register < 64 && _home[register] != X64Register.None && (_pending & 1UL << register) == 0)
                return _home[register];
            _asm.MovConstant(scratch, value);
            return scratch;
        }

        if (_home[register] != X64Register.None)
            return _home[register];
        if (!IsInRax(register))
            _asm.Mov(scratch, Slot(register));
        else if (scratch != X64Register.Rax)
            _asm.Mov(scratch, X64Register.Rax);
        return scratch;
    }

    /// <summary>Loads an operand into a register; leaves the flags alone.</summary>
    private void LoadTo(X64Register to, byte register, long immediate, bool wide = true)
    {
        if (TryConstant(register, immediate, out long value))
        {
            _asm.MovConstant(to, wide ? value : (uint)value);
            return;
        }

        X64Register home = _home[register];
        if (home == X64Register.None && IsInRax(register))
            home = X64Register.Rax;
        if (home == X64Register.None)
            _asm.Mov(to, Slot(register), wide);
        else if (home != to || (home == X64Register.Rax && !wide))
            _asm.Mov(to, home, wide);
    }

    /// <summary>Register = register op operand. Uses <paramref name="scratch"/> for constants that an instruction cannot hold.</summary>
    private void Alu(X64Alu operation, X64Register to, byte register, long immediate, bool wide, X64Register scratch = X64Register.Rcx)
    {
        if (TryConstant(register, immediate, out long value))
        {
            if (!wide || value == (int)value)
            {
                _asm.Alu(operation, to, (int)value, wide);
            }
            else
            {
                _asm.MovConstant(scratch, value);
                _asm.Alu(operation, to, scratch, wide);
            }
        }
        else if (_home[register] != X64Register.None)
        {
            _asm.Alu(operation, to, _home[register], wide);
        }
        else
        {
            _asm.Alu(operation, to, Slot(register), wide);
        }
    }

    /// <summary>Where a result is best computed when B is needed after A was loaded there.</summary>
    private X64Register Target(in IrOp op)
    {
        X64Register home = _home[op.Dst];
        return home == X64Register.None || (op.B == op.Dst && op.A != op.B) ? X64Register.Rax : home;
    }

    /// <summary>Puts a result where it belongs.</summary>
    private void Finish(in IrOp op, X64Register from, IrWidth width)
    {
        byte dst = op.Dst;
        Forget(dst);
        X64Register home = _home[dst];
        if (width == IrWidth.W32Signed)
        {
            X64Register to = home == X64Register.None ? X64Register.Rax : home;
            _asm.Movsxd(to, from);
            from = to;
        }

        if (home == X64Register.None)
        {
            _asm.Mov(Slot(dst), from);
            if (from == X64Register.Rax && !IsResumedBehind)
                RememberRax(dst);
        }
        else if (home != from)
        {
            _asm.Mov(home, from);
        }
    }

    /// <summary>Whether the slow path of the instruction being written comes back behind it: nothing but guest registers holds then.</summary>
    private bool IsResumedBehind => _lastSlowGuest == _guest;

    /// <summary>A register in the state block is in rax, too: the next instruction, if written right here, need not wait for the memory.</summary>
    private void RememberRax(byte register)
    {
        _inRax = register;
        _inRaxAt = _asm.Next;
    }

    private bool IsInRax(byte register) => _inRaxAt == _asm.Next && _inRax == register;

    /// <summary>The flags tell how the result just written compares with zero: a branch right here need not compare.</summary>
    private void RememberFlags(byte register, IrWidth width)
    {
        if (IsResumedBehind || width == IrWidth.W32Zero)
            return;
        _inFlags = register;
        _inFlagsAt = _asm.Next;
    }
}
