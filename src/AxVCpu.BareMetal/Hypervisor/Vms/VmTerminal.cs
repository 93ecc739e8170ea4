using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>A VM's virtio console: its model behind a transport. The VM's lock is held around every call.</summary>
internal unsafe struct VmTerminal
{
    private const ushort Columns = 80;
    private const ushort Rows = 25;

    internal VirtioMmio Transport;
    internal VirtioConsole Model;

    /// <summary>Whether the guest drives it.</summary>
    internal readonly bool IsRunning => Transport.IsRunning;

    /// <summary>A console as after power-on.</summary>
    internal static VmTerminal Create()
    {
        VmTerminal terminal = default;
        terminal.Model = new VirtioConsole(Columns, Rows);
        terminal.Transport = new VirtioMmio(VirtioDeviceId.Console, VirtioConsole.VIRTIO_CONSOLE_F_SIZE, 2);
        return terminal;
    }

    internal void Reset(Vm* vm)
    {
        var host = new VmTerminalHost(vm);
        Transport.Reset(ref host);
    }

    internal bool Read(Vm* vm, ulong offset, AccessWidth width, out ulong value)
    {
        var host = new VmTerminalHost(vm);
        return Transport.Read(ref host, offset, width, out value);
    }

    internal bool Write(Vm* vm, ulong offset, AccessWidth width, ulong value)
    {
        var host = new VmTerminalHost(vm);
        return Transport.Write(ref host, offset, width, value);
    }

    /// <summary>Gives the guest characters.</summary>
    /// <returns>How many it had room for.</returns>
    internal int Receive(Vm* vm, ReadOnlySpan<byte> characters)
    {
        var host = new VmTerminalHost(vm);
        return VirtioConsole.Receive(ref host, ref Transport, characters);
    }
}

/// <summary>What a VM's virtio console asks for. The VM's lock is held.</summary>
internal readonly unsafe struct VmTerminalHost(Vm* vm) : IVirtioConsoleHost
{
    private const uint Interrupt = GuestBoard.VirtioInterrupt + GuestBoard.ConsoleSlot;

    private readonly Vm* _vm = vm;

    private ref VmTerminal Terminal => ref _vm->Devices.Terminal;

    /// <inheritdoc/>
    public int Transmit(ReadOnlySpan<byte> characters)
    {
        foreach (byte value in characters)
            HypervisorState.Current.Consoles.Transmit(_vm, value);
        return characters.Length;
    }

    /// <inheritdoc/>
    public ulong ReadConfig(ulong offset, AccessWidth width) => Terminal.Model.ReadConfig(offset, width);

    /// <summary>No field that this console has can be written.</summary>
    public void WriteConfig(ulong offset, AccessWidth width, ulong value)
    {
    }

    /// <inheritdoc/>
    public void Notify(int queue)
    {
        VmTerminalHost self = this;
        if (queue == VirtioConsole.TransmitQueue)
            Terminal.Model.Process(ref self, ref Terminal.Transport);
        else
            _vm->Console.Refill(_vm);
    }

    /// <inheritdoc/>
    public void ResetDevice() => Terminal.Model.Reset();

    /// <inheritdoc/>
    public void SetInterrupt(bool level) => new VmHost(_vm).SetSpi(Interrupt, level);

    /// <inheritdoc/>
    public bool Read(ulong address, Span<byte> destination) => new VmMemory(_vm).Read(address, destination);

    /// <inheritdoc/>
    public bool Write(ulong address, ReadOnlySpan<byte> source) => new VmMemory(_vm).Write(address, source);

    /// <inheritdoc/>
    public bool ReadIndex(ulong address, out ushort value) => new VmMemory(_vm).ReadIndex(address, out value);

    /// <inheritdoc/>
    public bool WriteIndex(ulong address, ushort value) => new VmMemory(_vm).WriteIndex(address, value);
}
