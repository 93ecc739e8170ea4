namespace AxVCpu.Devices;

/// <summary>
/// A virtio device behind its MMIO transport, on a bus. Requests are served on the vCPU thread that notifies, and are done
/// when the access returns. Thread safe.
/// </summary>
public abstract class VirtioMmioDevice : IBusDevice, IResettable
{
    private readonly IInterruptLine _line;
    private VirtioMmio _transport;

    private protected VirtioMmioDevice(
        string name, uint? interrupt, IInterruptLine line, IGuestDma memory, VirtioMmioInterface kind, VirtioDeviceId device, ulong features, int queues)
    {
        ArgumentNullException.ThrowIfNull(line);
        ArgumentNullException.ThrowIfNull(memory);
        Name = name;
        Interrupt = interrupt;
        _line = line;
        Memory = memory;
        _transport = new VirtioMmio(device, features, queues, kind);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ulong Size => VirtioMmio.Size;

    /// <inheritdoc/>
    public uint? Interrupt { get; }

    /// <summary>The transport's state, for snapshots; touch it only while no vCPU runs, then call <see cref="Resynchronize"/>.</summary>
    public ref VirtioMmio TransportState => ref _transport;

    private protected Lock Gate { get; } = new();

    private protected IGuestDma Memory { get; }

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        Effects effects = new(this);
        lock (Gate)
            return _transport.Read(ref effects, offset, width, out value);
    }

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        Effects effects = new(this);
        lock (Gate)
            return _transport.Write(ref effects, offset, width, value);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        Effects effects = new(this);
        lock (Gate)
            _transport.Reset(ref effects);
    }

    /// <summary>Drives the interrupt line again from the state; after a restored snapshot.</summary>
    public void Resynchronize()
    {
        Effects effects = new(this);
        lock (Gate)
            _transport.Resynchronize(ref effects);
    }

    // All under Gate.
    private protected abstract ulong ReadConfig(ulong offset, AccessWidth width);

    private protected abstract void Notify(int queue);

    private protected virtual void ResetDevice()
    {
    }

    /// <summary>What the transport asks for, and the part of it that every device's own effects share.</summary>
    private protected readonly struct Effects(VirtioMmioDevice device) : IVirtioMmioHost, IGuestDma
    {
        public ulong ReadConfig(ulong offset, AccessWidth width) => device.ReadConfig(offset, width);

        public void WriteConfig(ulong offset, AccessWidth width, ulong value)
        {
            // No device here has a writable field.
        }

        public void Notify(int queue) => device.Notify(queue);

        public void ResetDevice() => device.ResetDevice();

        public void SetInterrupt(bool level) => device._line.Set(level);

        public bool Read(ulong address, Span<byte> destination) => device.Memory.Read(address, destination);

        public bool Write(ulong address, ReadOnlySpan<byte> source) => device.Memory.Write(address, source);

        public bool ReadIndex(ulong address, out ushort value) => device.Memory.ReadIndex(address, out value);

        public bool WriteIndex(ulong address, ushort value) => device.Memory.WriteIndex(address, value);
    }
}
