using System.Numerics;
using System.Runtime.CompilerServices;
using AxVCpu.Kvm.Abi;
using AxVCpu.X64;

namespace AxVCpu.Kvm;

/// <content>From the kernel's exits to the library's, and from the VMM's answers back into the shared page.</content>
internal sealed unsafe partial class Processor
{
    private const ulong BreakpointHits = 0xF; // DR6.B0 to B3
    private const ulong SingleStepHit = 1UL << 14; // DR6.BS
    private const uint BreakpointException = 3;

    /// <summary>What an answer of the VMM goes into.</summary>
    private enum Answer : byte
    {
        None,
        Port,
        Memory,
        MemoryWrite,
        ReadRegister,
        WriteRegister,
        Fault,
        Hypercall,
    }

    private Answer _answer;

    /// <summary>Whether the kernel has an instruction to finish at the next entry.</summary>
    private bool _isOpen;

    /// <summary>Whether the VMM has answered a read, and no entry has committed it.</summary>
    private bool _isReadAnswered;

    private byte* _answerData;
    private uint _answerWidth;
    private uint _answersLeft;
    private uint _fragmentOffset;
    private uint _fragmentsLeft; // bytes of an MMIO access that were not shown yet
    private ulong _faultAddress;

    /// <summary>Answers the pending read. The owner.</summary>
    internal bool CompleteRead(ulong value)
    {
        switch (_answer)
        {
            case Answer.Port when _answersLeft != 0:
                _answersLeft--;
                Store(value);
                _answerData += _answerWidth;
                _isReadAnswered = true;
                return true;
            case Answer.Memory:
                Store(value);
                break;
            case Answer.ReadRegister:
                _run->Msr.Data = value;
                break;
            default:
                return false;
        }

        _answer = Answer.None;
        _isReadAnswered = true;
        return true;
    }

    /// <summary>
    /// Nobody answers the pending access: a port or device that is not there reads as ones and swallows writes; a register that is not
    /// there is a general-protection fault. The owner.
    /// </summary>
    internal bool FailAccess()
    {
        switch (_answer)
        {
            case Answer.Port:
                for (; _answersLeft != 0; _answersLeft--, _answerData += _answerWidth)
                    Store(ulong.MaxValue);
                break;
            case Answer.Memory:
                Store(ulong.MaxValue);
                break;
            case Answer.MemoryWrite:
                break;
            case Answer.ReadRegister or Answer.WriteRegister:
                _run->Msr.Error = 1;
                break;
            case Answer.Fault:
                _due |= FailedFault;
                break;
            default:
                return false;
        }

        _isReadAnswered = _answer is Answer.Port or Answer.Memory;
        _answer = Answer.None;
        return true;
    }

    /// <summary>Turns the exits that there are most of into the library's.</summary>
    /// <returns>False when it is another one.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool DecodeFrequent(KvmExitReason reason, ref VCpuExitRecord exit)
    {
        if (reason == KvmExitReason.Io)
            SetPort(ref exit);
        else if (reason == KvmExitReason.Mmio)
            SetMmio(ref exit);
        else if (reason == KvmExitReason.Halt)
            SetHalt(ref exit);
        else
            return false;
        return true;
    }

