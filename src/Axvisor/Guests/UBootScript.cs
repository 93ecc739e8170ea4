using System.Buffers.Binary;
using System.Text;

namespace Axvisor.Guests;

/// <summary>Wraps a script in the image header that U-Boot looks for (its legacy "uImage" form).</summary>
internal static class UBootScript
{
    private const uint Magic = 0x2705_1956;
    private const byte SystemLinux = 5;
    private const byte ArchitectureRiscv = 26;
    private const byte TypeScript = 6;
    private const int HeaderBytes = 64;

    /// <summary>Makes a boot.scr.</summary>
    /// <param name="script">U-Boot commands, a line each.</param>
    internal static byte[] Wrap(string script)
    {
        // A script image begins with the lengths of its parts, ended by 0.
        byte[] text = Encoding.ASCII.GetBytes(script);
        byte[] data = new byte[8 + text.Length];
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)text.Length);
        text.CopyTo(data, 8);

        byte[] image = new byte[HeaderBytes + data.Length];
        BinaryPrimitives.WriteUInt32BigEndian(image, Magic);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(12), (uint)data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(24), Crc32(data));
        image[28] = SystemLinux;
        image[29] = ArchitectureRiscv;
        image[30] = TypeScript;
        "axvisor"u8.CopyTo(image.AsSpan(32));
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(4), Crc32(image.AsSpan(0, HeaderBytes))); // over the header with a zero here
        data.CopyTo(image, HeaderBytes);
        return image;
    }

    /// <summary>CRC-32 as in Ethernet and zip.</summary>
    internal static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        const uint ReflectedPolynomial = 0xEDB8_8320;
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ ReflectedPolynomial : crc >> 1;
        }
        return ~crc;
    }
}
