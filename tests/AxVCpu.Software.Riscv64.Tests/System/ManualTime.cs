namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Real time that a test moves by hand, in ticks of the machine's clock.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => 10_000_000;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public void Advance(ulong ticks) => Interlocked.Add(ref _ticks, (long)ticks);
}
