using AxVCpu.Kvm.Abi;
using AxVCpu.X64;

namespace AxVCpu.Kvm;

/// <content>Steps and breakpoints of the VMM (Documentation/virt/kvm/api.rst, 4.87).</content>
internal sealed unsafe partial class Processor
{
    private KvmGuestDebug _debug;

    /// <summary>Asks for debug exits, in place of what was asked for before. The owner.</summary>
    internal EngineError SetDebug(in X64DebugRequest request)
    {
        // kvm_pvm reports neither: the first goes to the guest, the second is never looked at.
        if (_machine.Module == KvmModule.Pvm && (request.BreakpointExits || WatchesData(request.Dr7)))
            return new EngineError(EngineOperation.Registers, EngineErrorCode.NotSupported);
        KvmGuestDebug debug = default;
        if (request.SingleStep)
            debug.Control |= KvmGuestDebug.Enable | KvmGuestDebug.SingleStep;
        if (request.BreakpointExits)
            debug.Control |= KvmGuestDebug.Enable | KvmGuestDebug.SoftwareBreakpoints;
        if (request.Dr7 != 0)
        {
            debug.Control |= KvmGuestDebug.Enable | KvmGuestDebug.HardwareBreakpoints;
            debug.DebugRegisters[0] = request.Dr0;
            debug.DebugRegisters[1] = request.Dr1;
            debug.DebugRegisters[2] = request.Dr2;
            debug.DebugRegisters[3] = request.Dr3;
            debug.DebugRegisters[7] = request.Dr7;
        }

        EngineError error = Request(KvmRequest.SetGuestDebug, &debug);
        if (error.IsNone)
        {
            _debug = debug;
            _due = debug.IsStepping ? _due | StepAnew : _due & ~StepAnew;
        }

        return error;
    }

    /// <summary>
    /// What was written goes in, then the request for steps again: the kernel remembers the instruction at which it was asked, and a later
    /// write of the registers with another one clears the trap flag that it steps by.
    /// </summary>
    private EngineError FlushForStep()
    {
        EngineError error = (_due & DirtyRegisters) != 0 ? Request(KvmRequest.SetRegisters, &_run->Registers) : default;
        _due &= ~(DirtyRegisters | StepAnew);
        KvmGuestDebug debug = _debug;
        return error.IsNone ? Request(KvmRequest.SetGuestDebug, &debug) : error;
    }

    // DR7.Gn and Ln in bits 2n and 2n + 1, R/Wn in bits 16 + 4n (Intel SDM volume 3, 18.2.4).
    private static bool WatchesData(ulong dr7)
    {
        for (int i = 0; i < 4; i++)
        {
            if ((dr7 >> (2 * i) & 3) != 0 && (dr7 >> (16 + (4 * i)) & 3) != 0)
                return true;
        }

        return false;
    }
}
