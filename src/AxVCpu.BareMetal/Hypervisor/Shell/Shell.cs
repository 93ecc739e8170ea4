using System.Runtime.CompilerServices;
using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>What the shell's CPU has to do besides running guests.</summary>
[Flags]
internal enum ShellWork
{
    None = 0,

    /// <summary>Typed bytes wait.</summary>
    Input = 1,

    /// <summary>A VM has stopped.</summary>
    VmStopped = 2,
}

[InlineArray(Shell.InputCapacity)]
internal struct ShellInput
{
    private byte _first;
}

/// <summary>Bytes of the shell to the console.</summary>
internal readonly struct ConsoleSink : IByteSink
{
    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes) => Log.Write(bytes);
}

/// <summary>
/// The hypervisor's shell on the host's UART. Input comes to CPU 0, which carries commands out between two slices of guests; other CPUs
/// only post work.
/// </summary>
internal unsafe partial struct Shell
{
    internal const int InputCapacity = 512;

    private int _work;
    private LineEditor _editor;
    private ShellInput _input;
    private int _inputStart;
    private int _inputCount;
    private bool _isOpen;

    /// <summary>Whether <see cref="DoWork"/> has something to do.</summary>
    internal readonly bool HasWork => Volatile.Read(in _work) != 0;

    /// <summary>Shows the prompt.</summary>
    internal void Open()
    {
        _isOpen = true;
        _editor.Begin();
        Prompt();
    }

    /// <summary>Asks the shell's CPU to do something. Any CPU.</summary>
    internal void Post(ShellWork work)
    {
        int seen = Volatile.Read(ref _work);
        while (true)
        {
            int before = Interlocked.CompareExchange(ref _work, seen | (int)work, seen);
            if (before == seen)
                break;
            seen = before;
        }
        HypervisorState.Interrupt(1);
    }

    /// <summary>Takes what was typed, for whoever has the console. The shell's CPU only.</summary>
    internal void TakeInput()
    {
        HostConsole.ClearInterrupt();
        while (HostConsole.TryRead(out byte value))
        {
            ref ConsoleSwitch consoles = ref HypervisorState.Current.Consoles;
            Vm* focus = consoles.Focus;
            if (focus == null)
            {
                if (_inputCount < InputCapacity)
                    _input[(_inputStart + _inputCount++) % InputCapacity] = value;
                Post(ShellWork.Input);
            }
            else if (value == ConsoleSwitch.EscapeKey)
            {
                consoles.Select(null);
                Log.Write("\r\n"u8);
                Prompt();
            }
            else
            {
                focus->Lock.Enter();
                focus->Console.Type(focus, value);
                focus->Lock.Exit();
            }
        }
    }

    /// <summary>Does what was posted. The shell's CPU only, while it runs no guest.</summary>
    internal void DoWork()
    {
        var work = (ShellWork)Interlocked.Exchange(ref _work, 0);
        if ((work & ShellWork.VmStopped) != 0)
            CollectStopped();
        if ((work & ShellWork.Input) == 0)
            return;
        while (_inputCount != 0)
        {
            byte value = _input[_inputStart];
            _inputStart = (_inputStart + 1) % InputCapacity;
            _inputCount--;
            var sink = default(ConsoleSink);
            LineEvent happened = _editor.Take(value, ref sink);
            if (happened == LineEvent.Line)
                Execute(ShellCommand.Parse(_editor.Line));
            if (happened == LineEvent.None)
                continue;
            _editor.Begin();
            // A command may have given the console away; what was typed ahead is for whoever has it now.
            if (HypervisorState.Current.Consoles.Focus == null)
                Prompt();
            else
                TypeAhead();
        }
    }

    /// <summary>Shows the prompt and the line again below what a VM has printed.</summary>
    internal readonly void Redraw()
    {
        if (!_isOpen)
            return;
        var sink = default(ConsoleSink);
        Prompt();
        _editor.Redraw(ref sink);
    }

    private static void Prompt() => Log.Write("axvisor> "u8);

    private void TypeAhead()
    {
        Vm* focus = HypervisorState.Current.Consoles.Focus;
        focus->Lock.Enter();
        for (; _inputCount != 0; _inputCount--, _inputStart = (_inputStart + 1) % InputCapacity)
            focus->Console.Type(focus, _input[_inputStart]);
        focus->Lock.Exit();
    }

    /// <summary>Deletes VMs that were to be deleted, takes the console back, and ends the machine when its VMs have ended.</summary>
    private readonly void CollectStopped()
    {
        ref HypervisorState hypervisor = ref HypervisorState.Current;
        bool someEnd = false;
        bool someRun = false;
        for (int slot = 0; slot < HypervisorState.MaxVms; slot++)
        {
            Vm* vm = hypervisor.VmAt(slot);
            if (vm == null)
                continue;
            bool hasEnded = vm->State is VmState.Stopped or VmState.Failed && !vm->RestartsWhenStopped;
            bool ends = (vm->Manifest.Flags & VmFlags.EndsMachine) != 0;
            someEnd |= ends && hasEnded;
            someRun |= ends && !hasEnded;
            if (hasEnded && hypervisor.Consoles.Focus == vm)
            {
                hypervisor.Consoles.Select(null);
                if (!ends)
                    Redraw();
            }
            if (hasEnded && vm->DeletesWhenStopped)
                hypervisor.DeleteVm(vm);
        }
        if (someEnd && !someRun)
        {
            Log.Info("all guests have ended"u8).End();
            HostCpus.PowerOff();
        }
    }
}
