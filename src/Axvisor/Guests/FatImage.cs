using System.Buffers.Binary;
using System.Text;

namespace Axvisor.Guests;

/// <summary>Writes a disk with one bootable FAT16 partition and files in its root folder: what a boot loader reads first.</summary>
/// <remarks>Equal input gives equal bytes: times and the serial number are fixed.</remarks>
internal static class FatImage
{
    private const int SectorBytes = 512;
    private const int SectorsPerCluster = 4;
    private const int ClusterBytes = SectorBytes * SectorsPerCluster;
    private const int RootEntries = 512;
    private const int EntryBytes = 32;
    private const int FatCount = 2;
    private const int ReservedSectors = 1;
    private const int PartitionStart = 2048; // sectors: 1 MiB, as partitioning programs choose it
    private const int FirstCluster = 2;
    private const int MinimumClusters = 4200; // fewer than 4085 would make it FAT12
    private const int MaximumClusters = 65524;
    private const byte MediaFixed = 0xF8;
    private const byte AttributeArchive = 0x20;
    private const ushort EndOfChain = 0xFFFF;
    private const ushort FixedDate = (2020 - 1980) << 9 | 1 << 5 | 1;

    /// <summary>Writes the image.</summary>
    /// <param name="output">Where it goes; from position 0.</param>
    /// <param name="files">The files by their 8.3 names in upper case, each less than 2 GiB.</param>
    /// <exception cref="ArgumentException">A name is not an 8.3 name, or the files do not fit FAT16 with this cluster size (128 MiB).</exception>
    internal static void Write(Stream output, IReadOnlyList<(string Name, ReadOnlyMemory<byte> Content)> files)
    {
        int used = files.Sum(file => Clusters(file.Content.Length));
        int clusters = Math.Max(MinimumClusters, used + 16);
        if (clusters > MaximumClusters || files.Count > RootEntries)
            throw new ArgumentException("The files do not fit a FAT16 file system.", nameof(files));
        int fatSectors = ((clusters + FirstCluster) * 2 + SectorBytes - 1) / SectorBytes;
        int rootSectors = RootEntries * EntryBytes / SectorBytes;
        int totalSectors = ReservedSectors + FatCount * fatSectors + rootSectors + clusters * SectorsPerCluster;

        byte[] fat = new byte[fatSectors * SectorBytes];
        byte[] root = new byte[rootSectors * SectorBytes];
        SetLink(fat, 0, 0xFF00 | MediaFixed);
        SetLink(fat, 1, EndOfChain);
        int next = FirstCluster;
        for (int i = 0; i < files.Count; i++)
        {
            int count = Clusters(files[i].Content.Length);
            WriteEntry(root.AsSpan(i * EntryBytes, EntryBytes), files[i].Name, count == 0 ? 0 : next, files[i].Content.Length);
            for (int cluster = next; cluster < next + count; cluster++)
                SetLink(fat, cluster, cluster + 1 < next + count ? (ushort)(cluster + 1) : EndOfChain);
            next += count;
        }

        output.Write(PartitionTable(totalSectors));
        output.Write(new byte[(PartitionStart - 1) * SectorBytes]);
        output.Write(BootSector(fatSectors, totalSectors));
        for (int copy = 0; copy < FatCount; copy++)
            output.Write(fat);
        output.Write(root);
        byte[] padding = new byte[ClusterBytes];
        foreach ((_, ReadOnlyMemory<byte> content) in files)
        {
            output.Write(content.Span);
            output.Write(padding.AsSpan(0, Clusters(content.Length) * ClusterBytes - content.Length));
        }
        output.SetLength((long)(PartitionStart + totalSectors) * SectorBytes);
    }

    private static int Clusters(int length) => (length + ClusterBytes - 1) / ClusterBytes;

    private static void SetLink(byte[] fat, int cluster, int value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(fat.AsSpan(cluster * 2), (ushort)value);

    private static byte[] PartitionTable(int partitionSectors)
    {
        // The classic table: four entries of 16 bytes from 446; only linear sector numbers count, the others say "too far".
        byte[] sector = new byte[SectorBytes];
        ReadOnlySpan<byte> entry = [0x80 /* bootable */, 0xFE, 0xFF, 0xFF, 0x0E /* FAT16, linear */, 0xFE, 0xFF, 0xFF];
        entry.CopyTo(sector.AsSpan(446));
        BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(454), PartitionStart);
        BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(458), (uint)partitionSectors);
        sector[510] = 0x55;
        sector[511] = 0xAA;
        return sector;
    }

    private static byte[] BootSector(int fatSectors, int totalSectors)
    {
        // Microsoft FAT specification 1.03, "Boot Sector and BPB Structure".
        byte[] sector = new byte[SectorBytes];
        ReadOnlySpan<byte> jump = [0xEB, 0x3C, 0x90];
        jump.CopyTo(sector);
        "AXVISOR "u8.CopyTo(sector.AsSpan(3));
        BinaryPrimitives.WriteUInt16LittleEndian(sector.AsSpan(11), SectorBytes);
        sector[13] = SectorsPerCluster;
        BinaryPrimitives.WriteUInt16LittleEndian(sector.AsSpan(14), ReservedSectors);
        sector[16] = FatCount;
        BinaryPrimitives.WriteUInt16LittleEndian(sector.AsSpan(17), RootEntries);
        if (totalSectors <= ushort.MaxValue)
            BinaryPrimitives.WriteUInt16LittleEndian(sector.AsSpan(19), (ushort)totalSectors);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(32), (uint)totalSectors);
        sector[21] = MediaFixed;
        BinaryPrimitives.WriteUInt16LittleEndian(sector.AsSpan(22), (ushort)fatSectors);
        BinaryPrimitives.WriteUInt16LittleEndian(sector.AsSpan(24), 63); // sectors per track
        BinaryPrimitives.WriteUInt16LittleEndian(sector.AsSpan(26), 255); // heads
        BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(28), PartitionStart); // sectors before the file system
        sector[36] = 0x80; // drive number
        sector[38] = 0x29; // the three fields below are there
        BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(39), 0x41585642);
        "AXVISOR    "u8.CopyTo(sector.AsSpan(43));
        "FAT16   "u8.CopyTo(sector.AsSpan(54));
        sector[510] = 0x55;
        sector[511] = 0xAA;
        return sector;
    }

    private static void WriteEntry(Span<byte> entry, string name, int cluster, int length)
    {
        string[] parts = name.Split('.');
        string extension = parts.Length > 1 ? parts[1] : "";
        if (parts.Length > 2 || parts[0].Length is 0 or > 8 || extension.Length > 3
            || !name.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-'))
        {
            throw new ArgumentException($"'{name}' is not an 8.3 name.", nameof(name));
        }
        Encoding.ASCII.GetBytes(parts[0].PadRight(8) + extension.PadRight(3), entry);
        entry[11] = AttributeArchive;
        BinaryPrimitives.WriteUInt16LittleEndian(entry[16..], FixedDate); // created
        BinaryPrimitives.WriteUInt16LittleEndian(entry[24..], FixedDate); // written
        BinaryPrimitives.WriteUInt16LittleEndian(entry[26..], (ushort)cluster);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[28..], (uint)length);
    }
}
