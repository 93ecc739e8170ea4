namespace AxVCpu.Devices;

/// <summary>A virtio-mmio slot with nothing in it (virtio 1.2, 4.2.2: device 0), for kernels that look into all slots of a board. Thread safe.</summary>
public sealed class VirtioEmptySlot : VirtioMmioDevice
{
    /// <summary>An empty slot.</summary>
    /// <param name="kind">The interface of the transport.</param>
    public VirtioEmptySlot(VirtioMmioInterface kind = VirtioMmioInterface.Modern)
        : base("virtio-empty", interrupt: null, UnconnectedLine.Instance, NoMemory.Instance, kind, VirtioDeviceId.None, features: 0, queues: 0)
    {
    }

    private protected override ulong ReadConfig(ulong offset, AccessWidth width) => 0;

    private protected override void Notify(int queue)
    {
    }

    /// <summary>What a device without queues sees of the guest's memory.</summary>
    private sealed class NoMemory : IGuestDma
    {
        internal static NoMemory Instance { get; } = new();

        public bool Read(ulong address, Span<byte> destination) => false;

        public bool Write(ulong address, ReadOnlySpan<byte> source) => false;

        public bool ReadIndex(ulong address, out ushort value)
        {
            value = 0;
            return false;
        }

        public bool WriteIndex(ulong address, ushort value) => false;
    }
}
