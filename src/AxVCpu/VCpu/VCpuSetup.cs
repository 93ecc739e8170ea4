namespace AxVCpu;

/// <summary>Carries the engine's typed set-up through the state machine.</summary>
internal interface IVCpuSetup<TArch, TConfig>
    where TArch : struct
{
    static abstract EngineError Setup(ref TArch arch, in TConfig config);
}

/// <summary>The set-up and creation calls, typed by the engine's configuration.</summary>
public static class VCpuSetup
{
    /// <summary>
    /// Sets the vCPU up: Created to Free. Entry, nested root and configuration are applied in this order; after an error the vCPU is
    /// still Created, and the call can be repeated.
    /// </summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="entry">Where it starts.</param>
    /// <param name="nestedRoot">The root of the nested page table.</param>
    /// <param name="config">The engine's configuration.</param>
    public static EngineError Setup<TArch, TConfig>(
        this ref VCpu<TArch> vcpu, GuestPhysAddr entry, HostPhysAddr nestedRoot, in TConfig config)
        where TArch : struct, IArchVCpu<TArch>, IArchSetup<TConfig> =>
        vcpu.SetUp<TConfig, Adapter<TArch, TConfig>>(entry, nestedRoot, in config);

    /// <summary>Creates a vCPU in <see cref="VCpuState.Created"/> with its engine's own factory.</summary>
    public static EngineError Create<TArch, TConfig>(
        uint vmId, uint id, uint? preferredPhysicalCpu, CpuSet physicalCpuSet, in TConfig config, out VCpu<TArch> vcpu)
        where TArch : struct, IArchVCpu<TArch>, IArchCreate<TArch, TConfig> =>
        VCpu<TArch>.Create<TConfig, TArch>(vmId, id, preferredPhysicalCpu, physicalCpuSet, in config, out vcpu);

    private struct Adapter<TArch, TConfig> : IVCpuSetup<TArch, TConfig>
        where TArch : struct, IArchSetup<TConfig>
    {
        public static EngineError Setup(ref TArch arch, in TConfig config) => arch.Setup(in config);
    }
}
