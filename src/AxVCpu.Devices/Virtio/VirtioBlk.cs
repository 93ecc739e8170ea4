namespace AxVCpu.Devices;

/// <summary>What a <see cref="VirtioBlk"/> asks of the world around it: guest memory, a disk and room to work in.</summary>
public interface IVirtioBlkHost : IGuestDma, IVirtioMmioHost
{
    /// <summary>A buffer of at least 512 bytes for data on its way; larger is faster.</summary>
    Span<byte> Staging();

    /// <summary>Reads the disk at a byte offset; false when the host could not.</summary>
    bool ReadDisk(ulong offset, Span<byte> destination);

    /// <summary>Writes the disk at a byte offset; false when the host could not.</summary>
    bool WriteDisk(ulong offset, ReadOnlySpan<byte> source);

    /// <summary>Makes everything written durable; false when the host could not.</summary>
    bool FlushDisk();
}

/// <summary>
/// A virtio block device (virtio 1.2, 5.2) with one queue. Every request is done when <see cref="Process"/> returns: no
/// request is ever in flight when a VM pauses or is saved. Whatever the disk does wrong ends as an error status in the
/// guest. Plain data. Not thread safe; the owner serialises.
/// </summary>
public struct VirtioBlk
{
    /// <summary>Bytes of a sector, the unit of the protocol whatever the block size.</summary>
    public const int SectorSize = 512;

    /// <summary>Bytes of the identity string.</summary>
    public const int IdSize = 20;

    private const int HeaderSize = 16;
    private const int RangeSize = 16;
    // Keeps one request short: 32 MiB of zeroes.
    private const uint MaxRangeSectors = 0x1_0000;

    private ulong _sectors;
    private byte _readOnly;
    private Identity _identity;

    [System.Runtime.CompilerServices.InlineArray(IdSize)]
    private struct Identity
    {
        private byte _first;
    }

    /// <summary>A device.</summary>
    /// <param name="sectors">The capacity in sectors of 512 bytes.</param>
    /// <param name="readOnly">Whether writes are refused.</param>
    /// <param name="identity">The identity string in ASCII; cut after 20 bytes.</param>
    public VirtioBlk(ulong sectors, bool readOnly, ReadOnlySpan<byte> identity)
    {
        _sectors = sectors < ulong.MaxValue / SectorSize ? sectors : ulong.MaxValue / SectorSize;
        _readOnly = readOnly ? (byte)1 : (byte)0;
        for (int index = 0; index < IdSize && index < identity.Length; index++)
            _identity[index] = identity[index];
    }

    /// <summary>The capacity in sectors of 512 bytes.</summary>
    public readonly ulong Sectors => _sectors;

    /// <summary>Whether writes are refused.</summary>
    public readonly bool IsReadOnly => _readOnly != 0;

    /// <summary>The features to offer.</summary>
    public readonly VirtioBlkFeatures Features =>
        VirtioBlkFeatures.VIRTIO_BLK_F_SEG_MAX | VirtioBlkFeatures.VIRTIO_BLK_F_BLK_SIZE | VirtioBlkFeatures.VIRTIO_BLK_F_FLUSH
        | (IsReadOnly ? VirtioBlkFeatures.VIRTIO_BLK_F_RO : VirtioBlkFeatures.VIRTIO_BLK_F_DISCARD | VirtioBlkFeatures.VIRTIO_BLK_F_WRITE_ZEROES);

    /// <summary>Reads the configuration (5.2.4).</summary>
    public readonly ulong ReadConfig(ulong offset, AccessWidth width)
    {
        Span<byte> config = stackalloc byte[VirtioBlkConfig.Size];
        config.Clear();
        LittleEndian.Put(config, VirtioBlkConfig.Capacity, 8, _sectors);
        // The header and the status take a descriptor each.
        LittleEndian.Put(config, VirtioBlkConfig.SegMax, 4, Virtqueue.MaxSize - 2);
        LittleEndian.Put(config, VirtioBlkConfig.BlkSize, 4, SectorSize);
        LittleEndian.Put(config, VirtioBlkConfig.NumQueues, 2, 1);
        if (!IsReadOnly)
        {
            LittleEndian.Put(config, VirtioBlkConfig.MaxDiscardSectors, 4, MaxRangeSectors);
            LittleEndian.Put(config, VirtioBlkConfig.MaxDiscardSeg, 4, 1);
            LittleEndian.Put(config, VirtioBlkConfig.DiscardSectorAlignment, 4, 1);
            LittleEndian.Put(config, VirtioBlkConfig.MaxWriteZeroesSectors, 4, MaxRangeSectors);
            LittleEndian.Put(config, VirtioBlkConfig.MaxWriteZeroesSeg, 4, 1);
        }
        return VirtioConfig.Read(config, offset, width);
    }

