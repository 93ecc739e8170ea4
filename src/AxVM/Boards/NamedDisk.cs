using AxVCpu.Devices;

namespace AxVM.Boards;

/// <summary>A disk that tells the guest a serial of its configuration instead of its own. The disk below stays its owner's to dispose.</summary>
internal sealed class NamedDisk(IBlockBackend disk, string serial) : IBlockBackend
{
    public string Identity => serial;

    public long Capacity => disk.Capacity;

    public bool IsReadOnly => disk.IsReadOnly;

    public void Read(long offset, Span<byte> destination) => disk.Read(offset, destination);

    public void Write(long offset, ReadOnlySpan<byte> source) => disk.Write(offset, source);

    public void Flush() => disk.Flush();

    public void Dispose()
    {
    }
}
