using System.Runtime.CompilerServices;

namespace AxVCpu.Software.Riscv64;

/// <summary>What PMP says about a whole range.</summary>
internal enum PmpVerdict : byte
{
    /// <summary>No access of the asked kind anywhere in the range.</summary>
    Denied,
    /// <summary>Any access of the asked kind inside the range.</summary>
    Allowed,
    /// <summary>It depends on the bytes: ask again for each access.</summary>
    Mixed,
}

/// <summary>
/// Physical memory protection of one hart: 16 entries, granularity 4 bytes (Privileged ISA 3.7). Blittable; the ranges are worked out
/// when a register is written, so that a check is a scan of the entries in use.
/// </summary>
internal struct Pmp
{
    /// <summary>Entries implemented; pmpcfg0 and pmpcfg2 hold eight each.</summary>
    public const int Entries = 16;

    /// <summary>pmpaddr holds bits 55-2 of an address.</summary>
    public const ulong AddressMask = (1UL << 54) - 1;

    public const byte R = 1, W = 2, X = 4, L = 0x80;
    private const byte ReservedBits = 0x60;
    private const int AShift = 3;
    private const int AMask = 3;
    private const int Off = 0, Tor = 1, Na4 = 2, Napot = 3;

    private Bytes _config;
    private Words _address;
    private Words _first;
    private Words _last;
    private uint _active;

    [InlineArray(Entries)]
    private struct Bytes { private byte _element; }

    [InlineArray(Entries)]
    private struct Words { private ulong _element; }

    /// <summary>Whether a check of a whole page can be answered at once for S and U: nothing is configured, or entry 0 covers everything.</summary>
    public readonly bool IsUniform => _active == 0 || ((_active & 1) != 0 && _first[0] == 0 && _last[0] == ulong.MaxValue);

    /// <summary>Opens all memory to S and U mode: what firmware does before it leaves M mode.</summary>
    public void OpenAll()
    {
        this = default;
        WriteAddress(0, AddressMask);
        WriteConfig(0, R | W | X | (Napot << AShift));
    }

    /// <summary>pmpcfg<paramref name="index"/>, where <paramref name="index"/> is 0 or 2.</summary>
    public readonly ulong ReadConfig(int index)
    {
        ulong value = 0;
        for (int i = 0; i < 8; i++)
            value |= (ulong)_config[(index * 4) + i] << (i * 8);
        return value;
    }

    /// <summary>Writes pmpcfg<paramref name="index"/> (0 or 2); locked entries keep their value, the reserved combination R=0 W=1 grants nothing.</summary>
    public void WriteConfig(int index, ulong value)
    {
        for (int i = 0; i < 8; i++)
        {
            int entry = (index * 4) + i;
            if ((_config[entry] & L) != 0)
                continue;

            byte config = (byte)((value >> (i * 8)) & 0xFF & ~(ulong)ReservedBits);
            if ((config & (R | W)) == W)
                config &= unchecked((byte)~(R | W | X));
            _config[entry] = config;
        }

        Rebuild();
    }

    /// <summary>pmpaddr<paramref name="entry"/>.</summary>
    public readonly ulong ReadAddress(int entry) => _address[entry];

    /// <summary>Writes pmpaddr<paramref name="entry"/>, unless it is locked itself or is the bottom of a locked TOR entry.</summary>
    public void WriteAddress(int entry, ulong value)
    {
        if ((_config[entry] & L) != 0)
            return;
        if (entry + 1 < Entries && (_config[entry + 1] & L) != 0 && Mode(entry + 1) == Tor)
            return;
        _address[entry] = value & AddressMask;
        Rebuild();
    }

    /// <summary>
    /// Whether the bytes from <paramref name="address"/> to <paramref name="address"/> + <paramref name="size"/> - 1 may be accessed in
    /// <paramref name="mode"/>, where <paramref name="need"/> is any of <see cref="R"/>, <see cref="W"/>, <see cref="X"/>. The lowest entry
    /// that matches any byte decides, and must match all of them.
    /// </summary>
    public readonly bool Check(ulong address, uint size, byte need, PrivilegeMode mode)
    {
        ulong last = address + size - 1;
        for (uint left = _active; left != 0; left &= left - 1)
        {
            int i = System.Numerics.BitOperations.TrailingZeroCount(left);
            if (last < _first[i] || address > _last[i])
                continue;
            if (address < _first[i] || last > _last[i])
                return false;
            return Grants(i, need, mode);
        }

        return mode == PrivilegeMode.Machine;
    }

    /// <summary>
    /// The answer for every access inside <paramref name="size"/> bytes from <paramref name="address"/>, a page when a TLB entry is to be filled.
    /// </summary>
    public readonly PmpVerdict CheckRange(ulong address, ulong size, byte need, PrivilegeMode mode)
    {
        ulong last = address + size - 1;
        for (uint left = _active; left != 0; left &= left - 1)
        {
            int i = System.Numerics.BitOperations.TrailingZeroCount(left);
            if (last < _first[i] || address > _last[i])
                continue;
            if (address < _first[i] || last > _last[i])
                return PmpVerdict.Mixed;
            return Grants(i, need, mode) ? PmpVerdict.Allowed : PmpVerdict.Denied;
        }

        return mode == PrivilegeMode.Machine ? PmpVerdict.Allowed : PmpVerdict.Denied;
    }

    private readonly bool Grants(int entry, byte need, PrivilegeMode mode)
    {
        byte config = _config[entry];
        return (mode == PrivilegeMode.Machine && (config & L) == 0) || (config & need) == need;
    }

    private readonly int Mode(int entry) => (_config[entry] >> AShift) & AMask;

    private void Rebuild()
    {
        _active = 0;
        for (int i = 0; i < Entries; i++)
        {
            ulong first, last;
            switch (Mode(i))
            {
                case Tor:
                    first = i == 0 ? 0 : _address[i - 1] << 2;
                    ulong top = _address[i] << 2;
                    if (top <= first)
                        continue;
                    last = top - 1;
                    break;
                case Na4:
                    first = _address[i] << 2;
                    last = first + 3;
                    break;
                case Napot:
                    // 54 bits of ones shift to 2^57 - 1: beyond the 56-bit space, so everything.
                    ulong ones = _address[i] ^ (_address[i] + 1);
                    first = (_address[i] & ~ones) << 2;
                    last = _address[i] == AddressMask ? ulong.MaxValue : first + (ones << 2) + 3;
                    break;
                default:
                    continue;
            }

            _first[i] = first;
            _last[i] = last;
            _active |= 1u << i;
        }
    }
}
