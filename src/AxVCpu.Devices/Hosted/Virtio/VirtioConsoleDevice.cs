using System.IO.Pipelines;

namespace AxVCpu.Devices;

/// <summary>
/// A virtio console with a pipe on its port. Output waits in the guest's own queue while the pipe's reader is slow and is
/// dropped when the reader has gone; input is given as the guest provides buffers.
/// </summary>
public sealed class VirtioConsoleDevice : VirtioMmioDevice, IInputSink, IAsyncDisposable
{
    private readonly InputPump _pump;
    private readonly PipeOutlet _outlet;
    private VirtioConsole _state;
    private bool _inputWaits;

    /// <summary>A console whose port is <paramref name="console"/>; the device completes both its ends when disposed.</summary>
    /// <param name="console">What is typed comes from <c>Input</c>, what the guest prints goes to <c>Output</c>; null: nobody is there.</param>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="line">The interrupt output.</param>
    /// <param name="size">Columns and rows; null when they are not known.</param>
    /// <param name="name">The name in listings.</param>
    /// <param name="interrupt">The source number of <paramref name="line"/>, for listings.</param>
    /// <param name="kind">The interface of the transport.</param>
    public VirtioConsoleDevice(
        IDuplexPipe? console,
        IGuestDma memory,
        IInterruptLine line,
        (ushort Columns, ushort Rows)? size = null,
        string name = "virtio-console",
        uint? interrupt = null,
        VirtioMmioInterface kind = VirtioMmioInterface.Modern)
        : base(name, interrupt, line, memory, kind, VirtioDeviceId.Console, size is null ? 0 : VirtioConsole.VIRTIO_CONSOLE_F_SIZE, queues: 2)
    {
        _pump = new InputPump(console?.Input, this);
        _outlet = new PipeOutlet(console?.Output, Transmit);
        _state = new VirtioConsole(size?.Columns ?? 0, size?.Rows ?? 0);
    }

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs.</summary>
    public ref VirtioConsole State => ref _state;

    /// <summary>Begins to read the console's input. Once; later calls do nothing.</summary>
    public void Start() => _pump.Start();

    /// <summary>Tells the guest a new size, if it was given one at first.</summary>
    public void Resize(ushort columns, ushort rows)
    {
        ConsoleEffects effects = new(this);
        lock (Gate)
            _state.Resize(ref effects, ref TransportState, columns, rows);
    }

    /// <summary>Ends the input, passes on what the guest printed, completes both ends of the console.</summary>
    public async ValueTask DisposeAsync()
    {
        await _pump.DisposeAsync().ConfigureAwait(false);
        _outlet.Close();
    }

    private protected override ulong ReadConfig(ulong offset, AccessWidth width) => _state.ReadConfig(offset, width);

    private protected override void ResetDevice() => _state.Reset();

    private protected override void Notify(int queue)
    {
        if (queue == VirtioConsole.TransmitQueue)
        {
            ConsoleEffects effects = new(this);
            _state.Process(ref effects, ref TransportState);
        }
        else if (_inputWaits)
        {
            _inputWaits = false;
            _pump.Wake();
        }
    }

    int IInputSink.Offer(ReadOnlySpan<byte> characters)
    {
        ConsoleEffects effects = new(this);
        lock (Gate)
        {
            int taken = VirtioConsole.Receive(ref effects, ref TransportState, characters);
            _inputWaits = taken == 0;
            return taken;
        }
    }

    // The pipe has room again: go on where output stopped.
    private void Transmit()
    {
        ConsoleEffects effects = new(this);
        lock (Gate)
            _state.Process(ref effects, ref TransportState);
    }

    private readonly struct ConsoleEffects(VirtioConsoleDevice device) : IVirtioConsoleHost
    {
        private readonly Effects _common = new(device);

        public int Transmit(ReadOnlySpan<byte> characters) => device._outlet.Write(characters);

        public ulong ReadConfig(ulong offset, AccessWidth width) => _common.ReadConfig(offset, width);

        public void WriteConfig(ulong offset, AccessWidth width, ulong value) => _common.WriteConfig(offset, width, value);

        public void Notify(int queue) => _common.Notify(queue);

        public void ResetDevice() => _common.ResetDevice();

        public void SetInterrupt(bool level) => _common.SetInterrupt(level);

        public bool Read(ulong address, Span<byte> destination) => _common.Read(address, destination);

        public bool Write(ulong address, ReadOnlySpan<byte> source) => _common.Write(address, source);

        public bool ReadIndex(ulong address, out ushort value) => _common.ReadIndex(address, out value);

        public bool WriteIndex(ulong address, ushort value) => _common.WriteIndex(address, value);
    }
}
