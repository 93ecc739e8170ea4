using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>
/// One physical console for the shell and all VMs. While a VM has it, its bytes pass through in both directions; while the shell has it,
/// the lines of all VMs appear with the VM's name before them. Any CPU.
/// </summary>
internal unsafe struct ConsoleSwitch
{
    /// <summary>The key that leaves a VM's console: Ctrl-].</summary>
    internal const byte EscapeKey = 0x1D;

    private SpinLock _lock;
    private Vm* _focus;

    /// <summary>The VM that has the console; null for the shell.</summary>
    internal readonly Vm* Focus => _focus;

    /// <summary>Gives the console to a VM, which gets what it wrote lately on the screen; null gives it to the shell.</summary>
    internal void Select(Vm* vm)
    {
        _lock.Enter();
        _focus = vm;
        if (vm != null)
            Replay(ref vm->Console);
        _lock.Exit();
    }

    /// <summary>A VM writes a byte.</summary>
    internal void Transmit(Vm* vm, byte value)
    {
        _lock.Enter();
        ref VmConsole console = ref vm->Console;
        console.Backlog[(int)(console.Written++ % VmConsole.BacklogCapacity)] = value;
        if (_focus == vm)
        {
            console.Shown = console.Written;
            Log.Write(new ReadOnlySpan<byte>(&value, 1));
        }
        else if (value == (byte)'\n' || console.LineLength == VmConsole.LineCapacity)
        {
            if (value != (byte)'\n')
                console.Line[console.LineLength - 1] = value;
            WriteLine(vm);
        }
        else if (value != (byte)'\r')
        {
            console.Line[console.LineLength++] = value;
        }
        _lock.Exit();
    }

    /// <summary>Writes the line that a VM has begun: it will not go on.</summary>
    internal void Flush(Vm* vm)
    {
        _lock.Enter();
        if (vm->Console.LineLength != 0)
            WriteLine(vm);
        _lock.Exit();
    }

    private void WriteLine(Vm* vm)
    {
        ref VmConsole console = ref vm->Console;
        if (_focus == null)
        {
            var line = new LogLine(isWanted: true);
            line = line.Text("\r\e[K["u8).Text(vm->Manifest.Name.Span).Text("] "u8);
            Log.Write(line.Content, ((ReadOnlySpan<byte>)console.Line).Slice(0, console.LineLength), "\r\n"u8);
            HypervisorState.Current.Shell.Redraw();
        }
        console.LineLength = 0;
    }

    private static void Replay(ref VmConsole console)
    {
        ulong first = console.Written > VmConsole.BacklogCapacity ? console.Written - VmConsole.BacklogCapacity : 0;
        first = first > console.Shown ? first : console.Shown;
        for (; first < console.Written; first++)
        {
            byte value = console.Backlog[(int)(first % VmConsole.BacklogCapacity)];
            Log.Write(new ReadOnlySpan<byte>(&value, 1));
        }
        console.Shown = console.Written;
        console.LineLength = 0;
    }
}
