using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>The time of day: the host's clock as it was when the hypervisor started, and its counter since.</summary>
internal struct WallClock
{
    private const ulong NanosecondsPerSecond = 1_000_000_000;
    private const ulong DataRegister = 0; // PL031 RTCDR, seconds since 1970 (Arm DDI 0224, 3.3.1)

    private ulong _secondsAtZero;
    private ulong _frequency;

    /// <summary>Reads the host's clock, when it has one; otherwise time begins with the counter.</summary>
    internal void Open(ulong now, ulong frequency)
    {
        _frequency = frequency;
        FdtNodeView node = HostFdt.Blob.Root.FindCompatible("arm,pl031"u8);
        if (!node.Exists || !node.TryRegister(0, out ulong address, out ulong size) || !HostMap.TryMapDevice(address, size))
            return;
        ulong seconds = Native.Read32(address + DataRegister);
        ulong elapsed = now / frequency;
        _secondsAtZero = seconds > elapsed ? seconds - elapsed : 0;
    }

    /// <summary>Nanoseconds since 1970 at a count of the host's counter.</summary>
    internal readonly ulong NanosecondsAt(ulong ticks) =>
        ((_secondsAtZero + (ticks / _frequency)) * NanosecondsPerSecond) + (ticks % _frequency * NanosecondsPerSecond / _frequency);

    /// <summary>The count at a time; 0 when it lies before the counter began.</summary>
    internal readonly ulong TicksAt(ulong nanoseconds)
    {
        ulong seconds = nanoseconds / NanosecondsPerSecond;
        if (seconds < _secondsAtZero)
            return 0;
        seconds -= _secondsAtZero;
        return seconds > ulong.MaxValue / _frequency / 2
            ? ulong.MaxValue
            : (seconds * _frequency) + (nanoseconds % NanosecondsPerSecond * _frequency / NanosecondsPerSecond);
    }
}
