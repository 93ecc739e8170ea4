using System.Runtime.CompilerServices;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Hypervisor;

[InlineArray(VmConsole.LineCapacity)]
internal struct ConsoleLine
{
    private byte _first;
}

[InlineArray(VmConsole.BacklogCapacity)]
internal struct ConsoleBacklog
{
    private byte _first;
}

[InlineArray(VmConsole.InputCapacity)]
internal struct ConsoleInput
{
    private byte _first;
}

/// <summary>
/// A VM's side of the shared console: the line it is writing, the last of what it wrote, and what was typed for it. Output belongs to the
/// lock of the <see cref="ConsoleSwitch"/>, input to the VM's.
/// </summary>
internal unsafe struct VmConsole
{
    internal const int LineCapacity = 240;
    internal const int BacklogCapacity = 4096;
    internal const int InputCapacity = 256;

    internal ConsoleLine Line;
    internal int LineLength;
    internal ConsoleBacklog Backlog;

    /// <summary>All bytes ever written; the backlog holds the last of them.</summary>
    internal ulong Written;

    /// <summary>How many of them somebody has seen as they are.</summary>
    internal ulong Shown;

    private ConsoleInput _input;
    private int _inputStart;
    private int _inputCount;

    /// <summary>Takes a typed byte; the guest's console gets it as soon as it has room. What does not fit is lost, as on a serial line.</summary>
    internal void Type(Vm* vm, byte value)
    {
        if (_inputCount < InputCapacity)
            _input[(_inputStart + _inputCount++) % InputCapacity] = value;
        Refill(vm);
    }

    /// <summary>Gives the virtio console what was typed once the guest drives it, else the UART.</summary>
    internal void Refill(Vm* vm)
    {
        if (vm->Devices.Terminal.IsRunning)
        {
            RefillTerminal(vm);
            return;
        }
        ref Pl011 uart = ref vm->Devices.Uart;
        var host = new VmUartHost(vm);
        while (_inputCount != 0 && uart.CanReceive)
        {
            uart.Receive(ref host, _input[_inputStart]);
            _inputStart = (_inputStart + 1) % InputCapacity;
            _inputCount--;
        }
        if (_inputCount == 0 && uart.Waiting != 0)
            uart.ReceiveIdle(ref host);
    }

    private void RefillTerminal(Vm* vm)
    {
        while (_inputCount != 0)
        {
            int untilEnd = InputCapacity - _inputStart;
            ReadOnlySpan<byte> piece = ((ReadOnlySpan<byte>)_input).Slice(_inputStart, _inputCount < untilEnd ? _inputCount : untilEnd);
            int taken = vm->Devices.Terminal.Receive(vm, piece);
            if (taken == 0)
                return;
            _inputStart = (_inputStart + taken) % InputCapacity;
            _inputCount -= taken;
        }
    }

    /// <summary>Forgets what was typed; a new guest has not asked for it.</summary>
    internal void ForgetInput() => _inputCount = 0;
}
