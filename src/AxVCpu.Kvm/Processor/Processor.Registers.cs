using System.Runtime.CompilerServices;
using AxVCpu.Kvm.Abi;
using AxVCpu.X64;

namespace AxVCpu.Kvm;

/// <content>
/// Registers. The shared page is the copy of this side: the kernel fills in the general registers at every exit, the others are fetched
/// when somebody looks; what is written goes in with the next run.
/// </content>
internal sealed unsafe partial class Processor
{
    private const int NeverRun = -1;

    private KvmSync _held;
    private int _lastResult = NeverRun;

    internal ulong GetRegister(int index)
    {
        CommitRead();
        return Number(ref General(), (X64Register)index);
    }

    internal void SetRegister(int index, ulong value)
    {
        if (_answer == Answer.Hypercall && index == (int)X64Register.Rax)
        {
            SetReturnValue(value);
            return;
        }

        CommitRead();
        Number(ref General(), (X64Register)index) = value;
        _due |= DirtyRegisters;
    }

    internal ulong ProgramCounter
    {
        get
        {
            CommitRead();
            return General().Rip;
        }

        set
        {
            CompletePending();
            General().Rip = value;
            _due |= DirtyRegisters;
        }
    }

    internal EngineError Read(out X64GeneralRegisters group)
    {
        EngineError error = CompleteAnswered();
        if (error.IsNone)
            error = Hold(KvmSync.General);
        ref KvmRegisters from = ref _run->Registers;
        group = default;
        for (int i = 0; i < X64GeneralRegisters.Count; i++)
            group[(X64Register)i] = Number(ref from, (X64Register)i);
        group.Rip = from.Rip;
        group.Rflags = from.Rflags;
        return error;
    }

    internal EngineError Write(in X64GeneralRegisters group)
    {
        EngineError error = CompletePending();
        X64GeneralRegisters copy = group;
        ref KvmRegisters to = ref _run->Registers;
        for (int i = 0; i < X64GeneralRegisters.Count; i++)
            Number(ref to, (X64Register)i) = copy[(X64Register)i];
        to.Rip = group.Rip;
        to.Rflags = group.Rflags | X64Flags.Fixed;
        _held |= KvmSync.General;
        _due |= DirtyRegisters;
        _ignoresInterrupts = (group.Rflags & X64Flags.InterruptEnable) == 0;
        _isWindowKnown = false;
        return error;
    }

    internal EngineError Read(out X64SystemRegisters group)
    {
        EngineError error = CompleteAnswered();
        if (error.IsNone)
            error = Hold(KvmSync.System);
        group = error.IsNone ? RegisterLayouts.ToGroup(in _run->SystemRegisters) : default;
        return error;
    }

    internal EngineError Write(in X64SystemRegisters group)
    {
        EngineError error = CompletePending();
        if (!error.IsNone)
            return error;
        KvmSystemRegisters registers = RegisterLayouts.FromGroup(in group);
        error = Request(KvmRequest.SetSystemRegisters, &registers);
        if (error.IsNone)
        {
            _run->SystemRegisters = registers;
            _due |= _debug.IsStepping ? StepAnew : 0;
            TaskPriority = (byte)group.Cr8;
            _held |= KvmSync.System;
        }

        return error;
    }

    internal EngineError Read(out X64EventState group)
    {
        KvmVCpuEvents events = default;
        EngineError error = CompleteAnswered();
        if (error.IsNone)
            error = Request(KvmRequest.GetVCpuEvents, &events);
        group = error.IsNone ? RegisterLayouts.ToGroup(in events) : default;
        return error;
    }

    internal EngineError Write(in X64EventState group)
    {
        EngineError error = CompletePending();
        if (!error.IsNone)
            return error;
        KvmVCpuEvents events = RegisterLayouts.FromGroup(in group);
        _isWindowKnown = false;
        return Request(KvmRequest.SetVCpuEvents, &events);
    }

    internal EngineError Read(out X64DebugRegisters group)
    {
        KvmDebugRegisters registers;
        EngineError error = Request(KvmRequest.GetDebugRegisters, &registers);
        group = error.IsNone
            ? new()
            {
                Dr0 = registers.Db0, Dr1 = registers.Db1, Dr2 = registers.Db2, Dr3 = registers.Db3, Dr6 = registers.Dr6, Dr7 = registers.Dr7,
            }
            : default;
        return error;
    }

    internal EngineError Write(in X64DebugRegisters group)
    {
        KvmDebugRegisters registers = new()
        {
            Db0 = group.Dr0, Db1 = group.Dr1, Db2 = group.Dr2, Db3 = group.Dr3, Dr6 = group.Dr6, Dr7 = group.Dr7,
        };
        return Request(KvmRequest.SetDebugRegisters, &registers);
    }

    internal EngineError Read(out X64ExtendedControl group)
    {
        KvmXcrs registers;
        EngineError error = Request(KvmRequest.GetXcrs, &registers);
        group = default;
        for (int i = 0; error.IsNone && i < registers.Count; i++)
        {
            if (registers.Entries[i].Number == 0)
                group.Xcr0 = registers.Entries[i].Value;
        }

        return error;
    }

    internal EngineError Write(in X64ExtendedControl group)
    {
        KvmXcrs registers = new() { Count = 1 };
        registers.Entries[0] = new KvmXcr { Value = group.Xcr0 };
        return Request(KvmRequest.SetXcrs, &registers);
    }

    internal EngineError Read(out X64RunStateGroup group)
    {
        uint state;
        EngineError error = Request(KvmRequest.GetMpState, &state);
        if (!_hasKernelLapic && IsHalted)
            state = (uint)X64RunState.Halted; // without a local APIC of its own the kernel does not know
        group = new() { State = (X64RunState)state };
        return error;
    }

