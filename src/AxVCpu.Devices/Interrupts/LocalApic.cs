using System.Numerics;
using System.Runtime.CompilerServices;

namespace AxVCpu.Devices;

/// <summary>What a <see cref="LocalApic"/> asks of the world around it.</summary>
public interface ILocalApicHost
{
    /// <summary>Drives the processor's INTR input: an interrupt waits that <see cref="LocalApic.Acknowledge"/> would give. Told on changes only.</summary>
    void SetInterrupt(bool level);

    /// <summary>A non-maskable interrupt for the processor.</summary>
    void RaiseNmi();

    /// <summary>An INIT for the processor; the owner puts it and, by <see cref="LocalApic.Init"/>, its APIC into the wait-for-SIPI state.</summary>
    void RaiseInit();

    /// <summary>A start-up for the processor, which only one that waits for it takes: real mode at <paramref name="page"/> times 4096.</summary>
    void RaiseStartUp(byte page);

    /// <summary>Sends a message to local APICs, the own one among them when it is named.</summary>
    void Send(in ApicMessage message);

    /// <summary>A level-triggered interrupt ended: the I/O APICs hear of it.</summary>
    void EndOfInterrupt(byte vector);

    /// <summary>The time in ticks of the timer's input clock.</summary>
    ulong Now();

    /// <summary>The processor's time-stamp counter.</summary>
    ulong TimeStamp();

    /// <summary>Wants <see cref="LocalApic.TimerExpired"/> when <see cref="Now"/> reaches <paramref name="deadline"/>, in place of any earlier wish; the maximum value is never.</summary>
    void SetTimerDeadline(ulong deadline);

    /// <summary>Wants <see cref="LocalApic.TimerExpired"/> when <see cref="TimeStamp"/> reaches <paramref name="deadline"/>, in place of any earlier wish.</summary>
    void SetTimeStampDeadline(ulong deadline);
}

