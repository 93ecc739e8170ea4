using System.Runtime.CompilerServices;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

// Loads and stores that missed the inline TLB test: not translated yet, misaligned, across two pages, or device memory.
internal sealed unsafe partial class Hart
{
    /// <summary>Executes a load of the integer registers at Pc. False when it trapped or an exit is pending.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool LoadSlow(Op* op)
    {
        ulong va = _s->X[op->Rs1] + (ulong)(long)op->Imm;
        (uint size, bool signed) = op->Code switch
        {
            OpCode.Ld => (8u, false),
            OpCode.Lw => (4u, true),
            OpCode.Lwu => (4u, false),
            OpCode.Lh => (2u, true),
            OpCode.Lhu => (2u, false),
            OpCode.Lb => (1u, true),
            _ => (1u, false),
        };
        if (!LoadMemory(op, va, size, new MmioTarget(op->Rd, IsFloat: false, signed), out ulong value))
            return false;
        _s->X[op->Rd] = signed ? SignExtend(value, size) : value;
        return true;
    }

    /// <summary>Executes a store of the integer registers at Pc. False when it trapped or an exit is pending.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool StoreSlow(Op* op)
    {
        ulong va = _s->X[op->Rs1] + (ulong)(long)op->Imm;
        uint size = op->Code switch
        {
            OpCode.Sd => 8u,
            OpCode.Sw => 4u,
            OpCode.Sh => 2u,
            _ => 1u,
        };
        return StoreMemory(op, va, size, _s->X[op->Rs2]);
    }

    /// <summary>Loads <paramref name="size"/> bytes, zero-extended. False when it trapped or an exit is pending.</summary>
    private bool LoadMemory(Op* op, ulong va, uint size, MmioTarget target, out ulong value)
    {
        uint inPage = (uint)(PageSize - (va & (PageSize - 1)));
        if (size > inPage)
            return LoadAcrossPages(va, size, inPage, out value);

        value = 0;
        byte* host;
        TlbEntry* entry = (TlbEntry*)(_s->DataTlb + ((va >> SoftTlb.IndexShift) & SoftTlb.IndexMask));
        if (entry->Tag == (va & SoftTlb.PageMask))
        {
            host = (byte*)(va + entry->Addend);
        }
        else if (FindDevicePage(va, MemoryAccess.Load, out ulong gpa))
        {
            return BeginMmioRead(op, va, gpa, size, target);
        }
        else
        {
            switch (FillTlb(va, size, MemoryAccess.Load, out host, out gpa))
            {
                case TlbFill.Mapped:
                    break;
                case TlbFill.Mmio:
                    return BeginMmioRead(op, va, gpa, size, target);
                default:
                    return false;
            }
        }

        value = ReadHost(host, size);
        return true;
    }

    /// <summary>Stores the low <paramref name="size"/> bytes of a value. False when it trapped or an exit is pending.</summary>
    private bool StoreMemory(Op* op, ulong va, uint size, ulong value)
    {
        uint inPage = (uint)(PageSize - (va & (PageSize - 1)));
        if (size > inPage)
            return StoreAcrossPages(va, size, inPage, value);

        byte* host;
        TlbEntry* entry = (TlbEntry*)(_s->DataTlb + SoftTlb.StoreOffset + ((va >> SoftTlb.IndexShift) & SoftTlb.IndexMask));
        if (entry->Tag == (va & SoftTlb.PageMask))
        {
            host = (byte*)(va + entry->Addend);
        }
        else if (FindDevicePage(va, MemoryAccess.Store, out ulong gpa))
        {
            return BeginMmioWrite(op, va, gpa, size, value);
        }
        else
        {
            switch (FillTlb(va, size, MemoryAccess.Store, out host, out gpa))
            {
                case TlbFill.Mapped:
                    break;
                case TlbFill.Mmio:
                    return BeginMmioWrite(op, va, gpa, size, value);
                default:
                    return false;
            }
        }

        WriteHost(host, size, value);
        return true;
    }

    private bool LoadAcrossPages(ulong va, uint size, uint inPage, out ulong value)
    {
        value = 0;
        if (!TranslateHalves(va, size, inPage, MemoryAccess.Load, out byte* first, out byte* second))
            return false;
        for (uint i = 0; i < size; i++)
            value |= (ulong)(i < inPage ? first[i] : second[i - inPage]) << (int)(8 * i);
        return true;
    }

    private bool StoreAcrossPages(ulong va, uint size, uint inPage, ulong value)
    {
        // Both halves are checked before a byte is written: an access that faults has no effect.
        if (!TranslateHalves(va, size, inPage, MemoryAccess.Store, out byte* first, out byte* second))
            return false;
        for (uint i = 0; i < size; i++)
        {
            byte piece = (byte)(value >> (int)(8 * i));
            if (i < inPage)
                first[i] = piece;
            else
                second[i - inPage] = piece;
        }

        return true;
    }

    private bool TranslateHalves(ulong va, uint size, uint inPage, MemoryAccess access, out byte* first, out byte* second)
    {
        second = null;
        TlbFill found = FillTlb(va, inPage, access, out first, out _);
        if (found == TlbFill.Mapped)
            found = FillTlb(va + inPage, size - inPage, access, out second, out _);
        if (found == TlbFill.Mmio)
            RaiseAccessFault(first == null ? va : va + inPage, access);
        return found == TlbFill.Mapped;
    }

    private static ulong ReadHost(byte* host, uint size) => size switch
    {
        8 => Unsafe.ReadUnaligned<ulong>(host),
        4 => Unsafe.ReadUnaligned<uint>(host),
        2 => Unsafe.ReadUnaligned<ushort>(host),
        _ => *host,
    };

    private static void WriteHost(byte* host, uint size, ulong value)
    {
        switch (size)
        {
            case 8:
                Unsafe.WriteUnaligned(host, value);
                break;
            case 4:
                Unsafe.WriteUnaligned(host, (uint)value);
                break;
            case 2:
                Unsafe.WriteUnaligned(host, (ushort)value);
                break;
            default:
                *host = (byte)value;
                break;
        }
    }

    private static ulong SignExtend(ulong value, uint size) => size switch
    {
        1 => (ulong)(long)(sbyte)value,
        2 => (ulong)(long)(short)value,
        4 => (ulong)(long)(int)value,
        _ => value,
    };
}
