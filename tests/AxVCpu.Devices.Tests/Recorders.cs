namespace AxVCpu.Devices.Tests;

/// <summary>A wire that remembers.</summary>
internal sealed class RecordedLine : IInterruptLine
{
    public bool Level { get; private set; }

    public int Changes { get; private set; }

    public void Set(bool level)
    {
        if (level != Level)
            Changes++;
        Level = level;
    }
}

/// <summary>Registers of a bus device, with the answer asserted.</summary>
internal static class Registers
{
    public static ulong Get(this IBusDevice device, ulong offset, AccessWidth width = AccessWidth.Dword)
    {
        Assert.True(device.Read(offset, width, out ulong value), $"{device.Name} did not answer a read at 0x{offset:x}");
        return value;
    }

    public static void Put(this IBusDevice device, ulong offset, ulong value, AccessWidth width = AccessWidth.Dword) =>
        Assert.True(device.Write(offset, width, value), $"{device.Name} did not answer a write at 0x{offset:x}");
}