    /// <summary>Turns what KVM_RUN returned into an exit, when it is not a frequent one.</summary>
    /// <returns>False when the guest can be entered again at once.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool Decode(int result, ref VCpuExitRecord exit, ref EngineError error)
    {
        if (result < 0)
        {
            // EAGAIN: a vCPU that waits for its start-up interrupt was disturbed.
            if (result is -Libc.ErrorInterrupted or -Libc.ErrorAgain)
                return false;
            if (result is -Libc.ErrorBadAddress or -Libc.ErrorHardwarePoison && _run->ExitReason == KvmExitReason.MemoryFault)
            {
                SetMemoryFault(ref exit);
                return true;
            }

            error = new EngineError(EngineOperation.Run, EngineErrorCode.HostFailure, -result);
            return true;
        }

        switch (_run->ExitReason)
        {
            case KvmExitReason.ReadMsr:
                _isOpen = true;
                _answer = Answer.ReadRegister;
                _run->Msr.Data = 0;
                _run->Msr.Error = 0;
                exit.SetSysRegRead(_run->Msr.Index, (uint)X64Register.Rax);
                return true;
            case KvmExitReason.WriteMsr:
                _isOpen = true;
                _answer = Answer.WriteRegister;
                _run->Msr.Error = 0;
                exit.SetSysRegWrite(_run->Msr.Index, _run->Msr.Data);
                return true;
            case KvmExitReason.Xen when _run->Xen.Type == KvmRunXen.Hypercall:
                return SetHypercall(ref exit);
            case KvmExitReason.SetTpr:
                SetTaskPriority(ref exit);
                return true;
            case KvmExitReason.InterruptWindowOpen:
                return false;
            case KvmExitReason.Interrupted:
                return false;
            case KvmExitReason.Shutdown:
                exit.SetSystemReset((ulong)X64ResetCode.TripleFault);
                return true;
            case KvmExitReason.SystemEvent:
                SetSystemEvent(ref exit);
                return true;
            case KvmExitReason.FailEntry:
                exit.SetFailEntry(_run->FailEntry.Reason);
                return true;
            case KvmExitReason.InternalError:
                SetInternalError(ref exit);
                return true;
            case KvmExitReason.Debug:
                exit.SetDebug(_run->Debug.Pc, ReasonOf(_run->Debug));
                return true;
            case KvmExitReason.IoApicEoi:
                exit.SetArchSpecific((uint)X64Exit.EndOfInterrupt, new X64EndOfInterrupt { Vector = _run->EoiVector });
                return true;
            case KvmExitReason.MemoryFault:
                SetMemoryFault(ref exit);
                return true;
            default:
                exit.SetArchSpecific(
                    (uint)X64Exit.Unknown,
                    new X64UnknownExit { Reason = (uint)_run->ExitReason, HardwareReason = _run->HardwareExitReason });
                return true;
        }
    }

    /// <summary>A port access; a string instruction's as a whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetPort(ref VCpuExitRecord exit)
    {
        _isOpen = true;
        KvmRunIo io = _run->Io;
        // SAFETY: the kernel places the data behind its structure, inside of the shared mapping.
        byte* data = (byte*)_run + io.DataOffset;
        if (io.Direction == KvmRunIo.Out)
        {
            if (_hypercallPort == io.Port)
                SetPortHypercall(ref exit);
            else
                exit.SetIoWrite(io.Port, (AccessWidth)io.Width, data, io.Count);
            return;
        }

        _answer = Answer.Port;
        _answerData = data;
        _answerWidth = io.Width;
        _answersLeft = io.Count;
        if (io.Count == 1)
            Store(0);
        else
            Unsafe.InitBlockUnaligned(data, 0, io.Width * io.Count);
        exit.SetIoRead(io.Port, (AccessWidth)io.Width, io.Count);
    }

    /// <summary>
    /// An access of device memory. The kernel splits what crosses a page or is wider than 8 bytes, and the parts can be of any length;
    /// devices see powers of two.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetMmio(ref VCpuExitRecord exit)
    {
        _isOpen = true;
        uint length = _run->Mmio.Length;
        if (BitOperations.IsPow2(length) && length <= sizeof(ulong))
        {
            SetFragment(ref exit, _run->Mmio.Address, (byte*)&_run->Mmio.Data, length);
            return;
        }

        _fragmentOffset = 0;
        _fragmentsLeft = length;
        NextFragment(ref exit);
    }

