namespace AxVCpu.Devices;

/// <summary>Feature bits of the block device (virtio 1.2, 5.2.3).</summary>
[Flags]
public enum VirtioBlkFeatures : ulong
{
    /// <summary>No feature.</summary>
    None = 0,
    /// <summary>The most segments of a request are in the configuration.</summary>
    VIRTIO_BLK_F_SEG_MAX = 1UL << 2,
    /// <summary>The disk is read only.</summary>
    VIRTIO_BLK_F_RO = 1UL << 5,
    /// <summary>The block size is in the configuration.</summary>
    VIRTIO_BLK_F_BLK_SIZE = 1UL << 6,
    /// <summary>Written data may stay in a cache until a flush request.</summary>
    VIRTIO_BLK_F_FLUSH = 1UL << 9,
    /// <summary>Discard requests are understood.</summary>
    VIRTIO_BLK_F_DISCARD = 1UL << 13,
    /// <summary>Write-zeroes requests are understood.</summary>
    VIRTIO_BLK_F_WRITE_ZEROES = 1UL << 14,
}

/// <summary>Request types of the block device (virtio 1.2, 5.2.6).</summary>
internal enum VirtioBlkRequest : uint
{
    VIRTIO_BLK_T_IN = 0,
    VIRTIO_BLK_T_OUT = 1,
    VIRTIO_BLK_T_FLUSH = 4,
    VIRTIO_BLK_T_GET_ID = 8,
    VIRTIO_BLK_T_DISCARD = 11,
    VIRTIO_BLK_T_WRITE_ZEROES = 13,
}

/// <summary>Outcome of a block request (virtio 1.2, 5.2.6).</summary>
internal enum VirtioBlkStatus : byte
{
    VIRTIO_BLK_S_OK = 0,
    VIRTIO_BLK_S_IOERR = 1,
    VIRTIO_BLK_S_UNSUPP = 2,
}

/// <summary>Offsets in the block device's configuration (virtio 1.2, 5.2.4).</summary>
internal static class VirtioBlkConfig
{
    internal const int Capacity = 0;
    internal const int SegMax = 12;
    internal const int BlkSize = 20;
    internal const int NumQueues = 34;
    internal const int MaxDiscardSectors = 36;
    internal const int MaxDiscardSeg = 40;
    internal const int DiscardSectorAlignment = 44;
    internal const int MaxWriteZeroesSectors = 48;
    internal const int MaxWriteZeroesSeg = 52;
    internal const int Size = 60;
}
