namespace AxVCpu.Devices;

/// <summary>A <see cref="Mc146818"/> on a bus of ports, with the host's clock and a host timer for its interrupts. Thread safe.</summary>
public sealed class Mc146818Device : IBusDevice, IResettable, IDisposable
{
    private readonly Lock _lock = new();
    private readonly IInterruptLine _line;
    private readonly WallClockAlarm _alarm;
    private Mc146818 _state = new();

    /// <summary>A clock.</summary>
    /// <param name="line">The interrupt output.</param>
    /// <param name="time">The wall clock; null for the system's.</param>
    /// <param name="interrupt">The number of <paramref name="line"/>, for listings.</param>
    public Mc146818Device(IInterruptLine line, TimeProvider? time = null, uint? interrupt = null)
    {
        ArgumentNullException.ThrowIfNull(line);
        _line = line;
        _alarm = new WallClockAlarm(time, Advance);
        Interrupt = interrupt;
    }

    /// <inheritdoc/>
    public string Name => "rtc";

    /// <inheritdoc/>
    public ulong Size => Mc146818.Size;

    /// <inheritdoc/>
    public uint? Interrupt { get; }

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs, then call <see cref="Resynchronize"/>.</summary>
    public ref Mc146818 State => ref _state;

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        Effects effects = new(this);
        lock (_lock)
            return _state.Read(ref effects, offset, out value);
    }

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        Effects effects = new(this);
        lock (_lock)
            return _state.Write(ref effects, offset, value);
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

    /// <summary>Stops the timer. Register accesses stay harmless.</summary>
    public void Dispose() => _alarm.Dispose();

    private void Advance()
    {
        Effects effects = new(this);
        lock (_lock)
            _state.Advance(ref effects);
    }

    private readonly struct Effects(Mc146818Device device) : IMc146818Host
    {
        public ulong NowNanoseconds() => device._alarm.NowNanoseconds;

        public void SetInterrupt(bool level) => device._line.Set(level);

        public void SetDeadline(ulong deadline) => device._alarm.Set(deadline);
    }
}
