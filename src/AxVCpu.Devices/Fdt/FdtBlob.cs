namespace AxVCpu.Devices;

/// <summary>
/// A flattened devicetree in memory that is read where it lies, without allocating. <see cref="Open"/> looks at every byte once;
/// after it nothing in the blob can surprise. The memory must not change while it is read.
/// </summary>
public readonly ref struct FdtBlob
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ReadOnlySpan<byte> _structure;
    private readonly ReadOnlySpan<byte> _strings;

    private FdtBlob(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> structure, ReadOnlySpan<byte> strings)
    {
        _bytes = bytes;
        _structure = structure;
        _strings = strings;
    }

    /// <summary>The blob as long as its header says.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The physical id of the CPU that boots.</summary>
    public uint BootCpu => _bytes.IsEmpty ? 0 : Word(_bytes, FdtHeaderWord.BootCpu);

    /// <summary>The root node; it does not exist in a blob that was not opened.</summary>
    public FdtNodeView Root => new FdtNodeView(_structure, _strings, 0, 0).FirstChild;

    /// <summary>A walk over the whole tree.</summary>
    public FdtCursor Walk() => new(_structure, _strings);

    /// <summary>Reads a header word of a blob of at least <see cref="FdtFormat.HeaderSize"/> bytes.</summary>
    public static uint Word(ReadOnlySpan<byte> blob, FdtHeaderWord word) => BigEndian.Get32(blob, (int)word * 4);

    /// <summary>Checks a blob, which may come from anywhere, and opens it.</summary>
    public static FdtStatus Open(ReadOnlySpan<byte> bytes, out FdtBlob blob)
    {
        FdtStatus status = OpenBlocks(bytes, out FdtBlob candidate);
        blob = default;
        if (status != FdtStatus.Ok)
            return status;
        FdtCursor cursor = candidate.Walk();
        while (true)
        {
            FdtItem item = cursor.Next();
            if (item == FdtItem.Malformed)
                return cursor.Problem;
            if (item == FdtItem.End)
                break;
        }
        blob = candidate;
        return FdtStatus.Ok;
    }

    /// <summary>Checks the header and where the blocks lie; the structure block is then for <see cref="Walk"/> to check.</summary>
    public static FdtStatus OpenBlocks(ReadOnlySpan<byte> bytes, out FdtBlob blob)
    {
        blob = default;
        if (bytes.Length < FdtFormat.HeaderSize)
            return FdtStatus.TooShort;
        if (Word(bytes, FdtHeaderWord.Magic) != FdtFormat.Magic)
            return FdtStatus.BadMagic;
        uint total = Word(bytes, FdtHeaderWord.TotalSize);
        if (total < FdtFormat.HeaderSize || total > (uint)bytes.Length || total > FdtFormat.MaximumSize)
            return FdtStatus.BadSize;
        if (Word(bytes, FdtHeaderWord.Version) < FdtFormat.Version || Word(bytes, FdtHeaderWord.LastCompatibleVersion) > FdtFormat.Version)
            return FdtStatus.BadVersion;
        bytes = bytes.Slice(0, (int)total);
        if (!TryBlock(bytes, FdtHeaderWord.StructureOffset, FdtHeaderWord.StructureSize, out ReadOnlySpan<byte> structure))
            return FdtStatus.BadStructureBlock;
        if (!TryBlock(bytes, FdtHeaderWord.StringsOffset, FdtHeaderWord.StringsSize, out ReadOnlySpan<byte> strings))
            return FdtStatus.BadStringsBlock;
        var candidate = new FdtBlob(bytes, structure, strings);
        int index = 0;
        while (candidate.TryReservation(index, out _, out _))
            index++;
        // The list ends with an entry of zeroes, not with the blob.
        if (candidate.ReservationAt(index) > (uint)bytes.Length - FdtFormat.ReservationSize)
            return FdtStatus.OpenReservations;
        blob = candidate;
        return FdtStatus.Ok;
    }

    /// <summary>Reads an entry of the memory reservation block.</summary>
    /// <returns>False when there are not more than <paramref name="index"/> entries.</returns>
    public bool TryReservation(int index, out ulong address, out ulong size)
    {
        address = 0;
        size = 0;
        ulong at = ReservationAt(index);
        if (index < 0 || _bytes.Length < FdtFormat.HeaderSize || at > (uint)_bytes.Length - FdtFormat.ReservationSize)
            return false;
        address = BigEndian.Get64(_bytes, (int)at);
        size = BigEndian.Get64(_bytes, (int)at + 8);
        return (address | size) != 0;
    }

    private ulong ReservationAt(int index) =>
        _bytes.IsEmpty ? 0 : Word(_bytes, FdtHeaderWord.ReservationsOffset) + (ulong)(uint)index * FdtFormat.ReservationSize;

    private static bool TryBlock(ReadOnlySpan<byte> bytes, FdtHeaderWord offset, FdtHeaderWord size, out ReadOnlySpan<byte> block)
    {
        uint start = Word(bytes, offset);
        uint length = Word(bytes, size);
        bool inside = start <= (uint)bytes.Length && length <= (uint)bytes.Length - start;
        block = inside ? bytes.Slice((int)start, (int)length) : default;
        return inside;
    }
}
