namespace AxVCpu.Software.Translator.X64;

// The ways between compiled and generated code. While generated code runs rsp is a multiple of 16 and points to FrameBytes of our own.
internal sealed unsafe partial class X64Translator
{
    /// <summary>What the frame has below six saved registers and the return address: a multiple of 16 with them.</summary>
    private const int FrameBytes = 40;

    private const int FrameScratch = 0;
    private const int FrameCleanMxcsr = 8;

    /// <summary>16 bytes that box a single-precision number when or-ed to it.</summary>
    private const int FrameBox = 16;

    /// <summary>All exceptions masked, rounding to nearest even, nothing accrued (Intel SDM volume 1, section 10.2.3).</summary>
    private const int CleanMxcsr = 0x1F80;

    /// <summary>The accrued exceptions.</summary>
    private const int MxcsrFlags = 0x3F;

    private static readonly X64Register[] s_saved =
        [X64Register.Rbx, X64Register.Rbp, X64Register.R12, X64Register.R13, X64Register.R14, X64Register.R15];

    private byte* _entryThunk;
    private byte* _exitThunk;
    private byte* _pollThunk;
    private byte* _lookupThunk;
    private byte* _unlinkedThunk;
    private byte* _slowThunk;
    private byte* _slowOneThunk;
    private byte* _slowLeaveThunk;

    /// <inheritdoc/>
    public TraceExit Run(byte* state, nint code)
    {
        // SAFETY: the thunk keeps what the convention says. The call is not marked to suppress the transition: the garbage collector must
        // not wait for a guest, and the slow path comes back into managed code.
        var entry = (delegate* unmanaged<byte*, nint, uint>)Run(_entryThunk);
        return (TraceExit)entry(state, code);
    }

    private void WriteThunks()
    {
        WriteEntry();
        WriteExits();
        WriteSlowCalls();
    }

    // rdi: state block, rsi: code. The code may be the one of NoTrace, which wants the address in rcx.
    private void WriteEntry()
    {
        _entryThunk = _asm.Next;
        foreach (X64Register register in s_saved)
            _asm.Push(register);
        _asm.Alu(X64Alu.Sub, X64Register.Rsp, FrameBytes);
        _asm.Lea(State, new X64Address(X64Register.Rdi, _layout.Integers + Bias));
        _asm.Mov(X64Register.Rax, X64Register.Rsi);
        _asm.StoreImmediate(new X64Address(X64Register.Rsp, FrameCleanMxcsr), CleanMxcsr, 4);
        _asm.MovConstant(X64Register.Rcx, unchecked((long)0xFFFF_FFFF_0000_0000));
        _asm.Mov(new X64Address(X64Register.Rsp, FrameBox), X64Register.Rcx);
        _asm.StoreImmediate(new X64Address(X64Register.Rsp, FrameBox + 8), 0, 8);
        MoveMapped(toState: false);
        WriteLoadFloats(FrameCleanMxcsr);
        _asm.Mov(X64Register.Rcx, Field(_layout.Pc));
        _asm.Jump(X64Register.Rax);
    }

    private void WriteExits()
    {
        _asm.Next = Align(_asm.Next);
        _pollThunk = _asm.Next;
        _asm.Mov(Field(_layout.Pc), X64Register.Rax);
        _asm.MovImmediate(X64Register.Rax, (long)TraceExit.Poll);
        byte* poll = _asm.JumpShort();

        _unlinkedThunk = _asm.Next;
        _asm.Mov(Field(_layout.Edge), X64Register.Rax, wide: false);
        _asm.MovImmediate(X64Register.Rax, (long)TraceExit.Unlinked);
        byte* unlinked = _asm.JumpShort();

        _lookupThunk = _asm.Next;
        _asm.Mov(Field(_layout.Pc), X64Register.Rcx);
        _asm.MovImmediate(X64Register.Rax, (long)TraceExit.Lookup);

        _asm.BindShort(poll);
        _asm.BindShort(unlinked);
        _exitThunk = _asm.Next;
        MoveMapped(toState: true);
        WriteStoreFloats(X64Register.Rcx);
        byte* leave = _asm.Next;
        _asm.Alu(X64Alu.Add, X64Register.Rsp, FrameBytes);
        for (int i = s_saved.Length - 1; i >= 0; i--)
            _asm.Pop(s_saved[i]);
        _asm.Ret();
        _leaveThunk = leave;
    }

    private byte* _leaveThunk;

