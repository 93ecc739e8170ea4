using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

internal sealed unsafe partial class Hart
{
    /// <summary>
    /// CSRs, mode and timers as the profile has them at the start (Privileged ISA 3.4; SBI 2.0, 9.1). Device lines and pc are not touched.
    /// </summary>
    private partial void ResetSystem()
    {
        IsaExtensions isa = _machine.Isa;
        _s->Mstatus = 0;
        _s->Misa = MisaOf(isa);
        _s->Medeleg = 0;
        _s->Mideleg = 0;
        _s->Mie = 0;
        _s->Mip = 0;
        _s->Mtvec = 0;
        _s->Mcounteren = 0;
        _s->Mcountinhibit = 0;
        _s->McycleBase = 0;
        _s->MinstretBase = 0;
        _s->Mcause = 0;
        _s->Mtimecmp = ulong.MaxValue;
        _s->Stimecmp = ulong.MaxValue;
        _s->TimerPending = 0;
        _s->Stvec = 0;
        _s->Scounteren = 0;
        _s->Senvcfg = 0;
        _s->Mseccfg = 0;
        _s->Satp = 0;
        _s->Pmp = default;
        Interlocked.Exchange(ref _s->InjectedOnce, 0);
        _machine.SetHsm(HartId, HsmState.Stopped);

        // A machine with Svadu and without Svade never faults for A and D, so firmware that knows neither finds it on; and a kernel that
        // reads of Svpbmt in the devicetree uses it, whether or not its firmware has heard of it.
        _s->Menvcfg = (isa.HasFlag(IsaExtensions.Svadu) && !isa.HasFlag(IsaExtensions.Svade) ? EnvironmentBits.ADUE : 0)
            | (isa.HasFlag(IsaExtensions.Svpbmt) ? EnvironmentBits.PBMTE : 0);
        if (_machine.Profile == StartProfile.Sbi)
            HandOver(isa);
        EnterMode(_machine.Profile == StartProfile.Sbi ? PrivilegeMode.Supervisor : PrivilegeMode.Machine);
        FlushNested();
    }

    /// <summary>What firmware does before it goes to S mode for good: everything is delegated, so that nothing ever enters M mode.</summary>
    private void HandOver(IsaExtensions isa)
    {
        _s->Medeleg = ulong.MaxValue;
        _s->Mideleg = (ulong)InterruptBits.Supervisor;
        _s->Mcounteren = uint.MaxValue;
        _s->Pmp.OpenAll();
        _s->Menvcfg |= MenvcfgWritable & (EnvironmentBits.CBIE | EnvironmentBits.CBCFE | EnvironmentBits.CBZE | EnvironmentBits.PBMTE | EnvironmentBits.STCE);
        _s->Mseccfg = MseccfgWritable & MseccfgSseed;
        if (isa.HasFlag(IsaExtensions.Svade))
            _s->Menvcfg &= ~EnvironmentBits.ADUE;
    }
}
