namespace AxVCpu.Devices;

/// <summary>
/// Guest memory as a device sees it. Every member answers false, having moved nothing the caller may rely on, when any part of
/// the range is not guest memory or does not permit the access; none ever throws for what a guest asks.
/// </summary>
public interface IGuestDma
{
    /// <summary>Copies guest memory at a guest-physical address into <paramref name="destination"/>.</summary>
    bool Read(ulong address, Span<byte> destination);

    /// <summary>Copies <paramref name="source"/> to guest memory at a guest-physical address.</summary>
    bool Write(ulong address, ReadOnlySpan<byte> source);

    /// <summary>Reads a little-endian 16-bit word, in one access with acquire semantics; false also when the address is odd.</summary>
    bool ReadIndex(ulong address, out ushort value);

    /// <summary>Writes a little-endian 16-bit word, in one access with release semantics; false also when the address is odd.</summary>
    bool WriteIndex(ulong address, ushort value);
}

/// <summary>Little-endian fields in byte buffers; the buffer must hold them.</summary>
internal static class LittleEndian
{
    internal static ulong Get(ReadOnlySpan<byte> bytes, int offset, int size)
    {
        ulong value = 0;
        for (int index = 0; index < size; index++)
            value |= (ulong)bytes[offset + index] << index * 8;
        return value;
    }

    internal static void Put(Span<byte> bytes, int offset, int size, ulong value)
    {
        for (int index = 0; index < size; index++)
            bytes[offset + index] = (byte)(value >> index * 8);
    }
}
