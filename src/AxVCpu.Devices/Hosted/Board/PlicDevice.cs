namespace AxVCpu.Devices;

/// <summary>A <see cref="Plic"/> on a bus: wires from devices come in, wires to harts go out. Thread safe.</summary>
public sealed class PlicDevice : IBusDevice, IResettable
{
    // Outputs are driven while it is held, so that two changes reach a hart in the order they happened.
    private readonly Lock _lock = new();
    private readonly IInterruptLine[] _outputs;
    private readonly Source[] _inputs;
    private Plic _state;

    /// <summary>A controller with its outputs unconnected.</summary>
    /// <param name="sources">Number of sources, 1 to 1023; the well-known board has 95.</param>
    /// <param name="contexts">Number of contexts, 1 to <see cref="Plic.MaxContexts"/>: two for each hart.</param>
    /// <param name="name">The name in listings.</param>
    public PlicDevice(int sources, int contexts, string name = "plic")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sources, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sources, Plic.MaxSources);
        ArgumentOutOfRangeException.ThrowIfLessThan(contexts, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(contexts, Plic.MaxContexts);
        Name = name;
        _state = new Plic(sources, contexts);
        _outputs = new IInterruptLine[contexts];
        Array.Fill(_outputs, UnconnectedLine.Instance);
        _inputs = new Source[sources + 1];
        for (uint source = 0; source < _inputs.Length; source++)
            _inputs[source] = new Source(this, source);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The window of the well-known board, larger than the registers: the rest reads zero.</summary>
    public ulong Size => 0x60_0000;

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs, then call <see cref="Resynchronize"/>.</summary>
    public ref Plic State => ref _state;

    /// <summary>Connects the notification of a context to a hart's wire; told the present level at once.</summary>
    public void Connect(int context, IInterruptLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        lock (_lock)
        {
            _outputs[context] = line;
            Effects effects = new(this);
            _state.Resynchronize(ref effects);
        }
    }

    /// <summary>The wire into source <paramref name="source"/>, 1 to the number of sources.</summary>
    public IInterruptLine Line(uint source)
    {
        ArgumentOutOfRangeException.ThrowIfZero(source);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(source, (uint)_inputs.Length);
        return _inputs[source];
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
        Effects effects = new(this);
        lock (_lock)
            _state.Reset(ref effects);
    }

    /// <summary>Drives every output again from the state; after a restored snapshot.</summary>
    public void Resynchronize()
    {
        Effects effects = new(this);
        lock (_lock)
            _state.Resynchronize(ref effects);
    }

    private void SetLevel(uint source, bool level)
    {
        Effects effects = new(this);
        lock (_lock)
            _state.SetLevel(ref effects, source, level);
    }

    private readonly struct Effects(PlicDevice device) : IPlicHost
    {
        public void SetExternal(int context, bool level) => device._outputs[context].Set(level);
    }

    private sealed class Source(PlicDevice device, uint number) : IInterruptLine
    {
        public void Set(bool level) => device.SetLevel(number, level);
    }
}
