namespace AxVCpu.Devices;

/// <summary>An <see cref="AcpiPowerManagement"/> on a bus of ports. Thread safe; the host is called under the device's lock.</summary>
public sealed class AcpiPowerDevice : IBusDevice, IResettable
{
    /// <summary>The type of the state "soft off", which the _S5 object of the machine's tables must name.</summary>
    public const byte SoftOffType = 5;

    // That of QEMU's PC. Kernels that read no tables write it to where this register mostly is.
    private const byte QemuSoftOffType = 0;

    private readonly Lock _lock = new();
    private readonly IInterruptLine _line;
    private readonly IPowerHost _host;
    private readonly ClockRate _clock;
    private readonly Alarm _alarm;
    private AcpiPowerManagement _state;

    /// <summary>The registers.</summary>
    /// <param name="line">The system control interrupt.</param>
    /// <param name="alarms">The VM's clock, and what wakes the timer.</param>
    /// <param name="host">What switches the machine off.</param>
    /// <param name="interrupt">The number of <paramref name="line"/>, for listings.</param>
    public AcpiPowerDevice(IInterruptLine line, AlarmClock alarms, IPowerHost host, uint? interrupt = null)
    {
        ArgumentNullException.ThrowIfNull(line);
        ArgumentNullException.ThrowIfNull(alarms);
        ArgumentNullException.ThrowIfNull(host);
        _line = line;
        _host = host;
        _clock = new ClockRate(alarms.Clock, AcpiPowerManagement.TimerFrequencyHz);
        _alarm = alarms.Add(Advance);
        Interrupt = interrupt;
    }

    /// <inheritdoc/>
    public string Name => "acpi";

    /// <inheritdoc/>
    public ulong Size => AcpiPowerManagement.Size;

    /// <inheritdoc/>
    public uint? Interrupt { get; }

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs, then call <see cref="Resynchronize"/>.</summary>
    public ref AcpiPowerManagement State => ref _state;

    /// <summary>Presses the power button: a guest that listens shuts down. Any thread.</summary>
    public void PressPowerButton()
    {
        Effects effects = new(this);
        lock (_lock)
            _state.PressPowerButton(ref effects);
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

    /// <summary>Drives the line and asks for the deadline again; after a restored snapshot.</summary>
    public void Resynchronize()
    {
        Effects effects = new(this);
        lock (_lock)
            _state.Resynchronize(ref effects);
    }

    private void Advance()
    {
        Effects effects = new(this);
        lock (_lock)
            _state.Advance(ref effects);
    }

    private readonly struct Effects(AcpiPowerDevice device) : IAcpiPowerManagementHost
    {
        public ulong Now() => device._clock.Now();

        public void SetInterrupt(bool level) => device._line.Set(level);

        public void SetDeadline(ulong deadline) => device._alarm.Set(device._clock.ToClock(deadline));

        public void Sleep(byte type)
        {
            // The other types have no object in the tables: a guest that asks for them gets nothing.
            if (type is SoftOffType or QemuSoftOffType)
                device._host.PowerOff();
        }
    }
}
