namespace AxVCpu.Devices;

/// <summary>The wires from a local APIC to its processor. Called under the lock of the set: must not wait, nor call the set.</summary>
public interface IApicProcessor
{
    /// <summary>Drives INTR.</summary>
    void SetInterrupt(bool level);

    /// <summary>A non-maskable interrupt.</summary>
    void RaiseNmi();

    /// <summary>INIT: the processor stops and waits for a start-up message.</summary>
    void RaiseInit();

    /// <summary>A start-up message: a processor that waits for one begins at <paramref name="page"/> times 4096.</summary>
    void RaiseStartUp(byte page);
}

/// <summary>
/// The local APICs of all processors of a machine and what connects them. The timers' input clock is the VM's clock. Thread safe;
/// one lock holds them all, as each message may concern each of them.
/// </summary>
public sealed class LocalApicSet : IApicMessageSink, IResettable
{
    private const int TaskPriorityClassShift = 4;

    private readonly IApicProcessor[] _processors;
    private readonly Alarm[] _alarms;
    private readonly LocalApic[] _apics;
    private readonly ClockRate _timeStamp;
    private readonly ulong[] _timeStampOffsets;
    private readonly ClockRate _timer;
    private IoApicDevice? _ioApic;

    /// <summary>The APICs of processors with the IDs 0, 1, 2 ...; the first is the bootstrap processor.</summary>
    /// <param name="processors">The processors.</param>
    /// <param name="alarms">The VM's clock, and what wakes the timers.</param>
    /// <param name="timeStampFrequencyHz">The rate of the processors' time-stamp counters, which begin at 0 with the VM's clock.</param>
    public LocalApicSet(IReadOnlyList<IApicProcessor> processors, AlarmClock alarms, ulong timeStampFrequencyHz)
    {
        ArgumentNullException.ThrowIfNull(processors);
        ArgumentNullException.ThrowIfNull(alarms);
        ArgumentOutOfRangeException.ThrowIfZero(timeStampFrequencyHz);
        _processors = [.. processors];
        _apics = new LocalApic[_processors.Length];
        _timeStampOffsets = new ulong[_processors.Length];
        _alarms = new Alarm[_processors.Length];
        _timer = new ClockRate(alarms.Clock, alarms.Clock.FrequencyHz);
        _timeStamp = new ClockRate(alarms.Clock, timeStampFrequencyHz);
        for (int cpu = 0; cpu < _apics.Length; cpu++)
        {
            int number = cpu;
            _apics[cpu] = new LocalApic((uint)cpu, cpu == 0);
            _alarms[cpu] = alarms.Add(() => TimerExpired(number));
        }
    }

    internal Lock Gate { get; } = new();

    /// <summary>How many there are.</summary>
    public int Count => _apics.Length;

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs, then call <see cref="Resynchronize"/>.</summary>
    public ref LocalApic State(int cpu) => ref _apics[cpu];

    /// <summary>Reads a processor's register page.</summary>
    /// <returns>False when no page answers.</returns>
    public bool Read(int cpu, ulong offset, AccessWidth width, out ulong value)
    {
        Effects effects = new(this, cpu);
        lock (Gate)
            return _apics[cpu].Read(ref effects, offset, width, out value);
    }

    /// <summary>Writes a processor's register page.</summary>
    /// <returns>False when no page answers.</returns>
    public bool Write(int cpu, ulong offset, AccessWidth width, ulong value)
    {
        Effects effects = new(this, cpu);
        lock (Gate)
            return _apics[cpu].Write(ref effects, offset, width, value);
    }

    /// <summary>Reads a model-specific register of a processor's APIC.</summary>
    /// <returns>False for a general-protection fault.</returns>
    public bool ReadMsr(int cpu, uint msr, out ulong value)
    {
        Effects effects = new(this, cpu);
        lock (Gate)
            return _apics[cpu].ReadMsr(ref effects, msr, out value);
    }

    /// <summary>Writes a model-specific register of a processor's APIC.</summary>
    /// <returns>False for a general-protection fault.</returns>
    public bool WriteMsr(int cpu, uint msr, ulong value)
    {
        Effects effects = new(this, cpu);
        lock (Gate)
            return _apics[cpu].WriteMsr(ref effects, msr, value);
    }

    /// <summary>A processor takes its interrupt.</summary>
    /// <returns>False when none waits any more.</returns>
    public bool Acknowledge(int cpu, out byte vector)
    {
        Effects effects = new(this, cpu);
        lock (Gate)
            return _apics[cpu].Acknowledge(ref effects, out vector);
    }

    /// <summary>
    /// Says what a processor's time-stamp counter shows now, where it is not the VM's clock that counts there: before the deadline of its timer
    /// is written, so that the two clocks have no time to drift apart.
    /// </summary>
    public void SetTimeStamp(int cpu, ulong now)
    {
        lock (Gate)
            _timeStampOffsets[cpu] = now - _timeStamp.Now();
    }

