using System.Text;

namespace AxVM.Acpi;

/// <summary>Opcodes of the ACPI machine language (ACPI 6.5, table 20.2).</summary>
internal enum AmlOpcode : byte
{
    ZeroOp = 0x00,
    OneOp = 0x01,
    NameOp = 0x08,
    BytePrefix = 0x0A,
    WordPrefix = 0x0B,
    DWordPrefix = 0x0C,
    StringPrefix = 0x0D,
    QWordPrefix = 0x0E,
    ScopeOp = 0x10,
    BufferOp = 0x11,
    PackageOp = 0x12,
    RootChar = 0x5C,
    ExtOpPrefix = 0x5B,
    /// <summary>Behind <see cref="ExtOpPrefix"/>.</summary>
    DeviceOp = 0x82,
}

/// <summary>Writes ACPI machine language: named objects, devices, resources (ACPI 6.5, chapter 20). Only what a table of fixed devices needs.</summary>
internal sealed class AmlWriter
{
    private const int NameLength = 4;

    private readonly List<byte> _bytes = [];

    /// <summary>What is written.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <summary>A scope below the root.</summary>
    public AmlWriter Scope(string name, Action<AmlWriter> body)
    {
        AmlWriter inner = new();
        inner.Put(AmlOpcode.RootChar);
        inner.PutName(name);
        body(inner);
        Put(AmlOpcode.ScopeOp);
        return PutPackage(inner);
    }

    /// <summary>A device in the present scope.</summary>
    public AmlWriter Device(string name, Action<AmlWriter> body)
    {
        AmlWriter inner = new();
        inner.PutName(name);
        body(inner);
        Put(AmlOpcode.ExtOpPrefix);
        Put(AmlOpcode.DeviceOp);
        return PutPackage(inner);
    }

    /// <summary>A named number.</summary>
    public AmlWriter Name(string name, ulong value) => BeginName(name).PutInteger(value);

    /// <summary>A named text.</summary>
    public AmlWriter Name(string name, string text)
    {
        BeginName(name).Put(AmlOpcode.StringPrefix);
        _bytes.AddRange(Encoding.ASCII.GetBytes(text));
        _bytes.Add(0);
        return this;
    }

    /// <summary>A named package of numbers.</summary>
    public AmlWriter NamePackage(string name, params ReadOnlySpan<byte> values)
    {
        AmlWriter inner = new();
        inner._bytes.Add((byte)values.Length);
        foreach (byte value in values)
        {
            inner.PutInteger(value);
        }

        BeginName(name).Put(AmlOpcode.PackageOp);
        return PutPackage(inner);
    }

    /// <summary>The hardware ID of a Plug and Play device, as the compressed number that it is in AML (ACPI 6.5, 19.6.38).</summary>
    /// <param name="id">Three letters and four hexadecimal digits, as PNP0501.</param>
    public AmlWriter HardwareId(string id)
    {
        uint letters = ((uint)(id[0] - '@') << 10) | ((uint)(id[1] - '@') << 5) | (uint)(id[2] - '@');
        uint number = (letters << 16) | Convert.ToUInt32(id[3..], 16);
        return Name("_HID", System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(number));
    }

    /// <summary>The current resources of the device.</summary>
    public AmlWriter Resources(ResourceTemplate resources)
    {
        byte[] template = resources.ToArray();
        AmlWriter inner = new();
        inner.PutInteger((ulong)template.Length);
        inner._bytes.AddRange(template);
        BeginName("_CRS").Put(AmlOpcode.BufferOp);
        return PutPackage(inner);
    }

    private AmlWriter BeginName(string name)
    {
        Put(AmlOpcode.NameOp);
        PutName(name);
        return this;
    }

    private void Put(AmlOpcode opcode) => _bytes.Add((byte)opcode);

    /// <summary>A name segment: four characters, padded with underscores; a leading backslash is the root.</summary>
    private void PutName(string name)
    {
        if (name[0] == '\\')
        {
            Put(AmlOpcode.RootChar);
            name = name[1..];
        }

        _bytes.AddRange(Encoding.ASCII.GetBytes(name.PadRight(NameLength, '_')));
    }

    private AmlWriter PutInteger(ulong value)
    {
        (AmlOpcode prefix, int bytes) = value switch
        {
            0 => (AmlOpcode.ZeroOp, 0),
            1 => (AmlOpcode.OneOp, 0),
            <= byte.MaxValue => (AmlOpcode.BytePrefix, 1),
            <= ushort.MaxValue => (AmlOpcode.WordPrefix, 2),
            <= uint.MaxValue => (AmlOpcode.DWordPrefix, 4),
            _ => (AmlOpcode.QWordPrefix, 8),
        };
        Put(prefix);
        for (int i = 0; i < bytes; i++)
        {
            _bytes.Add((byte)(value >> (8 * i)));
        }

        return this;
    }

    /// <summary>A package length, which counts itself (ACPI 6.5, 20.2.4), and the contents.</summary>
    private AmlWriter PutPackage(AmlWriter inner)
    {
        const int OneByteMaximum = 63;
        int length = inner._bytes.Count;
        if (length + 1 <= OneByteMaximum)
        {
            _bytes.Add((byte)(length + 1));
        }
        else
        {
            // The first byte holds the number of further bytes and the low four bits.
            int further = length + 2 < 1 << 12 ? 1 : length + 3 < 1 << 20 ? 2 : 3;
            int total = length + 1 + further;
            _bytes.Add((byte)((further << 6) | (total & 0xF)));
            for (int i = 0; i < further; i++)
            {
                _bytes.Add((byte)(total >> (4 + (8 * i))));
            }
        }

        _bytes.AddRange(inner._bytes);
        return this;
    }
}
