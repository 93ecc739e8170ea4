using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

/// <summary>The built-in engine for riscv64 guests: interprets, needs no privileges and no hardware support.</summary>
public sealed class Riscv64Engine : IEngine
{
    /// <inheritdoc/>
    public string Name => "software";

    /// <inheritdoc/>
    public IReadOnlyList<GuestArchitecture> Guests { get; } = [GuestArchitecture.Riscv64];

    /// <inheritdoc/>
    public EngineCapabilities Capabilities =>
        EngineCapabilities.MultipleVCpus
        | EngineCapabilities.NestedPageFaults
        | EngineCapabilities.DirtyLog
        | EngineCapabilities.UserspaceInterruptController
        | EngineCapabilities.SystemRegisterExits
        | EngineCapabilities.HypercallExits
        | EngineCapabilities.Portable;

    /// <inheritdoc/>
    public EngineProbe Probe()
    {
        if (!Environment.Is64BitProcess)
            return new EngineProbe(false, "needs a 64-bit process: guest addresses are added to host addresses in one register");
        if (!BitConverter.IsLittleEndian)
            return new EngineProbe(false, "needs a little-endian host: guest memory is accessed in place");
        return new EngineProbe(true, HostTranslator.HasBackEnd ? "interpreter and translator, built in" : "interpreter, built in; no translator for this host");
    }

    /// <summary>Creates a vCPU of <paramref name="machine"/> for code that chooses its engine at run time.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="vmId">The VM's number.</param>
    /// <param name="id">The vCPU's number.</param>
    /// <param name="hartId">The value of mhartid; one vCPU per hart.</param>
    /// <exception cref="EngineException">The hart does not exist, or has a vCPU already.</exception>
    public static VirtualCpu<Riscv64VCpu> CreateVCpu(Riscv64Machine machine, uint vmId, uint id, ulong hartId)
    {
        EngineException.ThrowIfFailed(
            VCpuSetup.Create(vmId, id, null, CpuSet.Unrestricted, new Riscv64CreateConfig(machine, hartId), out VCpu<Riscv64VCpu> vcpu));
        return new VirtualCpu<Riscv64VCpu>(in vcpu, static owner => owner.Inner.Arch.Dispose());
    }
}