    /// <summary>A processor's task priority as its CR8 shows it: bits 7 to 4.</summary>
    public byte GetTaskPriorityClass(int cpu)
    {
        lock (Gate)
            return (byte)(_apics[cpu].TaskPriority >> TaskPriorityClassShift);
    }

    /// <summary>Takes over what is in a processor's CR8, 0 to 15; bits 3 to 0 of the task priority stay when nothing has changed.</summary>
    public void SetTaskPriorityClass(int cpu, byte value)
    {
        Effects effects = new(this, cpu);
        lock (Gate)
        {
            if (_apics[cpu].TaskPriority >> TaskPriorityClassShift != value)
                _apics[cpu].SetTaskPriority(ref effects, (byte)(value << TaskPriorityClassShift));
        }
    }

    /// <summary>Sets a processor's task priority, as its CR8 does.</summary>
    public void SetTaskPriority(int cpu, byte priority)
    {
        Effects effects = new(this, cpu);
        lock (Gate)
            _apics[cpu].SetTaskPriority(ref effects, priority);
    }

    /// <inheritdoc/>
    public void Send(in ApicMessage message) => Route(sender: -1, in message);

    /// <inheritdoc/>
    public void Reset()
    {
        lock (Gate)
        {
            for (int cpu = 0; cpu < _apics.Length; cpu++)
            {
                Effects effects = new(this, cpu);
                _apics[cpu].Reset(ref effects);
            }
        }
    }

    /// <summary>Drives every line and asks for every deadline again; after a restored snapshot.</summary>
    public void Resynchronize()
    {
        lock (Gate)
        {
            for (int cpu = 0; cpu < _apics.Length; cpu++)
            {
                Effects effects = new(this, cpu);
                _apics[cpu].Resynchronize(ref effects);
            }
        }
    }

    internal void Connect(IoApicDevice ioApic) => _ioApic = ioApic;

    private void TimerExpired(int cpu)
    {
        Effects effects = new(this, cpu);
        lock (Gate)
            _apics[cpu].TimerExpired(ref effects);
    }

    private void Route(int sender, in ApicMessage message)
    {
        lock (Gate)
        {
            if (message.Mode == ApicDeliveryMode.LowestPriority && message.Shorthand == ApicShorthand.None)
            {
                int lowest = -1;
                for (int cpu = 0; cpu < _apics.Length; cpu++)
                {
                    if (_apics[cpu].IsNamedBy(in message) && (lowest < 0 || _apics[cpu].ProcessorPriority < _apics[lowest].ProcessorPriority))
                        lowest = cpu;
                }

                if (lowest >= 0)
                    Accept(lowest, in message);
                return;
            }

            for (int cpu = 0; cpu < _apics.Length; cpu++)
            {
                bool isNamed = message.Shorthand switch
                {
                    ApicShorthand.None => _apics[cpu].IsNamedBy(in message),
                    ApicShorthand.AllIncludingSelf => true,
                    ApicShorthand.AllExcludingSelf => cpu != sender,
                    _ => cpu == sender,
                };
                if (isNamed)
                    Accept(cpu, in message);
            }
        }
    }

    private void Accept(int cpu, in ApicMessage message)
    {
        Effects effects = new(this, cpu);
        _apics[cpu].Accept(ref effects, in message);
    }

    private readonly struct Effects(LocalApicSet set, int cpu) : ILocalApicHost
    {
        public void SetInterrupt(bool level) => set._processors[cpu].SetInterrupt(level);

        public void RaiseNmi() => set._processors[cpu].RaiseNmi();

        public void RaiseInit()
        {
            Effects effects = new(set, cpu);
            set._apics[cpu].Init(ref effects);
            set._processors[cpu].RaiseInit();
        }

        public void RaiseStartUp(byte page) => set._processors[cpu].RaiseStartUp(page);

        public void Send(in ApicMessage message) => set.Route(cpu, in message);

        public void EndOfInterrupt(byte vector) => set._ioApic?.EndOfInterrupt(vector);

        public ulong Now() => set._timer.Now();

        public ulong TimeStamp() => set._timeStamp.Now() + set._timeStampOffsets[cpu];

        public void SetTimerDeadline(ulong deadline) => set._alarms[cpu].Set(deadline);

        public void SetTimeStampDeadline(ulong deadline)
        {
            // A deadline that has passed already, also before the clock began.
            ulong now = set._timeStamp.Now();
            long distance = (long)(deadline - (now + set._timeStampOffsets[cpu]));
            set._alarms[cpu].Set(set._timeStamp.ToClock(distance <= 0 ? now : now + (ulong)distance));
        }
    }
}
