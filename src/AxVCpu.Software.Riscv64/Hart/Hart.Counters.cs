namespace AxVCpu.Software.Riscv64;

// What the hart counts for those who watch it: plain fields of its thread, read by others as they happen to be.
internal sealed unsafe partial class Hart
{
    private ulong _tlbMisses;

    /// <summary>The counters as they are now. Any thread.</summary>
    public Riscv64Counters ReadCounters() => new(
        _s->InstRet, TranslatedInstructions, TranslatedTraces, (ulong)CodeBytes, _blocks.Bytes, _blocks.Epoch, _tlbMisses, _tlb.FlushCount, SlowPaths);
}
