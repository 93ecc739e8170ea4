using System.IO.Pipelines;

namespace AxVCpu.Devices;

/// <summary>
/// A <see cref="Uart16550"/> on a bus with a pipe on its line. Thread safe.
/// <para>Output: bounded. A guest that writes faster than the pipe's reader reads is held back in its register writes; when
/// the reader has completed the pipe, characters are dropped.</para>
/// <para>Input: characters are given to the receiver only when it has room and the guest listens, so that nothing typed or
/// piped in early is lost in the guest's own set-up of the port. The guest listens while it has the receiver interrupt on,
/// or when it polls the line status register over and over.</para>
/// </summary>
public sealed class UartDevice : IBusDevice, IResettable, IHoldsVCpus, IInputSink, IAsyncDisposable
{
    /// <summary>Addresses that the UART takes on the riscv64 board.</summary>
    public const ulong BoardWindow = 0x100;

    // Room that an unheld writer may still use while others are being held: many times what all vCPUs can write at once.
    private const int HoldBelow = 512;

    // A driver that only waits for the transmitter reads the status once for each character: it is always ready.
    // A boot loader that counts down looks 50 or 100 times a second, and prints the count once a second.
    private const int PollsThatMeanListening = 32;

    // Firmware looks 50 times a second for each key, and prints it: once it took one that way, less tells that it wants the next.
    private const int PollsOfAListener = 2;

    // A driver that switches the receiver interrupt on may still empty the receiver "for luck": what comes right then is lost.
    private const long SettleMilliseconds = 5;

    private static readonly TimeSpan s_recheck = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly object _hold = new();
    private readonly IInterruptLine _line;
    private readonly InputPump _pump;
    private readonly PipeOutlet _outlet;
    private Uart16550 _state;
    private int _polls;
    private bool _tookByPolling;
    private long _listensFrom;
    private bool _inputWaits;
    private bool _isTaken;
    private bool _released;

