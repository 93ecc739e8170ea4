using System.Numerics;
using AxVCpu.Software.SoftFloat;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>
/// A back end that executes the IR as its documentation has it, one operation after the other: what the front end and the hart do can be
/// tested without a host's code, and on any host. Floats are left to the slow path.
/// </summary>
internal sealed unsafe class ModelTranslator(StateLayout layout) : IHostTranslator
{
    private readonly List<(IrOp[] Ops, TraceRequest Request)> _traces = [];
    private readonly Dictionary<nint, nint> _links = [];

    public int CodeBytes => _traces.Count * 16;

    public int Capacity => int.MaxValue;

    public nint NoTrace => -1;

    /// <summary>How many edges were linked so far.</summary>
    public int Links => _links.Count;

    public nint Translate(Span<IrOp> ops, in TraceRequest request, Span<TraceEdge> edges, out int edgeCount)
    {
        edgeCount = 0;
        foreach (ref IrOp op in ops)
        {
            if (op.Code is not (IrOpcode.Branch or IrOpcode.Jump) || (ulong)op.Imm == request.Pc || (((ulong)op.Imm ^ request.Pc) & SoftTlb.PageMask) != 0)
                continue;
            // The edge's number travels in a field that the two do not use.
            op.Dst = (byte)edgeCount;
            edges[edgeCount] = new TraceEdge { Target = (ulong)op.Imm, Site = (nint)(request.FirstEdge + edgeCount) };
            edgeCount++;
        }

        _traces.Add((ops.ToArray(), request));
        return _traces.Count;
    }

    public void Link(nint site, nint code) => _links[site] = code;

    public void Clear()
    {
        _traces.Clear();
        _links.Clear();
    }

    public void Dispose()
    {
    }

    public FloatFlags FloatFlagsOf(uint hostFlags) => FloatFlags.None;

    public TraceExit Run(byte* state, nint code)
    {
        while (true)
        {
            (IrOp[] ops, TraceRequest request) = _traces[(int)code - 1];
            if (Field(state, layout.InstRet) >= Field(state, layout.PollAt))
            {
                Field(state, layout.Pc) = request.Pc;
                return TraceExit.Poll;
            }

            Field(state, layout.InstRet) += (ulong)request.Count;
            TraceExit? exit = RunTrace(state, ops, in request, ref code);
            if (exit is { } left)
                return left;
        }
    }

    /// <summary>Null to go on with the trace in <paramref name="code"/>.</summary>
    private TraceExit? RunTrace(byte* state, IrOp[] ops, in TraceRequest request, ref nint code)
    {
        for (int i = 0; i < ops.Length; i++)
        {
            ref readonly IrOp op = ref ops[i];
            ulong a = Read(state, op.A, op.Imm);
            ulong b = Read(state, op.B, op.Imm);
            switch (op.Code)
            {
                case IrOpcode.Nop:
                    break;
                case IrOpcode.Fence:
                    Interlocked.MemoryBarrier();
                    break;
                case IrOpcode.Move:
                    Write(state, op.Dst, a);
                    break;
                case IrOpcode.FloatDirty:
                    Field(state, layout.FloatDirty) |= (ulong)op.Imm;
                    break;
                case IrOpcode.LoadState:
                    Write(state, op.Dst, Field(state, (int)op.Imm));
                    break;
                case IrOpcode.StoreState:
                    Field(state, (int)op.Imm) = a;
                    break;
                case IrOpcode.Branch:
                    if (!Holds((IrCondition)op.C, a, b))
                        break;
                    Field(state, layout.InstRet) -= (ulong)(request.Count - op.Guest - 1);
                    return Leave(state, in op, in request, ref code);
                case IrOpcode.Jump:
                    return Leave(state, in op, in request, ref code);
                case IrOpcode.JumpIndirect:
                    Field(state, layout.Pc) = (a + (ulong)(long)(int)op.Imm) & ~1UL;
                    Write(state, op.Dst, request.Pc + (ulong)(op.Imm >> 32));
                    return LookUp(state, ref code);
                case IrOpcode.Load or IrOpcode.Store:
                    if (!Access(state, in op, a + (ulong)op.Imm) && SlowPath(state, in op, in request) != 0)
                        return TraceExit.SlowPath;
                    break;
                case >= IrOpcode.LoadFloat and <= IrOpcode.StoreConditional:
                case >= IrOpcode.FloatAdd and <= IrOpcode.BitsToFloat:
                    if (SlowPath(state, in op, in request) != 0)
                        return TraceExit.SlowPath;
                    break;
                case IrOpcode.FloatGuard:
                    if (state[layout.FloatReady] == 0 && SlowPath(state, in op, in request) != 0)
                        return TraceExit.SlowPath;
                    break;
                case IrOpcode.Interpret:
                    if (SlowPath(state, in op, in request) != 0)
                        return TraceExit.SlowPath;
                    if (op.C == 0)
                        break;
                    return LookUp(state, ref code);
                default:
                    Write(state, op.Dst, Compute(in op, a, b));
                    break;
            }
        }

        throw new InvalidOperationException("the trace has no end");
    }

