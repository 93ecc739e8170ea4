namespace AxVCpu.BareMetal.Aarch64;

/// <summary>EL2's own timer (CNTHP, Arm ARM D11.2) on this CPU, in ticks of the physical counter.</summary>
internal static class HostTimer
{
    /// <summary>The interrupt that fires: the PPI of the non-secure EL2 physical timer (Arm BSA).</summary>
    public const uint InterruptId = 26;

    private const ulong Enable = 1;

    /// <summary>The physical counter.</summary>
    public static ulong Now => Native.ReadCntPctEl0();

    /// <summary>Ticks for each second.</summary>
    public static ulong Frequency => Native.ReadCntFrqEl0();

    /// <summary>Fires when <see cref="Now"/> reaches <paramref name="deadline"/>, at once when it has; <see cref="ulong.MaxValue"/> is never.</summary>
    public static void Arm(ulong deadline)
    {
        if (deadline == ulong.MaxValue)
        {
            Disarm();
            return;
        }

        Native.WriteCntHpCvalEl2(deadline);
        Native.WriteCntHpCtlEl2(Enable);
    }

    /// <summary>Fires no more.</summary>
    public static void Disarm() => Native.WriteCntHpCtlEl2(0);
}
