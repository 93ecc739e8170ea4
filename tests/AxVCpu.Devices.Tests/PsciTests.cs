namespace AxVCpu.Devices.Tests;

public sealed class PsciTests
{
    private const long NotSupported = -1, InvalidParameters = -2, AlreadyOn = -4, OnPending = -5, InvalidAddress = -9;

    /// <summary>vCPUs 0.0.0.0 on, 0.0.0.1 off, 0.0.1.0 being started, 2.0.1.1 off; memory at 1 GiB.</summary>
    private struct Vm : IPsciHost
    {
        private static ReadOnlySpan<ulong> Affinities => [0, 1, 0x100, 0x2_0000_0101];

        public readonly int VCpuCount => Affinities.Length;

        public readonly ulong Affinity(int vcpu) => Affinities[vcpu];

        public readonly PsciPowerState PowerState(int vcpu) => vcpu switch
        {
            0 => PsciPowerState.On,
            2 => PsciPowerState.OnPending,
            _ => PsciPowerState.Off,
        };

        public readonly bool CanStartAt(ulong address) => address is >= 0x4000_0000 and < 0x5000_0000;
    }

    private static PsciOutcome Call(uint function, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        Vm vm = default;
        return Psci.Decide(ref vm, function, a1, a2, a3);
    }

    private static long Answer(uint function, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        PsciOutcome outcome = Call(function, a1, a2, a3);
        Assert.Equal(PsciAction.Return, outcome.Action);
        VCpuExitRecord record = default;
        Assert.False(outcome.TryDescribe(ref record));
        return outcome.Result;
    }

    [Theory]
    [InlineData(0x8400_0000, 0x1_0001)]
    [InlineData(0x8400_0006, 2)]
    [InlineData(0x8000_0000, 0x1_0001)]
    [InlineData(0xC400_0000, NotSupported)]
    [InlineData(0x8400_0005, NotSupported)]
    [InlineData(0x8400_0007, NotSupported)]
    [InlineData(0xC400_000E, NotSupported)]
    [InlineData(0x8400_000B, NotSupported)]
    [InlineData(0xC400_0008, NotSupported)]
    [InlineData(0x8400_0013, NotSupported)]
    [InlineData(0x8400_0050, NotSupported)]
    [InlineData(0x8000_8000, NotSupported)]
    [InlineData(0x8600_FF01, NotSupported)]
    [InlineData(0x0000_0005, NotSupported)]
    [InlineData(0xFFFF_FFFF, NotSupported)]
    public void A_function_answers(uint function, long expected) => Assert.Equal(expected, Answer(function));

    [Theory]
    [InlineData(0x8400_0000, 0)]
    [InlineData(0x8400_0001, 0)]
    [InlineData(0xC400_0001, 0)]
    [InlineData(0x8400_0002, 0)]
    [InlineData(0xC400_0003, 0)]
    [InlineData(0xC400_0004, 0)]
    [InlineData(0x8400_0008, 0)]
    [InlineData(0x8400_0009, 0)]
    [InlineData(0x8400_000A, 0)]
    [InlineData(0xC400_0012, 0)]
    [InlineData(0x8000_0000, 0)]
    [InlineData(0x8000_0001, NotSupported)]
    [InlineData(0xC400_0002, NotSupported)]
    [InlineData(0xC400_0005, NotSupported)]
    [InlineData(0xC400_000E, NotSupported)]
    [InlineData(0x8400_000F, NotSupported)]
    public void Features_tell_what_is_implemented(uint function, long expected) => Assert.Equal(expected, Answer(0x8400_000A, function));

    [Theory]
    [InlineData(0x8000_0000, 0)]
    [InlineData(0x8000_0001, 0)]
    [InlineData(0x8000_0002, NotSupported)]
    [InlineData(0x8000_8000, NotSupported)]
    [InlineData(0x8000_7FFF, NotSupported)]
    [InlineData(0x8000_3FFF, NotSupported)]
    [InlineData(0xFFFF_FFFF_8000_0000, 0)]
    public void No_workaround_is_promised(ulong function, long expected) => Assert.Equal(expected, Answer(0x8000_0001, function));

    [Theory]
    [InlineData(0xC400_0003, 0, 0x4000_0000, AlreadyOn)]
    [InlineData(0xC400_0003, 0x100, 0x4000_0000, OnPending)]
    [InlineData(0xC400_0003, 2, 0x4000_0000, InvalidParameters)]
    [InlineData(0xC400_0003, 0x8000_0001, 0x4000_0000, InvalidParameters)]
    [InlineData(0xC400_0003, 1, 0x3FFF_FFFC, InvalidAddress)]
    [InlineData(0xC400_0003, 1, 0x4000_0002, InvalidAddress)]
    [InlineData(0xC400_0003, 1, 0xFFFF_FFFF_FFFF_FFFC, InvalidAddress)]
    [InlineData(0x8400_0003, 0x2_0000_0101, 0x4000_0000, InvalidParameters)]
    public void A_cpu_is_not_started(uint function, ulong target, ulong entry, long expected) => Assert.Equal(expected, Answer(function, target, entry));

