using AxVCpu;

namespace AxVM;

/// <summary>
/// The hardware of one VM: vCPUs, memory and devices, as the life cycle drives it. Accesses of the guest come from
/// the vCPU threads; everything else while no vCPU is inside the guest, unless it says otherwise.
/// </summary>
internal interface IMachine : IRunLoopVm, IAsyncDisposable
{
    /// <summary>The vCPUs by index; all of them are Free while no thread runs them.</summary>
    IReadOnlyList<VirtualCpu> Cpus { get; }

    /// <summary>The VM's clock.</summary>
    VmClock Clock { get; }

    /// <summary>Lets the guest's time go on: its clock, and what else counts in the engine. No vCPU is inside the guest.</summary>
    void StartTime() => Clock.Start();

    /// <summary>Stops the guest's time where it is. No vCPU is inside the guest.</summary>
    void StopTime() => Clock.Stop();

    /// <summary>Bytes of memory the guest has touched. Any thread.</summary>
    ulong ResidentBytes { get; }

    /// <summary>What the engine says about a vCPU's InternalError; null when it says nothing more. On the vCPU's thread.</summary>
    string? ExplainError(int cpu, in InternalErrorExit error) => null;

    /// <summary>What made a vCPU reset the machine, when it was not the guest's wish; null when it was.</summary>
    /// <param name="code">The exit's own code.</param>
    string? ExplainReset(ulong code) => null;

    /// <summary>Whether a guest that has halted for good ends its run, see <see cref="IsDeaf"/>. Constant while the guest runs.</summary>
    bool WatchesHalts => false;

    /// <summary>Whether no ordinary interrupt can get the vCPU going: it is halted with interrupts masked, or waits to be started. On its thread.</summary>
    bool IsDeaf(int cpu) => false;

    /// <summary>What the engine counted about a vCPU; null when it counts nothing. Any thread.</summary>
    ExecutionStatistics? GetExecution(int cpu) => null;

    /// <summary>Reads the memory that the program calls its signature; null when it has none. While no vCPU is inside the guest.</summary>
    byte[]? ReadSignature() => null;

    /// <summary>The text on the machine's screen; null when it has none, or nothing is on it. While no vCPU is inside the guest.</summary>
    string? ReadScreen() => null;

    /// <summary>Whether <see cref="Poll"/> wants to be called about every millisecond.</summary>
    bool NeedsPolling { get; }

    /// <summary>Reads and checks everything a start needs. Changes nothing.</summary>
    /// <exception cref="Boot.ImageException">An image is missing, malformed or does not fit.</exception>
    IPreparedBoot Prepare();

    /// <summary>The devicetree the guest is shown. Changes nothing.</summary>
    /// <exception cref="Boot.ImageException">An image that has a part in it cannot be used.</exception>
    Fdt.FlattenedDeviceTree DescribeToGuest();

    /// <summary>Brings devices, memory and vCPUs to the state at power-on with the images in memory.</summary>
    void PowerOn(IPreparedBoot boot);

    /// <summary>Whether a vCPU runs from power-on, or waits until another starts it.</summary>
    bool StartsOnline(int cpu);

    /// <summary>The index of the vCPU that the guest calls <paramref name="guestId"/>, or -1. Any thread.</summary>
    int FindCpu(ulong guestId);

    /// <summary>A vCPU's thread begins to run it. On that thread.</summary>
    void BeginTurn(int cpu);

    /// <summary>Puts a vCPU at an entry given by the guest. On the vCPU's thread.</summary>
    void Enter(VirtualCpu cpu, in CpuStart start);

    /// <summary>Serves an exit that only this architecture has. On the vCPU's thread.</summary>
    /// <returns>False when it is not known.</returns>
    bool ServeArchSpecific(VirtualCpu cpu, VCpuExit exit);

    /// <summary>Looks for what the guest left in memory for the host. Any thread, one at a time.</summary>
    void Poll();

    /// <summary>Lets go of vCPUs that a device holds back, and holds none until <see cref="ResumeHolding"/>. Any thread.</summary>
    void ReleaseHeld();

    /// <summary>Ends the effect of <see cref="ReleaseHeld"/>. Any thread.</summary>
    void ResumeHolding();
}

/// <summary>What <see cref="IMachine.Prepare"/> read; used for one <see cref="IMachine.PowerOn"/>.</summary>
internal interface IPreparedBoot;

/// <summary>Where a vCPU is to start (CpuUp).</summary>
/// <param name="Entry">The address of its first instruction.</param>
/// <param name="Argument">What the guest wants it to find in its argument register.</param>
internal readonly record struct CpuStart(GuestPhysAddr Entry, ulong Argument);

/// <summary>What a machine asks of its VM. Any thread; never waits for a vCPU.</summary>
internal interface IMachineHost
{
    /// <summary>The guest is over.</summary>
    void End(VmExit exit);

    /// <summary>The guest asked for a reset.</summary>
    void Restart();

    /// <summary>The guest starts a vCPU; one that runs already starts anew.</summary>
    void CpuUp(int cpu, in CpuStart start);

    /// <summary>The guest stops a vCPU until it is started again.</summary>
    void CpuDown(int cpu);
}