/// <summary>
/// A local APIC with its xAPIC and x2APIC register interfaces (Intel SDM volume 3A, chapter 11): priorities, local vector table,
/// timer in all three modes, interprocessor interrupts. There is no 8259 behind it: ExtINT is never delivered.
/// Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public partial struct LocalApic
{
    /// <summary>Bytes of the register page.</summary>
    public const ulong Size = 0x1000;

    /// <summary>Where the register page is after reset.</summary>
    public const ulong DefaultBase = 0xFEE0_0000;

    /// <summary>First model-specific register of the x2APIC interface (SDM volume 3A, 11.12.1.2).</summary>
    public const uint X2ApicMsrBase = 0x800;

    /// <summary>Model-specific registers reserved for the x2APIC interface.</summary>
    public const uint X2ApicMsrCount = 0x100;

    // An integrated APIC (1Xh) with entries 0 to 5 in its local vector table (SDM volume 3A, 11.4.8).
    private const uint Version = 0x14 | (uint)(LvtCount - 1) << 16;
    private const int LvtCount = 6;
    private const int FirstLegalVector = 16;
    private const uint FlatModel = uint.MaxValue;
    private const uint WideBroadcast = uint.MaxValue;
    private const uint NarrowBroadcast = 0xFF;

    [InlineArray(4)]
    private struct VectorSet
    {
        private ulong _first;
    }

    [InlineArray(LvtCount)]
    private struct LvtSet
    {
        private uint _first;
    }

    // Entries in the order of their registers from LVT_TIMER on.
    private enum Lvt
    {
        Timer,
        Thermal,
        Performance,
        Lint0,
        Lint1,
        Error,
    }

    private VectorSet _request;
    private VectorSet _service;
    private VectorSet _levelTriggered;
    private LvtSet _lvt;
    private ulong _base;
    private ulong _command;
    private ulong _timerStart;
    private ulong _timeStampDeadline;
    private uint _id;
    private uint _logicalId;
    private uint _format;
    private uint _spurious;
    private uint _initialCount;
    private byte _divide;
    private byte _taskPriority;
    private EsrBits _errors;
    private EsrBits _shownErrors;
    private byte _lintLevels;
    private bool _isCounting;
    private bool _isOutputHigh;

    /// <summary>A local APIC after power-up (SDM volume 3A, 11.4.7.1).</summary>
    /// <param name="id">The APIC ID; in xAPIC mode its low 8 bits are seen.</param>
    /// <param name="isBootstrap">Whether it belongs to the bootstrap processor.</param>
    public LocalApic(uint id, bool isBootstrap)
    {
        _id = id;
        _base = DefaultBase | (ulong)ApicBaseBits.EN | (isBootstrap ? (ulong)ApicBaseBits.BSP : 0);
        ClearRegisters();
    }

    /// <summary>The APIC ID.</summary>
    public readonly uint Id => _id;

    /// <summary>The value of IA32_APIC_BASE.</summary>
    public readonly ulong Base => _base;

    /// <summary>Whether the registers are model-specific ones, not memory.</summary>
    public readonly bool IsX2Apic => (_base & (ulong)ApicBaseBits.EXTD) != 0;

    /// <summary>Whether the APIC is there at all (IA32_APIC_BASE.EN).</summary>
    public readonly bool IsEnabled => (_base & (ulong)ApicBaseBits.EN) != 0;

    /// <summary>Whether interrupts wait that <see cref="Acknowledge"/> would give: the level of the processor's INTR input.</summary>
    public readonly bool IsInterruptPending => _isOutputHigh;

    /// <summary>The task priority, as bits 7:4 are the processor's CR8.</summary>
    public readonly byte TaskPriority => _taskPriority;

    /// <summary>The processor priority (SDM volume 3A, 11.8.3.1).</summary>
    public readonly byte ProcessorPriority
    {
        get
        {
            int serviced = Highest(in _service);
            return serviced < 0 || (_taskPriority & 0xF0) >= (serviced & 0xF0) ? _taskPriority : (byte)(serviced & 0xF0);
        }
    }

    private readonly bool IsSoftwareEnabled => IsEnabled && (_spurious & (uint)SvrBits.Enable) != 0;

    /// <summary>Back to power-up, telling the host about its line and deadline.</summary>
    public void Reset<THost>(ref THost host)
        where THost : struct, ILocalApicHost
    {
        bool high = _isOutputHigh;
        byte lines = _lintLevels;
        this = new LocalApic(_id, (_base & (ulong)ApicBaseBits.BSP) != 0);
        _isOutputHigh = high;
        _lintLevels = lines;
        host.SetTimerDeadline(ulong.MaxValue);
        Update(ref host);
    }

    /// <summary>The state after an INIT (SDM volume 3A, 11.4.7.3): as after power-up, but the mode and ID stay.</summary>
    public void Init<THost>(ref THost host)
        where THost : struct, ILocalApicHost
    {
        ClearRegisters();
        host.SetTimerDeadline(ulong.MaxValue);
        Update(ref host);
    }

    /// <summary>Tells the host its line and deadline again; for use after a restored snapshot.</summary>
    public void Resynchronize<THost>(ref THost host)
        where THost : struct, ILocalApicHost
    {
        _isOutputHigh = Deliverable() >= 0;
        host.SetInterrupt(_isOutputHigh);
        ArmTimer(ref host);
    }

    /// <summary>Whether a message without a shorthand names this APIC (SDM volume 3A, 11.6.2).</summary>
    public readonly bool IsNamedBy(in ApicMessage message)
    {
        if (!IsEnabled)
            return false;
        uint destination = message.Destination;
        if (destination == (message.IsWide ? WideBroadcast : NarrowBroadcast))
            return true;
        if (!message.IsLogical)
            return destination == (IsX2Apic || message.IsWide ? _id : _id & 0xFF);
        if (IsX2Apic)
            return destination >> 16 == _id >> 4 && (destination & (ushort)(1 << (int)(_id & 0xF))) != 0;
        uint own = _logicalId >> 24;
        if (_format == FlatModel)
            return (destination & own) != 0;
        bool isCluster = destination >> 4 == own >> 4 || destination >> 4 == 0xF;
        return isCluster && (destination & own & 0xF) != 0;
    }

    /// <summary>Takes a message that names this APIC. A fixed interrupt of a software-disabled APIC is lost (SDM volume 3A, 11.4.7.2).</summary>
    public void Accept<THost>(ref THost host, in ApicMessage message)
        where THost : struct, ILocalApicHost
    {
        switch (message.Mode)
        {
            case ApicDeliveryMode.Fixed:
            case ApicDeliveryMode.LowestPriority:
                Request(ref host, message.Vector, message.IsLevel);
                break;
            case ApicDeliveryMode.Nmi:
                host.RaiseNmi();
                break;
            case ApicDeliveryMode.Init:
                if (!message.IsDeassert)
                    host.RaiseInit();
                break;
            case ApicDeliveryMode.StartUp:
                host.RaiseStartUp(message.Vector);
                break;
        }
    }

    /// <summary>The processor takes the interrupt: the highest one moves from requested to in service.</summary>
    /// <returns>False when none waits above the processor's priority.</returns>
    public bool Acknowledge<THost>(ref THost host, out byte vector)
        where THost : struct, ILocalApicHost
    {
        int best = Deliverable();
        vector = (byte)(best < 0 ? (int)(_spurious & (uint)SvrBits.VectorMask) : best);
        if (best < 0)
            return false;
        Clear(ref _request, best);
        Set(ref _service, best);
        Update(ref host);
        return true;
    }

    /// <summary>Sets the task priority, as a write of CR8 does for bits 7:4.</summary>
    public void SetTaskPriority<THost>(ref THost host, byte priority)
        where THost : struct, ILocalApicHost
    {
        _taskPriority = priority;
        Update(ref host);
    }

    /// <summary>Drives the pin LINT0 or LINT1.</summary>
    /// <param name="host">Where outside effects go.</param>
    /// <param name="pin">0 or 1; others are ignored.</param>
    /// <param name="level">The level of the pin.</param>
    public void SetLint<THost>(ref THost host, int pin, bool level)
        where THost : struct, ILocalApicHost
    {
        if (pin is not (0 or 1))
            return;
        byte bit = (byte)(1 << pin);
        bool rises = level && (_lintLevels & bit) == 0;
        _lintLevels = (byte)(level ? _lintLevels | bit : _lintLevels & ~bit);
        if (level)
            Fire(ref host, pin == 0 ? Lvt.Lint0 : Lvt.Lint1, rises);
    }

    // The interrupt that the processor would take now, or -1.
    private readonly int Deliverable()
    {
        int best = IsEnabled ? Highest(in _request) : -1;
        return best >= 0 && best >> 4 > ProcessorPriority >> 4 ? best : -1;
    }

    private void Update<THost>(ref THost host)
        where THost : struct, ILocalApicHost
    {
        bool high = Deliverable() >= 0;
        if (high == _isOutputHigh)
            return;
        _isOutputHigh = high;
        host.SetInterrupt(high);
    }

    private void Request<THost>(ref THost host, byte vector, bool isLevel)
        where THost : struct, ILocalApicHost
    {
        if (!IsSoftwareEnabled)
            return;
        if (vector < FirstLegalVector)
        {
            Report(ref host, EsrBits.ReceiveIllegalVector);
            return;
        }
        Set(ref _request, vector);
        if (isLevel)
            Set(ref _levelTriggered, vector);
        else
            Clear(ref _levelTriggered, vector);
        Update(ref host);
    }

    /// <summary>An event of a local source, delivered as its entry of the vector table says.</summary>
    private void Fire<THost>(ref THost host, Lvt source, bool isEdge)
        where THost : struct, ILocalApicHost
    {
        uint entry = _lvt[(int)source];
        if ((entry & (uint)LvtBits.Mask) != 0)
            return;
        // SDM volume 3A, 11.5.1: only the pins can be level triggered, and only in fixed mode.
        bool isPin = source is Lvt.Lint0 or Lvt.Lint1;
        ApicDeliveryMode mode = source is Lvt.Timer or Lvt.Error ? ApicDeliveryMode.Fixed : (ApicDeliveryMode)((entry & (uint)LvtBits.ModeMask) >> 8);
        bool isLevel = isPin && mode == ApicDeliveryMode.Fixed && (entry & (uint)LvtBits.Level) != 0;
        if (isLevel ? (entry & (uint)LvtBits.RemoteIrr) != 0 : !isEdge)
            return;
        switch (mode)
        {
            case ApicDeliveryMode.Fixed:
                if (isLevel)
                    _lvt[(int)source] = entry | (uint)LvtBits.RemoteIrr;
                Request(ref host, (byte)entry, isLevel);
                break;
            case ApicDeliveryMode.Nmi:
                host.RaiseNmi();
                break;
            case ApicDeliveryMode.Init:
                host.RaiseInit();
                break;
        }
    }

    private void EndOfInterrupt<THost>(ref THost host)
        where THost : struct, ILocalApicHost
    {
        int vector = Highest(in _service);
        if (vector < 0)
            return;
        Clear(ref _service, vector);
        bool isLevel = Has(in _levelTriggered, vector);
        Update(ref host);
        if (!isLevel)
            return;
        // A pin that is still asserted asks again (SDM volume 3A, 11.5.1, remote IRR).
        for (int pin = 0; pin < 2; pin++)
        {
            ref uint entry = ref _lvt[(int)(pin == 0 ? Lvt.Lint0 : Lvt.Lint1)];
            if ((byte)entry != vector || (entry & (uint)LvtBits.RemoteIrr) == 0)
                continue;
            entry &= ~(uint)LvtBits.RemoteIrr;
            if ((_lintLevels & 1 << pin) != 0)
                Fire(ref host, pin == 0 ? Lvt.Lint0 : Lvt.Lint1, isEdge: false);
        }
        host.EndOfInterrupt((byte)vector);
    }

    private void Report<THost>(ref THost host, EsrBits error)
        where THost : struct, ILocalApicHost
    {
        if ((_errors & error) != 0)
            return;
        _errors |= error;
        // The error entry itself with a bad vector must not report itself for ever.
        if ((byte)_lvt[(int)Lvt.Error] >= FirstLegalVector)
            Fire(ref host, Lvt.Error, isEdge: true);
    }

    private void ClearRegisters()
    {
        _request = default;
        _service = default;
        _levelTriggered = default;
        for (int entry = 0; entry < LvtCount; entry++)
            _lvt[entry] = (uint)LvtBits.Mask;
        _command = 0;
        _timerStart = 0;
        _timeStampDeadline = 0;
        _logicalId = 0;
        _format = FlatModel;
        _spurious = (uint)SvrBits.VectorMask;
        _initialCount = 0;
        _divide = 0;
        _taskPriority = 0;
        _errors = 0;
        _shownErrors = 0;
        _isCounting = false;
    }

    private static bool Has(in VectorSet set, int vector) => (set[vector >> 6] >> (vector & 63) & 1) != 0;

    private static void Set(ref VectorSet set, int vector) => set[vector >> 6] |= 1UL << (vector & 63);

    private static void Clear(ref VectorSet set, int vector) => set[vector >> 6] &= ~(1UL << (vector & 63));

    private static int Highest(in VectorSet set)
    {
        for (int word = 3; word >= 0; word--)
        {
            if (set[word] != 0)
                return word * 64 + BitOperations.Log2(set[word]);
        }
        return -1;
    }
}