    internal EngineError Write(in X64RunStateGroup group)
    {
        uint state = (uint)group.State;
        if (!_hasKernelLapic)
        {
            if (group.State is not (X64RunState.Runnable or X64RunState.Halted))
                return new EngineError(EngineOperation.Registers, EngineErrorCode.InvalidArgument);
            IsHalted = group.State == X64RunState.Halted;
            _ignoresInterrupts = (General().Rflags & X64Flags.InterruptEnable) == 0;
            return default;
        }

        _lastResult = NeverRun;
        return Request(KvmRequest.SetMpState, &state);
    }

    internal EngineError Read(out X64LapicState group)
    {
        fixed (X64LapicState* state = &group)
            return Request(KvmRequest.GetLapic, state);
    }

    internal EngineError Write(in X64LapicState group)
    {
        fixed (X64LapicState* state = &group)
            return Request(KvmRequest.SetLapic, state);
    }

    internal EngineError Read(out X64XsaveArea group)
    {
        fixed (X64XsaveArea* area = &group)
            return Request(KvmRequest.GetXsave, area);
    }

    internal EngineError Write(in X64XsaveArea group)
    {
        fixed (X64XsaveArea* area = &group)
            return Request(KvmRequest.SetXsave, area);
    }

    /// <summary>Reads the registers whose numbers the block holds. The first that the kernel does not know ends it, as an invalid argument.</summary>
    internal EngineError ReadMsrs(ref X64MsrBlock block)
    {
        KvmMsrEntry* entries = stackalloc KvmMsrEntry[1 + X64MsrBlock.Capacity];
        FillMsrs(in block, entries);
        int done = Libc.Request(_descriptor, KvmRequest.GetMsrs, (nint)entries);
        KvmMsrEntry* first = FirstMsr(entries);
        for (int i = 0; i < done; i++)
            block.Entries[i].Value = first[i].Data;
        return MsrResult(done, block.Count);
    }

    internal EngineError WriteMsrs(in X64MsrBlock block)
    {
        KvmMsrEntry* entries = stackalloc KvmMsrEntry[1 + X64MsrBlock.Capacity];
        FillMsrs(in block, entries);
        return MsrResult(Libc.Request(_descriptor, KvmRequest.SetMsrs, (nint)entries), block.Count);
    }

    /// <summary>Asks for exits at the VMM's breakpoints and steps.</summary>
    // struct kvm_msrs: a header of the size of half an entry, count and padding, then the entries.
    private static void FillMsrs(in X64MsrBlock block, KvmMsrEntry* entries)
    {
        KvmMsrEntry* first = FirstMsr(entries);
        *(ulong*)entries = (uint)block.Count;
        for (int i = 0; i < block.Count; i++)
            first[i] = new KvmMsrEntry { Index = block.Entries[i].Index, Data = block.Entries[i].Value };
    }

    private static KvmMsrEntry* FirstMsr(KvmMsrEntry* list) => (KvmMsrEntry*)((byte*)list + sizeof(ulong));

    private static EngineError MsrResult(int done, int count) => done < 0
        ? Result(done, EngineOperation.Registers)
        : done == count ? default : new EngineError(EngineOperation.Registers, EngineErrorCode.InvalidArgument);

    private static ref ulong Number(ref KvmRegisters registers, X64Register register)
    {
        switch (register)
        {
            case X64Register.Rax: return ref registers.Rax;
            case X64Register.Rcx: return ref registers.Rcx;
            case X64Register.Rdx: return ref registers.Rdx;
            case X64Register.Rbx: return ref registers.Rbx;
            case X64Register.Rsp: return ref registers.Rsp;
            case X64Register.Rbp: return ref registers.Rbp;
            case X64Register.Rsi: return ref registers.Rsi;
            case X64Register.Rdi: return ref registers.Rdi;
            default:
                // SAFETY: R8 to R15 lie one behind the other; the caller checked the number.
                return ref Unsafe.Add(ref registers.R8, (int)register - (int)X64Register.R8);
        }
    }

    private ref KvmRegisters General()
    {
        if ((_held & KvmSync.General) == 0)
            Hold(KvmSync.General);
        return ref _run->Registers;
    }

    /// <summary>A value that the VMM has answered with is in its register before somebody looks there, or writes over it.</summary>
    private void CommitRead()
    {
        if (_isReadAnswered)
            CompleteAnswered();
    }

    /// <summary>Fetches a group that is not in the page yet.</summary>
    private EngineError Hold(KvmSync group)
    {
        if ((_held & group) != 0)
            return default;
        EngineError error = group == KvmSync.General
            ? Request(KvmRequest.GetRegisters, &_run->Registers)
            : Request(KvmRequest.GetSystemRegisters, &_run->SystemRegisters);
        _held |= error.IsNone ? group : KvmSync.None;
        return error;
    }

    /// <summary>After a run: what the page holds now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void HoldRegisters()
    {
        _held = KvmSync.General;
        _isWindowKnown = true;
    }

    /// <summary>Before a run: what was written goes in with it.</summary>
    private EngineError FlushRegisters()
    {
        if ((_due & StepAnew) != 0 || ((_due & DirtyRegisters) != 0 && _debug.IsStepping))
            return FlushForStep();
        if ((_due & DirtyRegisters) == 0)
            return default;
        _due &= ~DirtyRegisters;
        // A vCPU that waits in the kernel for its start-up interrupt returns before it looks at the page; one that has just had an exit does not
        // wait.
        if (!_hasKernelLapic || _lastResult == 0)
        {
            _run->DirtyRegisters = KvmSync.General;
            return default;
        }

        return Request(KvmRequest.SetRegisters, &_run->Registers);
    }
}
