using System.Runtime.CompilerServices;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>The EL1 and EL0 state that stays loaded from Bind to Unbind, in the order of <c>context.S</c>. Arm ARM D19.2.</summary>
internal struct SystemRegisters
{
#pragma warning disable CS1591 // The fields are the registers of their names.
    public ulong SpEl0;
    public ulong SpEl1;
    public ulong ElrEl1;
    public ulong SpsrEl1;
    public ulong SctlrEl1;
    public ulong ActlrEl1;
    public ulong CpacrEl1;
    public ulong Ttbr0El1;
    public ulong Ttbr1El1;
    public ulong TcrEl1;
    public ulong EsrEl1;
    public ulong Afsr0El1;
    public ulong Afsr1El1;
    public ulong FarEl1;
    public ulong MairEl1;
    public ulong AmairEl1;
    public ulong VbarEl1;
    public ulong ContextidrEl1;
    public ulong TpidrEl0;
    public ulong TpidrroEl0;
    public ulong TpidrEl1;
    public ulong CntkctlEl1;
    public ulong ParEl1;
    public ulong CsselrEl1;
    public ulong MdscrEl1;
    public ulong CntvCvalEl0;
    public ulong CntvCtlEl0;
#pragma warning restore CS1591
}

/// <summary>The five pointer-authentication keys, low half first, in the order of <c>context.S</c>.</summary>
[InlineArray(10)]
internal struct PointerKeys
{
    private ulong _first;
}

/// <summary>Storage for one kind of debug register.</summary>
[InlineArray(Count)]
internal struct DebugPoints
{
    /// <summary>The most that the architecture allows without FEAT_Debugv8p9.</summary>
    public const int Count = 16;
    private ulong _first;
}

/// <summary>Hardware breakpoints and watchpoints, in the order of <c>context.S</c>.</summary>
internal struct DebugRegisters
{
    /// <summary>DBGBVR&lt;n&gt;_EL1.</summary>
    public DebugPoints BreakpointValues;

    /// <summary>DBGBCR&lt;n&gt;_EL1.</summary>
    public DebugPoints BreakpointControls;

    /// <summary>DBGWVR&lt;n&gt;_EL1.</summary>
    public DebugPoints WatchpointValues;

    /// <summary>DBGWCR&lt;n&gt;_EL1.</summary>
    public DebugPoints WatchpointControls;
}
