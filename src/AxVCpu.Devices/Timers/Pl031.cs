namespace AxVCpu.Devices;

/// <summary>Registers of the PL031 (Arm DDI 0224C, table 3-1).</summary>
public enum Pl031Register : ushort
{
    /// <summary>The time in seconds.</summary>
    RTCDR = 0x000,
    /// <summary>The time that raises the interrupt.</summary>
    RTCMR = 0x004,
    /// <summary>Writing sets the time.</summary>
    RTCLR = 0x008,
    /// <summary>Bit 0: the clock runs; once set it stays.</summary>
    RTCCR = 0x00C,
    /// <summary>Bit 0 enables the interrupt.</summary>
    RTCIMSC = 0x010,
    /// <summary>Bit 0: the interrupt, enabled or not.</summary>
    RTCRIS = 0x014,
    /// <summary>Bit 0: the interrupt where it is enabled.</summary>
    RTCMIS = 0x018,
    /// <summary>Writing bit 0 clears the interrupt.</summary>
    RTCICR = 0x01C,
    /// <summary>The first identification register.</summary>
    RTCPeriphID0 = 0xFE0,
}

/// <summary>
/// The PL031 real-time clock (Arm DDI 0224C): seconds since 1970 with one match. A guest that sets the clock moves its own view of time,
/// never the host's. Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct Pl031
{
    /// <summary>The register window in bytes.</summary>
    public const ulong Size = 0x1000;

    private const ulong NanosecondsPerSecond = 1_000_000_000;

    // Peripheral and PrimeCell identification, a byte in each of eight words.
    private static ReadOnlySpan<byte> Identification => [0x31, 0x10, 0x04, 0x00, 0x0D, 0xF0, 0x05, 0xB1];

    // What the guest's seconds are ahead of the host's, wrapping.
    private uint _offset;
    private uint _load;
    private uint _match;
    private byte _mask;
    private byte _raised;
    private byte _line;

    /// <summary>Reads a register; what does not exist reads zero.</summary>
    /// <returns>False unless it is an aligned access of at most 32 bits.</returns>
    public readonly bool Read<THost>(ref THost host, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, IRtcHost
    {
        value = 0;
        if (!IsAccess(offset, width))
            return false;
        if (offset is >= (ushort)Pl031Register.RTCPeriphID0 and < Size)
        {
            value = Identification[(int)(offset - (ushort)Pl031Register.RTCPeriphID0) / 4];
            return true;
        }
        value = (Pl031Register)offset switch
        {
            Pl031Register.RTCDR => Now(ref host),
            Pl031Register.RTCMR => _match,
            Pl031Register.RTCLR => _load,
            // It runs from reset on.
            Pl031Register.RTCCR => 1,
            Pl031Register.RTCIMSC => _mask,
            Pl031Register.RTCRIS => _raised,
            Pl031Register.RTCMIS => (uint)(_raised & _mask),
            _ => 0,
        };
        value &= width == AccessWidth.Dword ? uint.MaxValue : (1UL << (int)width * 8) - 1;
        return true;
    }

    /// <summary>Writes a register; what does not exist ignores it.</summary>
    /// <returns>False unless it is an aligned access of at most 32 bits.</returns>
    public bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, IRtcHost
    {
        if (!IsAccess(offset, width))
            return false;
        switch ((Pl031Register)offset)
        {
            case Pl031Register.RTCMR:
                _match = (uint)value;
                Arm(ref host);
                break;
            case Pl031Register.RTCLR:
                _load = (uint)value;
                _offset = (uint)value - Seconds(ref host);
                Arm(ref host);
                break;
            case Pl031Register.RTCIMSC:
                _mask = (byte)(value & 1);
                break;
            case Pl031Register.RTCICR:
                _raised &= (byte)~(value & 1);
                break;
        }
        UpdateLine(ref host);
        return true;
    }

    /// <summary>The armed alarm's time has come. An early call is harmless: it arms again.</summary>
    public void AlarmExpired<THost>(ref THost host)
        where THost : struct, IRtcHost
    {
        Arm(ref host);
        UpdateLine(ref host);
    }

    /// <summary>Back to reset: no interrupt, the host's time.</summary>
    public void Reset<THost>(ref THost host)
        where THost : struct, IRtcHost
    {
        byte line = _line;
        this = default;
        _line = line;
        host.DisarmAlarm();
        UpdateLine(ref host);
    }

    private static bool IsAccess(ulong offset, AccessWidth width) =>
        offset < Size && (offset & 3) == 0 && width is AccessWidth.Byte or AccessWidth.Word or AccessWidth.Dword;

    private static uint Seconds<THost>(ref THost host)
        where THost : struct, IRtcHost => (uint)(host.NowNanoseconds() / NanosecondsPerSecond);

    private readonly uint Now<THost>(ref THost host)
        where THost : struct, IRtcHost => Seconds(ref host) + _offset;

    // The match is an equality (3.3.2): a time that has passed comes round again after 2^32 seconds.
    private void Arm<THost>(ref THost host)
        where THost : struct, IRtcHost
    {
        ulong now = host.NowNanoseconds();
        uint distance = _match - ((uint)(now / NanosecondsPerSecond) + _offset);
        if (distance == 0)
        {
            _raised = 1;
            host.DisarmAlarm();
            return;
        }
        ulong second = now - now % NanosecondsPerSecond;
        ulong wait = distance * NanosecondsPerSecond;
        host.ArmAlarm(second > ulong.MaxValue - wait ? ulong.MaxValue : second + wait);
    }

    private void UpdateLine<THost>(ref THost host)
        where THost : struct, IRtcHost
    {
        byte level = (byte)(_raised & _mask);
        if (level == _line)
            return;
        _line = level;
        host.SetInterrupt(level != 0);
    }
}