    private TraceExit? Leave(byte* state, in IrOp op, in TraceRequest request, ref nint code)
    {
        Field(state, layout.Pc) = (ulong)op.Imm;
        if ((ulong)op.Imm == request.Pc)
            return null;
        if ((((ulong)op.Imm ^ request.Pc) & SoftTlb.PageMask) != 0)
            return LookUp(state, ref code);
        uint edge = request.FirstEdge + op.Dst;
        if (_links.TryGetValue((nint)edge, out code))
            return null;
        *(uint*)(state + layout.Edge) = edge;
        return TraceExit.Unlinked;
    }

    private TraceExit? LookUp(byte* state, ref nint code)
    {
        ulong pc = Field(state, layout.Pc);
        JumpEntry* jump = (JumpEntry*)Field(state, layout.Jumps) + JumpCache.IndexOf(pc);
        if (jump->Pc != pc || jump->Context != Field(state, layout.FetchContext) || jump->Native == NoTrace)
            return TraceExit.Lookup;
        code = jump->Native;
        return null;
    }

    private uint SlowPath(byte* state, in IrOp op, in TraceRequest request) =>
        ((delegate* unmanaged<byte*, uint, uint, uint>)Field(state, layout.SlowPath))(state, request.FirstToken + op.Guest, 1);

    /// <summary>False when the software TLB does not have the page.</summary>
    private bool Access(byte* state, in IrOp op, ulong va)
    {
        bool isStore = op.Code == IrOpcode.Store;
        int size = 1 << (op.Kind & 3);
        var entry = (TlbEntry*)((byte*)Field(state, layout.DataTlb) + (isStore ? SoftTlb.StoreOffset : 0) + ((va >> SoftTlb.IndexShift) & SoftTlb.IndexMask));
        if (((va + (ulong)size - 1) & SoftTlb.PageMask) != entry->Tag)
            return false;
        byte* host = (byte*)(va + entry->Addend);
        if (isStore)
        {
            ulong value = Read(state, op.B, 0);
            new ReadOnlySpan<byte>(&value, size).CopyTo(new Span<byte>(host, size));
            return true;
        }

        ulong loaded = 0;
        new ReadOnlySpan<byte>(host, size).CopyTo(new Span<byte>(&loaded, size));
        int unused = 64 - (8 * size);
        Write(state, op.Dst, ((IrMemory)op.Kind & IrMemory.Signed) != 0 ? (ulong)((long)(loaded << unused) >> unused) : loaded);
        return true;
    }

    private static bool Holds(IrCondition condition, ulong a, ulong b) => condition switch
    {
        IrCondition.Equal => a == b,
        IrCondition.NotEqual => a != b,
        IrCondition.LessSigned => (long)a < (long)b,
        IrCondition.GreaterOrEqualSigned => (long)a >= (long)b,
        IrCondition.LessUnsigned => a < b,
        IrCondition.GreaterOrEqualUnsigned => a >= b,
        IrCondition.LessOrEqualSigned => (long)a <= (long)b,
        _ => (long)a > (long)b,
    };

    private static ulong Compute(in IrOp op, ulong a, ulong b)
    {
        if (op.Code == IrOpcode.AddShifted)
            return (((IrWidth)op.Kind == IrWidth.W32Zero ? (uint)a : a) << op.C) + (op.B == GuestRegister.Immediate ? (ulong)op.Imm : b);
        bool isWide = (IrWidth)op.Kind == IrWidth.W64;
        ulong value = isWide ? Compute64(in op, a, b) : Compute32(in op, (uint)a, (uint)b);
        return (IrWidth)op.Kind == IrWidth.W32Signed ? (ulong)(long)(int)value : isWide ? value : (uint)value;
    }

