using AxVCpu;
using AxVCpu.Devices;

namespace AxVM.Boards;

/// <summary>QEMU's <c>isa-debug-exit</c>: a write ends the run with an exit code that is never 0.</summary>
internal sealed class X64DebugExit(IMachineHost host) : IBusDevice
{
    public string Name => "debug-exit";

    public ulong Size => X64VirtLayout.DebugExitSize;

    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        value = 0;
        return true;
    }

    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        // A process has eight bits of exit code.
        host.End(new VmExit(VmExitReason.GuestExit, (byte)((value << 1) | 1)));
        return true;
    }
}

/// <summary>The debug console of Bochs and QEMU: bytes that are written appear on the VM's console, and it reads as its own number.</summary>
internal sealed class X64DebugConsole(Action<ReadOnlySpan<byte>> print) : IBusDevice
{
    public string Name => "debug-console";

    public ulong Size => 1;

    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        value = X64VirtLayout.DebugConsolePort;
        return true;
    }

    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        print([(byte)value]);
        return true;
    }
}
