using System.Runtime.CompilerServices;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

// The A extension on host atomics. They are sequentially consistent, so aq and rl need nothing more.
internal sealed unsafe partial class Hart
{
    /// <summary>Executes LR, SC or an AMO at Pc. False when it trapped or an exit is pending.</summary>
    private bool ExecuteAtomic(Op* op)
    {
        ulong va = _s->X[op->Rs1];
        bool isDouble = op->Code >= OpCode.LrD;
        uint size = isDouble ? 8u : 4u;
        bool isLoad = op->Code is OpCode.LrW or OpCode.LrD;
        if (!TranslateAtomic(va, size, isLoad, out byte* host))
            return false;

        // SAFETY: host is the translation of an aligned address in one mapped page, for store unless this is LR.
        ulong operand = _s->X[op->Rs2];
        _s->X[op->Rd] = isDouble
            ? Atomic(op->Code, ref *(ulong*)host, operand)
            : (ulong)(long)(int)Atomic(op->Code, ref *(uint*)host, (uint)operand);
        return true;
    }

    private uint Atomic(OpCode code, ref uint word, uint operand)
    {
        switch (code)
        {
            case OpCode.LrW:
                uint reserved = Volatile.Read(ref word);
                Interlocked.MemoryBarrier();
                Reserve(ReservationTag(ref word), reserved);
                return reserved;
            case OpCode.ScW:
                bool isReserved = TakeReservation(ReservationTag(ref word));
                uint expected = (uint)_s->ReservationValue;
                return isReserved && Interlocked.CompareExchange(ref word, operand, expected) == expected ? 0u : 1;
            case OpCode.AmoswapW:
                return Interlocked.Exchange(ref word, operand);
            case OpCode.AmoaddW:
                return Interlocked.Add(ref word, operand) - operand;
            case OpCode.AmoandW:
                return Interlocked.And(ref word, operand);
            case OpCode.AmoorW:
                return Interlocked.Or(ref word, operand);
        }

        uint seen = Volatile.Read(ref word);
        while (true)
        {
            uint value = code switch
            {
                OpCode.AmoxorW => seen ^ operand,
                OpCode.AmominW => (int)seen < (int)operand ? seen : operand,
                OpCode.AmomaxW => (int)seen > (int)operand ? seen : operand,
                OpCode.AmominuW => seen < operand ? seen : operand,
                _ => seen > operand ? seen : operand,
            };
            uint before = Interlocked.CompareExchange(ref word, value, seen);
            if (before == seen)
                return seen;
            seen = before;
        }
    }

    private ulong Atomic(OpCode code, ref ulong word, ulong operand)
    {
        switch (code)
        {
            case OpCode.LrD:
                ulong reserved = Volatile.Read(ref word);
                Interlocked.MemoryBarrier();
                Reserve(ReservationTag(ref word), reserved);
                return reserved;
            case OpCode.ScD:
                bool isReserved = TakeReservation(ReservationTag(ref word));
                ulong expected = _s->ReservationValue;
                return isReserved && Interlocked.CompareExchange(ref word, operand, expected) == expected ? 0UL : 1;
            case OpCode.AmoswapD:
                return Interlocked.Exchange(ref word, operand);
            case OpCode.AmoaddD:
                return Interlocked.Add(ref word, operand) - operand;
            case OpCode.AmoandD:
                return Interlocked.And(ref word, operand);
            case OpCode.AmoorD:
                return Interlocked.Or(ref word, operand);
        }

        ulong seen = Volatile.Read(ref word);
        while (true)
        {
            ulong value = code switch
            {
                OpCode.AmoxorD => seen ^ operand,
                OpCode.AmominD => (long)seen < (long)operand ? seen : operand,
                OpCode.AmomaxD => (long)seen > (long)operand ? seen : operand,
                OpCode.AmominuD => seen < operand ? seen : operand,
                _ => seen > operand ? seen : operand,
            };
            ulong before = Interlocked.CompareExchange(ref word, value, seen);
            if (before == seen)
                return seen;
            seen = before;
        }
    }

    // A reservation is the host address and the value seen there. An SC that finds the value again succeeds even if somebody changed it
    // and changed it back in between, as compare-and-swap does.
    private void Reserve(ulong tag, ulong value)
    {
        _s->ReservationHost = tag;
        _s->ReservationValue = value;
    }

    private bool TakeReservation(ulong tag)
    {
        bool isReserved = _s->ReservationHost == tag;
        _s->ReservationHost = 0;
        return isReserved;
    }

    /// <summary>Host address and width in one word: words are at least 4-byte aligned.</summary>
    private static ulong ReservationTag<T>(ref T word)
        where T : unmanaged => (ulong)Unsafe.AsPointer(ref word) | (uint)sizeof(T) >> 3;
}
