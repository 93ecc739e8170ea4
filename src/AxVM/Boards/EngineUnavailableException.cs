namespace AxVM;

/// <summary>The engine that a guest needs cannot be used on this host, or not for this guest.</summary>
public sealed class EngineUnavailableException : Exception
{
    /// <summary>What to do instead where x86-64 guests cannot run.</summary>
    internal const string Alternative =
        "Run it on a Linux host with kvm_intel or kvm_amd (a virtual machine with nesting will do, or qemu-system-x86_64 -cpu max); "
        + "riscv64 guests run here on the software engine";

    /// <summary>Reports why <paramref name="engine"/> cannot be used.</summary>
    public EngineUnavailableException(string engine, string message)
        : base(message) => Engine = engine;

    /// <summary>The engine's name.</summary>
    public string Engine { get; }
}
