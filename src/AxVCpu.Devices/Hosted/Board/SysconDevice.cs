namespace AxVCpu.Devices;

/// <summary>A <see cref="Syscon"/> on a bus. Thread safe; the host is called on the vCPU thread that wrote the register.</summary>
public sealed class SysconDevice : IBusDevice
{
    private readonly ISysconHost _host;

    /// <summary>A power-off and reset register.</summary>
    /// <param name="host">What ends or restarts the machine; it must not wait for the vCPU that calls it.</param>
    /// <param name="name">The name in listings.</param>
    public SysconDevice(ISysconHost host, string name = "syscon")
    {
        ArgumentNullException.ThrowIfNull(host);
        _host = host;
        Name = name;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ulong Size => Syscon.Size;

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value) => Syscon.Read(offset, width, out value);

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        Effects effects = new(_host);
        return Syscon.Write(ref effects, offset, width, value);
    }

    private readonly struct Effects(ISysconHost host) : ISysconHost
    {
        public void Finish(SysconStatus status, ushort code) => host.Finish(status, code);
    }
}
