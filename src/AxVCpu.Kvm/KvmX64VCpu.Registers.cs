using AxVCpu.X64;

namespace AxVCpu.Kvm;

/// <summary>Which debug events end a run with <see cref="VCpuExitKind.Debug"/>. The default value: none.</summary>
public struct X64DebugRequest
{
    /// <summary>After every instruction.</summary>
    public bool SingleStep;

    /// <summary>At an INT3 instruction, which then does not reach the guest; the program counter stands at it.</summary>
    public bool BreakpointExits;

    /// <summary>Breakpoint address 0.</summary>
    public ulong Dr0;

    /// <summary>Breakpoint address 1.</summary>
    public ulong Dr1;

    /// <summary>Breakpoint address 2.</summary>
    public ulong Dr2;

    /// <summary>Breakpoint address 3.</summary>
    public ulong Dr3;

    /// <summary>Which of the four are enabled, and for what (Intel SDM volume 3, 18.2.4); while not 0, the guest's own are not.</summary>
    public ulong Dr7;
}

/// <content>
/// Register groups. Saving everything: <see cref="CompletePending"/> first. Restoring: system registers before the local APIC (its base),
/// the local APIC before the MSRs (the deadline), XCR0 before the extended registers (what they may hold), the general registers before the
/// events (which refer to the instruction pointer), the run state last.
/// </content>
public partial struct KvmX64VCpu :
    IArchRegisters<X64GeneralRegisters>,
    IArchRegisters<X64SystemRegisters>,
    IArchRegisters<X64ExtendedControl>,
    IArchRegisters<X64XsaveArea>,
    IArchRegisters<X64DebugRegisters>,
    IArchRegisters<X64EventState>,
    IArchRegisters<X64LapicState>,
    IArchRegisters<X64RunStateGroup>
{
    /// <inheritdoc/>
    public readonly EngineError Read(out X64GeneralRegisters group) => Live.Read(out group);

    /// <inheritdoc/>
    public readonly EngineError Write(in X64GeneralRegisters group) => Live.Write(in group);

    /// <inheritdoc/>
    public readonly EngineError Read(out X64SystemRegisters group) => Live.Read(out group);

    /// <inheritdoc/>
    public readonly EngineError Write(in X64SystemRegisters group) => Live.Write(in group);

    /// <inheritdoc/>
    public readonly EngineError Read(out X64ExtendedControl group) => Live.Read(out group);

    /// <inheritdoc/>
    public readonly EngineError Write(in X64ExtendedControl group) => Live.Write(in group);

    /// <inheritdoc/>
    public readonly EngineError Read(out X64XsaveArea group) => Live.Read(out group);

    /// <inheritdoc/>
    public readonly EngineError Write(in X64XsaveArea group) => Live.Write(in group);

    /// <inheritdoc/>
    public readonly EngineError Read(out X64DebugRegisters group) => Live.Read(out group);

    /// <inheritdoc/>
    public readonly EngineError Write(in X64DebugRegisters group) => Live.Write(in group);

    /// <inheritdoc/>
    public readonly EngineError Read(out X64EventState group) => Live.Read(out group);

    /// <inheritdoc/>
    public readonly EngineError Write(in X64EventState group) => Live.Write(in group);

    /// <summary>Reads the local APIC in the kernel; HostFailure when there is none.</summary>
    public readonly EngineError Read(out X64LapicState group) => Live.Read(out group);

    /// <summary>Writes the local APIC in the kernel; HostFailure when there is none.</summary>
    public readonly EngineError Write(in X64LapicState group) => Live.Write(in group);

    /// <inheritdoc/>
    public readonly EngineError Read(out X64RunStateGroup group) => Live.Read(out group);

    /// <summary>Writes the run state. Without local APICs in the kernel there are only Runnable and Halted.</summary>
    public readonly EngineError Write(in X64RunStateGroup group) => Live.Write(in group);

    /// <summary>Reads the model-specific registers whose numbers the block holds, allowed to the guest or not.</summary>
    /// <returns>InvalidArgument when the kernel does not know one of them; those before it are read.</returns>
    public readonly EngineError ReadMsrs(ref X64MsrBlock block) => Live.ReadMsrs(ref block);

    /// <summary>Writes the model-specific registers of the block, in its order.</summary>
    /// <returns>InvalidArgument when the kernel refuses one of them; those before it are written.</returns>
    public readonly EngineError WriteMsrs(in X64MsrBlock block) => Live.WriteMsrs(in block);
}
