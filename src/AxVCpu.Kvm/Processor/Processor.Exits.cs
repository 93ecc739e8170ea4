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
    }

    private Answer _answer;

    /// <summary>Whether the kernel has an instruction to finish at the next entry.</summary>
    private bool _isOpen;

    private byte* _answerData;
    private uint _answerWidth;
    private uint _answersLeft;
    private ulong _fragmentAddress;
    private uint _fragmentOffset;
    private uint _fragmentsLeft; // bytes of an MMIO access that were not shown yet
    private ulong? _failedFault;
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
                _failedFault = _faultAddress;
                break;
            default:
                return false;
        }

        _answer = Answer.None;
        return true;
    }

    /// <summary>Turns what KVM_RUN returned into an exit.</summary>
    /// <returns>False when the guest can be entered again at once.</returns>
    private bool Decode(int result, ref VCpuExitRecord exit, ref EngineError error)
    {
        if (result < 0)
        {
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
            case KvmExitReason.Io:
                SetPort(ref exit);
                return true;
            case KvmExitReason.Mmio:
                _isOpen = true;
                _fragmentAddress = _run->Mmio.Address;
                _fragmentOffset = 0;
                _fragmentsLeft = _run->Mmio.Length;
                return NextFragment(ref exit);
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
            case KvmExitReason.Hypercall:
                SetHypercall(ref exit);
                return true;
            case KvmExitReason.Halt:
                SetHalted();
                exit.SetHalt();
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
    private void SetPort(ref VCpuExitRecord exit)
    {
        _isOpen = true;
        KvmRunIo io = _run->Io;
        // SAFETY: the kernel places the data behind its structure, inside of the shared mapping.
        byte* data = (byte*)_run + io.DataOffset;
        if (io.Direction == KvmRunIo.Out)
        {
            if (_hypercallPort == io.Port)
            {
                ref KvmRegisters registers = ref General();
                exit.SetHypercall(
                    registers.Rax, registers.Rdi, registers.Rsi, registers.Rdx, registers.R10, registers.R8, registers.R9);
                return;
            }

            exit.SetIoWrite(io.Port, (AccessWidth)io.Width, data, io.Count);
            return;
        }

        Unsafe.InitBlockUnaligned(data, 0, io.Width * io.Count);
        _answer = Answer.Port;
        _answerData = data;
        _answerWidth = io.Width;
        _answersLeft = io.Count;
        exit.SetIoRead(io.Port, (AccessWidth)io.Width, io.Count);
    }

    /// <summary>
    /// Shows the next part of an MMIO access. The kernel splits what crosses a page or is wider than 8 bytes, and the parts can be of any
    /// length; devices see powers of two.
    /// </summary>
    /// <returns>False when there is nothing left to show.</returns>
    private bool NextFragment(ref VCpuExitRecord exit)
    {
        if (_fragmentsLeft == 0)
            return false;
        uint width = _fragmentsLeft >= 8 ? 8 : _fragmentsLeft >= 4 ? 4 : _fragmentsLeft >= 2 ? 2u : 1u;
        _answerData = (byte*)&_run->Mmio.Data + _fragmentOffset;
        _answerWidth = width;
        GuestPhysAddr address = new(_fragmentAddress + _fragmentOffset);
        if (_run->Mmio.IsWrite != 0)
        {
            _answer = Answer.MemoryWrite;
            ulong data = 0;
            Unsafe.CopyBlockUnaligned(&data, _answerData, width);
            exit.SetMmioWrite(address, (AccessWidth)width, data);
        }
        else
        {
            _answer = Answer.Memory;
            Store(0);
            exit.SetMmioRead(address, (AccessWidth)width, (uint)X64Register.Rax, (AccessWidth)width, signExtend: false);
        }

        _fragmentOffset += width;
        _fragmentsLeft -= width;
        return true;
    }

    private void Store(ulong value) => Unsafe.CopyBlockUnaligned(_answerData, &value, _answerWidth);

    private void SetHypercall(ref VCpuExitRecord exit)
    {
        _isOpen = true;
        ref SixWords arguments = ref _run->Hypercall.Arguments;
        _run->Hypercall.Result = 0;
        exit.SetHypercall(_run->Hypercall.Number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
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
        int hit = System.Numerics.BitOperations.TrailingZeroCount(debug.Dr6 & BreakpointHits);
        return ((debug.Dr7 >> (16 + (4 * hit))) & 3) == 0 ? DebugReason.Breakpoint : DebugReason.Watchpoint;
    }
}
