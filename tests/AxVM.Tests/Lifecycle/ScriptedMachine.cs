using AxVCpu;
using AxVM.Boot;

namespace AxVM.Tests.Lifecycle;

/// <summary>A machine whose vCPUs follow scripts and whose only device is at address 0x1000.</summary>
internal sealed class ScriptedMachine : IMachine
{
    private readonly List<VirtualCpu> _cpus = [];

    public ScriptedMachine(IMachineHost host, int cpus, uint vmId = 1)
    {
        Host = host;
        for (int i = 0; i < cpus; i++)
        {
            ScriptedCore core = new();
            Cores.Add(core);
            _cpus.Add(ScriptedArch.NewCpu(vmId, (uint)i, core));
        }
    }

    public IMachineHost Host { get; }

    public List<ScriptedCore> Cores { get; } = [];

    public IReadOnlyList<VirtualCpu> Cpus => _cpus;

    public VmClock Clock { get; } = new();

    public ulong ResidentBytes => 0;

    public bool NeedsPolling => false;

    public int PowerOns { get; private set; }

    public bool FailNextPrepare { get; set; }

    public bool IsDisposed { get; private set; }

    public ExecutionStatistics? Execution { get; set; }

    public ExecutionStatistics? GetExecution(int cpu) => Execution;

    public List<(ulong Address, ulong Value)> Writes { get; } = [];

    public IPreparedBoot Prepare()
    {
        if (FailNextPrepare)
        {
            FailNextPrepare = false;
            throw new ImageException("kernel", "is scripted to fail");
        }

        return new Boot();
    }

    public AxVM.Fdt.FlattenedDeviceTree DescribeToGuest() => new();

    public void PowerOn(IPreparedBoot boot)
    {
        PowerOns++;
        foreach (VirtualCpu cpu in _cpus)
        {
            Assert.Equal(VCpuState.Free, cpu.State);
            cpu.Reset();
            cpu.SetEntry(new GuestPhysAddr(0x8000_0000));
        }
    }

    public bool StartsOnline(int cpu) => cpu == 0;

    public int FindCpu(ulong guestId) => guestId < (ulong)_cpus.Count ? (int)guestId : -1;

    public void BeginTurn(int cpu)
    {
    }

    public void Enter(VirtualCpu cpu, in CpuStart start)
    {
        cpu.SetEntry(start.Entry);
        cpu.SetGpr(11, start.Argument);
    }

    public bool ServeArchSpecific(VirtualCpu cpu, VCpuExit exit) => false;

    public void Poll()
    {
    }

    public void ReleaseHeld()
    {
    }

    public void ResumeHolding()
    {
    }

    public bool MmioRead(GuestPhysAddr address, AccessWidth width, out ulong value)
    {
        value = 0x1234;
        return address.Value == 0x1000;
    }

    public bool MmioWrite(GuestPhysAddr address, AccessWidth width, ulong value)
    {
        Writes.Add((address.Value, value));
        return address.Value == 0x1000;
    }

    public bool IoRead(ushort port, AccessWidth width, out ulong value)
    {
        value = 0;
        return false;
    }

    public bool IoWrite(ushort port, AccessWidth width, ulong value) => false;

    public bool SysRegRead(ulong address, out ulong value)
    {
        value = 0;
        return false;
    }

    public bool SysRegWrite(ulong address, ulong value) => false;

    public bool HandlePageFault(GuestPhysAddr address, MappingFlags access) => false;

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        _cpus.ForEach(cpu => cpu.Dispose());
        return ValueTask.CompletedTask;
    }

    private sealed class Boot : IPreparedBoot;
}