    /// <summary>Shows the next part of an access that is not of a power of two.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void NextFragment(ref VCpuExitRecord exit)
    {
        uint width = _fragmentsLeft >= 8 ? 8 : _fragmentsLeft >= 4 ? 4 : _fragmentsLeft >= 2 ? 2u : 1u;
        SetFragment(ref exit, _run->Mmio.Address + _fragmentOffset, (byte*)&_run->Mmio.Data + _fragmentOffset, width);
        _fragmentOffset += width;
        _fragmentsLeft -= width;
        _due = _fragmentsLeft != 0 ? _due | MoreFragments : _due & ~MoreFragments;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetFragment(ref VCpuExitRecord exit, ulong address, byte* data, uint width)
    {
        if (_run->Mmio.IsWrite != 0)
        {
            _answer = Answer.MemoryWrite;
            exit.SetMmioWrite(new(address), (AccessWidth)width, Load(data, width));
            return;
        }

        _answer = Answer.Memory;
        _answerData = data;
        _answerWidth = width;
        Store(0);
        exit.SetMmioRead(new(address), (AccessWidth)width, (uint)X64Register.Rax, (AccessWidth)width, signExtend: false);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load(byte* data, uint width) => width switch
    {
        1 => *data,
        2 => Unsafe.ReadUnaligned<ushort>(data),
        4 => Unsafe.ReadUnaligned<uint>(data),
        _ => Unsafe.ReadUnaligned<ulong>(data),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(ulong value)
    {
        switch (_answerWidth)
        {
            case 1:
                *_answerData = (byte)value;
                break;
            case 2:
                Unsafe.WriteUnaligned(_answerData, (ushort)value);
                break;
            case 4:
                Unsafe.WriteUnaligned(_answerData, (uint)value);
                break;
            default:
                Unsafe.WriteUnaligned(_answerData, value);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void SetPortHypercall(ref VCpuExitRecord exit)
    {
        ref KvmRegisters registers = ref General();
        exit.SetHypercall(registers.Rax, registers.Rdi, registers.Rsi, registers.Rdx, registers.R10, registers.R8, registers.R9);
    }

    /// <summary>A hypercall instruction. The kernel takes the result from the page and steps over the instruction at the next entry.</summary>
    /// <returns>False when the guest gets an error instead.</returns>
    private bool SetHypercall(ref VCpuExitRecord exit)
    {
        _isOpen = true;
        ref KvmRunXen call = ref _run->Xen;
        if (call.PrivilegeLevel != 0)
        {
            call.Result = unchecked((ulong)-Libc.ErrorPermission);
            return false;
        }

        call.Result = 0;
        _answer = Answer.Hypercall;
        ref SixWords arguments = ref call.Arguments;
        exit.SetHypercall(call.Number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
        return true;
    }

    /// <summary>Sets the result of a hypercall. The owner.</summary>
    internal void SetReturnValue(ulong value)
    {
        if (_answer != Answer.Hypercall)
        {
            SetRegister((int)X64Register.Rax, value);
            return;
        }

        // What is written to rax itself would be overwritten by the kernel.
        _run->Xen.Result = value;
        _isReadAnswered = true;
    }

    private void SetSystemEvent(ref VCpuExitRecord exit)
    {
        ulong code = _run->SystemEvent.Count != 0 ? _run->SystemEvent.Data[0] : 0;
        switch ((KvmSystemEvent)_run->SystemEvent.Type)
        {
            case KvmSystemEvent.Shutdown:
                exit.SetSystemDown(0);
                break;
            case KvmSystemEvent.Reset:
                exit.SetSystemReset((ulong)X64ResetCode.Cold);
                break;
            case KvmSystemEvent.Crash:
                exit.SetSystemDown(code != 0 ? code : 1);
                break;
            default:
                exit.SetArchSpecific(
                    (uint)X64Exit.Unknown, new X64UnknownExit { Reason = (uint)KvmExitReason.SystemEvent, HardwareReason = _run->SystemEvent.Type });
                break;
        }
    }

    /// <summary>What the kernel cannot execute: the guest's doing, so the vCPU stays usable. The data starts with the kernel's sub-error.</summary>
    private void SetInternalError(ref VCpuExitRecord exit)
    {
        ref KvmRunInternal inner = ref _run->Internal;
        exit.SetInternalError(
            EngineErrorCode.NotSupported,
            inner.Type,
            inner.Count > 0 ? inner.Data[0] : 0,
            inner.Count > 1 ? inner.Data[1] : 0,
            inner.Count > 2 ? inner.Data[2] : 0);
    }

    private void SetMemoryFault(ref VCpuExitRecord exit)
    {
        // The kernel does not tell which access it was.
        _answer = Answer.Fault;
        _faultAddress = _run->MemoryFault.Address;
        exit.SetNestedPageFault(new GuestPhysAddr(_faultAddress), MappingFlags.None);
    }

    private static DebugReason ReasonOf(in KvmRunDebug debug)
    {
        if (debug.Exception == BreakpointException)
            return DebugReason.Breakpoint;
        if ((debug.Dr6 & BreakpointHits) == 0)
            return (debug.Dr6 & SingleStepHit) != 0 ? DebugReason.SingleStep : DebugReason.Breakpoint;
        // DR7.R/Wn in bits 16 + 4n: zero for an instruction breakpoint (Intel SDM volume 3, 18.2.4).
        int hit = BitOperations.TrailingZeroCount(debug.Dr6 & BreakpointHits);
        return ((debug.Dr7 >> (16 + (4 * hit))) & 3) == 0 ? DebugReason.Breakpoint : DebugReason.Watchpoint;
    }
}
