using System.Buffers.Binary;
using System.Text;

namespace AxVCpu.Devices;

/// <summary>What a firmware configuration device tells: items by key, and named ones, which are called files. Not thread safe.</summary>
public sealed class FwCfgItems
{
    // struct FWCfgFile: size 4, key 2, reserved 2, name 56 with its closing zero; the numbers big-endian.
    private const int FileEntrySize = 64;
    private const int FileNameAt = 8;
    private const int LongestName = FileEntrySize - FileNameAt - 1;

    private readonly Dictionary<FwCfgKey, ReadOnlyMemory<byte>> _items = [];
    private readonly SortedDictionary<string, ReadOnlyMemory<byte>> _files = new(StringComparer.Ordinal);

    /// <summary>The items that every machine has.</summary>
    /// <param name="cpus">Number of CPUs, 1 to 65535.</param>
    /// <param name="ramBytes">Bytes of RAM.</param>
    /// <param name="features">What the interface can do.</param>
    public FwCfgItems(int cpus, ulong ramBytes, FwCfgFeatures features)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cpus);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cpus, ushort.MaxValue);
        _items[FwCfgKey.Signature] = "QEMU"u8.ToArray();
        Add(FwCfgKey.Id, (uint)features);
        byte[] ram = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(ram, ramBytes);
        _items[FwCfgKey.RamSize] = ram;
        AddCount(FwCfgKey.CpuCount, (ushort)cpus);
        AddCount(FwCfgKey.MaxCpus, (ushort)cpus);
        WriteDirectory();
    }

    /// <summary>Adds or replaces an item.</summary>
    public void Add(FwCfgKey key, ReadOnlyMemory<byte> data) => _items[key] = data;

    /// <summary>Adds or replaces an item of 32 bits.</summary>
    public void Add(FwCfgKey key, uint value)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _items[key] = bytes;
    }

    /// <summary>Adds or replaces a named item; the keys of all named ones follow the order of their names.</summary>
    /// <param name="name">1 to 55 ASCII characters, such as <c>opt/org.example/data</c>.</param>
    /// <param name="data">Its bytes.</param>
    public void AddFile(string name, ReadOnlyMemory<byte> data)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, LongestName, nameof(name));
        _files[name] = data;
        WriteDirectory();
    }

    /// <summary>Copies bytes of an item from an offset on; zero past its end, and of an item that there is not.</summary>
    internal void Read(FwCfgKey key, uint offset, Span<byte> destination)
    {
        int copied = 0;
        if (_items.TryGetValue(key, out ReadOnlyMemory<byte> item) && offset < (uint)item.Length)
        {
            copied = int.Min(destination.Length, item.Length - (int)offset);
            item.Span.Slice((int)offset, copied).CopyTo(destination);
        }
        destination[copied..].Clear();
    }

    private void AddCount(FwCfgKey key, ushort value)
    {
        byte[] bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        _items[key] = bytes;
    }

    // struct FWCfgFiles: how many, then an entry for each.
    private void WriteDirectory()
    {
        byte[] directory = new byte[sizeof(uint) + FileEntrySize * _files.Count];
        BinaryPrimitives.WriteInt32BigEndian(directory, _files.Count);
        int index = 0;
        foreach ((string name, ReadOnlyMemory<byte> data) in _files)
        {
            FwCfgKey key = FwCfgKey.FirstFile + (ushort)index;
            Span<byte> entry = directory.AsSpan(sizeof(uint) + FileEntrySize * index++, FileEntrySize);
            BinaryPrimitives.WriteInt32BigEndian(entry, data.Length);
            BinaryPrimitives.WriteUInt16BigEndian(entry[4..], (ushort)key);
            Encoding.ASCII.GetBytes(name, entry[FileNameAt..]);
            _items[key] = data;
        }
        _items[FwCfgKey.FileDirectory] = directory;
    }
}
