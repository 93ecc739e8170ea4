namespace AxVCpu.Devices;

/// <summary>An <see cref="I8042"/> on a bus of ports: two ports, four apart. Thread safe; the host is called under the device's lock.</summary>
public sealed class I8042Device : IBusDevice, IResettable
{
    private readonly Lock _lock = new();
    private readonly IPowerHost _host;
    private I8042 _state = new();

    /// <summary>A controller.</summary>
    /// <param name="host">What resets the machine.</param>
    public I8042Device(IPowerHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        _host = host;
    }

    /// <inheritdoc/>
    public string Name => "i8042";

    /// <inheritdoc/>
    public ulong Size => (ulong)I8042Register.StatusCommand + 1;

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs.</summary>
    public ref I8042 State => ref _state;

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        lock (_lock)
            return _state.Read(offset, out value);
    }

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        Effects effects = new(_host);
        lock (_lock)
            return _state.Write(ref effects, offset, value);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
            _state.Reset();
    }

    private readonly struct Effects(IPowerHost host) : II8042Host
    {
        public void Reset() => host.Reset();
    }
}
