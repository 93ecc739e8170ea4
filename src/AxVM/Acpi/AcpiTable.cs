using System.Buffers.Binary;
using System.Text;

namespace AxVM.Acpi;

/// <summary>A system description table while it is written: fields little-endian, header and checksum by <see cref="Finish"/> (ACPI 6.5, 5.2.6).</summary>
internal sealed class AcpiTable
{
    /// <summary>Bytes of the header that all tables share.</summary>
    public const int HeaderSize = 36;

    private const int LengthAt = 4;
    private const int ChecksumAt = 9;
    private const uint OemRevision = 1;
    private const uint CreatorRevision = 1;

    private readonly List<byte> _bytes = [];

    /// <summary>Begins a table.</summary>
    /// <param name="signature">Four characters.</param>
    /// <param name="revision">The revision of the table's layout.</param>
    public AcpiTable(string signature, byte revision)
    {
        Text(signature, 4);
        Dword(0);
        Byte(revision);
        Byte(0);
        Text("AXVCPU", 6);
        Text("AXVMVIRT", 8);
        Dword(OemRevision);
        Text("AXVM", 4);
        Dword(CreatorRevision);
    }

    /// <summary>How many bytes are written.</summary>
    public int Length => _bytes.Count;

    public AcpiTable Byte(byte value)
    {
        _bytes.Add(value);
        return this;
    }

    public AcpiTable Word(ushort value) => Number(value, sizeof(ushort));

    public AcpiTable Dword(uint value) => Number(value, sizeof(uint));

    public AcpiTable Qword(ulong value) => Number(value, sizeof(ulong));

    public AcpiTable Zeros(int count) => Bytes(new byte[count]);

    public AcpiTable Bytes(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            _bytes.Add(value);
        }

        return this;
    }

    /// <summary>ASCII characters, padded with zeros to <paramref name="length"/>.</summary>
    public AcpiTable Text(string text, int length)
    {
        byte[] bytes = new byte[length];
        Encoding.ASCII.GetBytes(text, bytes);
        return Bytes(bytes);
    }

    /// <summary>A generic address structure (ACPI 6.5, table 5.1) for registers in I/O ports; no port is none at all.</summary>
    /// <param name="port">The first port, 0 for an absent block.</param>
    /// <param name="bits">The width of a register.</param>
    public AcpiTable PortAddress(ushort port, byte bits)
    {
        const byte SystemIo = 1;
        return port == 0 ? Zeros(12) : Byte(SystemIo).Byte(bits).Byte(0).Byte((byte)(bits switch { 8 => 1, 16 => 2, _ => 3 })).Qword(port);
    }

    /// <summary>The table with length and checksum: all its bytes add up to zero.</summary>
    public byte[] Finish()
    {
        byte[] table = [.. _bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(LengthAt), (uint)table.Length);
        table[ChecksumAt] = 0;
        table[ChecksumAt] = Checksum(table);
        return table;
    }

    /// <summary>The byte that makes the sum of all zero.</summary>
    public static byte Checksum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (byte value in bytes)
        {
            sum += value;
        }

        return (byte)-sum;
    }

    private AcpiTable Number(ulong value, int bytes)
    {
        for (int i = 0; i < bytes; i++)
        {
            _bytes.Add((byte)(value >> (8 * i)));
        }

        return this;
    }
}
