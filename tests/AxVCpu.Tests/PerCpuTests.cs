namespace AxVCpu.Tests;

public sealed class PerCpuTests
{
    private struct FakePerCpu : IArchPerCpu<FakePerCpu>
    {
        [ThreadStatic]
        internal static bool t_failCreate;
        internal int Enables;
        internal int Disables;

        public bool IsEnabled { get; private set; }

        public readonly int MaxGuestPageTableLevels => 4;

        public readonly int GuestPhysAddrBits => 50;

        public static EngineError Create(uint cpuId, out FakePerCpu arch)
        {
            arch = default;
            return t_failCreate ? new EngineError(EngineOperation.Create, EngineErrorCode.NotSupported) : default;
        }

        public EngineError HardwareEnable()
        {
            Enables++;
            IsEnabled = true;
            return default;
        }

        public EngineError HardwareDisable()
        {
            Disables++;
            IsEnabled = false;
            return default;
        }
    }

    /// <summary>The original marks the CPU initialised before it knows whether that worked, so that it can never be repeated.</summary>
    [Fact]
    public void A_failed_initialisation_can_be_repeated()
    {
        PerCpu<FakePerCpu> cpu = default;
        FakePerCpu.t_failCreate = true;
        Assert.Equal(EngineErrorCode.NotSupported, cpu.Init(3).Code);
        Assert.False(cpu.IsInitialized);
        FakePerCpu.t_failCreate = false;
        Assert.True(cpu.Init(3).IsNone);
        Assert.Equal((3u, 4, 50), (cpu.CpuId, cpu.MaxGuestPageTableLevels, cpu.GuestPhysAddrBits));
    }

    [Fact]
    public void Enable_and_disable_are_idempotent()
    {
        PerCpu<FakePerCpu> cpu = default;
        Assert.True(cpu.HardwareDisable().IsNone);
        cpu.Init(0);
        cpu.HardwareEnable();
        cpu.HardwareEnable();
        Assert.True(cpu.IsEnabled);
        cpu.HardwareDisable();
        cpu.HardwareDisable();
        Assert.False(cpu.IsEnabled);
    }

    [Fact]
    public void Use_before_and_initialisation_twice_are_misuse()
    {
        PerCpu<FakePerCpu> cpu = default;
        Assert.False(cpu.IsEnabled);
        Assert.Throws<MisuseException>(() => cpu.HardwareEnable());
        cpu.Init(0);
        Assert.Equal(MisuseKind.PerCpuState, Assert.Throws<MisuseException>(() => cpu.Init(0)).Kind);
    }
}