    private static ulong Compute64(in IrOp op, ulong a, ulong b) => op.Code switch
    {
        IrOpcode.Add => a + b,
        IrOpcode.Sub => a - b,
        IrOpcode.And => a & b,
        IrOpcode.Or => a | b,
        IrOpcode.Xor => a ^ b,
        IrOpcode.AndNot => a & ~b,
        IrOpcode.OrNot => a | ~b,
        IrOpcode.XorNot => a ^ ~b,
        IrOpcode.ShiftLeft => a << (int)b,
        IrOpcode.ShiftRight => a >> (int)b,
        IrOpcode.ShiftRightSigned => (ulong)((long)a >> (int)b),
        IrOpcode.RotateLeft => BitOperations.RotateLeft(a, (int)b),
        IrOpcode.RotateRight => BitOperations.RotateRight(a, (int)b),
        IrOpcode.Multiply => a * b,
        IrOpcode.MultiplyHighSigned => (ulong)Math.BigMul((long)a, (long)b, out _),
        IrOpcode.MultiplyHighUnsigned => Math.BigMul(a, b, out _),
        IrOpcode.MultiplyHighSignedUnsigned => Math.BigMul(a, b, out _) - ((long)a < 0 ? b : 0),
        IrOpcode.DivideSigned => b == 0 ? ulong.MaxValue : b == ulong.MaxValue ? 0 - a : (ulong)((long)a / (long)b),
        IrOpcode.DivideUnsigned => b == 0 ? ulong.MaxValue : a / b,
        IrOpcode.RemainderSigned => b == 0 ? a : b == ulong.MaxValue ? 0 : (ulong)((long)a % (long)b),
        IrOpcode.RemainderUnsigned => b == 0 ? a : a % b,
        IrOpcode.MinSigned => (ulong)Math.Min((long)a, (long)b),
        IrOpcode.MaxSigned => (ulong)Math.Max((long)a, (long)b),
        IrOpcode.MinUnsigned => Math.Min(a, b),
        IrOpcode.MaxUnsigned => Math.Max(a, b),
        IrOpcode.Set => Holds((IrCondition)op.C, a, b) ? 1UL : 0,
        IrOpcode.ZeroIfZero => b == 0 ? 0 : a,
        IrOpcode.ZeroIfNotZero => b != 0 ? 0 : a,
        IrOpcode.SignExtend8 => (ulong)(sbyte)a,
        IrOpcode.SignExtend16 => (ulong)(short)a,
        IrOpcode.ZeroExtend16 => (ushort)a,
        IrOpcode.CountLeadingZeros => (ulong)BitOperations.LeadingZeroCount(a),
        IrOpcode.CountTrailingZeros => (ulong)BitOperations.TrailingZeroCount(a),
        IrOpcode.PopulationCount => (ulong)BitOperations.PopCount(a),
        IrOpcode.ReverseBytes => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(a),
        _ => throw new InvalidOperationException($"{op.Code} has no 64-bit form"),
    };

    private static ulong Compute32(in IrOp op, uint a, uint b) => op.Code switch
    {
        IrOpcode.Add => a + b,
        IrOpcode.Sub => a - b,
        IrOpcode.ShiftLeft => a << (int)b,
        IrOpcode.ShiftRight => a >> (int)b,
        IrOpcode.ShiftRightSigned => (uint)((int)a >> (int)b),
        IrOpcode.RotateLeft => BitOperations.RotateLeft(a, (int)b),
        IrOpcode.RotateRight => BitOperations.RotateRight(a, (int)b),
        IrOpcode.Multiply => a * b,
        IrOpcode.DivideSigned => b == 0 ? uint.MaxValue : b == uint.MaxValue ? 0 - a : (uint)((int)a / (int)b),
        IrOpcode.DivideUnsigned => b == 0 ? uint.MaxValue : a / b,
        IrOpcode.RemainderSigned => b == 0 ? a : b == uint.MaxValue ? 0 : (uint)((int)a % (int)b),
        IrOpcode.RemainderUnsigned => b == 0 ? a : a % b,
        IrOpcode.CountLeadingZeros => (ulong)BitOperations.LeadingZeroCount(a),
        IrOpcode.CountTrailingZeros => (ulong)BitOperations.TrailingZeroCount(a),
        IrOpcode.PopulationCount => (ulong)BitOperations.PopCount(a),
        _ => throw new InvalidOperationException($"{op.Code} has no 32-bit form"),
    };

    private ulong Read(byte* state, byte register, long immediate) => register switch
    {
        GuestRegister.Immediate => (ulong)immediate,
        GuestRegister.None => 0,
        0 when layout.HasZeroRegister => 0,
        _ => Field(state, OffsetOf(register)),
    };

    private void Write(byte* state, byte register, ulong value)
    {
        if (register != GuestRegister.None)
            Field(state, OffsetOf(register)) = value;
    }

    private int OffsetOf(byte register) => register switch
    {
        GuestRegister.Scratch => layout.Scratch,
        >= GuestRegister.Float0 => layout.Floats + ((register - GuestRegister.Float0) * 8),
        _ => layout.Integers + (register * 8),
    };

    private static ref ulong Field(byte* state, int offset) => ref *(ulong*)(state + offset);
}
