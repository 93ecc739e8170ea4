namespace AxVCpu.Devices;

/// <summary>A <see cref="ResetControl"/> on a bus of ports. Thread safe; the host is called under the device's lock.</summary>
public sealed class ResetControlDevice : IBusDevice, IResettable
{
    private readonly Lock _lock = new();
    private readonly IPowerHost _host;
    private ResetControl _state;

    /// <summary>A reset register.</summary>
    /// <param name="host">What resets the machine.</param>
    public ResetControlDevice(IPowerHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        _host = host;
    }

    /// <inheritdoc/>
    public string Name => "reset";

    /// <inheritdoc/>
    public ulong Size => 1;

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        lock (_lock)
            value = _state.Value;
        return offset == 0;
    }

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        if (offset != 0)
            return false;
        Effects effects = new(_host);
        lock (_lock)
            _state.Write(ref effects, (byte)value);
        return true;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
            _state.Reset();
    }

    private readonly struct Effects(IPowerHost host) : IResetControlHost
    {
        public void Reset() => host.Reset();
    }
}
