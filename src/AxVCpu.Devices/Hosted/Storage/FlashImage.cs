using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AxVCpu.Devices;

/// <summary>
/// The contents of a flash bank: memory that is loaded from a file, and of which changes go to the file at once. A file shorter than the
/// bank is followed by erased flash, and grows when that is written. Thread safe for callers that do not touch the same bytes.
/// </summary>
public sealed unsafe class FlashImage : IDisposable
{
    // Blocks of nested page tables, so that a bank is a few entries.
    private const nuint Alignment = 2 << 20;
    private const byte Erased = 0xFF;

    private readonly SafeFileHandle _file;
    private byte* _contents;

    private FlashImage(string path, SafeFileHandle file, byte* contents, int size, bool readOnly)
    {
        Path = path;
        _file = file;
        _contents = contents;
        Size = size;
        IsReadOnly = readOnly;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Bytes of the bank.</summary>
    public int Size { get; }

    /// <summary>Whether the file stays as it is.</summary>
    public bool IsReadOnly { get; }

    /// <summary>Where the contents are in the host's memory; aligned to 2 MiB, until this is disposed.</summary>
    public nint Address => (nint)_contents;

    /// <summary>The contents, until this is disposed.</summary>
    public Span<byte> Contents
    {
        get
        {
            ObjectDisposedException.ThrowIf(_contents == null, this);
            // SAFETY: the allocation has Size bytes and lives until Dispose, which comes after the last use.
            return new Span<byte>(_contents, Size);
        }
    }

    /// <summary>Opens a file as flash.</summary>
    /// <param name="path">The file.</param>
    /// <param name="size">Bytes of the bank; a multiple of 2 MiB.</param>
    /// <param name="readOnly">Whether the file is only read.</param>
    /// <exception cref="DiskOpenException">It is missing, a directory, write protected, locked, larger than the bank or not a file.</exception>
    public static FlashImage Open(string path, int size, bool readOnly)
    {
        SafeFileHandle file = RawFileDisk.OpenHandle("flash", path, readOnly, out long length);
        byte* contents = null;
        try
        {
            if (length > size)
                throw new DiskOpenException("flash", path, $"has {length} bytes, but the bank has {size}");
            contents = (byte*)NativeMemory.AlignedAlloc((nuint)size, Alignment);
            FlashImage image = new(path, file, contents, size, readOnly);
            Span<byte> rest = image.Contents;
            for (int read = 1; read != 0 && !rest.IsEmpty; rest = rest[read..])
                read = RandomAccess.Read(file, rest, size - rest.Length);
            rest.Fill(Erased);
            return image;
        }
        catch (Exception exception)
        {
            NativeMemory.AlignedFree(contents);
            file.Dispose();
            if (exception is IOException and not DiskOpenException)
                throw new DiskOpenException("flash", path, $"cannot be read: {exception.Message}", exception);
            throw;
        }
    }

    /// <summary>Writes changed contents to the file.</summary>
    /// <exception cref="IOException">The host could not.</exception>
    public void Store(int offset, int length)
    {
        if (!IsReadOnly)
            RandomAccess.Write(_file, Contents.Slice(offset, length), offset);
    }

    /// <summary>Closes the file and frees the memory.</summary>
    public void Dispose()
    {
        _file.Dispose();
        NativeMemory.AlignedFree(_contents);
        _contents = null;
    }
}
