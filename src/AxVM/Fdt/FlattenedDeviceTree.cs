using AxVCpu.Devices;

namespace AxVM.Fdt;

/// <summary>
/// A devicetree and its flattened form (Devicetree Specification v0.4, chapter 5): header, memory reservation
/// block, structure block and strings block, all numbers big-endian, version 17.
/// </summary>
public sealed class FlattenedDeviceTree
{
    /// <summary>The header's first word (5.2).</summary>
    public const uint Magic = FdtFormat.Magic;

    /// <summary>The largest blob that is read, in bytes: as much as Linux takes.</summary>
    public const int MaximumSize = FdtFormat.MaximumSize;

    /// <summary>The root node.</summary>
    public FdtNode Root { get; init; } = new(string.Empty);

    /// <summary>The memory reservation block's entries.</summary>
    public IList<FdtReservation> Reservations { get; init; } = [];

    /// <summary>The physical id of the CPU that boots.</summary>
    public uint BootCpu { get; set; }

    /// <summary>Reads a blob, which may come from anywhere.</summary>
    /// <exception cref="FdtException">The blob is malformed; nothing else is thrown whatever it holds.</exception>
    public static FlattenedDeviceTree Read(ReadOnlySpan<byte> blob) => FdtReader.Read(blob);

    /// <summary>The whole blob, exactly as long as its header says.</summary>
    /// <exception cref="FdtException">The tree cannot be flattened: it nests too deep, or a property has no name.</exception>
    public byte[] ToBlob() => new FdtFlattener(this).ToBlob();

    /// <summary>The tree as readable source text (Devicetree Specification v0.4, chapter 6).</summary>
    public string ToDts() => DtsWriter.Write(this);
}
