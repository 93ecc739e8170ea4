using AxVCpu;
using AxVCpu.Kvm;
using AxVCpu.Software.Riscv64;

namespace Axvisor.Commands;

/// <summary>The engines of this build.</summary>
internal static class KnownEngines
{
    /// <summary>All of them, in the order they are preferred.</summary>
    internal static IReadOnlyList<IEngine> All { get; } = [new Riscv64Engine(), new KvmEngine()];
}
