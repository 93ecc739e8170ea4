using AxVCpu.Kvm.Abi;

namespace AxVCpu.Kvm.Tests;

/// <summary>Each obstacle is told apart, with words that help.</summary>
public sealed class ProbeTests
{
    private sealed class Host : IKvmHost
    {
        public bool IsLinux { get; init; } = true;

        public bool IsX64 { get; init; } = true;

        public string Module { get; init; } = "kvm_amd";

        public int Error { get; init; }

        public int ApiVersion { get; init; } = 12;

        public KvmCapability? Missing { get; init; }

        public bool HasModule(string name) => name == Module;

        public int Open() => Error;

        public int Check(KvmCapability capability) => capability == Missing ? 0 : 1;
    }

    [Theory]
    [InlineData(2, "kvm_intel", KvmStatus.NoDevice, KvmModule.Intel, "container")]
    [InlineData(2, "", KvmStatus.NoDevice, KvmModule.None, "kvm_pvm")]
    [InlineData(19, "", KvmStatus.NoModule, KvmModule.None, "load kvm_intel")]
    [InlineData(6, "", KvmStatus.NoModule, KvmModule.None, "load kvm_intel")]
    [InlineData(13, "kvm_amd", KvmStatus.NoPermission, KvmModule.Amd, "group")]
    [InlineData(1, "kvm_amd", KvmStatus.NoPermission, KvmModule.Amd, "group")]
    [InlineData(24, "kvm_amd", KvmStatus.OpenFailed, KvmModule.Amd, "errno 24")]
    [InlineData(0, "kvm_pvm", KvmStatus.Available, KvmModule.Pvm, "emulated")]
    [InlineData(0, "kvm_intel", KvmStatus.Available, KvmModule.Intel, "kvm_intel")]
    public void The_device_says_what_it_wants(int error, string module, KvmStatus status, KvmModule found, string word)
    {
        KvmProbe probe = KvmProber.Examine(new Host { Error = error, Module = module });
        Assert.Equal((status, found), (probe.Status, probe.Module));
        Assert.Contains(word, probe.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_system_the_version_and_the_capabilities_are_looked_at()
    {
        Assert.Equal(KvmStatus.NotLinux, KvmProber.Examine(new Host { IsLinux = false }).Status);
        Assert.Equal(KvmStatus.NotX64, KvmProber.Examine(new Host { IsX64 = false }).Status);
        KvmProbe version = KvmProber.Examine(new Host { ApiVersion = 11 });
        Assert.Equal(KvmStatus.WrongApiVersion, version.Status);
        Assert.Contains("11", version.Detail, StringComparison.Ordinal);
        KvmProbe missing = KvmProber.Examine(new Host { Missing = KvmCapability.MsrFilter });
        Assert.Equal(KvmStatus.MissingCapability, missing.Status);
        Assert.Contains("KVM_CAP_X86_MSR_FILTER", missing.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_kernel_can_lack_is_a_capability_only_where_it_is_there()
    {
        const EngineCapabilities Events = EngineCapabilities.InterruptEvents | EngineCapabilities.WriteEvents;
        EngineCapabilities all = KvmProber.Capabilities(new Host());
        Assert.Equal(Events | EngineCapabilities.EngineInterruptController, all & (Events | EngineCapabilities.EngineInterruptController));
        Assert.Equal(EngineCapabilities.InterruptEvents, KvmProber.Capabilities(new Host { Missing = KvmCapability.IoEventFd }) & Events);
        Assert.Equal(EngineCapabilities.WriteEvents, KvmProber.Capabilities(new Host { Missing = KvmCapability.IrqFd }) & Events);
        EngineCapabilities unavailable = KvmProber.Capabilities(new Host { Error = 2 });
        Assert.Equal(EngineCapabilities.DirtyLog, unavailable & (Events | EngineCapabilities.DirtyLog));
    }

    [Fact]
    public void The_engine_says_the_same_as_the_examination()
    {
        KvmProbe probe = KvmEngine.Examine();
        Assert.Equal(new EngineProbe(probe.Status == KvmStatus.Available, probe.Detail), new KvmEngine().Probe());
    }
}
