namespace AxVCpu.Devices;

/// <summary>Constants of the flattened devicetree (Devicetree Specification v0.4, chapter 5), version 17.</summary>
public static class FdtFormat
{
    /// <summary>The header's first word (5.2).</summary>
    public const uint Magic = 0xd00d_feed;

    /// <summary>Bytes of the header: ten big-endian words (5.2).</summary>
    public const int HeaderSize = 40;

    /// <summary>The version read and written.</summary>
    public const uint Version = 17;

    /// <summary>The oldest version that what is written is compatible to.</summary>
    public const uint LastCompatibleVersion = 16;

    /// <summary>The largest blob that is read, in bytes: as much as Linux takes.</summary>
    public const int MaximumSize = 2 << 20;

    /// <summary>How deep nodes may nest, the root included.</summary>
    public const int MaximumDepth = 64;

    /// <summary>
    /// The longest property name that is read. The specification allows 31 characters (2.2.4.1); a bound at all keeps overlapping
    /// names from multiplying a blob's size.
    /// </summary>
    public const int MaximumNameLength = 255;

    /// <summary>Bytes of an entry of the memory reservation block (5.3).</summary>
    public const int ReservationSize = 16;
}

/// <summary>The header's words (5.2), each the index of a big-endian 32-bit word.</summary>
public enum FdtHeaderWord
{
    /// <summary>The magic number.</summary>
    Magic,
    /// <summary>Bytes of the whole blob.</summary>
    TotalSize,
    /// <summary>Offset of the structure block.</summary>
    StructureOffset,
    /// <summary>Offset of the strings block.</summary>
    StringsOffset,
    /// <summary>Offset of the memory reservation block.</summary>
    ReservationsOffset,
    /// <summary>The version.</summary>
    Version,
    /// <summary>The oldest version this one is compatible to.</summary>
    LastCompatibleVersion,
    /// <summary>The physical id of the CPU that boots.</summary>
    BootCpu,
    /// <summary>Bytes of the strings block.</summary>
    StringsSize,
    /// <summary>Bytes of the structure block.</summary>
    StructureSize,
}

/// <summary>The tokens of the structure block (5.4.1).</summary>
public enum FdtToken : uint
{
    /// <summary>A node begins; its name follows.</summary>
    BeginNode = 1,
    /// <summary>The node ends.</summary>
    EndNode = 2,
    /// <summary>A property: value length, offset of its name, value.</summary>
    Property = 3,
    /// <summary>To be skipped.</summary>
    Nop = 4,
    /// <summary>The structure block ends.</summary>
    End = 9,
}

/// <summary>What is wrong with a blob.</summary>
public enum FdtStatus : byte
{
    /// <summary>Nothing.</summary>
    Ok,
    /// <summary>Fewer bytes than the header.</summary>
    TooShort,
    /// <summary>Another magic number.</summary>
    BadMagic,
    /// <summary>The header names a size that the blob does not have, or that is too large.</summary>
    BadSize,
    /// <summary>A version that is not compatible to 17.</summary>
    BadVersion,
    /// <summary>The structure block lies outside the blob.</summary>
    BadStructureBlock,
    /// <summary>The strings block lies outside the blob.</summary>
    BadStringsBlock,
    /// <summary>The memory reservation block is not closed.</summary>
    OpenReservations,
    /// <summary>The structure block ends within an item.</summary>
    Truncated,
    /// <summary>A node's name is not closed.</summary>
    OpenNodeName,
    /// <summary>A property's name is not one.</summary>
    BadPropertyName,
    /// <summary>A token that does not exist.</summary>
    BadToken,
    /// <summary>Nodes nest too deep.</summary>
    TooDeep,
    /// <summary>A second root node.</summary>
    SecondRoot,
    /// <summary>A node ends that did not begin.</summary>
    UnmatchedEnd,
    /// <summary>A property outside of every node.</summary>
    PropertyOutsideNode,
    /// <summary>The structure block's end is inside a node, or there is no node.</summary>
    OpenNode,
}

/// <summary>Big-endian numbers in byte buffers; the buffer must hold them.</summary>
internal static class BigEndian
{
    internal static uint Get32(ReadOnlySpan<byte> bytes, int offset) =>
        (uint)bytes[offset] << 24 | (uint)bytes[offset + 1] << 16 | (uint)bytes[offset + 2] << 8 | bytes[offset + 3];

    internal static ulong Get64(ReadOnlySpan<byte> bytes, int offset) => (ulong)Get32(bytes, offset) << 32 | Get32(bytes, offset + 4);

    internal static void Put32(Span<byte> bytes, int offset, uint value)
    {
        bytes[offset] = (byte)(value >> 24);
        bytes[offset + 1] = (byte)(value >> 16);
        bytes[offset + 2] = (byte)(value >> 8);
        bytes[offset + 3] = (byte)value;
    }
}
