namespace AxVCpu.Devices;

/// <summary>
/// A <see cref="Pit8254"/> on a bus of ports: the timer's ports from 0x40 on, and the system control port B at offset 0x21 (0x61).
/// Thread safe.
/// </summary>
public sealed class PitDevice : IBusDevice, IResettable
{
    /// <summary>The offset of the system control port B.</summary>
    public const ulong ControlB = 0x21;

    private readonly Lock _lock = new();
    private readonly IInterruptLine _line;
    private readonly ClockRate _clock;
    private readonly Alarm _alarm;
    private Pit8254 _state = new();

    /// <summary>A timer.</summary>
    /// <param name="line">The output of counter 0.</param>
    /// <param name="alarms">The VM's clock, and what wakes the timer.</param>
    /// <param name="interrupt">The number of <paramref name="line"/>, for listings.</param>
    public PitDevice(IInterruptLine line, AlarmClock alarms, uint? interrupt = null)
    {
        ArgumentNullException.ThrowIfNull(line);
        ArgumentNullException.ThrowIfNull(alarms);
        _line = line;
        _clock = new ClockRate(alarms.Clock, Pit8254.FrequencyHz);
        _alarm = alarms.Add(Advance);
        Interrupt = interrupt;
    }

    /// <inheritdoc/>
    public string Name => "pit";

    /// <inheritdoc/>
    public ulong Size => ControlB + 1;

    /// <inheritdoc/>
    public uint? Interrupt { get; }

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs, then call <see cref="Resynchronize"/>.</summary>
    public ref Pit8254 State => ref _state;

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        Effects effects = new(this);
        lock (_lock)
        {
            if (offset != ControlB)
                return _state.Read(ref effects, offset, out value);
            value = _state.ReadControlB(ref effects);
            return true;
        }
    }

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        Effects effects = new(this);
        lock (_lock)
        {
            if (offset != ControlB)
                return _state.Write(ref effects, offset, value);
            _state.WriteControlB(ref effects, (byte)value);
            return true;
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        Effects effects = new(this);
        lock (_lock)
            _state.Reset(ref effects);
    }

    /// <summary>Asks for the deadline again; after a restored snapshot.</summary>
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

    private readonly struct Effects(PitDevice device) : IPit8254Host
    {
        public ulong Now() => device._clock.Now();

        public void SetInterrupt(bool level) => device._line.Set(level);

        public void SetDeadline(ulong deadline) => device._alarm.Set(device._clock.ToClock(deadline));
    }
}
