using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace AxVCpu.Devices.Tests;

public sealed class VirtioBlkTests : IDisposable
{
    private const uint In = 0, Out = 1, Flush = 4, GetId = 8, Discard = 11, WriteZeroes = 13;
    private const byte Ok = 0, IoError = 1, Unsupported = 2;
    private const ulong Header = TestMemory.Base + 0x8_0000;
    private const ulong StatusAt = Header + 0x20;
    private const ulong Data = TestMemory.Base + 0x9_0000;
    private const ulong FlushFeature = 1 << 9, Ranges = 1 << 13 | 1 << 14;

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"axvcpu-disk-{Guid.NewGuid():N}");
    private readonly TestMemory _memory = new();
    private readonly RecordedLine _line = new();

    public void Dispose() => File.Delete(_path);

    private RawFileDisk MakeDisk(int bytes, bool readOnly = false)
    {
        byte[] content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        File.WriteAllBytes(_path, content);
        return RawFileDisk.Open(_path, readOnly);
    }

    private VirtioBlkDevice Attach(IBlockBackend disk, out VirtioDriver driver, ulong features = FlushFeature)
    {
        VirtioBlkDevice device = new(disk, _memory, _line);
        driver = new VirtioDriver(device, _memory).Start(features: features);
        return device;
    }

    private byte Request(VirtioDriver driver, uint type, ulong sector, params Piece[] data)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_memory.At(Header, 16), type);
        BinaryPrimitives.WriteUInt64LittleEndian(_memory.At(Header + 8, 8), sector);
        _memory.At(StatusAt, 1)[0] = 0xEE;
        ushort before = driver.UsedIndex(0);
        driver.Add(0, [new Piece(Header, 16), .. data, new Piece(StatusAt, 1, true)]);
        driver.Kick(0);
        Assert.Equal(before + 1, driver.UsedIndex(0));
        return _memory.At(StatusAt, 1)[0];
    }

    private byte Range(VirtioDriver driver, uint type, ulong sector, uint count, uint flags)
    {
        Span<byte> range = _memory.At(Data, 16);
        BinaryPrimitives.WriteUInt64LittleEndian(range, sector);
        BinaryPrimitives.WriteUInt32LittleEndian(range[8..], count);
        BinaryPrimitives.WriteUInt32LittleEndian(range[12..], flags);
        return Request(driver, type, 0, new Piece(Data, 16));
    }

    [Fact]
    public void The_configuration_shows_capacity_and_limits()
    {
        using RawFileDisk disk = MakeDisk(512 * 100);
        VirtioBlkDevice device = Attach(disk, out _);
        Assert.Equal(100UL, device.Get(0x100, AccessWidth.Qword));
        Assert.Equal(100UL, device.Get(0x100));
        Assert.Equal(0UL, device.Get(0x104));
        Assert.Equal(254UL, device.Get(0x10C));
        Assert.Equal(512UL, device.Get(0x114));
        Assert.Equal(0UL, device.Get(0x100 + 60));
    }

    [Fact]
    public void What_is_written_is_read_back_whole_and_reaches_the_file()
    {
        using RawFileDisk disk = MakeDisk(512 * 2000);
        Attach(disk, out VirtioDriver driver);
        byte[] content = new byte[512 * 300];
        new Random(7).NextBytes(content);
        content.CopyTo(_memory.At(Data, content.Length));
        // Cut where no sector ends: the cut means nothing.
        Assert.Equal(Ok, Request(driver, Out, 1000, new Piece(Data, 100), new Piece(Data + 100, 0), new Piece(Data + 100, (uint)content.Length - 100)));
        Assert.Equal(Ok, Request(driver, Flush, 0));
        _memory.At(Data, content.Length).Clear();
        Assert.Equal(Ok, Request(driver, In, 1000, new Piece(Data, 1000, true), new Piece(Data + 1000, (uint)content.Length - 1000, true)));
        Assert.Equal((uint)content.Length + 1, driver.UsedEntry(0, driver.UsedIndex(0) - 1).Length);
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(_memory.At(Data, content.Length)));
        disk.Dispose();
        Assert.Equal(content, File.ReadAllBytes(_path).AsSpan(512 * 1000, content.Length).ToArray());
        Assert.True(_line.Level);
    }

    [Theory]
    [InlineData(In, 100UL, 512u)]
    [InlineData(In, 99UL, 1024u)]
    [InlineData(In, ulong.MaxValue, 512u)]
    [InlineData(In, ulong.MaxValue / 512, 1024u)]
    [InlineData(In, 0UL, 511u)]
    [InlineData(Out, 100UL, 512u)]
    [InlineData(Out, ulong.MaxValue - 1, 1024u)]
    [InlineData(Out, 0UL, 513u)]
    public void Requests_beyond_the_capacity_or_of_part_sectors_are_errors(uint type, ulong sector, uint bytes)
    {
        using RawFileDisk disk = MakeDisk(512 * 100);
        byte[] before = File.Exists(_path) ? SHA256.HashData(ReadShared()) : [];
        VirtioBlkDevice device = Attach(disk, out VirtioDriver driver);
        Assert.Equal(IoError, Request(driver, type, sector, new Piece(Data, bytes, type == In)));
        Assert.Equal(before, SHA256.HashData(ReadShared()));
        Assert.Equal((VirtioStatus)15, driver.Status);
        Assert.Equal(0, device.FailedTransfers);
        byte[] ReadShared()
        {
            byte[] all = new byte[disk.Capacity];
            disk.Read(0, all);
            return all;
        }
    }

    [Fact]
    public void A_read_only_disk_says_so_and_refuses_writes()
    {
        using RawFileDisk disk = MakeDisk(512 * 10, readOnly: true);
        VirtioBlkDevice device = Attach(disk, out VirtioDriver driver, FlushFeature | 1 << 5);
        Assert.Equal(IoError, Request(driver, Out, 0, new Piece(Data, 512)));
        Assert.Equal(Unsupported, Range(driver, WriteZeroes, 0, 1, 0));
        Assert.Equal(Ok, Request(driver, In, 0, new Piece(Data, 512, true)));
        Assert.Equal(Ok, Request(driver, Flush, 0));
        device.Put(0x14, 0);
        Assert.Equal(0UL, device.Get(0x10) & Ranges);
    }

    [Fact]
    public void The_identity_is_the_files_name_cut_to_twenty_characters()
    {
        using RawFileDisk disk = MakeDisk(512);
        Attach(disk, out VirtioDriver driver);
        Assert.Equal(Ok, Request(driver, GetId, 0, new Piece(Data, 20, true)));
        Assert.Equal(Path.GetFileName(_path)[..20], Encoding.ASCII.GetString(_memory.At(Data, 20)));
        Assert.Equal(Unsupported, Request(driver, 77, 0));
    }

    [Fact]
    public void Zeroes_are_written_where_asked_and_ranges_are_checked()
    {
        using RawFileDisk disk = MakeDisk(512 * 600);
        Attach(disk, out VirtioDriver driver, FlushFeature | Ranges);
        byte[] before = new byte[disk.Capacity];
        disk.Read(0, before);
        Assert.Equal(Ok, Range(driver, WriteZeroes, 10, 300, 1));
        Assert.Equal(Ok, Range(driver, Discard, 400, 10, 0));
        Assert.Equal(Unsupported, Range(driver, Discard, 400, 10, 1));
        Assert.Equal(IoError, Range(driver, WriteZeroes, 599, 2, 0));
        Assert.Equal(IoError, Range(driver, WriteZeroes, ulong.MaxValue, 2, 0));
        Assert.Equal(IoError, Range(driver, WriteZeroes, 0, uint.MaxValue, 0));
        before.AsSpan(10 * 512, 300 * 512).Clear();
        byte[] after = new byte[disk.Capacity];
        disk.Read(0, after);
        Assert.Equal(before, after);
    }

    [Fact]
    public void Guest_memory_that_does_not_exist_is_an_error_of_the_request()
    {
        using RawFileDisk disk = MakeDisk(512 * 10);
        Attach(disk, out VirtioDriver driver);
        Assert.Equal(IoError, Request(driver, In, 0, new Piece(0x1000, 512, true)));
        Assert.Equal(IoError, Request(driver, Out, 0, new Piece(0x1000, 512)));
        Assert.Equal((VirtioStatus)15, driver.Status);
    }

    [Theory]
    [InlineData(15u, 1u)]
    [InlineData(16u, 0u)]
    public void A_request_without_header_or_status_needs_a_reset(uint header, uint status)
    {
        using RawFileDisk disk = MakeDisk(512 * 10);
        Attach(disk, out VirtioDriver driver);
        driver.Add(0, new Piece(Header, header), new Piece(StatusAt, status, true));
        driver.Kick(0);
        Assert.True((driver.Status & VirtioStatus.DEVICE_NEEDS_RESET) != 0);
    }

    private sealed class FailingDisk : IBlockBackend
    {
        public int Flushes { get; private set; }

        public bool Broken { get; set; } = true;

        public string Identity => "failing";

        public long Capacity => 5120;

        public bool IsReadOnly => false;

        public void Read(long offset, Span<byte> destination) => Check();

        public void Write(long offset, ReadOnlySpan<byte> source) => Check();

        public void Flush()
        {
            Flushes++;
            Check();
        }

        public void Dispose()
        {
        }

        private void Check()
        {
            if (Broken)
                throw new IOException("No space left on device");
        }
    }

    [Fact]
    public void A_host_that_fails_is_a_disk_error_in_the_guest_and_nothing_more()
    {
        using FailingDisk disk = new();
        VirtioBlkDevice device = Attach(disk, out VirtioDriver driver);
        Assert.Equal(IoError, Request(driver, Out, 0, new Piece(Data, 512)));
        Assert.Equal(IoError, Request(driver, In, 0, new Piece(Data, 512, true)));
        Assert.Equal(IoError, Request(driver, Flush, 0));
        Assert.Equal(3, device.FailedTransfers);
        Assert.Equal("No space left on device", device.LastFailure);
        disk.Broken = false;
        Assert.Equal(Ok, Request(driver, Out, 0, new Piece(Data, 512)));
    }

    [Fact]
    public void Without_the_flush_feature_every_write_is_made_durable()
    {
        using FailingDisk disk = new() { Broken = false };
        Attach(disk, out VirtioDriver driver, features: 0);
        Assert.Equal(Ok, Request(driver, Out, 0, new Piece(Data, 512)));
        Assert.Equal(1, disk.Flushes);
        Attach(disk, out driver, FlushFeature);
        _memory.Ram.AsSpan(0, 0x8_0000).Clear();
        Assert.Equal(Ok, Request(driver, Out, 0, new Piece(Data, 512)));
        Assert.Equal(1, disk.Flushes);
    }
}
