using AxVCpu;

namespace Axvisor.Commands;

/// <summary>Architectures by the names that the command line and its lists use.</summary>
internal static class EngineNames
{
    private const string Riscv64 = "riscv64";
    private const string Aarch64 = "aarch64";
    private const string X64 = "x86_64";

    /// <summary>The name of an architecture.</summary>
    internal static string Text(GuestArchitecture architecture) => architecture switch
    {
        GuestArchitecture.Riscv64 => Riscv64,
        GuestArchitecture.Aarch64 => Aarch64,
        _ => X64,
    };

    /// <summary>The architecture of a name that <see cref="Text"/> gives.</summary>
    internal static GuestArchitecture Architecture(string name) => name switch
    {
        Riscv64 => GuestArchitecture.Riscv64,
        Aarch64 => GuestArchitecture.Aarch64,
        _ => GuestArchitecture.X64,
    };
}
