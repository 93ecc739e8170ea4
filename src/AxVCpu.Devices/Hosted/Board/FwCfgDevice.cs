using System.Buffers.Binary;

namespace AxVCpu.Devices;

/// <summary>A <see cref="FwCfg"/> on a bus of ports, with the items that every machine has. Thread safe.</summary>
public sealed class FwCfgDevice : IBusDevice, IResettable
{
    private const uint HasPorts = 1;

    private readonly Lock _lock = new();
    private readonly Dictionary<FwCfgKey, byte[]> _items = [];
    private FwCfg _state;

    /// <summary>A device that describes a machine.</summary>
    /// <param name="cpus">Number of CPUs, at most 65535.</param>
    /// <param name="ramBytes">Bytes of RAM.</param>
    public FwCfgDevice(int cpus, ulong ramBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cpus);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cpus, ushort.MaxValue);
        _items[FwCfgKey.Signature] = "QEMU"u8.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(Item(FwCfgKey.Id, sizeof(uint)), HasPorts);
        BinaryPrimitives.WriteUInt64LittleEndian(Item(FwCfgKey.RamSize, sizeof(ulong)), ramBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(Item(FwCfgKey.CpuCount, sizeof(ushort)), (ushort)cpus);
        BinaryPrimitives.WriteUInt16LittleEndian(Item(FwCfgKey.MaxCpus, sizeof(ushort)), (ushort)cpus);
        Item(FwCfgKey.FileDirectory, sizeof(uint));
    }

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

    private byte[] Item(FwCfgKey key, int size) => _items[key] = new byte[size];

    private readonly struct Effects(Dictionary<FwCfgKey, byte[]> items) : IFwCfgHost
    {
        public byte ReadItem(FwCfgKey key, uint offset) => items.TryGetValue(key, out byte[]? item) && offset < item.Length ? item[offset] : (byte)0;
    }
}
