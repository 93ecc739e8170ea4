namespace AxVCpu.Devices;

/// <summary>Registers of the real-time clock (Motorola MC146818A data sheet, figure 11), by the index in the address port.</summary>
public enum Mc146818Register : byte
{
    /// <summary>Seconds.</summary>
    Seconds = 0x00,
    /// <summary>Alarm: seconds.</summary>
    SecondsAlarm = 0x01,
    /// <summary>Minutes.</summary>
    Minutes = 0x02,
    /// <summary>Alarm: minutes.</summary>
    MinutesAlarm = 0x03,
    /// <summary>Hours.</summary>
    Hours = 0x04,
    /// <summary>Alarm: hours.</summary>
    HoursAlarm = 0x05,
    /// <summary>Day of the week; 1 is Sunday.</summary>
    DayOfWeek = 0x06,
    /// <summary>Day of the month.</summary>
    DayOfMonth = 0x07,
    /// <summary>Month.</summary>
    Month = 0x08,
    /// <summary>Year of the century.</summary>
    Year = 0x09,
    /// <summary>Update in progress, divider, periodic rate.</summary>
    A = 0x0A,
    /// <summary>Set, interrupt enables, formats.</summary>
    B = 0x0B,
    /// <summary>Interrupt flags; a read clears them.</summary>
    C = 0x0C,
    /// <summary>Valid RAM and time.</summary>
    D = 0x0D,
    /// <summary>Century: memory of the PC's set-up that its ACPI table names.</summary>
    Century = 0x32,
}

/// <summary>Bits of register A (MC146818A data sheet, "Register A").</summary>
[Flags]
internal enum RtcA : byte
{
    RateMask = 0x0F,
    DividerNormal = 0x20,
    Writable = 0x7F,
    UIP = 0x80,
}

/// <summary>Bits of register B.</summary>
[Flags]
internal enum RtcB : byte
{
    Hours24 = 1 << 1,
    Binary = 1 << 2,
    UIE = 1 << 4,
    AIE = 1 << 5,
    PIE = 1 << 6,
    SET = 1 << 7,
    Interrupts = UIE | AIE | PIE,
}

/// <summary>Bits of register C; the flags are where register B has their enables.</summary>
[Flags]
internal enum RtcC : byte
{
    UF = 1 << 4,
    AF = 1 << 5,
    PF = 1 << 6,
    IRQF = 1 << 7,
}

/// <summary>Bits of register D.</summary>
[Flags]
internal enum RtcD : byte
{
    VRT = 1 << 7,
}
