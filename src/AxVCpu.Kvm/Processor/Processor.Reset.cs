using System.Runtime.InteropServices;
using AxVCpu.Kvm.Abi;
using AxVCpu.X64;

namespace AxVCpu.Kvm;

/// <content>The state after a reset (Intel SDM volume 3, table 10-1), and the starts that the VMM can ask for.</content>
internal sealed unsafe partial class Processor
{
    private const uint PageAttributeTable = 0x277;
    private const ulong PageAttributesAtReset = 0x0007_0406_0007_0406;
    private const ulong ApicBaseAddress = 0xFEE0_0000;
    private const ulong ApicEnabled = 1 << 11;
    private const ulong ApicBootstrap = 1 << 8;
    private const ulong DebugStatusAtReset = 0xFFFF_0FF0;
    private const ulong DebugControlAtReset = 0x400;
    private const int XsaveControlWord = 0; // FXSAVE layout: FCW
    private const int XsaveMxcsr = 24;
    private const int XsaveMxcsrMask = 28;
    private const ushort ControlWordAtReset = 0x37F;
    private const uint MxcsrAtReset = 0x1F80;

    /// <summary>Registers that a reset clears and that a guest can reach inside the kernel.</summary>
    private static ReadOnlySpan<uint> ClearedMsrs =>
    [
        0x174, 0x175, 0x176, // SYSENTER
        0xC000_0081, 0xC000_0082, 0xC000_0083, 0xC000_0084, 0xC000_0102, // STAR, LSTAR, CSTAR, FMASK, KERNEL_GS_BASE
    ];

    private X64LapicState* _resetLapic;

    /// <summary>Puts the vCPU into its state after a reset, ready to start as <paramref name="start"/> says.</summary>
    internal EngineError Reset(in X64Start start)
    {
        EngineError error = AbandonPending();
        _heldDeadline = 0;
        ResetInterrupts();
        if (error.IsNone)
            error = ResetUnits();
        return error.IsNone ? Start(in start) : error;
    }

    /// <summary>Sets segments, control registers and general registers for a start.</summary>
    internal EngineError Start(in X64Start start)
    {
        ulong apicBase = ApicBaseAddress | ApicEnabled | (ApicId == 0 ? ApicBootstrap : 0);
        EngineError error = Write(start.System(apicBase));
        return error.IsNone ? Write(start.General()) : error;
    }

    private EngineError ResetUnits()
    {
        X64XsaveArea area = default;
        byte* bytes = (byte*)&area;
        *(ushort*)(bytes + XsaveControlWord) = ControlWordAtReset;
        *(uint*)(bytes + XsaveMxcsr) = MxcsrAtReset;
        *(uint*)(bytes + XsaveMxcsrMask) = ushort.MaxValue;
        X64MsrBlock msrs = default;
        foreach (uint index in ClearedMsrs)
            msrs.Add(index);
        msrs.Add(PageAttributeTable, PageAttributesAtReset);
        EngineError error = Write(new X64ExtendedControl { Xcr0 = 1 });
        if (error.IsNone)
            error = Write(in area);
        if (error.IsNone)
            error = WriteMsrs(in msrs);
        if (error.IsNone)
            error = Write(default(X64EventState));
        if (error.IsNone)
            error = Write(new X64DebugRegisters { Dr6 = DebugStatusAtReset, Dr7 = DebugControlAtReset });
        if (error.IsNone && _hasKernelLapic)
            error = Write(in *_resetLapic);
        if (error.IsNone && _hasKernelLapic)
            error = Write(new X64RunStateGroup { State = ApicId == 0 ? X64RunState.Runnable : X64RunState.Uninitialized });
        return error;
    }

    private void CaptureResetState()
    {
        if (!_hasKernelLapic)
            return;
        _resetLapic = (X64LapicState*)NativeMemory.AllocZeroed((nuint)sizeof(X64LapicState));
        EngineException.ThrowIfFailed(Request(KvmRequest.GetLapic, _resetLapic, EngineOperation.Create));
    }
}
