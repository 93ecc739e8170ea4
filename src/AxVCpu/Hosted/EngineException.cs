using System.Runtime.InteropServices;

namespace AxVCpu;

/// <summary>The host failed: it refused an operation that the engine needs. Never caused by a guest.</summary>
public sealed class EngineException : Exception
{
    /// <summary>Creates the exception for an engine's error value.</summary>
    public EngineException(EngineError error)
        : this(error.Operation.ToString(), error.Code, error.Errno) => Error = error;

    /// <summary>Creates the exception for a host call that failed.</summary>
    /// <param name="operation">The operation, as the host names it.</param>
    /// <param name="errno">The host's error number.</param>
    public EngineException(string operation, int errno)
        : this(operation, EngineErrorCode.HostFailure, errno)
    {
    }

    /// <summary>Creates an exception without details.</summary>
    public EngineException()
        : base("the engine failed") => Operation = "";

    /// <summary>Creates the exception with a message.</summary>
    public EngineException(string message)
        : base(message) => Operation = "";

    /// <summary>Creates the exception with a message and its cause.</summary>
    public EngineException(string message, Exception innerException)
        : base(message, innerException) => Operation = "";

    private EngineException(string operation, EngineErrorCode code, int errno)
        : base(errno == 0
            ? $"{operation} failed: {Describe(code)}"
            : $"{operation} failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})")
    {
        Operation = operation;
        Errno = errno;
        Error = new EngineError(EngineOperation.None, code, errno);
    }

    /// <summary>What failed.</summary>
    public string Operation { get; }

    /// <summary>The host's error number, or 0.</summary>
    public int Errno { get; }

    /// <summary>The error as the engine returned it.</summary>
    public EngineError Error { get; }

    /// <summary>Throws when <paramref name="error"/> is a failure.</summary>
    public static void ThrowIfFailed(EngineError error)
    {
        if (!error.IsNone)
            throw new EngineException(error);
    }

    private static string Describe(EngineErrorCode code) => code switch
    {
        EngineErrorCode.OutOfResources => "the host is out of memory or identifiers",
        EngineErrorCode.NotSupported => "the engine does not support it",
        EngineErrorCode.InvalidConfiguration => "a configuration value is out of its range",
        EngineErrorCode.InvalidAddress => "the guest address is not usable",
        EngineErrorCode.InvalidArgument => "no such register or interrupt",
        EngineErrorCode.Inconsistent => "the engine's own state is inconsistent",
        _ => "the host refused it",
    };
}
