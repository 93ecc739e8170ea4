using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

// Trap entry and return, and the instructions that exist for them (Privileged ISA 3.1.6.1, 3.3, 4.1.1).
internal sealed unsafe partial class Hart
{
    private const ulong InterruptCause = 1UL << 63;

    /// <summary>
    /// Takes a synchronous exception at <see cref="HartState.Pc"/>, the address of the faulting instruction; Pc is the handler's afterwards.
    /// </summary>
    /// <param name="cause">Why.</param>
    /// <param name="tval">The faulting address, the instruction bits, or zero, as the cause has it.</param>
    public void RaiseException(ExceptionCause cause, ulong tval)
    {
        bool delegated = _s->Mode != PrivilegeMode.Machine && ((_s->Medeleg >> (int)cause) & 1) != 0;
        EnterTrap((ulong)cause, tval, delegated);
    }

    /// <summary>Illegal instruction with its bits in tval; returns false, so that callers can return it.</summary>
    private bool RaiseIllegal(uint instruction)
    {
        RaiseException(ExceptionCause.IllegalInstruction, instruction);
        return false;
    }

    private void EnterTrap(ulong cause, ulong tval, bool toSupervisor)
    {
        ulong status = _s->Mstatus;
        ulong vector;
        if (toSupervisor)
        {
            _s->Scause = cause;
            _s->Sepc = _s->Pc;
            _s->Stval = tval;
            status = (status & ~(StatusBits.SPIE | StatusBits.SPP))
                | ((status & StatusBits.SIE) != 0 ? StatusBits.SPIE : 0)
                | (_s->Mode == PrivilegeMode.User ? 0 : StatusBits.SPP);
            _s->Mstatus = status & ~StatusBits.SIE;
            vector = _s->Stvec;
        }
        else
        {
            _s->Mcause = cause;
            _s->Mepc = _s->Pc;
            _s->Mtval = tval;
            status = (status & ~(StatusBits.MPIE | StatusBits.MPP))
                | ((status & StatusBits.MIE) != 0 ? StatusBits.MPIE : 0)
                | ((ulong)_s->Mode << StatusBits.MPPShift);
            _s->Mstatus = status & ~StatusBits.MIE;
            vector = _s->Mtvec;
        }

        // Bit 0 of xtvec selects vectored mode; bit 1 is never set (WriteVector).
        ulong target = vector & ~3UL;
        if ((vector & 1) != 0 && (cause & InterruptCause) != 0)
            target += (cause & ~InterruptCause) * 4;
        _s->Pc = target;
        EnterMode(toSupervisor ? PrivilegeMode.Supervisor : PrivilegeMode.Machine);
    }

    /// <summary>mret at Pc. False when it trapped.</summary>
    public bool ExecuteMret()
    {
        if (_s->Mode != PrivilegeMode.Machine)
            return RaiseIllegal(InstructionBits.Mret);

        ulong status = _s->Mstatus;
        var previous = (PrivilegeMode)((status & StatusBits.MPP) >> StatusBits.MPPShift);
        status = (status & ~(StatusBits.MIE | StatusBits.MPP))
            | ((status & StatusBits.MPIE) != 0 ? StatusBits.MIE : 0)
            | StatusBits.MPIE;
        if (previous != PrivilegeMode.Machine)
            status &= ~StatusBits.MPRV;
        _s->Mstatus = status;
        _s->Pc = _s->Mepc & PcMask;
        EnterMode(previous);
        RecheckInterrupts();
        return true;
    }

