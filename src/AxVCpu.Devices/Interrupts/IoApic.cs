using System.Runtime.CompilerServices;

namespace AxVCpu.Devices;

/// <summary>What an <see cref="IoApic"/> asks of the world around it.</summary>
public interface IIoApicHost
{
    /// <summary>Sends an interrupt to local APICs.</summary>
    void Send(in ApicMessage message);

    /// <summary>
    /// A pin's entry was written: what it sends from now on, masked or not. Before any of it is sent, as whoever has the local APICs may
    /// have to know a level-triggered interrupt beforehand to tell its end.
    /// </summary>
    void SetMessage(int pin, in ApicMessage message);
}

/// <summary>Memory-mapped registers of an I/O APIC (Intel 82093AA data sheet, 3.1; the EOI register of version 20h, ICH9 data sheet, 13.5).</summary>
public enum IoApicWindow : uint
{
    /// <summary>Selects the register that <see cref="IOWIN"/> shows.</summary>
    IOREGSEL = 0x00,
    /// <summary>The selected register.</summary>
    IOWIN = 0x10,
    /// <summary>End of interrupt: the vector.</summary>
    EOI = 0x40,
}

/// <summary>Registers of an I/O APIC by their select index (82093AA data sheet, 3.2).</summary>
public enum IoApicRegister : byte
{
    /// <summary>The ID, bits 27:24.</summary>
    IOAPICID = 0x00,
    /// <summary>Version, and the number of the last entry.</summary>
    IOAPICVER = 0x01,
    /// <summary>Arbitration ID.</summary>
    IOAPICARB = 0x02,
    /// <summary>The redirection table: two registers for each pin, the low half first.</summary>
    IOREDTBL = 0x10,
}

/// <summary>Bits of a redirection entry (82093AA data sheet, 3.2.4).</summary>
[Flags]
internal enum RedirectionBits : ulong
{
    VectorMask = 0xFF,
    ModeMask = 7 << 8,
    Logical = 1 << 11,
    DeliveryStatus = 1 << 12,
    ActiveLow = 1 << 13,
    RemoteIrr = 1 << 14,
    Level = 1 << 15,
    Mask = 1 << 16,
    DestinationMask = 0xFFUL << 56,
    ReadOnly = DeliveryStatus | RemoteIrr,
    Writable = VectorMask | ModeMask | Logical | ActiveLow | Level | Mask | DestinationMask,
}

