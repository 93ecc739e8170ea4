namespace AxVCpu.Software.Riscv64;

// Timers: deadlines in ticks of the VM's clock. mtimecmp belongs to the board's ACLINT, stimecmp to the hart (Sstc); in the sbi profile
// stimecmp also carries what sbi_set_timer asks for.
internal sealed unsafe partial class Hart
{
    /// <summary>Instructions the fastest tier may run in one tick of a 10 MHz clock: bounds how late a timer interrupt is noticed.</summary>
    private const ulong InstructionsPerTick = 64;

    /// <summary>The time CSR: ticks of the VM's clock.</summary>
    public ulong Time => _machine.Clock.Ticks;

    /// <summary>Whether stimecmp drives STIP: by menvcfg.STCE, and always in the sbi profile, where it is the SBI timer too.</summary>
    private bool HasSupervisorTimer => (_s->Menvcfg & EnvironmentBits.STCE) != 0 || _machine.Profile == StartProfile.Sbi;

    /// <summary>Sets the machine timer's deadline; the maximum value is never. Any thread.</summary>
    public void SetMachineTimer(ulong mtimecmp)
    {
        Volatile.Write(ref _s->Mtimecmp, mtimecmp);
        RequestPoll(HartRequests.Interrupt);
    }

    /// <summary>Sets the supervisor timer's deadline. Owner thread.</summary>
    private void SetSupervisorTimer(ulong stimecmp)
    {
        Volatile.Write(ref _s->Stimecmp, stimecmp);
        UpdateTimers();
        Volatile.Write(ref _s->PollAt, 0);
    }

    /// <summary>
    /// The first tick at which a timer that is enabled in mie fires, for a hart that waits; <see cref="ulong.MaxValue"/> for never.
    /// </summary>
    public ulong NextDeadline
    {
        get
        {
            ulong mie = Volatile.Read(ref _s->Mie);
            ulong deadline = ulong.MaxValue;
            if ((mie & (ulong)InterruptBits.MTIP) != 0)
                deadline = Volatile.Read(ref _s->Mtimecmp);
            if ((mie & (ulong)InterruptBits.STIP) != 0 && HasSupervisorTimer)
                deadline = Math.Min(deadline, Volatile.Read(ref _s->Stimecmp));
            return deadline;
        }
    }

    /// <summary>MTIP and STIP as the clock has them now. Any thread.</summary>
    private ulong DueTimers()
    {
        ulong now = Time;
        ulong due = 0;
        if (now >= Volatile.Read(ref _s->Mtimecmp))
            due = (ulong)InterruptBits.MTIP;
        if (HasSupervisorTimer && now >= Volatile.Read(ref _s->Stimecmp))
            due |= (ulong)InterruptBits.STIP;
        return due;
    }

    /// <summary>Brings the pending timer bits up to date; returns how many instructions may run until the clock is looked at again.</summary>
    private ulong UpdateTimers()
    {
        ulong now = Time;
        ulong due = 0;
        ulong wait = ulong.MaxValue;
        ulong machine = Volatile.Read(ref _s->Mtimecmp);
        if (now >= machine)
            due = (ulong)InterruptBits.MTIP;
        else
            wait = machine - now;

        if (HasSupervisorTimer)
        {
            if (now >= _s->Stimecmp)
                due |= (ulong)InterruptBits.STIP;
            else
                wait = Math.Min(wait, _s->Stimecmp - now);
        }

        _s->TimerPending = due;
        return wait >= PollInterval / InstructionsPerTick ? PollInterval : Math.Max(wait * InstructionsPerTick, InstructionsPerTick);
    }
}
