namespace AxVCpu.BareMetal.Aarch64;

/// <content>Exceptions that the guest takes instead of what it tried (Arm ARM D1.3.4, AArch64.TakeException).</content>
internal unsafe partial struct Aarch64VCpu
{
    private const int ClassShift = 26;                  // ESR_EL1.EC
    private const ulong Is32Bit = 1UL << 25;            // ESR_EL1.IL
    private const ulong WriteNotRead = 1UL << 6;        // ESR_EL1.ISS.WnR
    private const ulong PstateFlags = 0xF000_0000;      // NZCV
    private const ulong PstateDit = 1UL << 24;
    private const ulong PstatePan = 1UL << 22;
    private const ulong PstateSsbs = 1UL << 12;
    private const ulong PstateIllegal = 1UL << 20;
    private const ulong SctlrSpan = 1UL << 23;          // PAN stays as it is on an exception to EL1
    private const ulong SctlrDssbs = 1UL << 44;
    private const ulong HandlerPstate = 0x3C5;          // EL1h, DAIF masked

    private void InjectUndefined() => Inject(ExceptionClass.Unknown, 0);

    private void InjectAbort(bool isFetch, ulong address, ulong status, bool isWrite)
    {
        RefreshSystem();
        _system.FarEl1 = address;
        ExceptionClass lower = isFetch ? ExceptionClass.InstructionAbortLower : ExceptionClass.DataAbortLower;
        TakeException(IsUser ? lower : lower + 1, status | (isWrite && !isFetch ? WriteNotRead : 0));
        ReloadSystem();
    }

    private void Inject(ExceptionClass cause, ulong iss)
    {
        RefreshSystem();
        TakeException(cause, iss);
        ReloadSystem();
    }

    private void TakeException(ExceptionClass cause, ulong iss)
    {
        ulong pstate = _registers.Pstate;
        ulong offset = (pstate & 0x1F) switch
        {
            0b00101 => 0x200, // EL1h
            0b00100 => 0x000, // EL1t
            0b00000 => 0x400, // EL0
            _ => 0x600,       // EL0 in AArch32
        };
        _system.ElrEl1 = _registers.Pc;
        _system.SpsrEl1 = pstate;
        _system.EsrEl1 = (ulong)cause << ClassShift | Is32Bit | iss;
        ulong next = HandlerPstate | (pstate & (PstateFlags | PstateDit | PstatePan));
        next |= (_system.SctlrEl1 & SctlrSpan) == 0 && HasPan ? PstatePan : 0;
        next |= (_system.SctlrEl1 & SctlrDssbs) != 0 ? PstateSsbs : 0;
        _registers.Pstate = next;
        _registers.Pc = _system.VbarEl1 + offset;
    }

    private static bool HasPan => (Native.ReadIdRegister(IdRegisterFilter.IndexOf(IdRegister.AA64MMFR1)) >> 20 & 0xF) != 0;
}
