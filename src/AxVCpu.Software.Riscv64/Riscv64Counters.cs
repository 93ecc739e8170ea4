namespace AxVCpu.Software.Riscv64;

/// <summary>What a hart has counted. Read while the hart runs, each number is right but not of the same moment as the others.</summary>
public readonly struct Riscv64Counters
{
    internal Riscv64Counters(
        ulong instructions, ulong translatedInstructions, ulong traces, ulong codeBytes, ulong decodedBytes, ulong codeFlushes, ulong tlbMisses, ulong tlbFlushes, ulong slowPaths)
    {
        Instructions = instructions;
        TranslatedInstructions = translatedInstructions;
        Traces = traces;
        CodeBytes = codeBytes;
        DecodedBytes = decodedBytes;
        CodeFlushes = codeFlushes;
        TlbMisses = tlbMisses;
        TlbFlushes = tlbFlushes;
        SlowPaths = slowPaths;
    }

    /// <summary>Instructions retired since the hart's last reset.</summary>
    public ulong Instructions { get; }

    /// <summary>Instructions that were translated to host code, once for each time that they were.</summary>
    public ulong TranslatedInstructions { get; }

    /// <summary>Traces that were translated, dropped ones too.</summary>
    public ulong Traces { get; }

    /// <summary>Bytes of host code there are now.</summary>
    public ulong CodeBytes { get; }

    /// <summary>Bytes of decoded code and of the tables beside host code there are now.</summary>
    public ulong DecodedBytes { get; }

    /// <summary>How often all decoded and translated code was dropped.</summary>
    public ulong CodeFlushes { get; }

    /// <summary>Accesses and fetches whose page the software TLB did not have; accesses to devices among them.</summary>
    public ulong TlbMisses { get; }

    /// <summary>How often the whole software TLB was emptied.</summary>
    public ulong TlbFlushes { get; }

    /// <summary>Instructions of translated code that its slow path did.</summary>
    public ulong SlowPaths { get; }
}
