namespace AxVCpu.Devices;

/// <summary>Shows a VM's clock at a device's own frequency.</summary>
internal readonly struct ClockRate(VmClock clock, ulong frequencyHz)
{
    public ulong Now() => (ulong)((UInt128)clock.Ticks * frequencyHz / clock.FrequencyHz);

    /// <summary>The tick of the VM's clock at which the device's count has reached <paramref name="deadline"/>.</summary>
    public ulong ToClock(ulong deadline)
    {
        UInt128 ticks = ((UInt128)deadline * clock.FrequencyHz + frequencyHz - 1) / frequencyHz;
        return deadline == ulong.MaxValue || ticks > ulong.MaxValue ? ulong.MaxValue : (ulong)ticks;
    }
}
