namespace AxVM.Acpi;

/// <summary>Writes resource descriptors (ACPI 6.5, 6.4).</summary>
internal sealed class ResourceTemplate
{
    private const byte IrqTag = 0x22; // small, type 4, 2 bytes: edge, active high
    private const byte IoTag = 0x47; // small, type 8, 7 bytes
    private const byte EndTag = 0x79; // small, type 15, 1 byte
    private const byte Memory32FixedTag = 0x86; // large, type 6
    private const byte ExtendedInterruptTag = 0x89; // large, type 9
    private const byte Decode16 = 1;
    private const byte Writable = 1;
    private const byte ConsumerLevelHigh = 1; // consumer; level, active high, exclusive are zeros

    private readonly List<byte> _bytes = [];

    /// <summary>I/O ports at a fixed place.</summary>
    public ResourceTemplate Ports(ushort first, byte count)
    {
        _bytes.AddRange([IoTag, Decode16, (byte)first, (byte)(first >> 8), (byte)first, (byte)(first >> 8), 1, count]);
        return this;
    }

    /// <summary>An ISA interrupt 0 to 15: edge triggered, active high, exclusive.</summary>
    public ResourceTemplate IsaInterrupt(int number)
    {
        ushort mask = (ushort)(1 << number);
        _bytes.AddRange([IrqTag, (byte)mask, (byte)(mask >> 8)]);
        return this;
    }

    /// <summary>Memory below 4 GiB at a fixed place, read and written.</summary>
    public ResourceTemplate Memory(uint address, uint length)
    {
        _bytes.AddRange([Memory32FixedTag, 9, 0, Writable]);
        _bytes.AddRange(BitConverter.GetBytes(address));
        _bytes.AddRange(BitConverter.GetBytes(length));
        return this;
    }

    /// <summary>A global system interrupt: level triggered, active high, exclusive.</summary>
    public ResourceTemplate LevelInterrupt(uint number)
    {
        _bytes.AddRange([ExtendedInterruptTag, 6, 0, ConsumerLevelHigh, 1]);
        _bytes.AddRange(BitConverter.GetBytes(number));
        return this;
    }

    /// <summary>The descriptors with their end.</summary>
    public byte[] ToArray() => [.. _bytes, EndTag, 0];
}