    /// <summary>sret at Pc. False when it trapped.</summary>
    public bool ExecuteSret()
    {
        ulong status = _s->Mstatus;
        if (_s->Mode == PrivilegeMode.User || (_s->Mode == PrivilegeMode.Supervisor && (status & StatusBits.TSR) != 0))
            return RaiseIllegal(InstructionBits.Sret);

        PrivilegeMode previous = (status & StatusBits.SPP) != 0 ? PrivilegeMode.Supervisor : PrivilegeMode.User;
        status = (status & ~(StatusBits.SIE | StatusBits.SPP | StatusBits.MPRV))
            | ((status & StatusBits.SPIE) != 0 ? StatusBits.SIE : 0)
            | StatusBits.SPIE;
        _s->Mstatus = status;
        _s->Pc = _s->Sepc & PcMask;
        EnterMode(previous);
        RecheckInterrupts();
        return true;
    }

    /// <summary>
    /// wfi at Pc: with nothing pending Run leaves with Halt, Pc behind the instruction. False when it trapped or an exit is pending.
    /// </summary>
    public bool ExecuteWfi()
    {
        if (_s->Mode == PrivilegeMode.User || (_s->Mode == PrivilegeMode.Supervisor && (_s->Mstatus & StatusBits.TW) != 0))
            return RaiseIllegal(InstructionBits.Wfi);

        _s->Pc += 4;
        return !HaltUnlessPending();
    }

    /// <summary>ecall at Pc: an SBI call from S mode in the <c>sbi</c> profile, otherwise a trap. False when it trapped or an exit is pending.</summary>
    public bool ExecuteEcall()
    {
        switch (_s->Mode)
        {
            case PrivilegeMode.User:
                RaiseException(ExceptionCause.EcallFromU, 0);
                return false;
            case PrivilegeMode.Supervisor:
                if (_machine.Profile == StartProfile.Sbi)
                    return ExecuteSbiCall();
                RaiseException(ExceptionCause.EcallFromS, 0);
                return false;
            default:
                RaiseException(ExceptionCause.EcallFromM, 0);
                return false;
        }
    }

    /// <summary>
    /// ebreak at Pc: the semihosting sequence leaves Run with a Semihosting exit (Pc behind the sequence), anything else is a breakpoint trap
    /// with the address in tval. <paramref name="compressed"/> for c.ebreak, which never is semihosting. Always false.
    /// </summary>
    public bool ExecuteEbreak(bool compressed)
    {
        if (!compressed && _machine.Semihosting && IsSemihostingSequence())
        {
            _s->Pc += 8;
            _exit.SetArchSpecific((uint)RiscvExit.Semihosting, new SemihostingExit { Operation = _s->X[10], Argument = _s->X[11] });
            _exitPending = true;
            return false;
        }

        if (_machine.BreakpointExits)
        {
            _pending = new PendingAccess { Kind = PendingKind.Breakpoint };
            _exit.SetDebug(_s->Pc, DebugReason.Breakpoint);
            _exitPending = true;
            return false;
        }

        RaiseException(ExceptionCause.Breakpoint, _s->Pc);
        return false;
    }

    /// <summary>
    /// The three uncompressed instructions around ebreak that mark a semihosting call (RISC-V Semihosting 1): slli x0,x0,0x1f; ebreak;
    /// srai x0,x0,7, all in one page. The page was just executed from, so the fetch cannot fault.
    /// </summary>
    private bool IsSemihostingSequence()
    {
        ulong pc = _s->Pc;
        if ((pc & 0xFFF) < 4 || (pc & 0xFFF) > 0xFF8)
            return false;
        return FillTlb(pc, 4, MemoryAccess.Fetch, out byte* host, out _) == TlbFill.Mapped
            // SAFETY: host points at pc inside one mapped guest page; the bytes before and after lie in the same page.
            && System.Runtime.CompilerServices.Unsafe.ReadUnaligned<uint>(host - 4) == InstructionBits.SemihostingEntry
            && System.Runtime.CompilerServices.Unsafe.ReadUnaligned<uint>(host + 4) == InstructionBits.SemihostingExit;
    }

    /// <summary>Bits of mepc and sepc that exist: bit 0 never, bit 1 only when instructions may be 2-byte aligned.</summary>
    private ulong PcMask => _machine.Isa.HasFlag(IsaExtensions.C) ? ~1UL : ~3UL;
}
