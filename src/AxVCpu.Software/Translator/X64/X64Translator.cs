using System.Runtime.Intrinsics.X86;
using AxVCpu.Software.SoftFloat;

namespace AxVCpu.Software.Translator.X64;

/// <summary>
/// The back end for x86-64 with the System V calling convention. One forward pass writes the code of a trace: hot code to one region, what is
/// rarely run (cold stubs) to another one, so that the hot code stays dense.
/// </summary>
/// <remarks>
/// Host registers while generated code runs: rbp points into the state block, <see cref="Bias"/> bytes behind the integer registers' start, so
/// that these have one-byte displacements; r15 counts retired instructions; ten registers hold guest registers; rax and rcx are scratch; rdx is
/// scratch between accesses that share one translation, which it holds; thirteen vector registers hold guest floats while the float unit is
/// ready. Other guest registers are used in the state block.
/// Constants are written to their register as late as possible: before something that can leave the trace, or when needed in a register.
/// </remarks>
internal sealed unsafe partial class X64Translator : IHostTranslator
{
    /// <summary>No operation writes more than this, hot or cold.</summary>
    private const int MaxOperationBytes = 384;

    private const int PageBytes = 4096;
    private const int Bias = 128;
    private const X64Register State = X64Register.Rbp;
    private const X64Register Retired = X64Register.R15;

    private static readonly X64Register[] s_pool =
    [
        X64Register.Rbx, X64Register.Rsi, X64Register.Rdi, X64Register.R8, X64Register.R9,
        X64Register.R10, X64Register.R11, X64Register.R14, X64Register.R12, X64Register.R13,
    ];

    private readonly StateLayout _layout;
    private readonly ExecutableMemory _memory;
    private readonly X64Register[] _home = new X64Register[256];
    private readonly X64Vector[] _vectorHome = new X64Vector[64];
    private readonly byte* _hotStart;
    private readonly byte* _hotEnd;
    private readonly byte* _coldStart;
    private readonly byte* _coldEnd;
    private readonly bool _hasBmi2 = Bmi2.X64.IsSupported;
    private readonly bool _hasBmi1 = Bmi1.X64.IsSupported;
    private readonly bool _hasLzcnt = Lzcnt.X64.IsSupported;
    private readonly bool _hasPopcnt = Popcnt.X64.IsSupported;
    private readonly bool _hasFma = Fma.IsSupported;
    private readonly bool _hasAvx = Avx.IsSupported;

    private X64Assembler _asm;
    private byte* _hotNext;
    private byte* _coldNext;

    // The trace being written.
    private byte* _head;
    private ulong _pc;
    private int _count;
    private uint _firstToken;
    private uint _firstEdge;
    private int _edges;
    private int _guest;
    private nint[] _guestCode = new nint[256];
    private ColdStub[] _stubs = new ColdStub[512];
    private int _stubCount;
    private ulong _known;
    private ulong _pending;
    private ulong _boxed;

    // What the code just written left behind, for what is written next; see Remember.
    private byte _inRax;
    private byte* _inRaxAt;
    private byte _inFlags;
    private byte* _inFlagsAt;
    private int _lastSlowGuest;
    private readonly long[] _value = new long[64];

    /// <summary>Takes over executable memory and writes the thunks.</summary>
    public X64Translator(StateLayout layout, ExecutableMemory memory)
    {
        _layout = layout;
        _memory = memory;
        Array.Fill(_home, X64Register.None);
        for (int i = 0, next = 0; i < layout.Favourites.Count && next < s_pool.Length; i++)
        {
            byte register = layout.Favourites[i];
            if (register < GuestRegister.Integers && !IsZero(register) && _home[register] == X64Register.None)
                _home[register] = s_pool[next++];
        }

        Array.Fill(_vectorHome, X64Vector.None);
        X64Vector vector = FirstVectorHome;
        for (int i = 0; i < layout.FloatFavourites.Count && vector <= X64Vector.Xmm15; i++)
            _vectorHome[GuestRegister.Float0 + layout.FloatFavourites[i]] = vector++;

        _asm.Next = memory.Writable;
        WriteThunks();
        _hotStart = Align(_asm.Next);
        // Measured: hot code is a little more than the stubs.
        nint hotBytes = (memory.Bytes - (nint)(_hotStart - memory.Writable)) / 16 * 9;
        _hotEnd = _coldStart = Align(_hotStart + hotBytes);
        _coldEnd = memory.Writable + memory.Bytes;
        Clear();
    }

    /// <inheritdoc/>
    public int CodeBytes => (int)(_hotNext - _hotStart + (_coldNext - _coldStart));

    /// <inheritdoc/>
    public int Capacity => _memory.Bytes;

    /// <inheritdoc/>
    public nint NoTrace => Run(_lookupThunk);

    /// <summary>What to map for a wanted capacity.</summary>
    public static int RoundCapacity(int bytes) => Math.Max(bytes, 16 * PageBytes) + PageBytes - 1 & -PageBytes;

    /// <inheritdoc/>
    public nint Translate(Span<IrOp> ops, in TraceRequest request, Span<TraceEdge> edges, out int edgeCount)
    {
        EliminateDeadWrites(ops);
        Begin(request);
        for (int i = 0; i < ops.Length; i++)
        {
            if (!HasRoom())
            {
                edgeCount = 0;
                return 0;
            }

            ref IrOp op = ref ops[i];
            ReachGuest(op.Code == IrOpcode.Jump ? _count : op.Guest);
            Write(ops, i, edges);
        }

        ReachGuest(_count);
        if (!WriteExitStubs(edges))
        {
            edgeCount = 0;
            return 0;
        }

        byte* hotNext = Align(_asm.Next);
        if (!WriteColdStubs())
        {
            edgeCount = 0;
            return 0;
        }

        _hotNext = hotNext;
        edgeCount = _edges;
        return Run(_head);
    }

