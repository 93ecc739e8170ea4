using System.Buffers.Binary;
using System.Text;
using Axvisor.Guests;

namespace Axvisor.Tests;

public sealed class FatImageTests
{
    [Fact]
    public void Files_read_back_through_the_partition_the_root_folder_and_the_chains()
    {
        byte[] big = [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 7))];
        byte[] disk = Write(("BOOT.SCR", "script"u8.ToArray()), ("EMPTY", []), ("IMAGE", big));

        Assert.Equal(0x80, disk[446]);
        int start = 512 * BinaryPrimitives.ReadInt32LittleEndian(disk.AsSpan(454));
        byte[] image = disk[start..];
        Assert.Equal(image.Length, 512 * BinaryPrimitives.ReadInt32LittleEndian(disk.AsSpan(458)));
        ReadOnlySpan<byte> sector = image;
        Assert.Equal(0xAA55, BinaryPrimitives.ReadUInt16LittleEndian(sector[510..]));
        int cluster = 512 * sector[13];
        int fatBytes = 512 * BinaryPrimitives.ReadUInt16LittleEndian(sector[22..]);
        int fat = 512 * BinaryPrimitives.ReadUInt16LittleEndian(sector[14..]);
        int root = fat + sector[16] * fatBytes;
        int data = root + 32 * BinaryPrimitives.ReadUInt16LittleEndian(sector[17..]);
        int sectors = BinaryPrimitives.ReadUInt16LittleEndian(sector[19..]);
        Assert.Equal(image.Length, 512 * (sectors != 0 ? sectors : BinaryPrimitives.ReadInt32LittleEndian(sector[32..])));
        Assert.InRange((image.Length - data) / cluster, 4085, 65524);
        Assert.True(image.AsSpan(fat, fatBytes).SequenceEqual(image.AsSpan(fat + fatBytes, fatBytes)));

        foreach ((int index, string name, byte[] content) in (ReadOnlySpan<(int, string, byte[])>)
            [(0, "BOOT    SCR", "script"u8.ToArray()), (1, "EMPTY      ", []), (2, "IMAGE      ", big)])
        {
            ReadOnlySpan<byte> entry = image.AsSpan(root + 32 * index, 32);
            Assert.Equal(name, Encoding.ASCII.GetString(entry[..11]));
            Assert.Equal(content.Length, BinaryPrimitives.ReadInt32LittleEndian(entry[28..]));
            List<byte> read = [];
            int at = BinaryPrimitives.ReadUInt16LittleEndian(entry[26..]);
            while (at is >= 2 and < 0xFFF8)
            {
                read.AddRange(image.AsSpan(data + (at - 2) * cluster, cluster));
                at = BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(fat + 2 * at));
            }
            Assert.Equal(content, read.Take(content.Length));
        }
    }

    [Theory]
    [InlineData("lower"), InlineData("TOOLONGNAME"), InlineData("A.LONG"), InlineData("A.B.C"), InlineData("")]
    public void Only_short_names_are_taken(string name) => Assert.Throws<ArgumentException>(() => Write((name, [1])));

    [Fact]
    public void The_checksum_is_the_one_of_zip() => Assert.Equal(0xCBF43926u, UBootScript.Crc32("123456789"u8));

    [Fact]
    public void A_script_is_wrapped_with_checksums_of_header_and_data()
    {
        byte[] image = UBootScript.Wrap("echo hi\n");
        Assert.Equal(0x27051956u, BinaryPrimitives.ReadUInt32BigEndian(image));
        byte[] header = image[..64];
        uint headerSum = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4));
        header.AsSpan(4, 4).Clear();
        Assert.Equal(headerSum, UBootScript.Crc32(header));
        Assert.Equal(BinaryPrimitives.ReadUInt32BigEndian(image.AsSpan(24)), UBootScript.Crc32(image.AsSpan(64)));
        Assert.Equal("echo hi\n", Encoding.ASCII.GetString(image[72..]));
    }

    private static byte[] Write(params (string Name, byte[] Content)[] files)
    {
        using MemoryStream output = new();
        FatImage.Write(output, [.. files.Select(file => (file.Name, (ReadOnlyMemory<byte>)file.Content))]);
        return output.ToArray();
    }
}
