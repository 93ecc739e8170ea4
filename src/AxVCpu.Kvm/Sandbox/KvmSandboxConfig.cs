namespace AxVCpu.Kvm;

/// <summary>What a sandbox is made of.</summary>
public sealed class KvmSandboxConfig
{
    /// <summary>Machine code for 64-bit mode, loaded at <see cref="KvmSandbox.CodeAddress"/>; up to 32 MiB.</summary>
    public required ReadOnlyMemory<byte> Code { get; init; }

    /// <summary>Bytes of memory for the code to use, zero at first, at <see cref="KvmSandbox.DataAddress"/>; up to 512 MiB.</summary>
    public int DataBytes { get; init; } = 64 << 10;

    /// <summary>Bytes of stack; up to 16 MiB.</summary>
    public int StackBytes { get; init; } = 64 << 10;

    /// <summary>What the code can call.</summary>
    public SandboxFunctions Functions { get; init; } = new();

    /// <summary>What CPUID tells the code.</summary>
    public X64CpuProfile Profile { get; init; } = X64CpuProfile.Sandbox;
}
