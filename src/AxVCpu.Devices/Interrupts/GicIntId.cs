namespace AxVCpu.Devices;

/// <summary>The ranges of INTIDs (Arm IHI 0069H, 2.2). An SGI or PPI belongs to one PE, an SPI to all.</summary>
public static class GicIntId
{
    /// <summary>The first private peripheral interrupt; those below are software generated.</summary>
    public const uint FirstPpi = 16;

    /// <summary>The first shared peripheral interrupt.</summary>
    public const uint FirstSpi = 32;

    /// <summary>The first INTID behind the shared peripheral interrupts: 1020 to 1023 say what is special.</summary>
    public const uint FirstSpecial = 1020;

    /// <summary>How many shared peripheral interrupts there can be.</summary>
    public const int MaxSpis = (int)(FirstSpecial - FirstSpi);

    /// <summary>What an acknowledge reads when nothing is to be acknowledged.</summary>
    public const uint Spurious = 1023;
}
