using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>What rights cache-block instructions need (Unprivileged ISA, "CMO", Cache-Block Management Instructions).</summary>
public abstract class CacheBlockTests(ExecutionTier tier)
{
    private const ulong Data = GuestBoard.RamBase + 0x10_0000;
    private const ulong StoreAccessFault = 7;
    private const ulong ReadOnly = 0x99; // L, NAPOT, R
    private const ulong ExecuteOnly = 0x9C; // L, NAPOT, X

    [Theory]
    [InlineData("cbo.clean")]
    [InlineData("cbo.flush")]
    [InlineData("cbo.inval")]
    public void The_right_to_load_is_enough_for_management(string mnemonic)
    {
        using InstructionProbe probe = new(tier);
        Protect(probe, ReadOnly);
        Assert.Equal(77UL, probe.Run($"{mnemonic} (t0)", Data + 8, 0, 77));
        Assert.Equal(StoreAccessFault, probe.Run("sb t1,0(t0)", Data));
        Assert.Equal(StoreAccessFault, probe.Run("cbo.zero (t0)", Data));
    }

    [Theory]
    [InlineData("cbo.clean")]
    [InlineData("cbo.zero")]
    public void Without_it_the_fault_is_that_of_a_store(string mnemonic)
    {
        using InstructionProbe probe = new(tier);
        Protect(probe, ExecuteOnly);
        Assert.Equal(StoreAccessFault, probe.Run($"{mnemonic} (t0)", Data));

        // And loads go on to report their own.
        Assert.Equal(5UL, probe.Run("lb t2,0(t0)", Data));
    }

    /// <summary>One page at Data, also for machine mode.</summary>
    private static void Protect(InstructionProbe probe, ulong config) =>
        probe.Run("csrw pmpaddr0,t0; csrw pmpcfg0,t1", (Data >> 2) | 0x1FF, config);
}

public sealed class CacheBlockTestsInterpreted() : CacheBlockTests(ExecutionTier.Interpreter);

public sealed class CacheBlockTestsTranslated() : CacheBlockTests(ExecutionTier.Translator);