    /// <summary>A UART whose line is <paramref name="console"/>; the device completes both its ends when disposed.</summary>
    /// <param name="line">The interrupt output.</param>
    /// <param name="console">What is typed comes from <c>Input</c>, what the guest prints goes to <c>Output</c>; null: nobody is there.</param>
    /// <param name="name">The name in listings.</param>
    /// <param name="interrupt">The source number of <paramref name="line"/>, for listings.</param>
    /// <param name="registerShift">Log2 of the distance between registers, 0 to 3.</param>
    /// <param name="window">Addresses it takes on the bus: by default those of the well-known board; a UART of ports takes its 8 registers.</param>
    public UartDevice(
        IInterruptLine line, IDuplexPipe? console, string name = "uart", uint? interrupt = null, byte registerShift = 0, ulong window = BoardWindow)
    {
        ArgumentNullException.ThrowIfNull(line);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(registerShift, 3);
        Name = name;
        Interrupt = interrupt;
        Size = window;
        _line = line;
        _pump = new InputPump(console?.Input, this);
        _outlet = new PipeOutlet(console?.Output, PulseHeld);
        _state = new Uart16550(registerShift);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The window; the registers take the first bytes, the rest does not answer.</summary>
    public ulong Size { get; }

    /// <inheritdoc/>
    public uint? Interrupt { get; }

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs, then call <see cref="Resynchronize"/>.</summary>
    public ref Uart16550 State => ref _state;

    /// <summary>
    /// Whether no character will be received any more: nobody is at the console, or its input has ended, and all that was typed has been
    /// taken. Any thread.
    /// </summary>
    public bool IsInputOver
    {
        get
        {
            // In this order: what the pump still gave is in the receiver once the pump is over.
            if (!_pump.IsOver)
                return false;
            lock (_lock)
                return _state.Waiting == 0;
        }
    }

    /// <summary>Begins to read the console's input. Once; later calls do nothing.</summary>
    public void Start() => _pump.Start();

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        Effects effects = new(this);
        bool answered;
        bool wake;
        lock (_lock)
        {
            int waiting = _state.Waiting;
            answered = _state.Read(ref effects, offset, width, out value);
            CountPoll(answered ? (Uart16550Register)((int)offset >> _state.RegisterShift) : null, tookOne: _state.Waiting < waiting);
            wake = TakeWake();
        }
        if (wake)
            _pump.Wake();
        return answered;
    }

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        Effects effects = new(this);
        bool answered;
        bool wake;
        lock (_lock)
        {
            bool enabled = _state.ReceiverInterruptEnabled;
            answered = _state.Write(ref effects, offset, width, value);
            if (!enabled && _state.ReceiverInterruptEnabled)
                _listensFrom = Environment.TickCount64 + SettleMilliseconds;
            _polls = 0;
            // Who sets up the port may empty the receiver, and is not who listened before.
            _tookByPolling &= (Uart16550Register)((int)offset >> _state.RegisterShift) == Uart16550Register.RBR_THR_DLL;
            wake = TakeWake();
        }
        if (wake)
            _pump.Wake();
        if (_outlet.Room < HoldBelow)
            Hold();
        return answered;
    }

    /// <summary>
    /// Prints on the line without touching a register: for consoles that share the line (SBI, a debugger's). Holds the
    /// caller back as a register write does. Any thread.
    /// </summary>
    /// <returns>How many bytes were taken; fewer only while nobody may be held.</returns>
    public int Print(ReadOnlySpan<byte> text)
    {
        int taken = 0;
        int step;
        do
        {
            if (_outlet.Room < HoldBelow)
                Hold();
            step = _outlet.Write(text.Slice(taken, int.Min(text.Length - taken, HoldBelow)));
            taken += step;
        }
        while (step != 0 && taken < text.Length);
        return taken;
    }

    /// <summary>
    /// Takes typed characters without touching a register: for consoles that share the line. Never waits. From the first call on the
    /// receiver is given characters also while the guest does not listen on the registers. Any thread.
    /// </summary>
    /// <returns>How many characters were taken; 0 when none is there yet.</returns>
    public int Take(Span<byte> destination)
    {
        Effects effects = new(this);
        int taken = 0;
        bool wake;
        lock (_lock)
        {
            _isTaken = true;
            while (taken < destination.Length && _state.TryTake(ref effects, out byte character))
                destination[taken++] = character;
            wake = TakeWake();
        }
        if (wake)
            _pump.Wake();
        return taken;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
        {
            _state.Reset();
            _polls = 0;
            _tookByPolling = false;
            _isTaken = false;
        }
        Resynchronize();
    }

    /// <summary>Drives the interrupt line again from the state; after a restored snapshot.</summary>
    public void Resynchronize()
    {
        Effects effects = new(this);
        lock (_lock)
            _state.Resynchronize(ref effects);
    }

    /// <inheritdoc/>
    public void ReleaseHeld()
    {
        lock (_hold)
        {
            _released = true;
            Monitor.PulseAll(_hold);
        }
    }

    /// <inheritdoc/>
    public void ResumeHolding()
    {
        lock (_hold)
            _released = false;
    }

    /// <summary>Ends the input, passes on what the guest printed, completes both ends of the console.</summary>
    public async ValueTask DisposeAsync()
    {
        ReleaseHeld();
        await _pump.DisposeAsync().ConfigureAwait(false);
        _outlet.Close();
    }

    // The byte is in the ring already, so a held writer that is let go loses nothing.
    private void Hold()
    {
        lock (_hold)
        {
            while (!_released && _outlet.Room < HoldBelow)
                Monitor.Wait(_hold, s_recheck);
        }
    }

    private void PulseHeld()
    {
        lock (_hold)
            Monitor.PulseAll(_hold);
    }

    // Under _lock, as what follows. A look at the modem's state belongs to a poll of some drivers and changes nothing.
    private void CountPoll(Uart16550Register? register, bool tookOne)
    {
        _tookByPolling |= tookOne && _polls != 0;
        if (register == Uart16550Register.LSR)
            _polls = int.Min(_polls + 1, PollsThatMeanListening);
        else if (register is not (Uart16550Register.MSR or Uart16550Register.MCR))
            _polls = 0;
    }

    private bool Listens => !_state.IsLoopback && _state.CanReceive
        && (_isTaken || _polls >= (_tookByPolling ? PollsOfAListener : PollsThatMeanListening) || (_state.ReceiverInterruptEnabled && Environment.TickCount64 >= _listensFrom));

    private bool TakeWake()
    {
        bool wake = _inputWaits && Listens;
        _inputWaits &= !wake;
        return wake;
    }

    // Gives the receiver what it has room for. The end of a burst is the quiet time after which a time-out is due.
    int IInputSink.Offer(ReadOnlySpan<byte> characters)
    {
        Effects effects = new(this);
        lock (_lock)
        {
            int taken = 0;
            // A polling guest takes one character for each round of polls.
            while (taken < characters.Length && Listens)
            {
                _state.Receive(ref effects, characters[taken++]);
                if (!_state.ReceiverInterruptEnabled)
                    break;
            }
            if (taken == 0)
                _inputWaits = true;
            else
                _state.ReceiveIdle(ref effects);
            return taken;
        }
    }

    private readonly struct Effects(UartDevice device) : IUart16550Host
    {
        public void Transmit(byte value) => device._outlet.Write([value]);

        public void SetInterrupt(bool level) => device._line.Set(level);
    }
}
