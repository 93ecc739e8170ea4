namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>
/// The guest archive: VM manifests and the files they name, in one blob beside the image. Little-endian; offsets count from its first
/// byte. Both the writer of the hosted tools and the reader at EL2 are compiled from this file.
/// </summary>
/// <remarks>
/// <code>
/// header   0 magic  8 version u32  12 header size u32  16 archive size u64  24 entries u32  28 described size u32  32 CRC-32 u32
/// entry    0 kind u32  4 name length u32  8 name offset u64  16 data offset u64  24 data size u64        (entries follow the header)
/// manifest tag u16  length u16  value                                                                    (until its end)
/// </code>
/// The described part (header, entries, names, manifests) comes first; the CRC-32 covers it from byte 36 to its end. Files follow it,
/// each at a multiple of <see cref="FileAlignment"/>.
/// </remarks>
internal static class ArchiveFormat
{
    internal const ulong Magic = 0x5453_4555_4756_5841; // "AXVGUEST"
    internal const uint Version = 1;
    internal const int HeaderSize = 40;
    internal const int EntrySize = 32;
    internal const int VersionAt = 8;
    internal const int HeaderSizeAt = 12;
    internal const int ArchiveSizeAt = 16;
    internal const int EntryCountAt = 24;
    internal const int DescribedSizeAt = 28;
    internal const int ChecksumAt = 32;
    internal const int ChecksumFrom = 36;
    internal const int EntryKindAt = 0;
    internal const int EntryNameLengthAt = 4;
    internal const int EntryNameAt = 8;
    internal const int EntryDataAt = 16;
    internal const int EntryDataSizeAt = 24;

    /// <summary>Alignment of file data: a page, so that a kernel can be used in place.</summary>
    internal const int FileAlignment = 4096;

    internal const int MaxEntries = 256;
    internal const int MaxNameLength = 255;
    internal const int ManifestItemHeaderSize = 4;

    // What a VM may have; the hypervisor keeps room for that much in each VM.
    internal const int MaxVCpus = 16;
    internal const int MaxRegions = 8;
    internal const int MaxDisks = 4;
    internal const int MaxImages = 4;
    internal const int MaxDevices = 16;
    internal const int MaxPassthrough = 16;
    internal const int MaxChannelRules = 16;
    internal const int MaxVmNameLength = 31;
    internal const int MaxCommandLineLength = 2047;
    internal const uint DefaultWeight = 100;
    internal const uint MaxWeight = 10_000;

    // One row of the reflected CRC-32 table (polynomial 0xEDB88320) for each half byte.
    private static ReadOnlySpan<uint> HalfByteTable =>
    [
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
        0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    ];

    /// <summary>CRC-32 as in IEEE 802.3 and gzip.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (int i = 0; i < bytes.Length; i++)
        {
            crc ^= bytes[i];
            crc = crc >> 4 ^ HalfByteTable[(int)(crc & 15)];
            crc = crc >> 4 ^ HalfByteTable[(int)(crc & 15)];
        }
        return ~crc;
    }
}

/// <summary>What an entry of the archive is.</summary>
internal enum ArchiveEntryKind : uint
{
    /// <summary>A VM's manifest.</summary>
    Manifest = 1,

    /// <summary>A file that manifests name by the entry's number.</summary>
    File = 2,
}

/// <summary>The items of a manifest. An unknown one is an error: it would be a promise not kept.</summary>
internal enum ManifestTag : ushort
{
    None = 0,

    /// <summary>u32: the VM's number.</summary>
    Id = 1,

    /// <summary>UTF-8.</summary>
    Name = 2,

    /// <summary>u32.</summary>
    CpuCount = 3,

    /// <summary>u64: one mask of physical CPUs for each vCPU, in their order; none at all restricts nothing.</summary>
    CpuSet = 4,

    /// <summary>u64: one MPIDR affinity value for each vCPU, in their order.</summary>
    CpuId = 5,

    /// <summary>u32: the share of CPU time.</summary>
    Weight = 6,

    /// <summary>u32 of <see cref="VmFlags"/>.</summary>
    Flags = 7,

    /// <summary>u64: where the first vCPU starts.</summary>
    Entry = 8,

    /// <summary>u32 file, u32 zero, u64 guest-physical address: loaded at each start.</summary>
    Image = 9,

    /// <summary>u32 file, u32 zero, u64 guest-physical address: loaded, and named to the guest as its initial ramdisk.</summary>
    Ramdisk = 10,

    /// <summary>u32 file, u32 zero, u64 guest-physical address: a devicetree to use instead of a generated one.</summary>
    DeviceTree = 11,

    /// <summary>u64: where the generated devicetree is put.</summary>
    DeviceTreeAddress = 12,

    /// <summary>UTF-8.</summary>
    CommandLine = 13,

    /// <summary>u64 guest-physical address, u64 size, u32 rights and kind (MappingFlags), u32 of <see cref="RegionType"/>.</summary>
    Region = 20,

    /// <summary>u32 type (the original's codes), u32 interrupt, u64 guest-physical address, u64 size.</summary>
    Device = 30,

    /// <summary>UTF-8 path in the host's devicetree.</summary>
    PassthroughNode = 31,

    /// <summary>u64 guest-physical address, u64 host-physical address, u64 size, u32 interrupt, u32 zero.</summary>
    PassthroughRange = 32,

    /// <summary>u64 key, u32 peer VM or <see cref="ChannelPeer.Any"/>, u32 of <see cref="ChannelRights"/>: who may subscribe to what this VM publishes.</summary>
    ChannelRule = 40,

    /// <summary>u32 file, u32 flags (1 read-only): a virtio disk in memory.</summary>
    Disk = 50,
}

/// <summary>Switches of a VM.</summary>
[Flags]
internal enum VmFlags : uint
{
    None = 0,

    /// <summary>Start it when the hypervisor starts.</summary>
    AutoStart = 1,

    /// <summary>Power the machine off when all VMs with this flag have ended.</summary>
    EndsMachine = 2,

    /// <summary>Its console is a virtio one; the UART is there as well, for what the guest says before it has a driver.</summary>
    VirtioConsole = 4,
}

/// <summary>Where the memory of a region comes from: the original's <c>map_type</c>.</summary>
internal enum RegionType : uint
{
    /// <summary>Allocated anywhere.</summary>
    Allocate = 0,

    /// <summary>Allocated at the host-physical address that equals the guest-physical one.</summary>
    Identical = 1,

    /// <summary>Host memory that is not the hypervisor's to allocate, at the same address.</summary>
    Reserved = 2,
}

/// <summary>What a subscriber may do with a channel's memory.</summary>
[Flags]
internal enum ChannelRights : uint
{
    None = 0,
    Read = 1,
    Write = 2,
}

/// <summary>Special peers of a channel rule.</summary>
internal static class ChannelPeer
{
    /// <summary>Every VM.</summary>
    internal const uint Any = uint.MaxValue;
}
