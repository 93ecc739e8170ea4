namespace AxVCpu;

/// <summary>How a caller broke the contract of the abstraction. A misuse leaves every object as it was.</summary>
public enum MisuseKind : byte
{
    /// <summary>The call is not allowed in the vCPU's state.</summary>
    WrongState,
    /// <summary>Another vCPU already runs on this physical CPU (thread).</summary>
    NestedRun,
    /// <summary>The vCPU is bound to another physical CPU (thread).</summary>
    WrongCpu,
    /// <summary>A view was asked for that does not fit the kind of the exit.</summary>
    WrongExitView,
    /// <summary>A read was completed, or an access failed, while none was pending.</summary>
    NoPendingAccess,
    /// <summary>A per-CPU object was used before it was initialised, or initialised twice.</summary>
    PerCpuState,
    /// <summary>An argument is out of its range.</summary>
    Argument,
}
