namespace AxVCpu.Tests;

public sealed unsafe class CpuSetTests
{
    [Fact]
    public void The_default_restricts_nothing()
    {
        Assert.True(CpuSet.Unrestricted.IsUnrestricted);
        Assert.True(default(CpuSet).Contains(uint.MaxValue));
    }

    [Fact]
    public void An_empty_mask_is_a_set_without_cpus()
    {
        CpuSet set = CpuSet.FromMask(0);
        Assert.False(set.IsUnrestricted);
        Assert.False(set.Contains(0));
        Assert.Equal(0u, set.Count);
    }

    /// <summary>The original's bit mask ends at 64 CPUs.</summary>
    [Fact]
    public void More_than_64_cpus_fit()
    {
        ulong* words = stackalloc ulong[4] { 1, 0, 1UL << 63, 1 };
        CpuSet set = CpuSet.FromWords(words, 4);
        Assert.Equal([0u, 191u, 192u], Enumerable.Range(0, 400).Select(i => (uint)i).Where(cpu => set.Contains(cpu)));
        Assert.Equal(3u, set.Count);
        Assert.False(set.Contains(uint.MaxValue));
    }
}
