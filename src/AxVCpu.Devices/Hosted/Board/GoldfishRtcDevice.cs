namespace AxVCpu.Devices;

/// <summary>A <see cref="GoldfishRtc"/> on a bus, with the host's clock and a host timer for the alarm. Thread safe.</summary>
public sealed class GoldfishRtcDevice : IBusDevice, IResettable, IDisposable
{
    private readonly Lock _lock = new();
    private readonly IInterruptLine _line;
    private readonly WallClockAlarm _alarm;
    private GoldfishRtc _state;

    /// <summary>A clock.</summary>
    /// <param name="line">The interrupt output.</param>
    /// <param name="time">The wall clock; null for the system's.</param>
    /// <param name="name">The name in listings.</param>
    /// <param name="interrupt">The source number of <paramref name="line"/>, for listings.</param>
    public GoldfishRtcDevice(IInterruptLine line, TimeProvider? time = null, string name = "rtc", uint? interrupt = null)
    {
        ArgumentNullException.ThrowIfNull(line);
        Name = name;
        Interrupt = interrupt;
        _line = line;
        _alarm = new WallClockAlarm(time, Expired);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ulong Size => GoldfishRtc.Size;

    /// <inheritdoc/>
    public uint? Interrupt { get; }

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs.</summary>
    public ref GoldfishRtc State => ref _state;

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

    /// <summary>Stops the alarm's timer. Register accesses stay harmless.</summary>
    public void Dispose() => _alarm.Dispose();

    private void Expired()
    {
        Effects effects = new(this);
        lock (_lock)
            _state.AlarmExpired(ref effects);
    }

    private readonly struct Effects(GoldfishRtcDevice device) : IRtcHost
    {
        public ulong NowNanoseconds() => device._alarm.NowNanoseconds;

        public void ArmAlarm(ulong deadline) => device._alarm.Set(deadline);

        public void DisarmAlarm() => device._alarm.Set(ulong.MaxValue);

        public void SetInterrupt(bool level) => device._line.Set(level);
    }
}
