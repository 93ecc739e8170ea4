namespace AxVCpu.Devices;

/// <summary>Where messages to local APICs go: this project's own, or an engine's. Any thread.</summary>
public interface IApicMessageSink
{
    /// <summary>Delivers a message.</summary>
    void Send(in ApicMessage message);
}

/// <summary>
/// A sink that tells the end of a level-triggered interrupt (<see cref="IoApicDevice.EndOfInterrupt"/>) only when it knew before that the
/// interrupt can come: local APICs in a kernel.
/// </summary>
public interface IApicRouteSink : IApicMessageSink
{
    /// <summary>What a pin of the I/O APIC sends from now on. Not called at the same time for two pins.</summary>
    void SetRoute(int pin, in ApicMessage message);
}

/// <summary>An <see cref="IoApic"/> on a bus: wires from devices come in, messages to local APICs go out. Thread safe.</summary>
public sealed class IoApicDevice : IBusDevice, IResettable
{
    private readonly Lock _lock;
    private readonly IApicMessageSink _sink;
    private readonly IApicRouteSink? _routes;
    private readonly Pin[] _pins = new Pin[IoApic.Pins];
    private IoApic _state;

    /// <summary>An I/O APIC.</summary>
    /// <param name="id">Its APIC ID.</param>
    /// <param name="sink">Where its messages go; <see cref="LocalApicSet"/>, whose lock is shared, or an engine's local APICs.</param>
    public IoApicDevice(byte id, IApicMessageSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        _sink = sink;
        _routes = sink as IApicRouteSink;
        _state = new IoApic(id);
        for (int pin = 0; pin < _pins.Length; pin++)
            _pins[pin] = new Pin(this, pin);
        // The two call each other: with a lock each, two threads could wait for each other.
        LocalApicSet? apics = sink as LocalApicSet;
        _lock = apics?.Gate ?? new Lock();
        apics?.Connect(this);
    }

    /// <inheritdoc/>
    public string Name => "ioapic";

    /// <inheritdoc/>
    public ulong Size => IoApic.Size;

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs, then call <see cref="Resynchronize"/>.</summary>
    public ref IoApic State => ref _state;

    /// <summary>The wire into a pin, 0 to 23.</summary>
    public IInterruptLine Line(uint pin) => _pins[pin];

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        lock (_lock)
            return _state.Read(offset, width, out value);
    }

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        Effects effects = new(this);
        lock (_lock)
            return _state.Write(ref effects, offset, width, value);
    }

    /// <summary>A local APIC ended a level-triggered interrupt. Any thread.</summary>
    public void EndOfInterrupt(byte vector)
    {
        Effects effects = new(this);
        lock (_lock)
            _state.EndOfInterrupt(ref effects, vector);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
        {
            _state.Reset();
            RenewRoutes();
        }
    }

    /// <summary>Sends again what asserted pins ask for; after a restored snapshot.</summary>
    public void Resynchronize()
    {
        Effects effects = new(this);
        lock (_lock)
        {
            RenewRoutes();
            _state.Resynchronize(ref effects);
        }
    }

    private void RenewRoutes()
    {
        for (int pin = 0; pin < IoApic.Pins; pin++)
            _routes?.SetRoute(pin, _state.Message(pin));
    }

    private void SetLevel(int pin, bool level)
    {
        Effects effects = new(this);
        lock (_lock)
            _state.SetLevel(ref effects, pin, level);
    }

    private readonly struct Effects(IoApicDevice device) : IIoApicHost
    {
        public void Send(in ApicMessage message) => device._sink.Send(in message);

        public void SetMessage(int pin, in ApicMessage message) => device._routes?.SetRoute(pin, in message);
    }

    private sealed class Pin(IoApicDevice device, int number) : IInterruptLine
    {
        public void Set(bool level) => device.SetLevel(number, level);
    }
}