    [Fact]
    public void A_cpu_that_is_off_starts()
    {
        PsciOutcome outcome = Call(0xC400_0003, 0x2_0000_0101, 0x4008_0000, 0x1234_5678_9ABC_DEF0);
        Assert.Equal((PsciAction.CpuOn, 0L, 0x2_0000_0101UL, 0x4008_0000UL, 0x1234_5678_9ABC_DEF0UL), (outcome.Action, outcome.Result, outcome.Target, outcome.Entry, outcome.Context));
        VCpuExitRecord record = default;
        Assert.True(outcome.TryDescribe(ref record));
        Assert.Equal(VCpuExitKind.CpuUp, record.Kind);
        // The 32-bit convention has no upper halves.
        outcome = Call(0x8400_0003, 0xFFFF_FFFF_0000_0001, 0xFFFF_FFFF_4008_0000, 0x1234_5678_9ABC_DEF0);
        Assert.Equal((PsciAction.CpuOn, 1UL, 0x4008_0000UL, 0x9ABC_DEF0UL), (outcome.Action, outcome.Target, outcome.Entry, outcome.Context));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 1)]
    [InlineData(0x100, 0, 2)]
    [InlineData(0x2_0000_0101, 0, 1)]
    [InlineData(3, 0, InvalidParameters)]
    [InlineData(1, 1, 0)]
    [InlineData(0x1FF, 1, 2)]
    [InlineData(0x300, 2, 0)]
    [InlineData(0x2_0000_0000, 2, 1)]
    [InlineData(0x2_00FF_FFFF, 3, 1)]
    [InlineData(0x3_0000_0000, 3, InvalidParameters)]
    [InlineData(0, 4, InvalidParameters)]
    [InlineData(0x8000_0000, 0, InvalidParameters)]
    [InlineData(0, 0x1_0000_0000, InvalidParameters)]
    public void Affinity_info_tells_of_a_cpu_or_a_cluster(ulong target, ulong level, long expected) => Assert.Equal(expected, Answer(0xC400_0004, target, level));

    [Theory]
    [InlineData(0x0000_0000, 0x4000_0000, PsciAction.Standby, 0)]
    [InlineData(0x0000_FFFF, 0, PsciAction.Standby, 0)]
    [InlineData(0x0001_0000, 0x4000_0000, PsciAction.PowerDown, 0)]
    [InlineData(0x0001_0000, 0x1000, PsciAction.Return, InvalidAddress)]
    [InlineData(0x0002_0000, 0x4000_0000, PsciAction.Return, InvalidParameters)]
    [InlineData(0x0100_0000, 0x4000_0000, PsciAction.Return, InvalidParameters)]
    [InlineData(0x8000_0000, 0x4000_0000, PsciAction.Return, InvalidParameters)]
    public void Suspend_waits_or_powers_down(uint state, ulong entry, PsciAction action, long result)
    {
        PsciOutcome outcome = Call(0xC400_0001, state, entry, 99);
        Assert.Equal((action, result), (outcome.Action, outcome.Result));
        if (action == PsciAction.PowerDown)
            Assert.Equal((entry, 99UL), (outcome.Entry, outcome.Context));
    }

    [Theory]
    [InlineData(0x8400_0002, 0, PsciAction.CpuOff, VCpuExitKind.CpuDown)]
    [InlineData(0x8400_0001, 0, PsciAction.Standby, VCpuExitKind.Halt)]
    [InlineData(0x8400_0008, 0, PsciAction.SystemOff, VCpuExitKind.SystemDown)]
    [InlineData(0x8400_0009, 0, PsciAction.SystemReset, VCpuExitKind.SystemReset)]
    [InlineData(0x8400_0012, 0, PsciAction.SystemReset, VCpuExitKind.SystemReset)]
    [InlineData(0xC400_0012, 0, PsciAction.SystemReset, VCpuExitKind.SystemReset)]
    public void An_action_is_an_exit_of_the_core(uint function, ulong a1, PsciAction action, VCpuExitKind kind)
    {
        PsciOutcome outcome = Call(function, a1);
        Assert.Equal(action, outcome.Action);
        VCpuExitRecord record = default;
        Assert.True(outcome.TryDescribe(ref record));
        Assert.Equal(kind, record.Kind);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(0x8000_0000u)]
    public void Only_the_warm_reset_is_known(uint type) => Assert.Equal(InvalidParameters, Answer(0xC400_0012, type));

    [Theory]
    [InlineData(0x8400_0000, true)]
    [InlineData(0xC600_0001, true)]
    [InlineData(6, false)]
    [InlineData(0x1_8400_0000, false)]
    public void Fast_calls_are_told_from_hypercalls(ulong function, bool expected) => Assert.Equal(expected, Smccc.IsFastCall(function));

    [Fact]
    public void Nonsense_is_answered()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        for (int round = 0; round < 100_000; round++)
        {
            uint function = random.Next(4) == 0 ? (uint)random.NextInt64(uint.MaxValue) : (random.Next(2) == 0 ? 0x8400_0000u : 0xC400_0000u) + (uint)random.Next(0x20);
            PsciOutcome outcome = Call(function, (ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.Next(8), (ulong)random.Next());
            Assert.True(outcome.Action is PsciAction.Return or PsciAction.CpuOff or PsciAction.SystemOff or PsciAction.SystemReset or PsciAction.Standby, $"seed {seed}: {function:x}");
        }
    }
}
