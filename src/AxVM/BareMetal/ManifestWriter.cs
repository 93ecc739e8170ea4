using System.Buffers.Binary;
using System.Text;
using AxVCpu.BareMetal.Hypervisor;

namespace AxVM.BareMetal;

/// <summary>Appends items to a manifest, see <see cref="ArchiveFormat"/>.</summary>
internal sealed class ManifestWriter
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public void Add(ManifestTag tag, string text) => AddItem(tag, Encoding.UTF8.GetBytes(text));

    public void Add(ManifestTag tag, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        AddItem(tag, bytes);
    }

    public void Add(ManifestTag tag, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        AddItem(tag, bytes);
    }

    /// <summary>An item of several fields, each with its size.</summary>
    public void Add(ManifestTag tag, params ReadOnlySpan<(ulong Value, int Size)> fields)
    {
        Span<byte> bytes = stackalloc byte[64];
        int length = 0;
        foreach ((ulong value, int size) in fields)
        {
            for (int i = 0; i < size; i++)
            {
                bytes[length++] = (byte)(value >> (8 * i));
            }
        }

        AddItem(tag, bytes[..length]);
    }

    private void AddItem(ManifestTag tag, ReadOnlySpan<byte> value)
    {
        Span<byte> header = stackalloc byte[ArchiveFormat.ManifestItemHeaderSize];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)tag);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], checked((ushort)value.Length));
        _bytes.AddRange(header);
        _bytes.AddRange(value);
    }
}
