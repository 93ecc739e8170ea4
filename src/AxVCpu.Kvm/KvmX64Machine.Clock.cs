using AxVCpu.Kvm.Abi;

namespace AxVCpu.Kvm;

public sealed unsafe partial class KvmX64Machine
{
    /// <summary>The frequency of the guests' time-stamp counter in Hz, or 0 when the kernel does not tell.</summary>
    public ulong TscFrequencyHz => Cpuid.TscKhz * 1000;

    /// <summary>The VM's kvmclock in nanoseconds. Set it back after a pause, before the vCPUs run again, and the pause did not happen.</summary>
    /// <exception cref="EngineException">The kernel refuses.</exception>
    public ulong ClockNanoseconds
    {
        get
        {
            KvmClockData data;
            ThrowIfFailed(_vm.Request(KvmRequest.GetClock, &data), "KVM_GET_CLOCK");
            return data.Nanoseconds;
        }

        set
        {
            KvmClockData data = new() { Nanoseconds = value };
            ThrowIfFailed(_vm.Request(KvmRequest.SetClock, &data), "KVM_SET_CLOCK");
        }
    }

    private bool _isTimeStopped;
    private ulong _heldClock;

    /// <summary>
    /// The guests' time stands still until <see cref="StartTime"/>: kvmclock, the time-stamp counters, and deadlines of local APICs in the
    /// kernel. The vCPUs must be outside of the guest, and stay there. Does nothing when it stands.
    /// </summary>
    /// <exception cref="EngineException">The kernel refuses.</exception>
    public void StopTime()
    {
        lock (_pauseLock)
        {
            if (_isTimeStopped)
                return;
            foreach (Processor? processor in _processors)
                processor?.StopTime();
            _heldClock = ClockNanoseconds;
            _isTimeStopped = true;
        }
    }

    /// <summary>Time goes on where it stood. Does nothing when it does not stand.</summary>
    /// <remarks>
    /// The time-stamp counters need Linux 5.16 and a processor with virtualization: an older kernel, and the module kvm_pvm, whose guests read
    /// the host's counter, show the pause in them. The kernel's own 8254 and local APIC timers that
    /// count by themselves run on in a pause; what they owe is delivered after it, once.
    /// </remarks>
    /// <exception cref="EngineException">The kernel refuses.</exception>
    public void StartTime()
    {
        lock (_pauseLock)
        {
            if (!_isTimeStopped)
                return;
            _isTimeStopped = false;
            ulong pause = Array.Find(_processors, static processor => processor is not null)?.TimeStampsSinceStop ?? 0;
            foreach (Processor? processor in _processors)
                processor?.StartTime(pause);
            ClockNanoseconds = _heldClock;
            foreach (Processor? processor in _processors)
                processor?.NotifyPaused();
        }
    }
}
