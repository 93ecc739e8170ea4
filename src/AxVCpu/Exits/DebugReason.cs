namespace AxVCpu;

/// <summary>Which debug event ended a run.</summary>
public enum DebugReason : byte
{
    /// <summary>A breakpoint instruction that the VMM claims.</summary>
    Breakpoint = 0,
    /// <summary>One instruction was executed on request.</summary>
    SingleStep,
    /// <summary>A watched address was accessed.</summary>
    Watchpoint,
}
