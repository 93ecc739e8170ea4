using AxVCpu;
using AxVCpu.Devices;

namespace AxVM.Boards;

/// <summary>
/// System control port A of the PS/2 (0x92): the gate of address line 20, which is always open, and a fast reset of the processor.
/// </summary>
internal sealed class X64SystemControlA(IPowerHost power) : IBusDevice
{
    private const byte FastReset = 1 << 0;
    private const byte A20Open = 1 << 1;

    public string Name => "system-control-a";

    public ulong Size => 1;

    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        value = A20Open;
        return true;
    }

    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        if ((value & FastReset) != 0)
        {
            power.Reset();
        }

        return true;
    }
}

/// <summary>
/// The PM1a control register where Bochs, and QEMU before version 2.0, had it (0xB004): small kernels that read no ACPI tables write
/// SLP_EN with the sleep type 0 there to switch off.
/// </summary>
internal sealed class X64BochsPowerPort(IPowerHost power) : IBusDevice
{
    private const ushort SleepEnable = 1 << 13;

    public string Name => "bochs-power";

    public ulong Size => 2;

    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        value = 0;
        return true;
    }

    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        if (((value << (int)(offset * 8)) & SleepEnable) != 0)
        {
            power.PowerOff();
        }

        return true;
    }
}

/// <summary>Bochs' shutdown port (0x8900): the word "Shutdown", written byte by byte, switches off. Thread safe.</summary>
internal sealed class X64BochsShutdownPort(IPowerHost power) : IBusDevice, IResettable
{
    private readonly Lock _lock = new();
    private int _matched;

    private static ReadOnlySpan<byte> Word => "Shutdown"u8;

    public string Name => "bochs-shutdown";

    public ulong Size => 1;

    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        value = 0;
        return true;
    }

    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        lock (_lock)
        {
            _matched = (byte)value == Word[_matched] ? _matched + 1 : (byte)value == Word[0] ? 1 : 0;
            if (_matched == Word.Length)
            {
                _matched = 0;
                power.PowerOff();
            }
        }

        return true;
    }

    public void Reset()
    {
        lock (_lock)
        {
            _matched = 0;
        }
    }
}