/// <summary>
/// An I/O APIC with 24 pins (Intel 82093AA) and the EOI register of its successors. A pin's level is whether the device
/// asserts it; which voltage that is (the entry's polarity) is the guest's business and kept for it only.
/// Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct IoApic
{
    /// <summary>Input pins.</summary>
    public const int Pins = 24;

    /// <summary>Bytes of the register window.</summary>
    public const ulong Size = 0x1000;

    private const uint Version = 0x20 | (Pins - 1) << 16;
    private const uint IdMask = 0x0F00_0000;

    [InlineArray(Pins)]
    private struct RedirectionTable
    {
        private ulong _first;
    }

    private RedirectionTable _entries;
    private uint _levels;
    private uint _id;
    private byte _select;

    /// <summary>An I/O APIC after reset: every pin masked.</summary>
    /// <param name="id">Its APIC ID; the low 4 bits count.</param>
    public IoApic(byte id)
    {
        _id = (uint)id << 24 & IdMask;
        for (int pin = 0; pin < Pins; pin++)
            _entries[pin] = (ulong)RedirectionBits.Mask;
    }

    /// <summary>Back to reset; the levels that devices drive stay.</summary>
    public void Reset()
    {
        uint levels = _levels;
        this = new IoApic((byte)(_id >> 24));
        _levels = levels;
    }

    /// <summary>The redirection entry of a pin, 0 for one that does not exist.</summary>
    public readonly ulong Entry(int pin) => (uint)pin < Pins ? _entries[pin] : 0;

    /// <summary>Drives a pin. Edge-triggered pins send on a rising level; while masked an edge is lost (data sheet, 3.2.4).</summary>
    /// <param name="host">Where outside effects go.</param>
    /// <param name="pin">0 to 23; others are ignored.</param>
    /// <param name="level">Whether the device asserts it.</param>
    public void SetLevel<THost>(ref THost host, int pin, bool level)
        where THost : struct, IIoApicHost
    {
        if ((uint)pin >= Pins)
            return;
        uint bit = 1u << pin;
        if (((_levels & bit) != 0) == level)
            return;
        _levels ^= bit;
        if (level)
            Service(ref host, pin, isEdge: true);
    }

    /// <summary>A local APIC ended a level-triggered interrupt: its pins may send again, and do when still asserted.</summary>
    public void EndOfInterrupt<THost>(ref THost host, byte vector)
        where THost : struct, IIoApicHost
    {
        for (int pin = 0; pin < Pins; pin++)
        {
            ref ulong entry = ref _entries[pin];
            if ((byte)entry != vector || (entry & (ulong)RedirectionBits.RemoteIrr) == 0)
                continue;
            entry &= ~(ulong)RedirectionBits.RemoteIrr;
            Service(ref host, pin, isEdge: false);
        }
    }

    /// <summary>Sends what level-triggered pins ask for again; for use after a restored snapshot.</summary>
    public void Resynchronize<THost>(ref THost host)
        where THost : struct, IIoApicHost
    {
        for (int pin = 0; pin < Pins; pin++)
            Service(ref host, pin, isEdge: false);
    }

    /// <summary>Reads a register; what does not exist reads zero.</summary>
    /// <returns>False unless the access is 32 bits and aligned.</returns>
    public readonly bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        value = 0;
        if (!Fits(offset, width))
            return false;
        switch ((IoApicWindow)offset)
        {
            case IoApicWindow.IOREGSEL:
                value = _select;
                break;
            case IoApicWindow.IOWIN:
                value = ReadSelected();
                break;
        }
        return true;
    }

    /// <summary>Writes a register; what does not exist ignores it.</summary>
    /// <returns>False unless the access is 32 bits and aligned.</returns>
    public bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, IIoApicHost
    {
        if (!Fits(offset, width))
            return false;
        switch ((IoApicWindow)offset)
        {
            case IoApicWindow.IOREGSEL:
                _select = (byte)value;
                break;
            case IoApicWindow.IOWIN:
                WriteSelected(ref host, (uint)value);
                break;
            case IoApicWindow.EOI:
                EndOfInterrupt(ref host, (byte)value);
                break;
        }
        return true;
    }

    /// <summary>What a pin's entry sends, 0 to 23.</summary>
    public readonly ApicMessage Message(int pin)
    {
        ulong entry = Entry(pin);
        ApicMessage message = default;
        message.Vector = (byte)entry;
        message.Mode = (ApicDeliveryMode)((entry & (ulong)RedirectionBits.ModeMask) >> 8);
        message.IsLogical = (entry & (ulong)RedirectionBits.Logical) != 0;
        message.Destination = (uint)(entry >> 56);
        // Only fixed and lowest-priority interrupts can be level triggered (data sheet, 3.2.4).
        bool canBeLevel = message.Mode is ApicDeliveryMode.Fixed or ApicDeliveryMode.LowestPriority;
        message.IsLevel = canBeLevel && (entry & (ulong)RedirectionBits.Level) != 0;
        return message;
    }

    private static bool Fits(ulong offset, AccessWidth width) => width == AccessWidth.Dword && (offset & 3) == 0 && offset < Size;

    private readonly uint ReadSelected()
    {
        switch ((IoApicRegister)_select)
        {
            case IoApicRegister.IOAPICID or IoApicRegister.IOAPICARB:
                return _id;
            case IoApicRegister.IOAPICVER:
                return Version;
            default:
                int index = _select - (int)IoApicRegister.IOREDTBL;
                return index is < 0 or >= 2 * Pins ? 0 : (uint)(_entries[index >> 1] >> (index & 1) * 32);
        }
    }

    private void WriteSelected<THost>(ref THost host, uint value)
        where THost : struct, IIoApicHost
    {
        if (_select == (byte)IoApicRegister.IOAPICID)
            _id = value & IdMask;
        int index = _select - (int)IoApicRegister.IOREDTBL;
        if (index is < 0 or >= 2 * Pins)
            return;
        int shift = (index & 1) * 32;
        ref ulong entry = ref _entries[index >> 1];
        ulong merged = entry & ~((ulong)uint.MaxValue << shift) | (ulong)value << shift;
        entry = merged & (ulong)RedirectionBits.Writable | entry & (ulong)RedirectionBits.ReadOnly;
        // Old kernels end a stuck interrupt by making the pin edge triggered for a moment: remote IRR has no meaning there.
        if ((entry & (ulong)RedirectionBits.Level) == 0)
            entry &= ~(ulong)RedirectionBits.RemoteIrr;
        host.SetMessage(index >> 1, Message(index >> 1));
        Service(ref host, index >> 1, isEdge: false);
    }

    /// <summary>Sends a pin's interrupt if its entry wants it: level-triggered while asserted and not in service, edge-triggered on an edge.</summary>
    private void Service<THost>(ref THost host, int pin, bool isEdge)
        where THost : struct, IIoApicHost
    {
        ulong entry = _entries[pin];
        bool isLevel = (entry & (ulong)RedirectionBits.Level) != 0;
        if ((entry & (ulong)RedirectionBits.Mask) != 0 || (_levels >> pin & 1) == 0
            || (isLevel ? (entry & (ulong)RedirectionBits.RemoteIrr) != 0 : !isEdge))
        {
            return;
        }
        ApicMessage message = Message(pin);
        if (message.IsLevel)
            _entries[pin] = entry | (ulong)RedirectionBits.RemoteIrr;
        host.Send(in message);
    }
}
