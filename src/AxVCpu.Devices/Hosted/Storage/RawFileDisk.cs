using Microsoft.Win32.SafeHandles;

namespace AxVCpu.Devices;

/// <summary>A file of a disk or of flash could not be opened; the message names the file and the reason, fit to be shown as it is.</summary>
public sealed class DiskOpenException : IOException
{
    internal DiskOpenException(string what, string path, string reason, Exception? inner = null)
        : base($"{what} '{path}' {reason}", inner) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }
}

/// <summary>
/// A disk whose sectors are the bytes of a file, in order. The file is locked against other users while open: for all of
/// them when writable, for writers when read only. Where the host's locks are advisory they bind those who ask.
/// </summary>
public sealed class RawFileDisk : IBlockBackend
{
    private const string What = "disk";
    private const int SectorSize = VirtioBlk.SectorSize;
    private const UnixFileMode AnyWrite = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const int EAGAIN = 11;
    private const int EAGAIN_BSD = 35;
    private const int ERROR_SHARING_VIOLATION = unchecked((int)0x8007_0020);

    private readonly SafeFileHandle _file;

    private RawFileDisk(string path, SafeFileHandle file, long length, bool readOnly)
    {
        _file = file;
        Path = path;
        Identity = System.IO.Path.GetFileName(path);
        Capacity = length - length % SectorSize;
        UnusedBytes = (int)(length % SectorSize);
        IsReadOnly = readOnly;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public string Identity { get; }

    /// <inheritdoc/>
    public long Capacity { get; }

    /// <summary>Bytes at the end of the file that do not make a sector, which the guest does not see; worth a warning when not 0.</summary>
    public int UnusedBytes { get; }

    /// <inheritdoc/>
    public bool IsReadOnly { get; }

    /// <summary>Opens a file as a disk.</summary>
    /// <exception cref="DiskOpenException">It is missing, a directory, write protected, locked, too small or not a file.</exception>
    public static RawFileDisk Open(string path, bool readOnly)
    {
        SafeFileHandle file = OpenHandle(What, path, readOnly, out long length);
        if (length >= SectorSize)
            return new RawFileDisk(path, file, length, readOnly);
        file.Dispose();
        throw new DiskOpenException(What, path, $"has {length} bytes, less than one sector of {SectorSize}");
    }

    /// <summary>Opens a file that a device keeps its contents in.</summary>
    /// <param name="what">What it is to be, for messages.</param>
    /// <param name="path">The file.</param>
    /// <param name="readOnly">Whether it is only read.</param>
    /// <param name="length">Its bytes.</param>
    /// <exception cref="DiskOpenException">It is missing, a directory, write protected, locked or not a file.</exception>
    internal static SafeFileHandle OpenHandle(string what, string path, bool readOnly, out long length)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            throw new DiskOpenException(what, path, "is a directory");
        SafeFileHandle? file = null;
        try
        {
            // Opening for writing would succeed for a privileged user; the mark says what the owner wants.
            if (!readOnly && File.Exists(path) && IsWriteProtected(path))
                throw new DiskOpenException(what, path, "is write protected; attach it read-only or make it writable");
            file = readOnly
                ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read)
                : File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            length = RandomAccess.GetLength(file);
            return file;
        }
        catch (Exception exception)
        {
            file?.Dispose();
            string? reason = exception switch
            {
                DiskOpenException => null,
                FileNotFoundException or DirectoryNotFoundException => "does not exist",
                UnauthorizedAccessException => readOnly ? "may not be read" : "may not be written; attach it read-only or change its permissions",
                NotSupportedException => "is not a regular file",
                IOException { HResult: EAGAIN or EAGAIN_BSD or ERROR_SHARING_VIOLATION } => "is in use by another program",
                IOException or ArgumentException => $"cannot be opened: {exception.Message}",
                _ => null,
            };
            if (reason is null)
                throw;
            throw new DiskOpenException(what, path, reason, exception);
        }
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> destination)
    {
        while (destination.Length != 0)
        {
            int read = RandomAccess.Read(_file, destination, offset);
            if (read == 0)
                throw new EndOfStreamException($"disk '{Path}' ends before its {Capacity} bytes");
            destination = destination[read..];
            offset += read;
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source) => RandomAccess.Write(_file, source, offset);

    /// <inheritdoc/>
    public void Flush()
    {
        if (!IsReadOnly)
            RandomAccess.FlushToDisk(_file);
    }

    /// <summary>Closes the file and lets its lock go.</summary>
    public void Dispose() => _file.Dispose();

    private static bool IsWriteProtected(string path) => OperatingSystem.IsWindows()
        ? (File.GetAttributes(path) & FileAttributes.ReadOnly) != 0
        : (File.GetUnixFileMode(path) & AnyWrite) == 0;
}
