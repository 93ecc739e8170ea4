namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>Walks over the items of a manifest.</summary>
internal ref struct ManifestReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;

    internal ManifestReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _at = 0;
        IsMalformed = false;
    }

    /// <summary>Whether the walk ended at an item that reaches beyond the end.</summary>
    internal bool IsMalformed { get; private set; }

    /// <summary>Goes to the next item.</summary>
    /// <returns>False at the end; see <see cref="IsMalformed"/>.</returns>
    internal bool Next(out ManifestTag tag, out ReadOnlySpan<byte> value)
    {
        tag = ManifestTag.None;
        value = default;
        int left = _bytes.Length - _at;
        if (left == 0 || IsMalformed)
            return false;
        int length = left >= ArchiveFormat.ManifestItemHeaderSize ? LittleEndianBytes.U16(_bytes, _at + 2) : left;
        if (length > left - ArchiveFormat.ManifestItemHeaderSize)
        {
            IsMalformed = true;
            return false;
        }
        tag = (ManifestTag)LittleEndianBytes.U16(_bytes, _at);
        value = _bytes.Slice(_at + ArchiveFormat.ManifestItemHeaderSize, length);
        _at += ArchiveFormat.ManifestItemHeaderSize + length;
        return true;
    }
}
