namespace AxVCpu.Software.Translator.X64;

// Loads and stores through the software TLB. One test serves both the page and the access's end: offset = address - tag is below the page's
// size less the access's exactly when the entry is the page's and the access does not cross it, aligned or not.
internal sealed unsafe partial class X64Translator
{
    /// <summary>Instructions that one check may span: what the slow path is asked to execute at once.</summary>
    private const int MaxGroupInstructions = 15;

    /// <summary>Bytes that the accesses of one check may span.</summary>
    private const int MaxGroupBytes = 2048;

    // Accesses up to this operation share the translation in rdx.
    private int _groupEnd;
    private bool _isGroupBaseAdded;

    private void EndGroup() => _groupEnd = -1;

    private static bool IsStore(IrOpcode code) => code is IrOpcode.Store or IrOpcode.StoreFloat;

    private static int SizeOf(in IrOp op) => 1 << (op.Kind & 3);

    private void WriteAccess(Span<IrOp> ops, int index)
    {
        ref IrOp op = ref ops[index];
        if (index <= _groupEnd)
        {
            WriteTransfer(in op, GroupAddress(in op));
            if (index == _groupEnd)
                RememberLoaded(in op);
            return;
        }

        FlushConstants();
        int last = FindGroup(ops, index, out long low, out long high, out bool stores);
        if (last == index || low != (int)low || high != (int)high)
        {
            WriteSingle(in op);
            return;
        }

        byte* miss = WriteTranslation(op.A, low, (int)(high - low), stores);
        AddSlow(miss, op.Guest, ops[last].Guest - op.Guest + 1, Loaded(in ops[last]));
        int addend = (stores ? SoftTlb.StoreOffset : SoftTlb.LoadOffset) + 8;
        _asm.Mov(X64Register.Rdx, new X64Address(X64Register.Rcx, addend));
        _isGroupBaseAdded = _home[op.A] == X64Register.None;
        if (_isGroupBaseAdded)
            Alu(X64Alu.Add, X64Register.Rdx, op.A, 0, wide: true);
        _groupEnd = last;
        WriteTransfer(in op, GroupAddress(in op));
    }

    private X64Address GroupAddress(in IrOp op) => _isGroupBaseAdded
        ? new X64Address(X64Register.Rdx, (int)op.Imm)
        : new X64Address(_home[op.A], X64Register.Rdx, 0, (int)op.Imm);

    /// <summary>The last access that can share the check of this one.</summary>
    private static int FindGroup(Span<IrOp> ops, int index, out long low, out long high, out bool stores)
    {
        ref IrOp first = ref ops[index];
        byte register = first.A;
        low = first.Imm;
        high = first.Imm + SizeOf(in first);
        stores = IsStore(first.Code);
        int last = index;
        if (IrSemantics.Bit(register) == 0 || (!stores && first.Dst == register))
            return last;
        for (int i = index + 1; i < ops.Length; i++)
        {
            ref IrOp op = ref ops[i];
            if (op.Guest - first.Guest >= MaxGroupInstructions)
                break;
            switch (op.Code)
            {
                case IrOpcode.Load or IrOpcode.LoadFloat or IrOpcode.Store or IrOpcode.StoreFloat:
                    if (op.A != register)
                        return last;
                    long newLow = Math.Min(low, op.Imm);
                    long newHigh = Math.Max(high, op.Imm + SizeOf(in op));
                    if (newHigh - newLow > MaxGroupBytes)
                        return last;
                    (low, high, last) = (newLow, newHigh, i);
                    stores |= IsStore(op.Code);
                    if (!IsStore(op.Code) && op.Dst == register)
                        return last;
                    continue;
                case IrOpcode.StoreState or IrOpcode.FloatDirty or IrOpcode.Nop:
                    continue;
                case >= IrOpcode.MultiplyHighSigned and <= IrOpcode.RemainderUnsigned or IrOpcode.PopulationCount:
                    return last;
            }

            if (!IrSemantics.IsPure(op.Code) || op.Dst == register)
                return last;
        }

        return last;
    }

    private void WriteSingle(in IrOp op)
    {
        EndGroup();
        int size = SizeOf(in op);
        bool isStore = IsStore(op.Code);
        AddSlow(WriteTranslation(op.A, op.Imm, size, isStore), op.Guest, 1, Loaded(in op));
        _asm.Mov(X64Register.Rcx, new X64Address(X64Register.Rcx, (isStore ? SoftTlb.StoreOffset : SoftTlb.LoadOffset) + 8));
        X64Address address;
        if (op.Imm != (int)op.Imm || op.A >= GuestRegister.Integers || _home[op.A] == X64Register.None)
        {
            Alu(X64Alu.Add, X64Register.Rcx, op.A, 0, wide: true, X64Register.Rax);
            if (op.Imm != (int)op.Imm)
            {
                _asm.MovConstant(X64Register.Rax, op.Imm);
                address = new X64Address(X64Register.Rcx, X64Register.Rax, 0, 0);
                if (isStore)
                {
                    _asm.Alu(X64Alu.Add, X64Register.Rcx, X64Register.Rax);
                    address = new X64Address(X64Register.Rcx, 0);
                }
            }
            else
            {
                address = new X64Address(X64Register.Rcx, (int)op.Imm);
            }
        }
        else
        {
            address = new X64Address(_home[op.A], X64Register.Rcx, 0, (int)op.Imm);
        }

        WriteTransfer(in op, address);
        RememberLoaded(in op);
    }