    // eax: token, ecx: count. Returns when the trace may go on, with registers as the slow path left them; else leaves.
    private void WriteSlowCalls()
    {
        _asm.Next = Align(_asm.Next);
        _slowOneThunk = _asm.Next;
        _asm.MovImmediate(X64Register.Rcx, 1);
        _slowThunk = _asm.Next;
        const int ReturnAddress = 8;
        const int Padding = 8;
        MoveMapped(toState: true);
        _asm.Alu(X64Alu.Sub, X64Register.Rsp, Padding);
        WriteStoreFloats(X64Register.Rdx);
        _asm.Lea(X64Register.Rdi, Field(0));
        _asm.Mov(X64Register.Rsi, X64Register.Rax, wide: false);
        _asm.Mov(X64Register.Rdx, X64Register.Rcx, wide: false);
        _asm.Call(Field(_layout.SlowPath));
        _asm.Test(X64Register.Rax, X64Register.Rax, wide: false);
        byte* leave = _asm.JumpNear(X64Condition.NotEqual);
        MoveMapped(toState: false);
        WriteLoadFloats(FrameCleanMxcsr + Padding + ReturnAddress);
        _asm.Alu(X64Alu.Add, X64Register.Rsp, Padding);
        _asm.Ret();

        // The state block is exact, and the host's flags are those of compiled code.
        // The return goes to the way out instead of the trace. A jump there would leave the processor with one call too many in mind, and
        // every return of compiled code behind it, all the way to the run loop, would be predicted wrong.
        _asm.Bind(leave);
        _asm.MovConstant(X64Register.Rdx, Run(_leaveThunk));
        _asm.Mov(new X64Address(X64Register.Rsp, Padding), X64Register.Rdx);
        _asm.Alu(X64Alu.Add, X64Register.Rsp, Padding);
        _asm.MovImmediate(X64Register.Rax, (long)TraceExit.SlowPath);
        _asm.Ret();

        _slowLeaveThunk = _asm.Next;
        _asm.Call(_slowOneThunk);
        _asm.MovImmediate(X64Register.Rax, (long)TraceExit.SlowPath);
        _asm.Jump(_exitThunk);
    }

    private void MoveMapped(bool toState)
    {
        for (byte i = 0; i < GuestRegister.Integers; i++)
        {
            if (_home[i] == X64Register.None)
                continue;
            if (toState)
                _asm.Mov(Slot(i), _home[i]);
            else
                _asm.Mov(_home[i], Slot(i));
        }

        if (toState)
            _asm.Mov(Field(_layout.InstRet), Retired);
        else
            _asm.Mov(Retired, Field(_layout.InstRet));
    }

    // Compiled code leaves its own flags in MXCSR; the guest's start from none.
    private void WriteLoadFloats(int frameOffset)
    {
        _asm.CompareByte(Field(_layout.FloatReady), 0);
        byte* skip = _asm.JumpNear(X64Condition.Equal);
        _asm.Memory(X64Opcode.Mxcsr, 2, new X64Address(X64Register.Rsp, frameOffset), wide: false);

        // Compiled code may leave upper halves of vector registers in use, which makes every mix of SSE and VEX instructions, as in a fused
        // multiply-add and its neighbours, take a hundred times as long (Intel optimization manual, section 15.3).
        if (_hasAvx)
            _asm.Vzeroupper();
        for (byte i = GuestRegister.Float0; i < GuestRegister.Scratch; i++)
        {
            if (_vectorHome[i] != X64Vector.None)
                _asm.Vector(X64Opcode.MovsdLoad, _vectorHome[i], Slot(i));
        }

        _asm.Bind(skip);
    }

    private void WriteStoreFloats(X64Register scratch)
    {
        _asm.CompareByte(Field(_layout.FloatReady), 0);
        byte* skip = _asm.JumpNear(X64Condition.Equal);
        for (byte i = GuestRegister.Float0; i < GuestRegister.Scratch; i++)
        {
            if (_vectorHome[i] != X64Vector.None)
                _asm.Vector(X64Opcode.MovsdStore, _vectorHome[i], Slot(i));
        }

        var slot = new X64Address(X64Register.Rsp, FrameScratch);
        _asm.Memory(X64Opcode.Mxcsr, 3, slot, wide: false);
        _asm.Mov(scratch, slot, wide: false);
        _asm.Alu(X64Alu.And, scratch, MxcsrFlags, wide: false);
        _asm.Alu(X64Alu.Or, Field(_layout.HostFloatFlags), scratch, wide: false);
        _asm.Bind(skip);
    }
}
