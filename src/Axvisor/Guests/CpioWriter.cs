using System.Text;

namespace Axvisor.Guests;

/// <summary>Writes an initramfs: a cpio archive in the "newc" form (magic 070701) that the Linux kernel unpacks into its first root.</summary>
/// <remarks>
/// The bytes depend only on what is added: owners are root, times are zero and inode numbers count up, so that equal input gives an equal
/// archive. Missing parent directories are added by themselves. Not thread safe.
/// </remarks>
internal sealed class CpioWriter : IDisposable
{
    private const uint TypeDirectory = 0x4000;
    private const uint TypeCharacterDevice = 0x2000;
    private const uint TypeRegular = 0x8000;
    private const uint TypeSymbolicLink = 0xA000;

    private readonly Stream _output;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private long _written;
    private uint _inode = 1;
    private bool _finished;

    /// <summary>Starts an archive.</summary>
    /// <param name="output">Where the archive goes; stays open afterwards.</param>
    public CpioWriter(Stream output) => _output = output;

    /// <summary>Adds a directory; adding one again is allowed and does nothing.</summary>
    /// <param name="path">The path inside the archive, without a leading slash.</param>
    /// <param name="permissions">The permission bits.</param>
    public void AddDirectory(string path, uint permissions = 0b111_101_101)
    {
        path = Normalize(path);
        if (_names.Contains(path))
            return;
        AddParents(path);
        Write(path, TypeDirectory | permissions, links: 2, []);
    }

    /// <summary>Adds a regular file.</summary>
    /// <param name="path">The path inside the archive, without a leading slash.</param>
    /// <param name="content">The file's bytes, less than 4 GiB.</param>
    /// <param name="permissions">The permission bits.</param>
    /// <exception cref="ArgumentException">The path was added before.</exception>
    public void AddFile(string path, ReadOnlySpan<byte> content, uint permissions = 0b110_100_100) =>
        Add(path, TypeRegular | permissions, content);

    /// <summary>Adds a symbolic link.</summary>
    /// <param name="path">The path inside the archive, without a leading slash.</param>
    /// <param name="target">What the link says, unchanged.</param>
    /// <exception cref="ArgumentException">The path was added before.</exception>
    public void AddSymbolicLink(string path, string target) =>
        Add(path, TypeSymbolicLink | 0b111_111_111, Encoding.UTF8.GetBytes(target));

    /// <summary>Adds a character device node.</summary>
    /// <param name="path">The path inside the archive, without a leading slash.</param>
    /// <param name="major">The device's major number.</param>
    /// <param name="minor">The device's minor number.</param>
    /// <param name="permissions">The permission bits.</param>
    /// <exception cref="ArgumentException">The path was added before.</exception>
    public void AddCharacterDevice(string path, uint major, uint minor, uint permissions = 0b110_000_000) =>
        Add(path, TypeCharacterDevice | permissions, [], major, minor);

    /// <summary>Ends the archive with its trailer and flushes it; nothing can be added afterwards.</summary>
    public void Dispose()
    {
        if (_finished)
            return;
        WriteEntry("TRAILER!!!", inode: 0, mode: 0, links: 1, [], 0, 0);
        _finished = true;
        _output.Flush();
    }

    private void Add(string path, uint mode, ReadOnlySpan<byte> content, uint major = 0, uint minor = 0)
    {
        path = Normalize(path);
        AddParents(path);
        Write(path, mode, links: 1, content, major, minor);
    }

    private void AddParents(string path)
    {
        int slash = path.LastIndexOf('/');
        if (slash > 0)
            AddDirectory(path[..slash]);
    }

    private void Write(string path, uint mode, uint links, ReadOnlySpan<byte> content, uint major = 0, uint minor = 0)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        if (!_names.Add(path))
            throw new ArgumentException($"'{path}' is already in the archive.", nameof(path));
        WriteEntry(path, _inode++, mode, links, content, major, minor);
    }

    private void WriteEntry(string name, uint inode, uint mode, uint links, ReadOnlySpan<byte> content, uint major, uint minor)
    {
        byte[] nameBytes = Encoding.UTF8.GetBytes(name);
        // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check: eight hexadecimal digits each.
        ReadOnlySpan<uint> fields =
            [inode, mode, 0, 0, links, 0, (uint)content.Length, 0, 0, major, minor, (uint)nameBytes.Length + 1, 0];
        StringBuilder header = new("070701", 110);
        foreach (uint field in fields)
            header.Append(field.ToString("X8", null));
        Put(Encoding.ASCII.GetBytes(header.ToString()));
        Put(nameBytes);
        Put([0]);
        Pad();
        Put(content);
        Pad();
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _output.Write(bytes);
        _written += bytes.Length;
    }

    private void Pad()
    {
        ReadOnlySpan<byte> zeros = [0, 0, 0];
        Put(zeros[..(int)(-_written & 3)]);
    }

    private static string Normalize(string path)
    {
        path = path.Trim('/');
        return path.Length > 0 && !path.Split('/').Any(part => part is "" or "." or "..")
            ? path
            : throw new ArgumentException($"'{path}' is not a path inside an archive.", nameof(path));
    }
}
