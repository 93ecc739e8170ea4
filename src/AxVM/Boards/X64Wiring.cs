using AxVCpu;
using AxVCpu.Devices;
using AxVCpu.Kvm;
using AxVCpu.X64;

namespace AxVM.Boards;

/// <summary>The wires from one of the project's own local APICs to its vCPU. What stops or starts the vCPU is asked of the VM.</summary>
internal sealed class X64ApicWiring(VirtualCpu cpu, IMachineHost host) : IApicProcessor
{
    private bool _waitsForStartUp = cpu.Id != 0;

    /// <summary>The vCPU is as at power-on; all but the first wait to be started.</summary>
    public void Reset() => _waitsForStartUp = cpu.Id != 0;

    public void SetInterrupt(bool level) => cpu.SetInterruptLine((uint)X64InterruptInput.Intr, level);

    public void RaiseNmi() => cpu.InjectInterrupt((uint)X64InterruptInput.Nmi);

    public void RaiseInit()
    {
        if (cpu.IsBootstrap)
        {
            // The bootstrap processor would begin at the reset vector, where a PC's firmware starts everything over.
            host.Restart();
            return;
        }

        _waitsForStartUp = true;
        host.CpuDown((int)cpu.Id);
    }

    public void RaiseStartUp(byte page)
    {
        if (!_waitsForStartUp)
        {
            return;
        }

        _waitsForStartUp = false;
        host.CpuUp((int)cpu.Id, new CpuStart(new GuestPhysAddr((ulong)page << 12), 0));
    }
}

/// <summary>Messages to local APICs in the kernel, which leave the guest at the end of an interrupt only for level-triggered routes.</summary>
internal sealed class X64KernelApics(KvmX64Machine machine) : IApicRouteSink
{
    private const byte FirstLegalVector = 16;

    private readonly ApicMessage[] _routes = new ApicMessage[IoApic.Pins];
    private readonly KvmRoute[] _known = new KvmRoute[IoApic.Pins];

    public void SetRoute(int pin, in ApicMessage message)
    {
        ApicMessage before = _routes[pin];
        _routes[pin] = message;
        if (!IsNeeded(in before) && !IsNeeded(in message))
        {
            return;
        }

        int count = 0;
        for (int line = 0; line < _routes.Length; line++)
        {
            if (IsNeeded(in _routes[line]))
            {
                _routes[line].ToMsi(out ulong address, out uint data);
                _known[count++] = KvmRoute.ToMessage((uint)line, address, data);
            }
        }

        machine.SetRoutes(_known.AsSpan(0, count));
    }

    public void Send(in ApicMessage message)
    {
        message.ToMsi(out ulong address, out uint data);
        machine.SignalMsi(address, data);
    }

    private static bool IsNeeded(in ApicMessage message) => message.IsLevel && message.Vector >= FirstLegalVector;
}

/// <summary>A wire into a pin of the kernel's controllers.</summary>
internal sealed class X64KernelLine(KvmX64Machine machine, uint pin) : IInterruptLine
{
    public void Set(bool level) => machine.SetInterruptLine(pin, level);
}

/// <summary>Power-off and reset, by whichever register.</summary>
internal sealed class X64PowerWiring(IMachineHost host) : IPowerHost
{
    public void PowerOff() => host.End(new VmExit(VmExitReason.PowerOff));

    public void Reset() => host.Restart();
}
