using System.Buffers.Binary;
using System.Text;
using AxVCpu.BareMetal.Hypervisor;
using AxVM.Boot;

namespace AxVM.BareMetal;

/// <summary>
/// The guests that travel beside a bare-metal image: each VM's configuration compiled to a manifest, and the files it needs. Files that
/// several VMs share are stored once.
/// </summary>
/// <remarks>Not thread safe.</remarks>
public sealed class GuestArchive
{
    private readonly List<(ArchiveEntryKind Kind, string Name, ReadOnlyMemory<byte> Data)> _entries = [];
    private readonly Dictionary<string, uint> _files = new(StringComparer.Ordinal);
    private readonly HashSet<uint> _ids = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>The most vCPUs of one VM.</summary>
    public const int MaximumVCpus = ArchiveFormat.MaxVCpus;

    /// <summary>How many VMs were added.</summary>
    public int VmCount => _ids.Count;

    /// <summary>Adds a VM and the files it names.</summary>
    /// <param name="config">What it is.</param>
    /// <param name="options">How the hypervisor treats it.</param>
    /// <exception cref="Config.ConfigException">A field asks for what a bare-metal VM cannot have; all such fields are named.</exception>
    /// <exception cref="ImageException">A file is missing, malformed or does not fit.</exception>
    public void Add(VmConfig config, GuestArchiveOptions options = GuestArchiveOptions.None)
    {
        ArgumentNullException.ThrowIfNull(config);
        BareMetalConfig checkedConfig = BareMetalConfig.From(config, _ids, _names);
        ManifestWriter manifest = new();
        checkedConfig.WriteTo(manifest, (VmFlags)options, AddFile);
        _ids.Add(config.Base.Id);
        _names.Add(config.Base.Name);
        AddEntry(ArchiveEntryKind.Manifest, config.Base.Name, manifest.ToArray());
    }

    /// <summary>Writes the archive.</summary>
    /// <param name="output">Where it goes; need not seek.</param>
    public void Write(Stream output)
    {
        ArgumentNullException.ThrowIfNull(output);
        byte[][] names = [.. _entries.Select(entry => Encoding.UTF8.GetBytes(entry.Name))];
        int described = ArchiveFormat.HeaderSize + (_entries.Count * ArchiveFormat.EntrySize) + names.Sum(name => name.Length)
            + _entries.Where(entry => entry.Kind == ArchiveEntryKind.Manifest).Sum(entry => entry.Data.Length);
        byte[] head = new byte[described];
        int next = ArchiveFormat.HeaderSize + (_entries.Count * ArchiveFormat.EntrySize);
        ulong size = (ulong)described;
        List<(ulong Offset, ReadOnlyMemory<byte> Data)> files = [];
        for (int i = 0; i < _entries.Count; i++)
        {
            (ArchiveEntryKind kind, _, ReadOnlyMemory<byte> data) = _entries[i];
            Span<byte> entry = head.AsSpan(ArchiveFormat.HeaderSize + (i * ArchiveFormat.EntrySize), ArchiveFormat.EntrySize);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[ArchiveFormat.EntryKindAt..], (uint)kind);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[ArchiveFormat.EntryNameLengthAt..], (uint)names[i].Length);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[ArchiveFormat.EntryNameAt..], (ulong)next);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[ArchiveFormat.EntryDataSizeAt..], (ulong)data.Length);
            names[i].CopyTo(head, next);
            next += names[i].Length;
            ulong at;
            if (kind == ArchiveEntryKind.Manifest)
            {
                at = (ulong)next;
                data.Span.CopyTo(head.AsSpan(next));
                next += data.Length;
            }
            else
            {
                at = (size + ArchiveFormat.FileAlignment - 1) & ~(ulong)(ArchiveFormat.FileAlignment - 1);
                files.Add((at, data));
                size = at + (ulong)data.Length;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(entry[ArchiveFormat.EntryDataAt..], at);
        }

        WriteHeader(head, size);
        output.Write(head);
        ulong written = (ulong)head.Length;
        foreach ((ulong offset, ReadOnlyMemory<byte> data) in files)
        {
            output.Write(new byte[offset - written]);
            output.Write(data.Span);
            written = offset + (ulong)data.Length;
        }
    }

    private void WriteHeader(byte[] head, ulong size)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(head, ArchiveFormat.Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(ArchiveFormat.VersionAt), ArchiveFormat.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(ArchiveFormat.HeaderSizeAt), ArchiveFormat.HeaderSize);
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(ArchiveFormat.ArchiveSizeAt), size);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(ArchiveFormat.EntryCountAt), (uint)_entries.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(ArchiveFormat.DescribedSizeAt), (uint)head.Length);
        uint checksum = ArchiveFormat.Checksum(head.AsSpan(ArchiveFormat.ChecksumFrom));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(ArchiveFormat.ChecksumAt), checksum);
    }

    private uint AddFile(string name, ReadOnlyMemory<byte> data)
    {
        string key = $"{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(data.Span))}:{data.Length}";
        if (!_files.TryGetValue(key, out uint index))
        {
            index = AddEntry(ArchiveEntryKind.File, name, data);
            _files.Add(key, index);
        }

        return index;
    }

    private uint AddEntry(ArchiveEntryKind kind, string name, ReadOnlyMemory<byte> data)
    {
        if (_entries.Count == ArchiveFormat.MaxEntries)
        {
            throw new ImageException(name, $"is one file too many: an archive holds at most {ArchiveFormat.MaxEntries} entries");
        }

        if (Encoding.UTF8.GetByteCount(name) > ArchiveFormat.MaxNameLength)
        {
            name = name[^(ArchiveFormat.MaxNameLength / 4)..]; // at most four bytes each
        }

        _entries.Add((kind, name, data));
        return (uint)_entries.Count - 1;
    }
}

/// <summary>How the hypervisor treats a VM of the archive.</summary>
[Flags]
public enum GuestArchiveOptions
{
    /// <summary>The VM waits for a command of the shell.</summary>
    None = 0,

    /// <summary>It starts with the hypervisor.</summary>
    AutoStart = 1,

    /// <summary>When all VMs with this option have ended, the machine is powered off.</summary>
    EndsMachine = 2,
}
