namespace AxVCpu.Devices;

/// <summary>Register offsets of the MMIO transport (virtio 1.2, tables 4.1 and, for the legacy interface, 4.2.4). All but the configuration are 32 bits wide.</summary>
public enum VirtioMmioRegister : ushort
{
    /// <summary>"virt".</summary>
    MagicValue = 0x000,
    /// <summary>1: the legacy interface, 2: the modern one.</summary>
    Version = 0x004,
    /// <summary>What the device is; see <see cref="VirtioDeviceId"/>.</summary>
    DeviceID = 0x008,
    /// <summary>Who made it.</summary>
    VendorID = 0x00C,
    /// <summary>32 feature bits of the device, chosen by <see cref="DeviceFeaturesSel"/>.</summary>
    DeviceFeatures = 0x010,
    /// <summary>Which 32 bits of the device's features to show.</summary>
    DeviceFeaturesSel = 0x014,
    /// <summary>32 feature bits the driver accepts.</summary>
    DriverFeatures = 0x020,
    /// <summary>Which 32 bits of the driver's features are written.</summary>
    DriverFeaturesSel = 0x024,
    /// <summary>Legacy: bytes of the pages that <see cref="QueuePFN"/> counts.</summary>
    GuestPageSize = 0x028,
    /// <summary>The queue that the queue registers mean.</summary>
    QueueSel = 0x030,
    /// <summary>The largest size of the queue; 0 when it does not exist.</summary>
    QueueSizeMax = 0x034,
    /// <summary>The size the driver chose.</summary>
    QueueSize = 0x038,
    /// <summary>Legacy: alignment of the used ring in bytes.</summary>
    QueueAlign = 0x03C,
    /// <summary>Legacy: the number of the queue's first page hands it to the device, 0 takes it back.</summary>
    QueuePFN = 0x040,
    /// <summary>1 hands the queue to the device.</summary>
    QueueReady = 0x044,
    /// <summary>Tells the device that a queue has new buffers.</summary>
    QueueNotify = 0x050,
    /// <summary>Why the interrupt is raised.</summary>
    InterruptStatus = 0x060,
    /// <summary>Clears interrupt causes.</summary>
    InterruptACK = 0x064,
    /// <summary>Device status; 0 resets.</summary>
    Status = 0x070,
    /// <summary>Descriptor area, low half.</summary>
    QueueDescLow = 0x080,
    /// <summary>Descriptor area, high half.</summary>
    QueueDescHigh = 0x084,
    /// <summary>Driver area (available ring), low half.</summary>
    QueueDriverLow = 0x090,
    /// <summary>Driver area, high half.</summary>
    QueueDriverHigh = 0x094,
    /// <summary>Device area (used ring), low half.</summary>
    QueueDeviceLow = 0x0A0,
    /// <summary>Device area, high half.</summary>
    QueueDeviceHigh = 0x0A4,
    /// <summary>Selects a shared memory region; there are none.</summary>
    SHMSel = 0x0AC,
    /// <summary>Length of the region, low half: all ones when it does not exist.</summary>
    SHMLenLow = 0x0B0,
    /// <summary>Length of the region, high half.</summary>
    SHMLenHigh = 0x0B4,
    /// <summary>Base of the region, low half.</summary>
    SHMBaseLow = 0x0B8,
    /// <summary>Base of the region, high half.</summary>
    SHMBaseHigh = 0x0BC,
    /// <summary>Changes whenever the configuration does.</summary>
    ConfigGeneration = 0x0FC,
    /// <summary>The device's own configuration begins here.</summary>
    Config = 0x100,
}

/// <summary>The two interfaces of the MMIO transport.</summary>
public enum VirtioMmioInterface : byte
{
    /// <summary>Version 2 (virtio 1.2, 4.2.2).</summary>
    Modern = 0,
    /// <summary>Version 1 (virtio 1.2, 4.2.4), for drivers that know no other.</summary>
    Legacy = 1,
}

/// <summary>Device types (virtio 1.2, chapter 5).</summary>
public enum VirtioDeviceId : uint
{
    /// <summary>An empty slot.</summary>
    None = 0,
    /// <summary>Block device (5.2).</summary>
    Block = 2,
    /// <summary>Console (5.3).</summary>
    Console = 3,
    /// <summary>Entropy source (5.4).</summary>
    Entropy = 4,
}

/// <summary>Device status bits (virtio 1.2, 2.1).</summary>
[Flags]
public enum VirtioStatus : byte
{
    /// <summary>The driver has seen the device.</summary>
    ACKNOWLEDGE = 1,
    /// <summary>The driver knows how to drive it.</summary>
    DRIVER = 2,
    /// <summary>The driver runs it.</summary>
    DRIVER_OK = 4,
    /// <summary>Both agree on the features.</summary>
    FEATURES_OK = 8,
    /// <summary>The device met something it cannot go on from.</summary>
    DEVICE_NEEDS_RESET = 64,
    /// <summary>The driver gave up.</summary>
    FAILED = 128,
}

/// <summary>Feature bits that belong to no device type (virtio 1.2, chapter 6).</summary>
[Flags]
public enum VirtioFeatures : ulong
{
    /// <summary>No feature.</summary>
    None = 0,
    /// <summary>Legacy: the device takes a request however it is cut into descriptors.</summary>
    VIRTIO_F_ANY_LAYOUT = 1UL << 27,
    /// <summary>Descriptors may refer to a table of descriptors.</summary>
    VIRTIO_F_INDIRECT_DESC = 1UL << 28,
    /// <summary>The used_event and avail_event fields are in use.</summary>
    VIRTIO_F_EVENT_IDX = 1UL << 29,
    /// <summary>Version 1 of the standard; required.</summary>
    VIRTIO_F_VERSION_1 = 1UL << 32,
}

/// <summary>Causes in the interrupt status register (virtio 1.2, table 4.1).</summary>
[Flags]
internal enum VirtioInterrupt : byte
{
    UsedBuffer = 1,
    ConfigurationChange = 2,
    Mask = 3,
}
