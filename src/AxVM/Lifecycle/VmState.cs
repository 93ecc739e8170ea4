namespace AxVM;

/// <summary>The states of a virtual machine.</summary>
public enum VmState
{
    /// <summary>Nothing is loaded.</summary>
    Created,

    /// <summary>The images are in memory and the vCPUs stand at their entry.</summary>
    Loaded,

    /// <summary>vCPUs run.</summary>
    Running,

    /// <summary>On the way from Running to Paused.</summary>
    Pausing,

    /// <summary>vCPUs and the VM's clock stand still.</summary>
    Paused,

    /// <summary>On the way to Stopped.</summary>
    Stopping,

    /// <summary>Over; it can be started again from the beginning.</summary>
    Stopped,

    /// <summary>An engine or the host failed; only stopping is possible, then it can be started again.</summary>
    Failed,
}

/// <summary>An operation that is not possible in the present state. Nothing was changed.</summary>
public sealed class VmStateException : InvalidOperationException
{
    internal VmStateException(string operation, VmState state, ReadOnlySpan<VmState> possible)
        : base($"{operation} is not possible while the VM is {state}; it is possible in {string.Join(", ", possible.ToArray())}")
    {
        Operation = operation;
        State = state;
    }

    /// <summary>What was asked for.</summary>
    public string Operation { get; }

    /// <summary>The state it was refused in.</summary>
    public VmState State { get; }
}

/// <summary>Why a run of a virtual machine is over.</summary>
public enum VmExitReason
{
    /// <summary>The guest powered the machine off.</summary>
    PowerOff,

    /// <summary>The guest asked for a reset, and <see cref="VmOptions.RestartOnReset"/> is off.</summary>
    Reset,

    /// <summary>The guest reported a code of its own: a failure code, <c>tohost</c> or a semihosting exit.</summary>
    GuestExit,

    /// <summary>
    /// The engine or the host failed, or a vCPU met what it cannot survive: a triple fault, when <see cref="VmOptions.RestartOnReset"/> is off.
    /// </summary>
    Failed,

    /// <summary>The host stopped the VM.</summary>
    Cancelled,

    /// <summary>Every vCPU has halted with interrupts masked, so that nothing can get the guest going; not told of Linux guests.</summary>
    Halted,
}

/// <summary>How a run of a virtual machine ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Code">The guest's own code for <see cref="VmExitReason.GuestExit"/>; otherwise 0.</param>
/// <param name="Message">What failed, for <see cref="VmExitReason.Failed"/>.</param>
public readonly record struct VmExit(VmExitReason Reason, int Code = 0, string? Message = null);

/// <summary>How a virtual machine behaves toward its host; not part of its description.</summary>
public sealed class VmOptions
{
    /// <summary>Whether a reset asked for by the guest starts it anew in place; otherwise the run ends with <see cref="VmExitReason.Reset"/>.</summary>
    public bool RestartOnReset { get; init; } = true;

    /// <summary>
    /// Hears why the guest starts anew when that was not its wish: a triple fault. On a vCPU's thread; must not wait for the VM.
    /// </summary>
    public Action<string>? Restarting { get; init; }

    /// <summary>Bytes of guest output kept for a slow reader of the console before the guest has to wait; at least 4096.</summary>
    public int ConsoleBuffer { get; init; } = 1 << 20;

    /// <summary>Whether guest output is thrown away, for a VM whose console nobody reads.</summary>
    public bool DiscardConsole { get; init; }

    /// <summary>How long <see cref="VirtualMachine.PauseAsync"/> and <see cref="VirtualMachine.StopAsync"/> wait for the vCPUs to leave the guest.</summary>
    public TimeSpan VCpuPatience { get; init; } = TimeSpan.FromSeconds(10);
}
