namespace AxVCpu.Devices;

/// <summary>
/// An <see cref="Aclint"/> on a bus. Thread safe. The host is called under the device's lock and must not access the
/// device from there.
/// </summary>
public sealed class AclintDevice : IBusDevice, IResettable
{
    private readonly Lock _lock = new();
    private readonly IAclintHost _host;
    private Aclint _state;

    /// <summary>The software interrupt and timer device of <paramref name="harts"/> harts, 1 to <see cref="Aclint.MaxHarts"/>.</summary>
    /// <param name="harts">Number of harts.</param>
    /// <param name="host">The VM's clock and the harts' wires.</param>
    /// <param name="name">The name in listings.</param>
    public AclintDevice(int harts, IAclintHost host, string name = "aclint")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(harts, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(harts, Aclint.MaxHarts);
        ArgumentNullException.ThrowIfNull(host);
        Name = name;
        _host = host;
        _state = new Aclint(harts);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ulong Size => Aclint.Size;

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs, then call <see cref="Resynchronize"/>.</summary>
    public ref Aclint State => ref _state;

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        Effects effects = new(_host);
        lock (_lock)
            return _state.Read(ref effects, offset, width, out value);
    }

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        Effects effects = new(_host);
        lock (_lock)
            return _state.Write(ref effects, offset, width, value);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        Effects effects = new(_host);
        lock (_lock)
            _state.Reset(ref effects);
    }

    /// <summary>Tells the host every line and deadline again; after a restored snapshot.</summary>
    public void Resynchronize()
    {
        Effects effects = new(_host);
        lock (_lock)
            _state.Resynchronize(ref effects);
    }

    private readonly struct Effects(IAclintHost host) : IAclintHost
    {
        public void SetSoftware(int hart, bool level) => host.SetSoftware(hart, level);

        public ulong Now() => host.Now();

        public void SetTimerDeadline(int hart, ulong deadline) => host.SetTimerDeadline(hart, deadline);
    }
}

/// <summary>An <see cref="AclintSswi"/> on a bus. Thread safe; it has no state that changes.</summary>
public sealed class AclintSswiDevice : IBusDevice
{
    private readonly IAclintSswiHost _host;
    private readonly AclintSswi _state;

    /// <summary>The supervisor software interrupt device of <paramref name="harts"/> harts.</summary>
    /// <param name="harts">Number of harts, 1 to <see cref="Aclint.MaxHarts"/>.</param>
    /// <param name="host">The harts' wires.</param>
    /// <param name="name">The name in listings.</param>
    public AclintSswiDevice(int harts, IAclintSswiHost host, string name = "aclint-sswi")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(harts, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(harts, Aclint.MaxHarts);
        ArgumentNullException.ThrowIfNull(host);
        Name = name;
        _host = host;
        _state = new AclintSswi(harts);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ulong Size => AclintSswi.Size;

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value) => AclintSswi.Read(offset, width, out value);

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        Effects effects = new(_host);
        return _state.Write(ref effects, offset, width, value);
    }

    private readonly struct Effects(IAclintSswiHost host) : IAclintSswiHost
    {
        public void RaiseSupervisorSoftware(int hart) => host.RaiseSupervisorSoftware(hart);
    }
}