    /// <summary>The register that a load leaves in rax as well as in the state block, or none.</summary>
    private byte Loaded(in IrOp op) =>
        op.Code == IrOpcode.Load && op.Dst != GuestRegister.None && !IsZero(op.Dst) && _home[op.Dst] == X64Register.None ? op.Dst : GuestRegister.None;

    // The slow path, too, comes back with it in rax.
    private void RememberLoaded(in IrOp op)
    {
        if (Loaded(in op) != GuestRegister.None)
            RememberRax(op.Dst);
    }

    /// <summary>Looks up base + displacement; the entry is in rcx afterwards. Returns the jump taken on a miss.</summary>
    private byte* WriteTranslation(byte register, long displacement, int size, bool isStore)
    {
        int array = isStore ? SoftTlb.StoreOffset : SoftTlb.LoadOffset;
        if (displacement != (int)displacement)
        {
            _asm.MovConstant(X64Register.Rax, displacement);
            Alu(X64Alu.Add, X64Register.Rax, register, 0, wide: true);
        }
        else if (IrSemantics.Bit(register) != 0 && _home[register] != X64Register.None && displacement != 0)
        {
            _asm.Lea(X64Register.Rax, new X64Address(_home[register], (int)displacement));
        }
        else
        {
            LoadTo(X64Register.Rax, register, 0);
            if (displacement != 0)
                _asm.Alu(X64Alu.Add, X64Register.Rax, (int)displacement);
        }

        WriteEntry(X64Register.Rax);
        _asm.Alu(X64Alu.Sub, X64Register.Rax, new X64Address(X64Register.Rcx, array));
        _asm.Alu(X64Alu.Cmp, X64Register.Rax, PageBytes - size);
        return _asm.JumpNear(X64Condition.Above);
    }

    /// <summary>rcx = the TLB entry of the load array for an address.</summary>
    private void WriteEntry(X64Register address)
    {
        if (_hasBmi2)
        {
            _asm.Vex(X64VexOpcode.Rorx, (uint)X64Register.Rcx, 0, (uint)address, wide: false);
            _asm.Byte(SoftTlb.IndexShift);
        }
        else
        {
            _asm.Mov(X64Register.Rcx, address, wide: false);
            _asm.Shift(X64Shift.Shr, X64Register.Rcx, SoftTlb.IndexShift, wide: false);
        }

        _asm.Alu(X64Alu.And, X64Register.Rcx, (int)SoftTlb.IndexMask, wide: false);
        _asm.Alu(X64Alu.Add, X64Register.Rcx, Field(_layout.DataTlb));
    }

    /// <summary>Moves the data of an access whose host address is known. May use rax.</summary>
    private void WriteTransfer(in IrOp op, X64Address address)
    {
        int size = SizeOf(in op);
        switch (op.Code)
        {
            case IrOpcode.Store:
                if (TryImmediate(op.B, 0, out int immediate))
                    _asm.StoreImmediate(address, immediate, size);
                else
                    _asm.Store(address, Source(op.B, 0, X64Register.Rax), size);
                return;
            case IrOpcode.StoreFloat:
                if (_vectorHome[op.B] != X64Vector.None)
                {
                    _asm.Vector(size == 8 ? X64Opcode.MovsdStore : X64Opcode.MovssStore, _vectorHome[op.B], address);
                    return;
                }

                _asm.Mov(X64Register.Rax, Slot(op.B), size == 8);
                _asm.Store(address, X64Register.Rax, size);
                return;
            case IrOpcode.LoadFloat:
                if (_vectorHome[op.Dst] != X64Vector.None)
                {
                    _asm.Vector(size == 8 ? X64Opcode.MovsdLoad : X64Opcode.MovssLoad, _vectorHome[op.Dst], address);
                    FinishInHome(op.Dst, size == 8);
                    return;
                }

                bool wasBoxed = IsBoxed(op.Dst);
                Forget(op.Dst);
                _asm.Mov(X64Register.Rax, address, size == 8);
                WriteFloatSlot(op.Dst, X64Register.Rax, size == 8, wasBoxed);
                return;
        }

        X64Register home = _home[op.Dst];
        X64Register target = home == X64Register.None ? X64Register.Rax : home;
        bool isSigned = (op.Kind & (int)IrMemory.Signed) != 0;
        switch ((IrMemory)(op.Kind & 3))
        {
            case IrMemory.Byte:
                _asm.Memory(isSigned ? X64Opcode.Movsx8 : X64Opcode.Movzx8, (uint)target, address, isSigned);
                break;
            case IrMemory.Word:
                _asm.Memory(isSigned ? X64Opcode.Movsx16 : X64Opcode.Movzx16, (uint)target, address, isSigned);
                break;
            case IrMemory.Dword when isSigned:
                _asm.Memory(X64Opcode.Movsxd, (uint)target, address, wide: true);
                break;
            default:
                _asm.Mov(target, address, size == 8);
                break;
        }

        if (op.Dst == GuestRegister.None || IsZero(op.Dst))
            return;
        Forget(op.Dst);
        if (home == X64Register.None)
            _asm.Mov(Slot(op.Dst), target);
    }
}
