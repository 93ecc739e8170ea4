using System.Runtime.InteropServices;
using AxVCpu.Kvm.Abi;
using AxVCpu.Kvm.Handles;

namespace AxVCpu.Kvm;

/// <summary>x86-64 guests on the kernel's hypervisor, through /dev/kvm.</summary>
public sealed class KvmEngine : IEngine
{
    internal const string DevicePath = "/dev/kvm";

    /// <inheritdoc/>
    public string Name => "kvm";

    /// <inheritdoc/>
    public IReadOnlyList<GuestArchitecture> Guests { get; } = [GuestArchitecture.X64];

    /// <summary>What it honours when it is available; what a kernel can be built without is asked of the kernel.</summary>
    public EngineCapabilities Capabilities
    {
        get
        {
            using var host = new DeviceHost();
            return KvmProber.Capabilities(host);
        }
    }

    /// <inheritdoc/>
    public EngineProbe Probe()
    {
        KvmProbe probe = Examine();
        return new EngineProbe(probe.Status == KvmStatus.Available, probe.Detail);
    }

    /// <summary>As <see cref="Probe"/>, with the reason and the module as values. Never throws.</summary>
    public static KvmProbe Examine()
    {
        using var host = new DeviceHost();
        return KvmProber.Examine(host);
    }

    /// <summary>Creates a vCPU of <paramref name="machine"/> for code that chooses its engine at run time.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="vmId">The VM's number.</param>
    /// <param name="id">The vCPU's number.</param>
    /// <param name="apicId">The id of its local APIC, below the machine's CPU count; one vCPU for each.</param>
    /// <exception cref="EngineException">There is no such APIC id, it has a vCPU already, or the kernel refuses.</exception>
    public static VirtualCpu<KvmX64VCpu> CreateVCpu(KvmX64Machine machine, uint vmId, uint id, uint apicId)
    {
        EngineException.ThrowIfFailed(
            VCpuSetup.Create(vmId, id, null, CpuSet.Unrestricted, new KvmX64CreateConfig(machine, apicId), out VCpu<KvmX64VCpu> vcpu));
        return new VirtualCpu<KvmX64VCpu>(in vcpu, static owner => owner.Inner.Arch.Dispose());
    }

    private sealed class DeviceHost : IKvmHost, IDisposable
    {
        private KvmFile? _file;

        public bool IsLinux => OperatingSystem.IsLinux();

        public bool IsX64 => RuntimeInformation.ProcessArchitecture == Architecture.X64;

        public int ApiVersion => _file!.Request(KvmRequest.GetApiVersion);

        public bool HasModule(string name) => Directory.Exists("/sys/module/" + name);

        public int Open()
        {
            _file = KvmFile.Open(DevicePath, out int error);
            return error;
        }

        public int Check(KvmCapability capability) => _file!.Check(capability);

        public void Dispose() => _file?.Dispose();
    }
}
