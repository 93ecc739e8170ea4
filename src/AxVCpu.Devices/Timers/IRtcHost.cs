namespace AxVCpu.Devices;

/// <summary>What a real-time clock asks of the world around it.</summary>
public interface IRtcHost
{
    /// <summary>The host's wall clock in nanoseconds since 1970-01-01 UTC.</summary>
    ulong NowNanoseconds();

    /// <summary>Calls the clock's <c>AlarmExpired</c> when <see cref="NowNanoseconds"/> reaches <paramref name="deadline"/>; replaces an earlier one.</summary>
    void ArmAlarm(ulong deadline);

    /// <summary>Forgets the alarm.</summary>
    void DisarmAlarm();

    /// <summary>Drives the interrupt output; told on changes only.</summary>
    void SetInterrupt(bool level);
}
