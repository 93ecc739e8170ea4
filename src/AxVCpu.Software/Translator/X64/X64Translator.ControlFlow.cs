namespace AxVCpu.Software.Translator.X64;

// Ways through and out of a trace.
internal sealed unsafe partial class X64Translator
{
    private const int LineBytes = 64;

    private enum ColdStubKind : byte
    {
        Poll,
        Slow,
        Unlinked,
        Exit,
    }

    /// <summary>A piece of code that is written when the hot code is complete.</summary>
    private struct ColdStub
    {
        public ColdStubKind Kind;

        /// <summary>The displacement that leads there.</summary>
        public nint Site;

        /// <summary>Slow: index of the instruction. Unlinked: index of the edge. Exit: instructions that did not retire.</summary>
        public int Index;

        /// <summary>Slow: instructions to execute. Exit: index of the edge, or -1.</summary>
        public int Argument;

        /// <summary>Slow: a register that the code behind expects in rax, or none.</summary>
        public byte Reload;

        /// <summary>Exit: where to.</summary>
        public ulong Target;
    }

    private ref ColdStub AddStub(ColdStubKind kind, byte* site)
    {
        if (_stubCount == _stubs.Length)
            Array.Resize(ref _stubs, 2 * _stubCount);
        ref ColdStub stub = ref _stubs[_stubCount++];
        stub.Kind = kind;
        stub.Site = (nint)site;
        return ref stub;
    }

    private void AddSlow(byte* site, int guest, int count = 1, byte reload = GuestRegister.None)
    {
        ref ColdStub stub = ref AddStub(ColdStubKind.Slow, site);
        stub.Index = guest;
        stub.Argument = count;
        stub.Reload = reload;
        _lastSlowGuest = guest + count - 1;
    }

    private void WriteHead()
    {
        _asm.Alu(X64Alu.Cmp, Retired, Field(_layout.PollAt));
        AddStub(ColdStubKind.Poll, _asm.JumpNear(X64Condition.AboveOrEqual));
        _asm.Alu(X64Alu.Add, Retired, _count);
    }

    private static X64Condition Host(IrCondition condition) => condition switch
    {
        IrCondition.Equal => X64Condition.Equal,
        IrCondition.NotEqual => X64Condition.NotEqual,
        IrCondition.LessSigned => X64Condition.Less,
        IrCondition.GreaterOrEqualSigned => X64Condition.GreaterOrEqual,
        IrCondition.LessUnsigned => X64Condition.Below,
        IrCondition.GreaterOrEqualUnsigned => X64Condition.AboveOrEqual,
        IrCondition.LessOrEqualSigned => X64Condition.LessOrEqual,
        _ => X64Condition.Greater,
    };

    /// <summary>Sets the flags for A condition B and says which host condition it is. Uses rax and rcx at most.</summary>
    private X64Condition Compare(in IrOp op)
    {
        X64Condition condition = Host((IrCondition)op.C);
        byte a = op.A;
        byte b = op.B;
        if (_inFlagsAt == _asm.Next && _inFlags == a && op.Code == IrOpcode.Branch && TryConstant(b, 0, out long none) && none == 0)
        {
            // What was computed just now is compared with zero.
            switch (condition)
            {
                case X64Condition.Equal or X64Condition.NotEqual:
                    return condition;
                case X64Condition.Less:
                    return X64Condition.Sign;
                case X64Condition.GreaterOrEqual:
                    return X64Condition.NoSign;
            }
        }

        if (TryImmediate(a, op.Imm, out _) && op.B != GuestRegister.Immediate && !TryConstant(b, 0, out _))
        {
            (a, b) = (b, a);
            condition = Exchanged(condition);
        }

        // The immediate of a Branch is its target.
        long immediate = op.Code == IrOpcode.Branch ? 0 : op.Imm;
        if (TryConstant(b, immediate, out long value) && value == 0)
        {
            X64Register left = Source(a, immediate, X64Register.Rax);
            _asm.Test(left, left);
        }
        else if (_home[a] == X64Register.None && !IsInRax(a) && !TryConstant(a, immediate, out _) && TryImmediate(b, immediate, out int small))
        {
            _asm.Alu(X64Alu.Cmp, Slot(a), small);
        }
        else
        {
            Alu(X64Alu.Cmp, Source(a, immediate, X64Register.Rax), b, immediate, wide: true);
        }

        return condition;
    }

