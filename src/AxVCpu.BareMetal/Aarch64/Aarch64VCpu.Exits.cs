namespace AxVCpu.BareMetal.Aarch64;

/// <content>What an exception of the guest means.</content>
internal unsafe partial struct Aarch64VCpu
{
    private const ulong InstructionBytes = 4;
    private const ulong PstateStep = 1UL << 21;         // SS: the step is done when the instruction is
    private const ulong PstateBranchType = 3UL << 10;   // BTYPE: of the branch to the instruction

    /// <summary>The instruction that was trapped is done: past it, with PSTATE as an instruction that is no branch leaves it.</summary>
    private void Advance()
    {
        _registers.Pc += InstructionBytes;
        _registers.Pstate &= ~(PstateStep | PstateBranchType);
    }

    private void Decode(ExceptionKind kind, PerCpuBlock* cpu, ref VCpuExitRecord exit)
    {
        exit.SetNothing();
        switch (kind)
        {
            case ExceptionKind.Synchronous:
                DecodeSynchronous(new Syndrome(_registers.Esr), ref exit);
                break;
            case ExceptionKind.SError:
                // Whoever caused it: the guest gets it, the hypervisor goes on.
                _hcr |= GuestTraps.VirtualSError;
                break;
            default:
                DecodeInterrupt(cpu, ref exit);
                break;
        }
    }

    private void DecodeInterrupt(PerCpuBlock* cpu, ref VCpuExitRecord exit)
    {
        if (!HostGic.TryAcknowledge(out uint interrupt))
            return;
        switch (interrupt)
        {
            case HostGic.KickSgi:
                HostGic.Deactivate(interrupt);
                ClearKick();
                exit.SetInterrupted();
                break;
            case HostGic.MaintenancePpi:
                // What it announces is looked at after every exit anyway.
                HostGic.Deactivate(interrupt);
                break;
            case HostGic.VirtualTimerPpi:
                cpu->IsTimerActive = true;
                exit.SetExternalInterrupt(interrupt);
                break;
            default:
                exit.SetExternalInterrupt(interrupt);
                break;
        }
    }

    private void DecodeSynchronous(Syndrome syndrome, ref VCpuExitRecord exit)
    {
        switch (syndrome.Class)
        {
            case ExceptionClass.WaitFor:
                DecodeWait(syndrome, ref exit);
                break;
            case ExceptionClass.Hvc64:
                DecodeCall(ref exit);
                break;
            case ExceptionClass.Smc64:
                Advance(); // an SMC that traps has not been passed, unlike an HVC
                if (_smcIsHypercall)
                    DecodeCall(ref exit);
                else
                    SetReturnValue(NotSupported);
                break;
            case ExceptionClass.SystemRegister:
                DecodeSysReg(new SysRegAccess(_registers.Esr), ref exit);
                break;
            case ExceptionClass.InstructionAbortLower:
                DecodeAbort(syndrome, isFetch: true, ref exit);
                break;
            case ExceptionClass.DataAbortLower:
                DecodeAbort(syndrome, isFetch: false, ref exit);
                break;
            case ExceptionClass.IllegalState:
                _registers.Pstate &= ~PstateIllegal;
                Inject(ExceptionClass.IllegalState, 0);
                break;
            default:
                // SVE, SME, AArch32, ERET and whatever may come: nothing that the guest has been told of.
                InjectUndefined();
                break;
        }
    }

    private void DecodeWait(Syndrome syndrome, ref VCpuExitRecord exit)
    {
        const uint wfe = 1, wfit = 2, wfet = 3;
        Advance();
        if (syndrome.WaitInstruction is wfe or wfet)
        {
            ulong none = 0;
            exit.SetArchSpecific((uint)Aarch64Exit.WaitForEvent, in none);
            return;
        }

        ulong deadline = Timer.Deadline;
        if (syndrome.WaitInstruction == wfit && syndrome.HasWaitRegister)
        {
            ulong local = GetGpr(syndrome.WaitRegister) + Timer.Offset;
            deadline = local < deadline ? local : deadline;
        }

        StorePriorities();
        exit.SetHalt(deadline);
    }
}
