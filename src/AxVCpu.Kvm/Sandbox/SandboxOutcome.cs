namespace AxVCpu.Kvm;

/// <summary>How a call into a sandbox ended.</summary>
public enum SandboxStatus
{
    /// <summary>The function returned.</summary>
    Returned,
    /// <summary>The call was cancelled.</summary>
    Cancelled,
    /// <summary>The code did what it may not; the sandbox must be reset.</summary>
    Faulted,
}

/// <summary>What a sandbox's code did wrong.</summary>
public enum SandboxFaultKind
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>An exception of the processor: <see cref="SandboxFault.Vector"/> and the error code say which.</summary>
    Exception,
    /// <summary>It used a port that is not one of the sandbox.</summary>
    Port,
    /// <summary>It called a host function that does not exist.</summary>
    UnknownFunction,
    /// <summary>It touched memory or a register that the sandbox does not have, past the processor's own checks.</summary>
    Platform,
    /// <summary>It ended in a state that cannot go on: a fault while a fault was reported.</summary>
    Shutdown,
    /// <summary>It executed what the kernel cannot.</summary>
    NotExecutable,
}

/// <summary>A fault of a sandbox's code.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Vector">The exception's number (Intel SDM volume 3, table 6-1), the port, or the function.</param>
/// <param name="ErrorCode">The exception's error code, 0 when it has none.</param>
/// <param name="ProgramCounter">Where it happened.</param>
/// <param name="Address">For a page fault (vector 14) the address that was touched.</param>
public readonly record struct SandboxFault(SandboxFaultKind Kind, uint Vector, uint ErrorCode, ulong ProgramCounter, ulong Address)
{
    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        SandboxFaultKind.None => "no fault",
        SandboxFaultKind.Exception => Vector == PageFault
            ? $"page fault (error code 0x{ErrorCode:x}) at 0x{ProgramCounter:x}, touching 0x{Address:x}"
            : $"exception {Vector} (error code 0x{ErrorCode:x}) at 0x{ProgramCounter:x}",
        SandboxFaultKind.Port => $"port 0x{Vector:x} was used at 0x{ProgramCounter:x}",
        SandboxFaultKind.UnknownFunction => $"host function {Vector} does not exist, called at 0x{ProgramCounter:x}",
        SandboxFaultKind.Shutdown => "a fault that could not be reported",
        _ => $"{Kind} at 0x{ProgramCounter:x}",
    };

    internal const uint PageFault = 14;
}

/// <summary>The end of a call into a sandbox.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Value">The result, rax, of a function that returned.</param>
/// <param name="Fault">What went wrong, when it faulted.</param>
public readonly record struct SandboxOutcome(SandboxStatus Status, ulong Value, SandboxFault Fault);

/// <summary>The code in a sandbox faulted during a typed call.</summary>
public sealed class SandboxException : Exception
{
    /// <summary>Creates the exception for a fault.</summary>
    public SandboxException(SandboxFault fault)
        : base($"the code in the sandbox faulted: {fault}") => Fault = fault;

    /// <summary>Creates an exception without details.</summary>
    public SandboxException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public SandboxException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public SandboxException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What happened.</summary>
    public SandboxFault Fault { get; }
}
