namespace AxVCpu.Devices;

/// <summary>Delivery modes of APIC messages, local vector table and redirection entries (Intel SDM volume 3A, 11.5.1 and 11.6.1).</summary>
public enum ApicDeliveryMode : byte
{
    /// <summary>To all named processors, with the vector.</summary>
    Fixed = 0,
    /// <summary>To the named processor of the lowest priority, with the vector.</summary>
    LowestPriority = 1,
    /// <summary>System management interrupt.</summary>
    Smi = 2,
    /// <summary>Non-maskable interrupt.</summary>
    Nmi = 4,
    /// <summary>INIT.</summary>
    Init = 5,
    /// <summary>Start-up: the vector is the page the processor begins at.</summary>
    StartUp = 6,
    /// <summary>An interrupt whose vector the 8259 gives.</summary>
    ExtInt = 7,
}

/// <summary>Shorthands for the destination of an interprocessor interrupt (SDM volume 3A, 11.6.1).</summary>
public enum ApicShorthand : byte
{
    /// <summary>As the destination says.</summary>
    None = 0,
    /// <summary>The sender.</summary>
    Self = 1,
    /// <summary>All, the sender too.</summary>
    AllIncludingSelf = 2,
    /// <summary>All but the sender.</summary>
    AllExcludingSelf = 3,
}

/// <summary>
/// One interrupt message on the way to local APICs: what an interrupt command register, a redirection entry or an MSI write sends.
/// Plain data.
/// </summary>
public struct ApicMessage
{
    /// <summary>First address of the message signalled interrupts (SDM volume 3A, 11.11.1).</summary>
    public const ulong MsiBase = 0xFEE0_0000;

    /// <summary>Bytes of addresses that are message signalled interrupts.</summary>
    public const ulong MsiSize = 0x10_0000;

    private const uint MsiLogical = 1 << 2;
    private const uint MsiLevel = 1 << 15;
    private const uint MsiAssert = 1 << 14;

    /// <summary>The destination in the width of the sender: 8 bits in xAPIC mode, 32 in x2APIC mode.</summary>
    public uint Destination;
    /// <summary>The vector; for start-up the page number.</summary>
    public byte Vector;
    /// <summary>What the message is.</summary>
    public ApicDeliveryMode Mode;
    /// <summary>Who receives it, when not given by <see cref="Destination"/>.</summary>
    public ApicShorthand Shorthand;
    /// <summary>Whether <see cref="Destination"/> is logical, not a physical APIC ID.</summary>
    public bool IsLogical;
    /// <summary>Whether the interrupt is level triggered: its end is told to the I/O APICs.</summary>
    public bool IsLevel;
    /// <summary>An INIT level de-assert, which no processor of this kind acts on (SDM volume 3A, 11.6.1).</summary>
    public bool IsDeassert;
    /// <summary>Whether <see cref="Destination"/> has 32 bits.</summary>
    public bool IsWide;

    /// <summary>The message that an MSI write is.</summary>
    /// <param name="address">The address written; only bits 19:0 count.</param>
    /// <param name="data">The data written.</param>
    public static ApicMessage FromMsi(ulong address, uint data)
    {
        ApicMessage message = default;
        message.Destination = (uint)(address >> 12) & 0xFF;
        message.IsLogical = ((uint)address & MsiLogical) != 0;
        message.Vector = (byte)data;
        message.Mode = (ApicDeliveryMode)(data >> 8 & 7);
        message.IsLevel = (data & MsiLevel) != 0;
        return message;
    }

    /// <summary>The MSI write that carries the message; only for a destination of 8 bits and no shorthand.</summary>
    public readonly void ToMsi(out ulong address, out uint data)
    {
        address = MsiBase | (ulong)(Destination & 0xFF) << 12 | (IsLogical ? MsiLogical : 0);
        data = Vector | (uint)Mode << 8 | (IsLevel ? MsiLevel | MsiAssert : 0);
    }
}
