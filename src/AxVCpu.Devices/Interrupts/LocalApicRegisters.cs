namespace AxVCpu.Devices;

/// <summary>
/// Registers of a local APIC as offsets in its page (Intel SDM volume 3A, table 11-1). In x2APIC mode a register is the MSR
/// <see cref="LocalApic.X2ApicMsrBase"/> plus a sixteenth of the offset (table 11-6).
/// </summary>
public enum LocalApicRegister : uint
{
    /// <summary>Local APIC ID.</summary>
    ID = 0x020,
    /// <summary>Local APIC version.</summary>
    VERSION = 0x030,
    /// <summary>Task priority.</summary>
    TPR = 0x080,
    /// <summary>Arbitration priority.</summary>
    APR = 0x090,
    /// <summary>Processor priority.</summary>
    PPR = 0x0A0,
    /// <summary>End of interrupt.</summary>
    EOI = 0x0B0,
    /// <summary>Remote read.</summary>
    RRD = 0x0C0,
    /// <summary>Logical destination.</summary>
    LDR = 0x0D0,
    /// <summary>Destination format; not in x2APIC mode.</summary>
    DFR = 0x0E0,
    /// <summary>Spurious interrupt vector.</summary>
    SVR = 0x0F0,
    /// <summary>In-service, 8 registers at steps of 16.</summary>
    ISR = 0x100,
    /// <summary>Trigger mode, 8 registers.</summary>
    TMR = 0x180,
    /// <summary>Interrupt request, 8 registers.</summary>
    IRR = 0x200,
    /// <summary>Error status.</summary>
    ESR = 0x280,
    /// <summary>LVT of corrected machine checks; this APIC has none.</summary>
    LVT_CMCI = 0x2F0,
    /// <summary>Interrupt command, low half; the whole in x2APIC mode.</summary>
    ICR = 0x300,
    /// <summary>Interrupt command, high half; not in x2APIC mode.</summary>
    ICR_HIGH = 0x310,
    /// <summary>LVT of the timer.</summary>
    LVT_TIMER = 0x320,
    /// <summary>LVT of the thermal sensor.</summary>
    LVT_THERMAL = 0x330,
    /// <summary>LVT of the performance counters.</summary>
    LVT_PERFORMANCE = 0x340,
    /// <summary>LVT of the pin LINT0.</summary>
    LVT_LINT0 = 0x350,
    /// <summary>LVT of the pin LINT1.</summary>
    LVT_LINT1 = 0x360,
    /// <summary>LVT of APIC errors.</summary>
    LVT_ERROR = 0x370,
    /// <summary>Initial count of the timer.</summary>
    TIMER_INITIAL = 0x380,
    /// <summary>Current count of the timer.</summary>
    TIMER_CURRENT = 0x390,
    /// <summary>Divide configuration of the timer.</summary>
    TIMER_DIVIDE = 0x3E0,
    /// <summary>Self IPI; only in x2APIC mode.</summary>
    SELF_IPI = 0x3F0,
}

/// <summary>Model-specific registers that belong to the local APIC (SDM volume 4, table 2-2).</summary>
public enum LocalApicMsr : uint
{
    /// <summary>Base address, enable bits and the bootstrap flag.</summary>
    IA32_APIC_BASE = 0x1B,
    /// <summary>When the timer is due in its TSC-deadline mode.</summary>
    IA32_TSC_DEADLINE = 0x6E0,
}

/// <summary>Bits of IA32_APIC_BASE (SDM volume 3A, 11.4.4 and 11.12.1).</summary>
[Flags]
internal enum ApicBaseBits : ulong
{
    BSP = 1 << 8,
    EXTD = 1 << 10,
    EN = 1 << 11,
    AddressMask = 0x000F_FFFF_FFFF_F000,
}

/// <summary>Bits of a local vector table entry (SDM volume 3A, figure 11-8).</summary>
[Flags]
internal enum LvtBits : uint
{
    VectorMask = 0xFF,
    ModeMask = 7 << 8,
    DeliveryStatus = 1 << 12,
    Polarity = 1 << 13,
    RemoteIrr = 1 << 14,
    Level = 1 << 15,
    Mask = 1 << 16,
    TimerPeriodic = 1 << 17,
    TimerTscDeadline = 1 << 18,
    TimerModeMask = 3 << 17,
}

/// <summary>Bits of the spurious interrupt vector register (SDM volume 3A, figure 11-23).</summary>
[Flags]
internal enum SvrBits : uint
{
    VectorMask = 0xFF,
    Enable = 1 << 8,
    FocusDisabled = 1 << 9,
    Writable = VectorMask | Enable | FocusDisabled,
}

/// <summary>Bits of the error status register (SDM volume 3A, figure 11-9).</summary>
[Flags]
internal enum EsrBits : byte
{
    SendIllegalVector = 1 << 5,
    ReceiveIllegalVector = 1 << 6,
    IllegalRegister = 1 << 7,
}

/// <summary>Bits of the interrupt command register's low half (SDM volume 3A, figure 11-12).</summary>
[Flags]
internal enum IcrBits : uint
{
    VectorMask = 0xFF,
    ModeShift = 8,
    Logical = 1 << 11,
    DeliveryStatus = 1 << 12,
    Assert = 1 << 14,
    Level = 1 << 15,
    ShorthandShift = 18,
    Writable = 0x000C_CFFF,
}
