namespace AxVCpu.Devices;

/// <summary>A source of random bytes. Called on vCPU threads, one call at a time.</summary>
public interface IEntropySource
{
    /// <summary>Fills <paramref name="destination"/>.</summary>
    void Fill(Span<byte> destination);
}

/// <summary>A virtio entropy source.</summary>
public sealed class VirtioRngDevice : VirtioMmioDevice
{
    private readonly IEntropySource _source;

    /// <summary>An entropy source.</summary>
    /// <param name="source">Where random bytes come from.</param>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="line">The interrupt output.</param>
    /// <param name="name">The name in listings.</param>
    /// <param name="interrupt">The source number of <paramref name="line"/>, for listings.</param>
    /// <param name="kind">The interface of the transport.</param>
    public VirtioRngDevice(
        IEntropySource source,
        IGuestDma memory,
        IInterruptLine line,
        string name = "virtio-rng",
        uint? interrupt = null,
        VirtioMmioInterface kind = VirtioMmioInterface.Modern)
        : base(name, interrupt, line, memory, kind, VirtioDeviceId.Entropy, features: 0, queues: 1)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
    }

    private protected override ulong ReadConfig(ulong offset, AccessWidth width) => 0;

    private protected override void Notify(int queue)
    {
        EntropyEffects effects = new(this);
        VirtioRng.Process(ref effects, ref TransportState);
    }

    private readonly struct EntropyEffects(VirtioRngDevice device) : IVirtioRngHost
    {
        private readonly Effects _common = new(device);

        public void Fill(Span<byte> destination) => device._source.Fill(destination);

        public ulong ReadConfig(ulong offset, AccessWidth width) => _common.ReadConfig(offset, width);

        public void WriteConfig(ulong offset, AccessWidth width, ulong value) => _common.WriteConfig(offset, width, value);

        public void Notify(int queue) => _common.Notify(queue);

        public void ResetDevice() => _common.ResetDevice();

        public void SetInterrupt(bool level) => _common.SetInterrupt(level);

        public bool Read(ulong address, Span<byte> destination) => _common.Read(address, destination);

        public bool Write(ulong address, ReadOnlySpan<byte> source) => _common.Write(address, source);

        public bool ReadIndex(ulong address, out ushort value) => _common.ReadIndex(address, out value);

        public bool WriteIndex(ulong address, ushort value) => _common.WriteIndex(address, value);
    }
}
