namespace AxVCpu.Devices;

/// <content>
/// The legacy interface, version 1 (virtio 1.2, 4.2.4). A queue is one run of pages, named by the number of its first one, and is the
/// device's as soon as it is named; the driver may use it before it says DRIVER_OK (3.1.2), and features need no agreement (2.2.3).
/// </content>
public partial struct VirtioMmio
{
    // What QEMU has until a driver says something else; drivers that were only ever tried there may leave it at that.
    private const uint DefaultQueueAlign = 4096;
    private const int MostPageShift = 31;

    /// <summary>Which interface the transport has.</summary>
    public readonly VirtioMmioInterface Interface => _legacy != 0 ? VirtioMmioInterface.Legacy : VirtioMmioInterface.Modern;

    private readonly bool IsLegacy => _legacy != 0;

    private readonly uint ReadLegacy(VirtioMmioRegister register) => register switch
    {
        VirtioMmioRegister.QueuePFN when _queueSelect < (uint)_queueCount && _queues[(int)_queueSelect].IsReady =>
            (uint)(_queues[(int)_queueSelect].Descriptors >> _pageShift),
        _ => 0,
    };

    private void ResetLegacy()
    {
        for (int queue = 0; queue < MaxQueues; queue++)
        {
            _queueAlign[queue] = DefaultQueueAlign;
            // A driver need not choose a size.
            if (IsLegacy)
                _queues[queue].Size = Virtqueue.MaxSize;
        }
    }

    private void WriteLegacyQueue<THost>(ref THost host, VirtioMmioRegister register, uint data)
        where THost : struct, IVirtioMmioHost
    {
        ref Virtqueue queue = ref _queues[(int)_queueSelect];
        switch (register)
        {
            case VirtioMmioRegister.QueueSize when !queue.IsReady:
                queue.Size = data > Virtqueue.MaxSize ? (ushort)0 : (ushort)data;
                break;
            case VirtioMmioRegister.QueueAlign when !queue.IsReady:
                // 4.2.4: a power of two; one driver that is taught widely writes 0 and expects the usual alignment.
                if (data != 0 && (data & (data - 1)) == 0)
                    _queueAlign[(int)_queueSelect] = data;
                break;
            case VirtioMmioRegister.QueuePFN:
                queue.Disable();
                if (data != 0)
                    PlaceLegacyQueue(ref host, ref queue, (ulong)data << _pageShift);
                break;
        }
    }

    // 2.7.2: the descriptors, the available ring with its last field, then the used ring on the next boundary.
    private void PlaceLegacyQueue<THost>(ref THost host, ref Virtqueue queue, ulong address)
        where THost : struct, IVirtioMmioHost
    {
        const ulong availableFixed = 6;
        const ulong availableEntry = 2;
        ulong align = _queueAlign[(int)_queueSelect];
        queue.Descriptors = address;
        queue.Driver = address + DescriptorChain.DescriptorSize * (ulong)queue.Size;
        queue.Device = queue.Driver + availableFixed + availableEntry * queue.Size + align - 1 & ~(align - 1);
        bool eventIndex = (Features & (ulong)VirtioFeatures.VIRTIO_F_EVENT_IDX) != 0;
        bool indirect = (Features & (ulong)VirtioFeatures.VIRTIO_F_INDIRECT_DESC) != 0;
        if (!queue.TryEnable(eventIndex, indirect))
            NeedReset(ref host);
    }

    private void WriteLegacyStatus<THost>(ref THost host, VirtioStatus value)
        where THost : struct, IVirtioMmioHost
    {
        if (value != 0)
        {
            _status = value & DriverBits | _status & VirtioStatus.DEVICE_NEEDS_RESET;
            return;
        }
        // The page size belongs to the transport, not to the device: Linux tells it once, in front of its first reset.
        byte shift = _pageShift;
        Reset(ref host);
        _pageShift = shift;
    }

    private void WritePageSize(uint size)
    {
        int shift = System.Numerics.BitOperations.TrailingZeroCount(size);
        _pageShift = shift > MostPageShift ? (byte)0 : (byte)shift;
    }
}