    /// <summary>Serves every request in the queue.</summary>
    public readonly void Process<THost>(ref THost host, ref VirtioMmio transport)
        where THost : struct, IVirtioBlkHost
    {
        if (!transport.IsRunning)
            return;
        DescriptorChain chain = default;
        ref Virtqueue queue = ref transport.Queue(0);
        bool sound = true;
        while (sound)
        {
            VirtqueueStatus status = queue.Peek(ref host, ref chain);
            if (status == VirtqueueStatus.Empty)
                break;
            sound = status == VirtqueueStatus.Available && Serve(ref host, ref transport, ref chain, out uint written)
                && queue.Complete(ref host, ref chain, written);
        }
        if (queue.TakeInterrupt(ref host))
            transport.RaiseUsed(ref host);
        if (!sound)
            transport.NeedReset(ref host);
    }

    // False when the request has no header or no room for a status: nothing can be told about it.
    private readonly bool Serve<THost>(ref THost host, ref VirtioMmio transport, ref DescriptorChain chain, out uint written)
        where THost : struct, IVirtioBlkHost
    {
        written = 0;
        Span<byte> header = stackalloc byte[HeaderSize];
        if (chain.WritableBytes == 0 || !chain.Read(ref host, 0, header))
            return false;
        VirtioBlkRequest type = (VirtioBlkRequest)LittleEndian.Get(header, 0, 4);
        ulong sector = LittleEndian.Get(header, 8, 8);
        ulong room = chain.WritableBytes - 1;
        ulong data = chain.ReadableBytes - HeaderSize;
        ulong features = transport.Features;
        ulong moved = 0;
        VirtioBlkStatus status;
        switch (type)
        {
            case VirtioBlkRequest.VIRTIO_BLK_T_IN:
                status = ReadSectors(ref host, ref chain, sector, room, out moved);
                break;
            case VirtioBlkRequest.VIRTIO_BLK_T_OUT:
                status = WriteSectors(ref host, ref chain, sector, data);
                // 5.2.6.2: without the flush feature a completed write is durable.
                if (status == VirtioBlkStatus.VIRTIO_BLK_S_OK && (features & (ulong)VirtioBlkFeatures.VIRTIO_BLK_F_FLUSH) == 0 && !host.FlushDisk())
                    status = VirtioBlkStatus.VIRTIO_BLK_S_IOERR;
                break;
            case VirtioBlkRequest.VIRTIO_BLK_T_FLUSH:
                status = host.FlushDisk() ? VirtioBlkStatus.VIRTIO_BLK_S_OK : VirtioBlkStatus.VIRTIO_BLK_S_IOERR;
                break;
            case VirtioBlkRequest.VIRTIO_BLK_T_GET_ID:
                moved = room < IdSize ? room : IdSize;
                status = chain.Write(ref host, 0, ((ReadOnlySpan<byte>)_identity).Slice(0, (int)moved))
                    ? VirtioBlkStatus.VIRTIO_BLK_S_OK : VirtioBlkStatus.VIRTIO_BLK_S_IOERR;
                break;
            case VirtioBlkRequest.VIRTIO_BLK_T_DISCARD when (features & (ulong)VirtioBlkFeatures.VIRTIO_BLK_F_DISCARD) != 0:
                // A hint: the blocks may keep what they hold.
                status = CheckRange(ref host, ref chain, data, zero: false);
                break;
            case VirtioBlkRequest.VIRTIO_BLK_T_WRITE_ZEROES when (features & (ulong)VirtioBlkFeatures.VIRTIO_BLK_F_WRITE_ZEROES) != 0:
                status = CheckRange(ref host, ref chain, data, zero: true);
                break;
            default:
                status = VirtioBlkStatus.VIRTIO_BLK_S_UNSUPP;
                break;
        }
        // The status is the last writable byte; bytes before it that were not moved keep what they hold.
        Span<byte> result = stackalloc byte[1];
        result[0] = (byte)status;
        written = (uint)(moved == room ? room + 1 : moved);
        return chain.Write(ref host, room, result);
    }

