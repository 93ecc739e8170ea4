using System.Diagnostics.CodeAnalysis;

namespace AxVCpu;

/// <summary>
/// The caller broke the contract of the abstraction: a bug in the program, not an event of the guest or the host.
/// Nothing was changed by the refused call.
/// </summary>
public sealed class MisuseException : InvalidOperationException
{
    /// <summary>Creates the exception for one kind of misuse.</summary>
    public MisuseException(MisuseKind kind, string message)
        : base(message) => Kind = kind;

    /// <summary>Creates an exception without details.</summary>
    public MisuseException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public MisuseException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public MisuseException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What was done wrong.</summary>
    public MisuseKind Kind { get; }
}

/// <summary>Where every misuse ends: an exception in a hosted program, a panic with the same facts on bare metal.</summary>
public static class Misuse
{
    /// <summary>Reports a call made in the wrong state.</summary>
    [DoesNotReturn]
    public static void WrongState(VCpuState actual, VCpuState required) =>
        throw new MisuseException(MisuseKind.WrongState, $"the vCPU is {actual}, but the call needs it to be {required}");

    /// <summary>Reports a misuse that has no state to name.</summary>
    [DoesNotReturn]
    public static void Throw(MisuseKind kind) => throw new MisuseException(kind, kind switch
    {
        MisuseKind.NestedRun => "another vCPU is already running on this thread; a run cannot be nested",
        MisuseKind.WrongCpu => "the vCPU is bound to another thread; only the thread that bound it may touch its state",
        MisuseKind.WrongExitView => "the exit is of another kind than the view asked for; look at Kind first",
        MisuseKind.NoPendingAccess => "no read or memory access of the guest is waiting to be completed",
        MisuseKind.PerCpuState => "the per-CPU object is not initialised, or is initialised already",
        MisuseKind.Argument => "an argument is out of its range",
        _ => "the call is not allowed now",
    });
}
