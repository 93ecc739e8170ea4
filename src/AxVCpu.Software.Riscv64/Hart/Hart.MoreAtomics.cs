using System.Numerics;
using System.Runtime.CompilerServices;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

// Zabha and Zacas on host atomics.
internal sealed unsafe partial class Hart
{
    /// <summary>Executes an AMO on a byte or halfword, or a compare-and-swap, at Pc. False when it trapped or an exit is pending.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ExecuteMoreAtomic(Op* op)
    {
        uint size = MoreAtomicSize(op->Code);
        if (!TranslateAtomic(_s->X[op->Rs1], size, isLoad: false, out byte* host))
            return false;

        // SAFETY: host is the translation of an aligned address in one mapped page, for store.
        ulong operand = _s->X[op->Rs2];
        ulong expected = op->IsRdZero ? 0 : _s->X[op->Rd];
        switch (op->Code)
        {
            case OpCode.AmocasB:
                _s->X[op->Rd] = (ulong)(long)(sbyte)Interlocked.CompareExchange(ref *host, (byte)operand, (byte)expected);
                return true;
            case OpCode.AmocasH:
                _s->X[op->Rd] = (ulong)(long)(short)Interlocked.CompareExchange(ref *(ushort*)host, (ushort)operand, (ushort)expected);
                return true;
            case OpCode.AmocasW:
                _s->X[op->Rd] = (ulong)(long)(int)Interlocked.CompareExchange(ref *(uint*)host, (uint)operand, (uint)expected);
                return true;
            case OpCode.AmocasD:
                _s->X[op->Rd] = Interlocked.CompareExchange(ref *(ulong*)host, operand, expected);
                return true;
            case OpCode.AmocasQ:
                CompareAndSwapPair(op, (ulong*)host);
                return true;
            case >= OpCode.AmoswapH:
                _s->X[op->Rd] = (ulong)(long)Modify(op->Code - (OpCode.AmoswapH - OpCode.AmoswapB), (short*)host, (short)operand);
                return true;
            default:
                _s->X[op->Rd] = (ulong)(long)Modify(op->Code, (sbyte*)host, (sbyte)operand);
                return true;
        }
    }

    /// <summary>
    /// The host address of an atomic access of <paramref name="size"/> bytes. False when it trapped or an exit is pending: there is no misaligned
    /// atomicity granule, and no atomic access to devices.
    /// </summary>
    private bool TranslateAtomic(ulong va, uint size, bool isLoad, out byte* host)
    {
        host = null;
        if ((va & (size - 1)) != 0)
        {
            RaiseException(isLoad ? ExceptionCause.LoadAddressMisaligned : ExceptionCause.StoreAddressMisaligned, va);
            return false;
        }

        TlbEntry* entry = (TlbEntry*)(_s->DataTlb + (isLoad ? 0 : SoftTlb.StoreOffset) + ((va >> SoftTlb.IndexShift) & SoftTlb.IndexMask));
        host = (byte*)(va + entry->Addend);
        if (entry->Tag == (va & SoftTlb.PageMask))
            return true;
        MemoryAccess access = isLoad ? MemoryAccess.Load : MemoryAccess.Store;
        TlbFill found = FillTlb(va, size, access, out host, out _);
        if (found == TlbFill.Mmio)
            RaiseAccessFault(va, access);
        return found == TlbFill.Mapped;
    }

    private static uint MoreAtomicSize(OpCode code) => code switch
    {
        OpCode.AmocasQ => 16,
        OpCode.AmocasD => 8,
        OpCode.AmocasW => 4,
        OpCode.AmocasH or >= OpCode.AmoswapH and <= OpCode.AmomaxuH => 2,
        _ => 1,
    };

    /// <summary>One of the operations on bytes, for any signed width.</summary>
    private static T Modify<T>(OpCode code, T* word, T operand)
        where T : unmanaged, IBinaryInteger<T>
    {
        T seen = *word;
        while (true)
        {
            // The unsigned order is the signed one with the sign bits flipped.
            T value = code switch
            {
                OpCode.AmoswapB => operand,
                OpCode.AmoaddB => unchecked(seen + operand),
                OpCode.AmoxorB => seen ^ operand,
                OpCode.AmoandB => seen & operand,
                OpCode.AmoorB => seen | operand,
                OpCode.AmominB => T.Min(seen, operand),
                OpCode.AmomaxB => T.Max(seen, operand),
                OpCode.AmominuB => IsBelow(seen, operand) ? seen : operand,
                _ => IsBelow(seen, operand) ? operand : seen,
            };
            T before = Interlocked.CompareExchange(ref *word, value, seen);
            if (before == seen)
                return seen;
            seen = before;
        }
    }

    /// <summary>The unsigned order.</summary>
    private static bool IsBelow<T>(T a, T b)
        where T : IBinaryInteger<T> => T.IsNegative(a) == T.IsNegative(b) ? a < b : T.IsNegative(b);

    /// <summary>amocas.q: a pair that begins with x0 reads as zero, and a result for it is thrown away.</summary>
    private void CompareAndSwapPair(Op* op, ulong* memory)
    {
        ulong* pair = stackalloc ulong[2];
        bool isDiscarded = op->IsRdZero;
        pair[0] = isDiscarded ? 0 : _s->X[op->Rd];
        pair[1] = isDiscarded ? 0 : _s->X[op->Rd + 1];
        ulong high = op->Rs2 == 0 ? 0 : _s->X[op->Rs2 + 1];
        _machine.PairExchange.CompareExchange(memory, pair, _s->X[op->Rs2], high);
        if (isDiscarded)
            return;
        _s->X[op->Rd] = pair[0];
        _s->X[op->Rd + 1] = pair[1];
    }
}