    private static X64Condition Exchanged(X64Condition condition) => condition switch
    {
        X64Condition.Less => X64Condition.Greater,
        X64Condition.GreaterOrEqual => X64Condition.LessOrEqual,
        X64Condition.Below => X64Condition.Above,
        X64Condition.AboveOrEqual => X64Condition.BelowOrEqual,
        X64Condition.LessOrEqual => X64Condition.GreaterOrEqual,
        X64Condition.Greater => X64Condition.Less,
        _ => condition,
    };

    private void WriteBranch(in IrOp op, Span<TraceEdge> edges)
    {
        // Moves do not change the flags.
        bool hasFlags = _inFlagsAt == _asm.Next;
        FlushConstants();
        if (hasFlags)
            _inFlagsAt = _asm.Next;
        X64Condition condition = Compare(in op);
        ulong target = (ulong)op.Imm;
        int notRetired = _count - op.Guest - 1;
        if (target == _pc)
        {
            // A loop: the likely way is back.
            if (notRetired == 0)
            {
                _asm.Jump(condition, _head);
                return;
            }

            byte* skip = _asm.JumpShort(condition ^ (X64Condition)1);
            _asm.Alu(X64Alu.Sub, Retired, notRetired);
            _asm.Jump(_head);
            _asm.BindShort(skip);
            return;
        }

        int edge = AddEdge(target, edges);
        if (notRetired == 0 && edge >= 0)
        {
            KeepInLine(2);
            byte* site = _asm.JumpNear(condition);
            edges[edge].Site = Run(site);
            AddStub(ColdStubKind.Unlinked, site).Index = edge;
            return;
        }

        ref ColdStub stub = ref AddStub(ColdStubKind.Exit, _asm.JumpNear(condition));
        stub.Index = notRetired;
        stub.Argument = edge;
        stub.Target = target;
    }

    /// <summary>Gives a target in the trace's page the next edge; -1 for others.</summary>
    private int AddEdge(ulong target, Span<TraceEdge> edges)
    {
        if ((target ^ _pc) >= PageBytes)
            return -1;
        edges[_edges].Target = target;
        return _edges++;
    }

    /// <summary>Leaves for a constant address, with everything retired; constants are in their registers.</summary>
    private void WriteExit(ulong target, Span<TraceEdge> edges)
    {
        if (target == _pc)
        {
            _asm.Jump(_head);
            return;
        }

        int edge = AddEdge(target, edges);
        if (edge < 0)
        {
            WriteConstantLookup(target);
            return;
        }

        byte* site = WriteEdgeJump(edge, edges);
        AddStub(ColdStubKind.Unlinked, site).Index = edge;
    }

    private byte* WriteEdgeJump(int edge, Span<TraceEdge> edges)
    {
        KeepInLine(1);
        byte* site = _asm.JumpNear();
        edges[edge].Site = Run(site);
        return site;
    }

    /// <summary>Keeps a displacement that follows opcode bytes in one cache line, so that it is replaced at once.</summary>
    private void KeepInLine(int opcodeBytes)
    {
        while (((nint)_asm.Next + opcodeBytes & (LineBytes - 1)) > LineBytes - 4)
            _asm.Nop();
    }

    private void WriteConstantLookup(ulong target)
    {
        var entry = (int)JumpCache.IndexOf(target) * JumpCache.EntryBytes;
        _asm.MovConstant(X64Register.Rcx, (long)target);
        _asm.Mov(X64Register.Rax, Field(_layout.Jumps));
        WriteLookup(entry);
    }

    private void WriteJumpIndirect(in IrOp op)
    {
        FlushConstants();
        int displacement = (int)op.Imm;
        if (TryConstant(op.A, 0, out long known))
        {
            WriteReturnAddress(in op);
            WriteConstantLookup((ulong)(known + displacement) & ~1UL);
            return;
        }

        X64Register from = Source(op.A, 0, X64Register.Rcx);
        if (displacement != 0)
            _asm.Lea(X64Register.Rcx, new X64Address(from, displacement));
        else if (from != X64Register.Rcx)
            _asm.Mov(X64Register.Rcx, from);
        _asm.Alu(X64Alu.And, X64Register.Rcx, -2);
        WriteReturnAddress(in op);

        // An entry's offset: the address without its ignored bits, times the size of an entry.
        const int IndexShift = 5 - JumpCache.IgnoredBits;
        _asm.Mov(X64Register.Rax, X64Register.Rcx, wide: false);
        _asm.Shift(X64Shift.Shl, X64Register.Rax, IndexShift, wide: false);
        _asm.Alu(X64Alu.And, X64Register.Rax, (JumpCache.Entries - 1) * JumpCache.EntryBytes, wide: false);
        _asm.Alu(X64Alu.Add, X64Register.Rax, Field(_layout.Jumps));
        WriteLookup(0);
    }

