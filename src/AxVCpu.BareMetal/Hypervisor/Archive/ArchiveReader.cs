namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>Why an archive cannot be used.</summary>
internal enum ArchiveStatus : byte
{
    Ok,

    /// <summary>It is shorter than its header, or than the header says.</summary>
    Truncated,

    /// <summary>It is something else.</summary>
    NotAnArchive,

    /// <summary>It was written by tools of another version.</summary>
    UnknownVersion,

    /// <summary>Its entries are not where they can be.</summary>
    BadTable,

    /// <summary>Its description was changed after it was written.</summary>
    BadChecksum,
}

/// <summary>One entry: what it is, its name and its bytes.</summary>
internal readonly ref struct ArchiveEntry
{
    internal ArchiveEntry(ArchiveEntryKind kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        Kind = kind;
        Name = name;
        Data = data;
    }

    internal ArchiveEntryKind Kind { get; }

    internal ReadOnlySpan<byte> Name { get; }

    internal ReadOnlySpan<byte> Data { get; }
}

/// <summary>
/// Reads an archive that anybody may have written: everything is checked once in <see cref="Open"/>, after which an entry's name and data
/// always lie inside.
/// </summary>
internal readonly ref struct ArchiveReader
{
    private readonly ReadOnlySpan<byte> _bytes;

    private ArchiveReader(ReadOnlySpan<byte> bytes, int count)
    {
        _bytes = bytes;
        Count = count;
    }

    /// <summary>How many entries there are.</summary>
    internal int Count { get; }

    /// <summary>Checks an archive.</summary>
    /// <param name="bytes">The archive; more may follow it, as when a loader rounds sizes up.</param>
    /// <param name="archive">The archive, when the result is Ok.</param>
    internal static ArchiveStatus Open(ReadOnlySpan<byte> bytes, out ArchiveReader archive)
    {
        archive = default;
        if (bytes.Length < ArchiveFormat.HeaderSize)
            return ArchiveStatus.Truncated;
        if (LittleEndianBytes.U64(bytes, 0) != ArchiveFormat.Magic)
            return ArchiveStatus.NotAnArchive;
        if (LittleEndianBytes.U32(bytes, ArchiveFormat.VersionAt) != ArchiveFormat.Version
            || LittleEndianBytes.U32(bytes, ArchiveFormat.HeaderSizeAt) != ArchiveFormat.HeaderSize)
        {
            return ArchiveStatus.UnknownVersion;
        }
        ulong size = LittleEndianBytes.U64(bytes, ArchiveFormat.ArchiveSizeAt);
        if (size > (ulong)bytes.Length)
            return ArchiveStatus.Truncated;
        uint count = LittleEndianBytes.U32(bytes, ArchiveFormat.EntryCountAt);
        uint described = LittleEndianBytes.U32(bytes, ArchiveFormat.DescribedSizeAt);
        if (count > ArchiveFormat.MaxEntries || described > size || described < ArchiveFormat.HeaderSize + (count * ArchiveFormat.EntrySize))
            return ArchiveStatus.BadTable;
        bytes = bytes.Slice(0, (int)size);
        int from = ArchiveFormat.ChecksumFrom;
        if (ArchiveFormat.Checksum(bytes.Slice(from, (int)described - from)) != LittleEndianBytes.U32(bytes, ArchiveFormat.ChecksumAt))
            return ArchiveStatus.BadChecksum;
        for (int i = 0; i < (int)count; i++)
        {
            int at = ArchiveFormat.HeaderSize + (i * ArchiveFormat.EntrySize);
            uint nameLength = LittleEndianBytes.U32(bytes, at + ArchiveFormat.EntryNameLengthAt);
            if (nameLength > ArchiveFormat.MaxNameLength
                || !IsInside(size, LittleEndianBytes.U64(bytes, at + ArchiveFormat.EntryNameAt), nameLength)
                || !IsInside(size, LittleEndianBytes.U64(bytes, at + ArchiveFormat.EntryDataAt), LittleEndianBytes.U64(bytes, at + ArchiveFormat.EntryDataSizeAt)))
            {
                return ArchiveStatus.BadTable;
            }
        }
        archive = new ArchiveReader(bytes, (int)count);
        return ArchiveStatus.Ok;
    }

    /// <summary>An entry by its number.</summary>
    /// <returns>False when there are not that many.</returns>
    internal bool TryGet(uint index, out ArchiveEntry entry)
    {
        entry = default;
        if (index >= (uint)Count)
            return false;
        int at = ArchiveFormat.HeaderSize + ((int)index * ArchiveFormat.EntrySize);
        entry = new ArchiveEntry(
            (ArchiveEntryKind)LittleEndianBytes.U32(_bytes, at + ArchiveFormat.EntryKindAt),
            _bytes.Slice((int)LittleEndianBytes.U64(_bytes, at + ArchiveFormat.EntryNameAt), (int)LittleEndianBytes.U32(_bytes, at + ArchiveFormat.EntryNameLengthAt)),
            _bytes.Slice((int)LittleEndianBytes.U64(_bytes, at + ArchiveFormat.EntryDataAt), (int)LittleEndianBytes.U64(_bytes, at + ArchiveFormat.EntryDataSizeAt)));
        return true;
    }

    /// <summary>The bytes of a file entry.</summary>
    /// <returns>False when there is no such entry, or it is no file.</returns>
    internal bool TryGetFile(uint index, out ReadOnlySpan<byte> data)
    {
        bool found = TryGet(index, out ArchiveEntry entry) && entry.Kind == ArchiveEntryKind.File;
        data = found ? entry.Data : default;
        return found;
    }

    private static bool IsInside(ulong size, ulong offset, ulong length) => offset <= size && length <= size - offset;
}

/// <summary>Fields in byte order of the archive. The caller answers for the bounds; a slip ends in the span's own check.</summary>
internal static class LittleEndianBytes
{
    internal static ushort U16(ReadOnlySpan<byte> bytes, int at) => (ushort)(bytes[at] | bytes[at + 1] << 8);

    internal static uint U32(ReadOnlySpan<byte> bytes, int at) => U16(bytes, at) | (uint)U16(bytes, at + 2) << 16;

    internal static ulong U64(ReadOnlySpan<byte> bytes, int at) => U32(bytes, at) | (ulong)U32(bytes, at + 4) << 32;
}
