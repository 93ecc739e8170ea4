namespace AxVCpu.Devices;

/// <summary>A <see cref="FwCfg"/> on a bus of ports, with the items that every machine has. Thread safe.</summary>
public sealed class FwCfgDevice : IBusDevice, IResettable
{
    private readonly Lock _lock = new();
    private readonly FwCfgItems _items;
    private FwCfg _state;

    /// <summary>A device that describes a machine.</summary>
    /// <param name="cpus">Number of CPUs, at most 65535.</param>
    /// <param name="ramBytes">Bytes of RAM.</param>
    public FwCfgDevice(int cpus, ulong ramBytes) => _items = new FwCfgItems(cpus, ramBytes, FwCfgFeatures.Traditional);

    /// <inheritdoc/>
    public string Name => "fw-cfg";

    /// <inheritdoc/>
    public ulong Size => FwCfg.Size;

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs.</summary>
    public ref FwCfg State => ref _state;

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        Effects effects = new(_items);
        lock (_lock)
            return _state.Read(ref effects, offset, width, out value);
    }

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        lock (_lock)
            return _state.Write(offset, width, value);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
            _state.Reset();
    }

    private readonly struct Effects(FwCfgItems items) : IFwCfgHost
    {
        public void ReadItem(FwCfgKey key, uint offset, Span<byte> destination) => items.Read(key, offset, destination);
    }
}