    private readonly bool Holds(ulong sector, ulong sectors) => sectors <= _sectors && sector <= _sectors - sectors;

    private readonly VirtioBlkStatus ReadSectors<THost>(ref THost host, ref DescriptorChain chain, ulong sector, ulong bytes, out ulong moved)
        where THost : struct, IVirtioBlkHost
    {
        moved = 0;
        if (bytes % SectorSize != 0 || !Holds(sector, bytes / SectorSize))
            return VirtioBlkStatus.VIRTIO_BLK_S_IOERR;
        while (moved < bytes)
        {
            Span<byte> part = Part(host.Staging(), bytes - moved);
            if (!host.ReadDisk(sector * SectorSize + moved, part) || !chain.Write(ref host, moved, part))
                return VirtioBlkStatus.VIRTIO_BLK_S_IOERR;
            moved += (ulong)part.Length;
        }
        return VirtioBlkStatus.VIRTIO_BLK_S_OK;
    }

    private readonly VirtioBlkStatus WriteSectors<THost>(ref THost host, ref DescriptorChain chain, ulong sector, ulong bytes)
        where THost : struct, IVirtioBlkHost
    {
        if (IsReadOnly || bytes % SectorSize != 0 || !Holds(sector, bytes / SectorSize))
            return VirtioBlkStatus.VIRTIO_BLK_S_IOERR;
        for (ulong moved = 0; moved < bytes;)
        {
            Span<byte> part = Part(host.Staging(), bytes - moved);
            if (!chain.Read(ref host, HeaderSize + moved, part) || !host.WriteDisk(sector * SectorSize + moved, part))
                return VirtioBlkStatus.VIRTIO_BLK_S_IOERR;
            moved += (ulong)part.Length;
        }
        return VirtioBlkStatus.VIRTIO_BLK_S_OK;
    }

    // struct virtio_blk_discard_write_zeroes: sector 8, num_sectors 4, flags 4 (5.2.6); exactly one, as the configuration says.
    private readonly VirtioBlkStatus CheckRange<THost>(ref THost host, ref DescriptorChain chain, ulong data, bool zero)
        where THost : struct, IVirtioBlkHost
    {
        Span<byte> range = stackalloc byte[RangeSize];
        if (IsReadOnly || data != RangeSize || !chain.Read(ref host, HeaderSize, range))
            return VirtioBlkStatus.VIRTIO_BLK_S_IOERR;
        ulong sector = LittleEndian.Get(range, 0, 8);
        ulong count = LittleEndian.Get(range, 8, 4);
        // 5.2.6.2: the unmap flag is only for write-zeroes, the other bits for nobody.
        if ((LittleEndian.Get(range, 12, 4) & ~(zero ? 1UL : 0UL)) != 0)
            return VirtioBlkStatus.VIRTIO_BLK_S_UNSUPP;
        if (count > MaxRangeSectors || !Holds(sector, count))
            return VirtioBlkStatus.VIRTIO_BLK_S_IOERR;
        for (ulong moved = 0; zero && moved < count * SectorSize;)
        {
            Span<byte> part = Part(host.Staging(), count * SectorSize - moved);
            part.Clear();
            if (!host.WriteDisk(sector * SectorSize + moved, part))
                return VirtioBlkStatus.VIRTIO_BLK_S_IOERR;
            moved += (ulong)part.Length;
        }
        return VirtioBlkStatus.VIRTIO_BLK_S_OK;
    }

    private static Span<byte> Part(Span<byte> staging, ulong bytes) =>
        (ulong)staging.Length <= bytes ? staging : staging.Slice(0, (int)bytes);
}
