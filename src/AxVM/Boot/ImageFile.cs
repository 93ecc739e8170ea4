using System.IO.Compression;
using AxVCpu;

namespace AxVM.Boot;

/// <summary>Bytes of files: read and decompressed within bounds, whatever they are.</summary>
internal static class ImageFile
{
    /// <summary>The most bytes read from one file.</summary>
    public const ulong MaximumBytes = 0x7fff_0000;

    /// <summary>The whole file.</summary>
    /// <exception cref="ImageException">The file is missing, a directory, unreadable or longer than <paramref name="limit"/>.</exception>
    public static ReadOnlyMemory<byte> Read(string path, ulong limit)
    {
        if (Directory.Exists(path))
        {
            throw new ImageException(path, "is a directory, not a file");
        }

        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            // A device or a pipe tells no length: it is read to its end or to the limit.
            ulong length = stream.CanSeek ? (ulong)stream.Length : 0;
            if (length > limit)
            {
                throw new ImageException(path, $"has {length} bytes; at most {limit} are possible");
            }

            if (length > 0)
            {
                byte[] bytes = GC.AllocateUninitializedArray<byte>((int)length);
                int got = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
                return bytes.AsMemory(0, got);
            }

            return ReadToEnd(stream, ulong.Min(limit, MaximumBytes))
                ?? throw new ImageException(path, $"has more than {limit} bytes");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImageException(path, "does not exist", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ImageException(path, $"cannot be read: {e.Message}", e);
        }
    }

    public static bool IsGzip(ReadOnlySpan<byte> data) => data.Length > 2 && data[0] == 0x1f && data[1] == 0x8b && data[2] == 8;

    /// <summary>Whether a file, or what is compressed in it, begins as an ELF file does. A file that cannot be read does not.</summary>
    public static bool IsElf(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            Span<byte> start = stackalloc byte[ElfFile.Magic.Length];
            if (!stream.CanSeek || stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) != start.Length || !IsGzip(start))
            {
                return start.SequenceEqual(ElfFile.Magic);
            }

            stream.Position = 0;
            using GZipStream content = new(stream, CompressionMode.Decompress);
            return content.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(ElfFile.Magic);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException or InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Whether a file is a Multiboot kernel, or bytes without a header: no system like Linux. A file that cannot be read is none.</summary>
    public static bool IsSmallKernel(string path) => ReadStart(path, (start, _) => MultibootHeader.IsOne(start)
        || !(start.IsEmpty || IsGzip(start) || start.StartsWith(ElfFile.Magic) || BzImageHeader.IsOne(start)));

    /// <summary>
    /// The architecture that an ELF file, a bzImage, a Multiboot kernel or a boot sector is for, as its first bytes tell; null for other files,
    /// and for those that cannot be read.
    /// </summary>
    public static GuestArchitecture? FindArchitecture(string path) => ReadStart(path, (start, length) =>
        start.StartsWith(ElfFile.Magic) ? ElfFile.FindArchitecture(start)
        : BzImageHeader.IsOne(start) || MultibootHeader.IsOne(start) || BootSector.IsOne(start, length) ? GuestArchitecture.X64
        : (GuestArchitecture?)null);

    /// <summary>Asks the first bytes of a file, all that a header may be in; those of a file that cannot be read are none.</summary>
    private static TResult ReadStart<TResult>(string path, Func<ReadOnlySpan<byte>, long, TResult> ask)
    {
        byte[] start = new byte[MultibootHeader.Reach];
        int got = 0;
        long length = 0;
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            got = stream.CanSeek ? stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) : 0;
            length = stream.CanSeek ? stream.Length : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
        }

        return ask(start.AsSpan(0, got), length);
    }

    /// <summary>Decompresses, and stops as soon as the result is longer than <paramref name="limit"/>.</summary>
    public static ReadOnlyMemory<byte> Gunzip(ReadOnlyMemory<byte> data, string name, ulong limit)
    {
        try
        {
            using GZipStream stream = new(new ReadOnlyMemoryStream(data), CompressionMode.Decompress);
            ReadOnlyMemory<byte> bytes = ReadToEnd(stream, ulong.Min(limit, MaximumBytes))
                ?? throw new ImageException(name, $"decompresses to more than the guest's {limit} bytes of memory");
            // The stream ends quietly when its input does: the length in the trailer tells a cut-off file.
            bool whole = data.Length >= 18 && System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(data.Span[^4..]) == (uint)bytes.Length;
            return whole && !bytes.IsEmpty ? bytes : throw new ImageException(name, "is a truncated or damaged gzip file");
        }
        catch (InvalidDataException e)
        {
            throw new ImageException(name, "is a truncated or damaged gzip file", e);
        }
    }

    private static ReadOnlyMemory<byte>? ReadToEnd(Stream stream, ulong limit)
    {
        byte[] buffer = new byte[1 << 20];
        int used = 0;
        while (true)
        {
            int got = stream.Read(buffer, used, buffer.Length - used);
            if (got == 0)
            {
                return buffer.AsMemory(0, used);
            }

            used += got;
            if ((ulong)used > limit)
            {
                return null;
            }

            if (used == buffer.Length)
            {
                Array.Resize(ref buffer, (int)ulong.Min((ulong)buffer.Length * 2, limit + 1));
            }
        }
    }

    /// <summary>Reads memory as a stream without copying it.</summary>
    private sealed class ReadOnlyMemoryStream(ReadOnlyMemory<byte> data) : Stream
    {
        private int _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => data.Length;

        public override long Position
        {
            get => _at;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int count = int.Min(buffer.Length, data.Length - _at);
            data.Span.Slice(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
