using System.Runtime.CompilerServices;

namespace AxVCpu.Devices;

/// <summary>What an <see cref="Aclint"/> asks of the world around it.</summary>
public interface IAclintHost
{
    /// <summary>Drives the machine software interrupt (MSIP) of a hart.</summary>
    void SetSoftware(int hart, bool level);

    /// <summary>The platform's time in timebase ticks, the same clock that the harts' <c>time</c> register shows.</summary>
    ulong Now();

    /// <summary>
    /// The machine timer of <paramref name="hart"/> is due when <see cref="Now"/> reaches <paramref name="deadline"/>; the
    /// line (MTIP) is high from then until the next deadline. <see cref="ulong.MaxValue"/> means never.
    /// </summary>
    void SetTimerDeadline(int hart, ulong deadline);
}

/// <summary>Register areas in the CLINT layout (RISC-V ACLINT specification 1.0-rc4, chapters 2 and 3).</summary>
public enum AclintArea : uint
{
    /// <summary>MSWI: machine software interrupt pending, 4 bytes for each hart; bit 0 counts.</summary>
    MSIP = 0x0000,
    /// <summary>MTIMER: timer compare, 8 bytes for each hart.</summary>
    MTIMECMP = 0x4000,
    /// <summary>MTIMER: time, 8 bytes.</summary>
    MTIME = 0xBFF8,
}

/// <summary>
/// The machine software interrupt and timer devices of RISC-V (ACLINT MSWI + MTIMER) in the layout of the older CLINT.
/// The model stores compare values and reports deadlines; comparing them with time, and so driving MTIP, is the work of
/// whoever owns time: the vCPU thread looks at its deadline anyway and no timer thread has to reach across.
/// Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct Aclint
{
    /// <summary>Harts this model holds.</summary>
    public const int MaxHarts = 64;

    /// <summary>The register window in bytes.</summary>
    public const ulong Size = 0x1_0000;

    [InlineArray(MaxHarts)]
    private struct Compares
    {
        private ulong _first;
    }

    private Compares _timeCompare;
    private ulong _softwarePending;
    private long _timeOffset;
    private int _harts;

    /// <summary>Devices after reset: no software interrupt, no timer armed, time as the host has it.</summary>
    /// <param name="harts">Number of harts; clipped to <see cref="MaxHarts"/>.</param>
    public Aclint(int harts)
    {
        _harts = harts < 0 ? 0 : harts > MaxHarts ? MaxHarts : harts;
        for (int hart = 0; hart < MaxHarts; hart++)
            _timeCompare[hart] = ulong.MaxValue;
    }

    /// <summary>Number of harts.</summary>
    public readonly int Harts => _harts;

    /// <summary>Ticks that a guest's write to <c>mtime</c> moved it ahead of the host's time (negative: behind).</summary>
    public readonly long TimeOffset => _timeOffset;

    /// <summary>Back to reset, telling the host about every line and deadline.</summary>
    public void Reset<THost>(ref THost host)
        where THost : struct, IAclintHost
    {
        this = new Aclint(_harts);
        Resynchronize(ref host);
    }

    /// <summary>Tells the host every line and deadline again; for use after a restored snapshot.</summary>
    public readonly void Resynchronize<THost>(ref THost host)
        where THost : struct, IAclintHost
    {
        for (int hart = 0; hart < _harts; hart++)
        {
            host.SetSoftware(hart, (_softwarePending >> hart & 1) != 0);
            host.SetTimerDeadline(hart, Deadline(hart));
        }
    }

    /// <summary>Reads a register; harts that do not exist read zero.</summary>
    /// <returns>False for a width or alignment the register does not have.</returns>
    public readonly bool Read<THost>(ref THost host, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, IAclintHost
    {
        value = 0;
        if (!Decode(offset, width, out AclintArea area, out int hart))
            return false;
        switch (area)
        {
            case AclintArea.MSIP:
                value = hart < _harts ? _softwarePending >> hart & 1 : 0;
                break;
            case AclintArea.MTIMECMP:
                value = hart < _harts ? Part(_timeCompare[hart], offset, width) : 0;
                break;
            case AclintArea.MTIME:
                value = Part(host.Now() + (ulong)_timeOffset, offset, width);
                break;
        }
        return true;
    }

    /// <summary>Writes a register; harts that do not exist ignore it.</summary>
    /// <returns>False for a width or alignment the register does not have.</returns>
    public bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, IAclintHost
    {
        if (!Decode(offset, width, out AclintArea area, out int hart))
            return false;
        switch (area)
        {
            case AclintArea.MSIP:
                WriteSoftware(ref host, hart, (value & 1) != 0);
                break;
            case AclintArea.MTIMECMP when hart < _harts:
                _timeCompare[hart] = Merge(_timeCompare[hart], offset, width, value);
                host.SetTimerDeadline(hart, Deadline(hart));
                break;
            case AclintArea.MTIME:
                ulong now = host.Now();
                _timeOffset = (long)(Merge(now + (ulong)_timeOffset, offset, width, value) - now);
                for (int other = 0; other < _harts; other++)
                    host.SetTimerDeadline(other, Deadline(other));
                break;
        }
        return true;
    }

    private void WriteSoftware<THost>(ref THost host, int hart, bool level)
        where THost : struct, IAclintHost
    {
        if (hart >= _harts || (_softwarePending >> hart & 1) != 0 == level)
            return;
        _softwarePending ^= 1UL << hart;
        host.SetSoftware(hart, level);
    }

    // The compare value in host ticks. It saturates: "never" stays never, "already due" is zero.
    private readonly ulong Deadline(int hart)
    {
        ulong compare = _timeCompare[hart];
        if (compare == ulong.MaxValue)
            return ulong.MaxValue;
        ulong distance = _timeOffset < 0 ? (ulong)-_timeOffset : (ulong)_timeOffset;
        if (_timeOffset >= 0)
            return compare > distance ? compare - distance : 0;
        return compare <= ulong.MaxValue - distance ? compare + distance : ulong.MaxValue;
    }

    // MSIP is 32 bits wide; the 64-bit registers may also be accessed by halves (ACLINT 2.1, 3.1).
    private static bool Decode(ulong offset, AccessWidth width, out AclintArea area, out int hart)
    {
        area = AclintArea.MSIP;
        hart = int.MaxValue;
        if (offset >= Size || width < AccessWidth.Dword || (offset & ((ulong)width - 1)) != 0)
            return false;
        if (offset < (uint)AclintArea.MTIMECMP)
        {
            hart = (int)(offset / 4);
            return width == AccessWidth.Dword;
        }
        // Past MTIME nothing is assigned: it decodes as a compare register of a hart that does not exist.
        area = offset is >= (uint)AclintArea.MTIME and < (uint)AclintArea.MTIME + 8 ? AclintArea.MTIME : AclintArea.MTIMECMP;
        hart = (int)((offset - (uint)AclintArea.MTIMECMP) / 8);
        return true;
    }

    private static ulong Part(ulong register, ulong offset, AccessWidth width) =>
        width == AccessWidth.Qword ? register : (uint)(register >> (int)(offset & 4) * 8);

    private static ulong Merge(ulong register, ulong offset, AccessWidth width, ulong value)
    {
        if (width == AccessWidth.Qword)
            return value;
        int shift = (int)(offset & 4) * 8;
        return register & ~((ulong)uint.MaxValue << shift) | (ulong)(uint)value << shift;
    }
}
