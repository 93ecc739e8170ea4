namespace AxVCpu;

/// <summary>Where a vCPU is in its life. The numeric values are those of the original crate.</summary>
public enum VCpuState
{
    /// <summary>The real state is unknown because the engine failed half-way; <c>Reset</c> leaves it.</summary>
    Invalid = 0,
    /// <summary>Created, not yet set up.</summary>
    Created = 1,
    /// <summary>Set up, on no physical CPU.</summary>
    Free = 2,
    /// <summary>Bound to a physical CPU (a thread, when hosted), ready to run.</summary>
    Ready = 3,
    /// <summary>Executing guest code.</summary>
    Running = 4,
    /// <summary>Halted by the guest; an interrupt, a kick or a timeout makes it <see cref="Ready"/>.</summary>
    Blocked = 5,
}
