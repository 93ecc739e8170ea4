namespace AxVCpu.Memory;

/// <summary>What the nested formats can express of a wish for access rights.</summary>
public static class EffectiveFlags
{
    /// <summary>The bits that say what a guest may do.</summary>
    public const MappingFlags Access = MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute;

    /// <summary>The bits that say what kind of memory it is.</summary>
    public const MappingFlags Memory = MappingFlags.Device | MappingFlags.Uncached;

    /// <summary>
    /// Normalises flags. Writing or executing implies reading, because write-only is a misconfiguration in EPT and reserved in RISC-V
    /// and execute-only exists only in some processors; <see cref="MappingFlags.User"/> means nothing in the nested stage;
    /// <see cref="MappingFlags.Device"/> is stronger than <see cref="MappingFlags.Uncached"/>.
    /// </summary>
    public static MappingFlags Of(MappingFlags flags)
    {
        MappingFlags effective = flags & (Access | Memory);
        if ((effective & (MappingFlags.Write | MappingFlags.Execute)) != 0)
        {
            effective |= MappingFlags.Read;
        }

        return (effective & MappingFlags.Device) != 0 ? effective & ~MappingFlags.Uncached : effective;
    }
}
