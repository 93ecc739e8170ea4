namespace AxVM;

/// <summary>stub</summary>
public sealed class VirtualMachine
{
    /// <summary>stub</summary>
    public static VirtualMachine Create(VmConfig config, VmOptions? options) => new();
}

/// <summary>stub</summary>
public sealed class VmOptions;
