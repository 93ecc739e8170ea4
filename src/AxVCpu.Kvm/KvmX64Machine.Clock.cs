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
}
