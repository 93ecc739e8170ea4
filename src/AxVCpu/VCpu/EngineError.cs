namespace AxVCpu;

/// <summary>Why an engine operation failed.</summary>
public enum EngineErrorCode : byte
{
    /// <summary>It did not fail.</summary>
    None = 0,
    /// <summary>The host has no memory, frame or identifier left.</summary>
    OutOfResources,
    /// <summary>The engine, or the hardware under it, lacks what was asked for.</summary>
    NotSupported,
    /// <summary>A configuration value is out of its range.</summary>
    InvalidConfiguration,
    /// <summary>A guest address given by the caller is not usable.</summary>
    InvalidAddress,
    /// <summary>A register index or an interrupt vector does not exist.</summary>
    InvalidArgument,
    /// <summary>The host refused an operation; <see cref="EngineError.Errno"/> says why.</summary>
    HostFailure,
    /// <summary>The engine found its own state inconsistent.</summary>
    Inconsistent,
}

/// <summary>The part of a vCPU's life in which an engine operation failed.</summary>
public enum EngineOperation : byte
{
    /// <summary>No operation.</summary>
    None = 0,
    /// <summary>Creating the vCPU.</summary>
    Create,
    /// <summary>Setting the entry address.</summary>
    SetEntry,
    /// <summary>Setting the root of the nested page table.</summary>
    SetNestedRoot,
    /// <summary>Applying the set-up configuration.</summary>
    Setup,
    /// <summary>Binding to the current physical CPU.</summary>
    Bind,
    /// <summary>Leaving the current physical CPU.</summary>
    Unbind,
    /// <summary>Running guest code.</summary>
    Run,
    /// <summary>Injecting an interrupt.</summary>
    InjectInterrupt,
    /// <summary>Returning to the state after set-up.</summary>
    Reset,
    /// <summary>Enabling virtualization on a physical CPU.</summary>
    HardwareEnable,
    /// <summary>Disabling virtualization on a physical CPU.</summary>
    HardwareDisable,
    /// <summary>Reading or writing registers in bulk.</summary>
    Registers,
}

/// <summary>The outcome of an engine operation. <c>default</c> is success.</summary>
/// <param name="operation">What failed.</param>
/// <param name="code">Why it failed.</param>
/// <param name="errno">The host's own number for it, or 0.</param>
public readonly struct EngineError(EngineOperation operation, EngineErrorCode code, int errno = 0)
{
    /// <summary>What failed.</summary>
    public EngineOperation Operation { get; } = operation;

    /// <summary>Why it failed; <see cref="EngineErrorCode.None"/> is success.</summary>
    public EngineErrorCode Code { get; } = code;

    /// <summary>The host's own number for the failure (errno on Unix), or 0.</summary>
    public int Errno { get; } = errno;

    /// <summary>Whether the operation succeeded.</summary>
    public bool IsNone => Code == EngineErrorCode.None;
}
