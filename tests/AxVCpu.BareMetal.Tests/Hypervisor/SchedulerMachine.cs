using System.Runtime.InteropServices;
using AxVCpu.BareMetal.Hypervisor;

namespace AxVCpu.BareMetal.Tests.Hypervisor;

/// <summary>A machine of several CPUs in simulated time: each CPU does what the real loop does, and guests are behaviours.</summary>
internal sealed unsafe class SchedulerMachine : IDisposable
{
    internal const ulong Slice = 100;

    private readonly List<nint> _memory = [];
    private readonly List<Guest> _guests = [];
    private readonly ScheduledVCpu*[] _running;

    internal SchedulerMachine(uint cpus)
    {
        Scheduler = (Scheduler*)Allocate(sizeof(Scheduler));
        Scheduler->Initialize(Allocate((int)(CpuBytes * cpus)), cpus, Slice);
        _running = new ScheduledVCpu*[cpus];
        for (uint cpu = 0; cpu < cpus; cpu++)
            Scheduler->SetOnline(cpu, 0);
    }

    /// <summary>How a guest behaves: runs and sleeps for these times, endlessly. No sleep is a busy guest.</summary>
    internal sealed record Guest(nint Entry, ulong Runs, ulong Sleeps)
    {
        internal ulong Left { get; set; } = Runs;

        internal ScheduledVCpu* VCpu => (ScheduledVCpu*)Entry;
    }

    internal Scheduler* Scheduler { get; }

    internal ulong Now { get; private set; }

    private static uint CpuBytes => AxVCpu.BareMetal.Hypervisor.Scheduler.CpuEntrySize;

    internal ScheduledVm* AddVm(uint weight = AxVCpu.BareMetal.Hypervisor.Scheduler.DefaultWeight)
    {
        var vm = (ScheduledVm*)Allocate(sizeof(ScheduledVm));
        Scheduler->AddVm(vm, weight);
        return vm;
    }

    internal Guest AddVCpu(ScheduledVm* vm, ulong runs = ulong.MaxValue, ulong sleeps = 0, CpuSet affinity = default, uint preferred = 0)
    {
        var entry = (ScheduledVCpu*)Allocate(sizeof(ScheduledVCpu));
        Scheduler->AddVCpu(vm, entry, affinity, preferred, null);
        var guest = new Guest((nint)entry, runs, sleeps);
        _guests.Add(guest);
        return guest;
    }

    internal void Start(Guest guest) => Scheduler->Start(guest.VCpu, Now);

    internal ScheduledVCpu* RunningOn(int cpu) => _running[cpu];

    /// <summary>Lets time pass, tick by tick; each CPU then does one step of its loop.</summary>
    internal void Advance(ulong ticks, Action<SchedulerMachine>? eachTick = null)
    {
        for (ulong end = Now + ticks; Now < end; Now++)
        {
            eachTick?.Invoke(this);
            for (uint cpu = 0; cpu < _running.Length; cpu++)
                Step(cpu);
        }
    }

    public void Dispose()
    {
        foreach (nint block in _memory)
            NativeMemory.Free((void*)block);
    }

    private void Step(uint cpu)
    {
        ref ScheduledVCpu* running = ref _running[cpu];
        if (running != null && Scheduler->ShouldYield(cpu, Now))
        {
            Scheduler->Yield(cpu, Now, out _);
            running = null;
        }
        if (running == null)
        {
            running = Scheduler->PickNext(cpu, Now);
            if (running == null)
                return;
            Assert.True(running->Affinity.Contains(cpu), "a vCPU ran outside of its set");
            for (int other = 0; other < _running.Length; other++)
                Assert.False(other != cpu && _running[other] == running, "a vCPU ran on two CPUs");
        }
        nint entry = (nint)running;
        Guest guest = _guests.Single(candidate => candidate.Entry == entry);
        AxVCpu.BareMetal.Hypervisor.Scheduler.BeginEntry(running);
        if (--guest.Left == 0)
        {
            guest.Left = guest.Runs;
            if (guest.Sleeps != 0 && Scheduler->Block(cpu, Now, Now + guest.Sleeps))
                running = null;
        }
    }

    private void* Allocate(int bytes)
    {
        void* block = NativeMemory.AllocZeroed((nuint)bytes);
        _memory.Add((nint)block);
        return block;
    }
}