    private void WriteReturnAddress(in IrOp op)
    {
        if (op.Dst == GuestRegister.None || IsZero(op.Dst))
            return;
        SetConstant(op.Dst, (long)(_pc + (uint)(op.Imm >>> 32)));
        FlushConstants();
    }

    // rax: table, rcx: address.
    private void WriteLookup(int entry)
    {
        _asm.Alu(X64Alu.Cmp, X64Register.Rcx, new X64Address(X64Register.Rax, entry));
        _asm.Jump(X64Condition.NotEqual, _lookupThunk);
        _asm.Mov(X64Register.Rdx, Field(_layout.FetchContext));
        _asm.Alu(X64Alu.Cmp, X64Register.Rdx, new X64Address(X64Register.Rax, entry + 8));
        _asm.Jump(X64Condition.NotEqual, _lookupThunk);
        _asm.Jump(new X64Address(X64Register.Rax, entry + 24));
    }

    private void WriteInterpret(in IrOp op)
    {
        FlushConstants();
        _asm.MovConstant(X64Register.Rax, _firstToken + op.Guest);
        if (op.C != 0)
        {
            _asm.Jump(_slowLeaveThunk);
            return;
        }

        _asm.Call(_slowOneThunk);
        _lastSlowGuest = op.Guest;
        _known = _boxed = 0;
    }

    /// <summary>Writes the ways out in the middle of the trace behind its hot code: they are as likely as not.</summary>
    private bool WriteExitStubs(Span<TraceEdge> edges)
    {
        // Those that are written add a stub each.
        int count = _stubCount;
        for (int i = 0; i < count; i++)
        {
            if (_stubs[i].Kind != ColdStubKind.Exit)
                continue;
            if (!HasRoom())
                return false;
            ColdStub stub = _stubs[i];
            _asm.Bind((byte*)stub.Site);
            if (stub.Index != 0)
                _asm.Alu(X64Alu.Sub, Retired, stub.Index);
            if (stub.Argument < 0)
            {
                WriteConstantLookup(stub.Target);
                continue;
            }

            byte* site = WriteEdgeJump(stub.Argument, edges);
            AddStub(ColdStubKind.Unlinked, site).Index = stub.Argument;
        }

        return true;
    }

    private bool WriteColdStubs()
    {
        _asm.Next = _coldNext;
        for (int i = 0; i < _stubCount; i++)
        {
            if (_coldEnd - _asm.Next <= MaxOperationBytes)
                return false;
            ref ColdStub stub = ref _stubs[i];
            if (stub.Kind == ColdStubKind.Exit)
                continue;
            _asm.Bind((byte*)stub.Site);
            switch (stub.Kind)
            {
                case ColdStubKind.Poll:
                    _asm.MovConstant(X64Register.Rax, (long)_pc);
                    _asm.Jump(_pollThunk);
                    break;
                case ColdStubKind.Slow:
                    _asm.MovConstant(X64Register.Rax, _firstToken + stub.Index);
                    if (stub.Argument != 1)
                        _asm.MovConstant(X64Register.Rcx, stub.Argument);
                    _asm.Call(stub.Argument == 1 ? _slowOneThunk : _slowThunk);
                    if (stub.Reload != GuestRegister.None)
                        _asm.Mov(X64Register.Rax, Slot(stub.Reload));
                    _asm.Jump((byte*)_guestCode[stub.Index + stub.Argument]);
                    break;
                default:
                    _asm.MovConstant(X64Register.Rax, _firstEdge + stub.Index);
                    _asm.Jump(_unlinkedThunk);
                    break;
            }
        }

        _coldNext = _asm.Next;
        return true;
    }
}
