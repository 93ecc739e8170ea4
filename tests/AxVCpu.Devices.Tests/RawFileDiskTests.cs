namespace AxVCpu.Devices.Tests;

public sealed class RawFileDiskTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"axvcpu-raw-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(_path);

    private string Refused(string path, bool readOnly = false)
    {
        DiskOpenException refused = Assert.Throws<DiskOpenException>(() => RawFileDisk.Open(path, readOnly));
        Assert.Equal(path, refused.Path);
        Assert.StartsWith($"disk '{path}' ", refused.Message, StringComparison.Ordinal);
        return refused.Message[$"disk '{path}' ".Length..];
    }

    [Fact]
    public void What_cannot_be_a_disk_is_named_with_its_reason()
    {
        Assert.Equal("is a directory", Refused(Path.GetTempPath()));
        Assert.Equal("does not exist", Refused(_path));
        Assert.Equal("does not exist", Refused(Path.Combine(_path, "below")));
        File.WriteAllBytes(_path, new byte[511]);
        Assert.Equal("has 511 bytes, less than one sector of 512", Refused(_path));
    }

    [Fact]
    public void A_write_protected_file_opens_read_only()
    {
        File.WriteAllBytes(_path, new byte[512]);
        File.SetAttributes(_path, FileAttributes.ReadOnly);
        Assert.Equal("is write protected; attach it read-only or make it writable", Refused(_path));
        using (RawFileDisk disk = RawFileDisk.Open(_path, readOnly: true))
            Assert.True(disk.IsReadOnly);
        File.SetAttributes(_path, FileAttributes.Normal);
    }

    [Fact]
    public void A_writable_disk_is_locked_and_read_only_ones_are_shared()
    {
        File.WriteAllBytes(_path, new byte[512]);
        using (RawFileDisk.Open(_path, readOnly: false))
        {
            Assert.Equal("is in use by another program", Refused(_path));
            Assert.Equal("is in use by another program", Refused(_path, readOnly: true));
        }
        using (RawFileDisk.Open(_path, readOnly: true))
        {
            using RawFileDisk second = RawFileDisk.Open(_path, readOnly: true);
            Assert.Equal("is in use by another program", Refused(_path));
        }
        RawFileDisk.Open(_path, readOnly: false).Dispose();
    }

    [Fact]
    public void A_part_of_a_sector_at_the_end_is_left_out()
    {
        File.WriteAllBytes(_path, new byte[1300]);
        using RawFileDisk disk = RawFileDisk.Open(_path, readOnly: false);
        Assert.Equal(1024, disk.Capacity);
        Assert.Equal(276, disk.UnusedBytes);
    }

    [Fact]
    public void A_file_cut_while_open_is_a_failed_read()
    {
        File.WriteAllBytes(_path, new byte[4096]);
        using RawFileDisk disk = RawFileDisk.Open(_path, readOnly: false);
        disk.Write(4095, [1]);
        Assert.Throws<EndOfStreamException>(() => disk.Read(4000, new byte[200]));
    }
}
