namespace AxVCpu.Devices;

/// <summary>What an <see cref="AcpiPowerManagement"/> asks of the world around it.</summary>
public interface IAcpiPowerManagementHost
{
    /// <summary>The time in ticks of <see cref="AcpiPowerManagement.TimerFrequencyHz"/>.</summary>
    ulong Now();

    /// <summary>Drives the system control interrupt (SCI); told on changes only.</summary>
    void SetInterrupt(bool level);

    /// <summary>Wants <see cref="AcpiPowerManagement.Advance"/> when <see cref="Now"/> reaches <paramref name="deadline"/>, in place of any earlier wish; the maximum value is never.</summary>
    void SetDeadline(ulong deadline);

    /// <summary>The guest enters the sleeping state whose _Sx object has <paramref name="type"/>.</summary>
    void Sleep(byte type);
}

/// <summary>Register blocks of ACPI's fixed hardware, as offsets from their first port (ACPI 6.5, 4.8.3).</summary>
public enum AcpiBlock : byte
{
    /// <summary>PM1a_EVT_BLK: status, then enable, 16 bits each.</summary>
    PM1a_EVT = 0,
    /// <summary>PM1a_CNT_BLK: control, 16 bits.</summary>
    PM1a_CNT = 4,
    /// <summary>PM_TMR_BLK: the timer, 32 bits.</summary>
    PM_TMR = 8,
}

/// <summary>Bits of the PM1 status and enable registers (ACPI 6.5, tables 4.13 and 4.14).</summary>
[Flags]
internal enum Pm1Events : ushort
{
    Timer = 1 << 0,
    Global = 1 << 5,
    PowerButton = 1 << 8,
    SleepButton = 1 << 9,
    Rtc = 1 << 10,
    Wake = 1 << 15,
    Enables = Timer | Global | PowerButton | SleepButton | Rtc,
    Statuses = Enables | Wake,
}

/// <summary>Bits of the PM1 control register (ACPI 6.5, table 4.15).</summary>
[Flags]
internal enum Pm1Control : ushort
{
    SCI_EN = 1 << 0,
    SleepTypeMask = 7 << 10,
    SLP_EN = 1 << 13,
}

/// <summary>
/// ACPI's fixed hardware (ACPI 6.5, 4.8): PM1 events with power button, PM1 control with the sleeping states, and the
/// power management timer of 24 bits. It is always in ACPI mode: there is no SMI command.
/// Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct AcpiPowerManagement
{
    /// <summary>Ticks per second of the timer (ACPI 6.5, 4.8.2.1).</summary>
    public const ulong TimerFrequencyHz = 3_579_545;

    /// <summary>Ports of all blocks.</summary>
    public const ulong Size = 12;

    private const int SleepTypeShift = 10;
    private const ulong TimerMask = 0xFF_FFFF;
    // The status bit follows each change of the timer's top bit.
    private const ulong TimerHalf = 0x80_0000;

    private ulong _seenHalf;
    private Pm1Events _status;
    private Pm1Events _enable;
    private Pm1Control _control;
    private bool _isInterruptHigh;

    /// <summary>Back to power-up.</summary>
    public void Reset<THost>(ref THost host)
        where THost : struct, IAcpiPowerManagementHost
    {
        this = default;
        _seenHalf = host.Now() / TimerHalf;
        host.SetInterrupt(false);
        host.SetDeadline(ulong.MaxValue);
    }

    /// <summary>Tells the host its line and deadline again; for use after a restored snapshot.</summary>
    public void Resynchronize<THost>(ref THost host)
        where THost : struct, IAcpiPowerManagementHost
    {
        host.SetInterrupt(_isInterruptHigh);
        Arm(ref host);
    }

    /// <summary>Time has reached a deadline, or any other moment.</summary>
    public void Advance<THost>(ref THost host)
        where THost : struct, IAcpiPowerManagementHost
    {
        CatchUp(ref host);
        Arm(ref host);
    }

    /// <summary>Somebody presses the power button: the guest is asked to shut down.</summary>
    public void PressPowerButton<THost>(ref THost host)
        where THost : struct, IAcpiPowerManagementHost
    {
        _status |= Pm1Events.PowerButton;
        UpdateInterrupt(ref host);
    }

    /// <summary>Reads within one register; a 32-bit read of the event block sees status and enable.</summary>
    /// <returns>False when there is no such register.</returns>
    public bool Read<THost>(ref THost host, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, IAcpiPowerManagementHost
    {
        value = 0;
        if (offset + (ulong)width > Size)
            return false;
        CatchUp(ref host);
        ulong register;
        if (offset >= (ulong)AcpiBlock.PM_TMR)
            register = host.Now() & TimerMask;
        else if (offset >= (ulong)AcpiBlock.PM1a_CNT)
            register = (ulong)(_control | Pm1Control.SCI_EN);
        else
            register = (ulong)_status | (ulong)_enable << 16;
        value = register >> (int)((offset & 3) * 8);
        if (width < AccessWidth.Qword)
            value &= (1UL << (int)width * 8) - 1;
        return true;
    }

    /// <summary>Writes registers; status bits are cleared by ones.</summary>
    /// <returns>False when there is no such register.</returns>
    public bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, IAcpiPowerManagementHost
    {
        if (offset + (ulong)width > Size)
            return false;
        CatchUp(ref host);
        // Byte by byte, as the blocks allow any width (ACPI 6.5, 4.8.3).
        for (int index = 0; index < (int)width; index++)
            WriteByte(ref host, (int)offset + index, (byte)(value >> index * 8));
        UpdateInterrupt(ref host);
        Arm(ref host);
        return true;
    }

    private void WriteByte<THost>(ref THost host, int offset, byte value)
        where THost : struct, IAcpiPowerManagementHost
    {
        int shift = (offset & 1) * 8;
        ushort part = (ushort)(value << shift);
        ushort mask = (ushort)(0xFF << shift);
        switch (offset & ~1)
        {
            case (int)AcpiBlock.PM1a_EVT:
                _status &= ~(Pm1Events)part;
                break;
            case (int)AcpiBlock.PM1a_EVT + 2:
                _enable = ((Pm1Events)((ushort)_enable & ~mask) | (Pm1Events)part) & Pm1Events.Enables;
                break;
            case (int)AcpiBlock.PM1a_CNT:
                _control = (Pm1Control)((ushort)_control & ~mask) | (Pm1Control)part;
                // SLP_EN is write-only and acts with the type that is then set (ACPI 6.5, 4.8.3.2.1).
                bool sleeps = (_control & Pm1Control.SLP_EN) != 0;
                _control &= Pm1Control.SleepTypeMask;
                if (sleeps)
                    host.Sleep((byte)((ushort)_control >> SleepTypeShift));
                break;
        }
    }

    private void CatchUp<THost>(ref THost host)
        where THost : struct, IAcpiPowerManagementHost
    {
        ulong half = host.Now() / TimerHalf;
        if (half == _seenHalf)
            return;
        _seenHalf = half;
        _status |= Pm1Events.Timer;
        UpdateInterrupt(ref host);
    }

    private void UpdateInterrupt<THost>(ref THost host)
        where THost : struct, IAcpiPowerManagementHost
    {
        bool high = (_status & _enable) != 0;
        if (high == _isInterruptHigh)
            return;
        _isInterruptHigh = high;
        host.SetInterrupt(high);
    }

    private readonly void Arm<THost>(ref THost host)
        where THost : struct, IAcpiPowerManagementHost =>
        host.SetDeadline((_enable & Pm1Events.Timer) != 0 ? (_seenHalf + 1) * TimerHalf : ulong.MaxValue);
}