    /// <inheritdoc/>
    public void Link(nint site, nint code)
    {
        // SAFETY: a site is the displacement of a jump inside the code mapping and lies in one cache line.
        Volatile.Write(ref *(int*)(site - _memory.Distance), (int)(code - (site + 4)));
    }

    /// <inheritdoc/>
    public void Clear()
    {
        _hotNext = _hotStart;
        _coldNext = _coldStart;
    }

    /// <inheritdoc/>
    public FloatFlags FloatFlagsOf(uint hostFlags)
    {
        // Intel SDM volume 1, figure 10-3: IE, DE, ZE, OE, UE, PE. Denormal operands are no exception of IEEE 754.
        FloatFlags flags = FloatFlags.None;
        if ((hostFlags & 0x01) != 0)
            flags |= FloatFlags.Invalid;
        if ((hostFlags & 0x04) != 0)
            flags |= FloatFlags.DivideByZero;
        if ((hostFlags & 0x08) != 0)
            flags |= FloatFlags.Overflow;
        if ((hostFlags & 0x10) != 0)
            flags |= FloatFlags.Underflow;
        if ((hostFlags & 0x20) != 0)
            flags |= FloatFlags.Inexact;
        return flags;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private void Begin(in TraceRequest request)
    {
        _asm.Next = _hotNext;
        _head = _hotNext;
        _pc = request.Pc;
        _count = request.Count;
        _firstToken = request.FirstToken;
        _firstEdge = request.FirstEdge;
        _edges = 0;
        _stubCount = 0;
        _known = _pending = _boxed = 0;
        _inRaxAt = _inFlagsAt = null;
        _lastSlowGuest = -1;
        EndGroup();
        if (_guestCode.Length <= _count)
            _guestCode = new nint[_count + 256];
        _guest = -1;
        if (HasRoom())
            WriteHead();
    }

    private bool HasRoom() => _hotEnd - _asm.Next > MaxOperationBytes;

    /// <summary>Notes where the instructions up to this one begin: the slow path of an earlier one comes back there.</summary>
    private void ReachGuest(int guest)
    {
        while (_guest < guest)
            _guestCode[++_guest] = (nint)_asm.Next;
    }

    private void Write(Span<IrOp> ops, int index, Span<TraceEdge> edges)
    {
        ref IrOp op = ref ops[index];
        if (IrSemantics.IsInteger(op.Code))
        {
            WriteInteger(in op);
            return;
        }

        switch (op.Code)
        {
            case IrOpcode.Nop:
                break;
            case IrOpcode.Load:
            case IrOpcode.Store:
            case IrOpcode.LoadFloat:
            case IrOpcode.StoreFloat:
                WriteAccess(ops, index);
                break;
            case IrOpcode.Atomic:
                WriteAtomic(in op);
                break;
            case IrOpcode.LoadReserved:
                WriteLoadReserved(in op);
                break;
            case IrOpcode.StoreConditional:
                WriteStoreConditional(in op);
                break;
            case IrOpcode.Fence:
                // Any locked instruction orders as mfence does, and is faster.
                _asm.Memory(X64Opcode.LockOrImmediate8, (uint)X64Alu.Or, new X64Address(X64Register.Rsp, 0), wide: false);
                _asm.Byte(0);
                break;
            case IrOpcode.LoadState:
                WriteLoadState(in op);
                break;
            case IrOpcode.StoreState:
                _asm.Mov(Field((int)op.Imm), Source(op.A, 0, X64Register.Rax));
                break;
            case IrOpcode.Branch:
                WriteBranch(in op, edges);
                break;
            case IrOpcode.Jump:
                FlushConstants();
                WriteExit((ulong)op.Imm, edges);
                break;
            case IrOpcode.JumpIndirect:
                WriteJumpIndirect(in op);
                break;
            case IrOpcode.Interpret:
                WriteInterpret(in op);
                break;
            default:
                WriteFloat(in op);
                break;
        }
    }

    /// <summary>Turns pure operations whose result is overwritten before anything can see it into nothing.</summary>
    private void EliminateDeadWrites(Span<IrOp> ops)
    {
        ulong live = ulong.MaxValue;
        ulong zero = _layout.HasZeroRegister ? 1UL : 0;
        for (int i = ops.Length - 1; i >= 0; i--)
        {
            ref IrOp op = ref ops[i];
            if (IrSemantics.CanLeave(op.Code))
            {
                live = ulong.MaxValue & ~zero;
                continue;
            }

            ulong written = op.Code is IrOpcode.StoreState or IrOpcode.FloatDirty ? 0 : IrSemantics.Bit(op.Dst);
            if (IrSemantics.IsPure(op.Code) && op.Dst != GuestRegister.Scratch && (live & ~zero & written) == 0)
            {
                op.Code = IrOpcode.Nop;
                continue;
            }

            live = (live & ~written) | IrSemantics.Reads(in op);
        }
    }

    private nint Run(byte* written) => (nint)written + _memory.Distance;

    private static byte* Align(byte* address) => (byte*)((nint)address + 15 & ~15);
}
