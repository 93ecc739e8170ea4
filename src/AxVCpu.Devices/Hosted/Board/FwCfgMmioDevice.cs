namespace AxVCpu.Devices;

/// <summary>A <see cref="FwCfgMmio"/> on a bus. Requests are served on the vCPU thread that makes them. Thread safe.</summary>
public sealed class FwCfgMmioDevice : IBusDevice, IResettable
{
    private readonly Lock _lock = new();
    private readonly IGuestDma _memory;
    private FwCfgItems _items;
    private FwCfgMmio _state;

    /// <summary>A device that tells items.</summary>
    /// <param name="items">The items.</param>
    /// <param name="memory">The guest's memory.</param>
    public FwCfgMmioDevice(FwCfgItems items, IGuestDma memory)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(memory);
        _items = items;
        _memory = memory;
    }

    /// <inheritdoc/>
    public string Name => "fw-cfg";

    /// <inheritdoc/>
    public ulong Size => FwCfgMmio.Size;

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs.</summary>
    public ref FwCfgMmio State => ref _state;

    /// <summary>Tells other items from now on. While no vCPU runs.</summary>
    public void Replace(FwCfgItems items)
    {
        ArgumentNullException.ThrowIfNull(items);
        lock (_lock)
            _items = items;
    }

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        Effects effects = new(this);
        lock (_lock)
            return _state.Read(ref effects, offset, width, out value);
    }

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        Effects effects = new(this);
        lock (_lock)
            return _state.Write(ref effects, offset, width, value);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
            _state.Reset();
    }

    private readonly struct Effects(FwCfgMmioDevice device) : IFwCfgMmioHost
    {
        public void ReadItem(FwCfgKey key, uint offset, Span<byte> destination) => device._items.Read(key, offset, destination);

        public bool Read(ulong address, Span<byte> destination) => device._memory.Read(address, destination);

        public bool Write(ulong address, ReadOnlySpan<byte> source) => device._memory.Write(address, source);

        public bool ReadIndex(ulong address, out ushort value) => device._memory.ReadIndex(address, out value);

        public bool WriteIndex(ulong address, ushort value) => device._memory.WriteIndex(address, value);
    }
}
