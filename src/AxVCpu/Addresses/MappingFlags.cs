namespace AxVCpu;

/// <summary>What a mapping permits, or what an access wanted. The bit values are those of the Axvisor VM configuration files.</summary>
[Flags]
public enum MappingFlags : byte
{
    /// <summary>No access.</summary>
    None = 0,
    /// <summary>Data may be loaded.</summary>
    Read = 1,
    /// <summary>Data may be stored.</summary>
    Write = 2,
    /// <summary>Instructions may be fetched.</summary>
    Execute = 4,
    /// <summary>Kept for configuration files; nested formats ignore it.</summary>
    User = 8,
    /// <summary>Device memory: not cached, not speculated, not reordered.</summary>
    Device = 16,
    /// <summary>Normal memory, not cached.</summary>
    Uncached = 32,
}
