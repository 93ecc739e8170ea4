using System.Numerics;

namespace AxVCpu.Software.Riscv64;

// Interrupts (Privileged ISA 3.1.9, 4.1.3): where pending bits come from, which one is taken, and when the hart looks.
//
// Four sources are or-ed into mip:
//   _s->Mip              bits that software writes; owner thread only
//   _s->InterruptLines   level lines of devices; any thread, atomic
//   _s->InjectedOnce     interrupts injected as events; any thread, atomic; each vanishes when it is taken
//   _s->TimerPending     MTIP and STIP from the deadlines; owner thread only, brought up to date by UpdateTimers
// SSIP is the exception: it is a software bit also when another thread sets it, so an injected one moves to _s->Mip at the next look.
internal sealed unsafe partial class Hart
{
    /// <summary>Instructions between two looks at the clock when no deadline is near: tens of microseconds.</summary>
    private const ulong PollInterval = 20_000;

    /// <summary>Sets or clears a level line by its mip bit number. False when the hart has no such interrupt. Any thread.</summary>
    public bool SetInterruptLine(uint vector, bool level)
    {
        if (vector >= 64 || ((1UL << (int)vector) & (ulong)InterruptBits.All) == 0)
            return false;
        ulong bit = 1UL << (int)vector;
        if (level)
        {
            if ((Interlocked.Or(ref _s->InterruptLines, bit) & bit) == 0)
                RequestPoll(HartRequests.Interrupt);
        }
        else
        {
            Interlocked.And(ref _s->InterruptLines, ~bit);
        }

        return true;
    }

    /// <summary>
    /// Makes an interrupt pending once, by its mip bit number: SSIP stays until the guest clears it, the others until they are taken. Any thread.
    /// False when the hart has no such interrupt.
    /// </summary>
    public bool InjectInterrupt(uint vector)
    {
        if (vector >= 64 || ((1UL << (int)vector) & (ulong)InterruptBits.All) == 0)
            return false;
        Interlocked.Or(ref _s->InjectedOnce, 1UL << (int)vector);
        RequestPoll(HartRequests.Interrupt);
        return true;
    }

    /// <summary>Whether an enabled interrupt is pending, which ends a wfi whatever the global enables say. Any thread.</summary>
    public bool HasPendingInterrupt
    {
        get
        {
            ulong pending = Volatile.Read(ref _s->Mip) | Volatile.Read(ref _s->InterruptLines) | Volatile.Read(ref _s->InjectedOnce) | DueTimers();
            return (pending & Volatile.Read(ref _s->Mie)) != 0;
        }
    }

    /// <summary>All of mip now. Owner thread.</summary>
    private ulong PendingInterrupts()
    {
        ulong injected = Volatile.Read(ref _s->InjectedOnce);
        if ((injected & (ulong)InterruptBits.SSIP) != 0)
        {
            Interlocked.And(ref _s->InjectedOnce, ~(ulong)InterruptBits.SSIP);
            _s->Mip |= (ulong)InterruptBits.SSIP;
            injected &= ~(ulong)InterruptBits.SSIP;
        }

        return _s->Mip | Volatile.Read(ref _s->InterruptLines) | injected | _s->TimerPending;
    }

    /// <summary>The interrupt to take now as a cause code, or -1; those for M mode come first, then by priority.</summary>
    private int SelectInterrupt(out bool toSupervisor)
    {
        ulong candidates = PendingInterrupts() & _s->Mie;
        toSupervisor = false;
        if (candidates == 0)
            return -1;

        ulong forMachine = candidates & ~_s->Mideleg;
        if (forMachine != 0 && (_s->Mode != PrivilegeMode.Machine || (_s->Mstatus & StatusBits.MIE) != 0))
            return HighestPriority((InterruptBits)forMachine);

        ulong forSupervisor = candidates & _s->Mideleg;
        if (forSupervisor != 0
            && (_s->Mode == PrivilegeMode.User || (_s->Mode == PrivilegeMode.Supervisor && (_s->Mstatus & StatusBits.SIE) != 0)))
        {
            toSupervisor = true;
            return HighestPriority((InterruptBits)forSupervisor);
        }

        return -1;
    }

    /// <summary>MEI, MSI, MTI, SEI, SSI, STI.</summary>
    private static int HighestPriority(InterruptBits pending)
    {
        ReadOnlySpan<byte> order = [11, 3, 7, 9, 1, 5];
        foreach (byte cause in order)
        {
            if (((ulong)pending & (1UL << cause)) != 0)
                return cause;
        }

        return BitOperations.TrailingZeroCount((ulong)pending);
    }

    /// <summary>After something that may enable an interrupt: the next block entry looks when there is one to take.</summary>
    private void RecheckInterrupts()
    {
        if (SelectInterrupt(out _) >= 0)
            Volatile.Write(ref _s->PollAt, 0);
    }

    /// <summary>Takes the interrupt that is due, if any.</summary>
    private void TakeInterrupt()
    {
        int cause = SelectInterrupt(out bool toSupervisor);
        if (cause < 0)
            return;
        Interlocked.And(ref _s->InjectedOnce, ~(1UL << cause));
        EnterTrap(InterruptCause | (uint)cause, 0, toSupervisor);
    }

    /// <summary>
    /// Called when <see cref="HartState.PollAt"/> is reached, between two instructions: serves requests of other threads, looks at the timers,
    /// takes an interrupt, and sets the next PollAt. False when an exit is pending.
    /// </summary>
    public bool PollInterrupts()
    {
        // Arm first, look after: a request that comes in between clears PollAt again (RequestPoll sets the request, then PollAt).
        Volatile.Write(ref _s->PollAt, _s->InstRet + PollInterval);
        Interlocked.MemoryBarrier();
        // A ticket without its bit: the bit was taken before the ticket was drawn, and whoever drew it waits.
        bool isFenceOpen = Volatile.Read(ref _s->FenceRequested) != _s->FenceServed;
        if ((_s->Requests != 0 || isFenceOpen) && !ServeRequests())
            return false;

        ulong budget = UpdateTimers();
        if (budget < PollInterval)
        {
            // Only lower it when no request cleared it meanwhile.
            ulong armed = _s->PollAt;
            if (armed != 0)
                Interlocked.CompareExchange(ref _s->PollAt, _s->InstRet + budget, armed);
        }

        if (IsSuspended && !WakeFromSuspend())
            return false;
        TakeInterrupt();
        return true;
    }

    /// <summary>Sets up a Halt exit when no enabled interrupt is pending; true when it did.</summary>
    private bool HaltUnlessPending()
    {
        UpdateTimers();
        if ((PendingInterrupts() & _s->Mie) != 0)
        {
            RecheckInterrupts();
            return false;
        }

        _exit.SetHalt(NextDeadline);
        _exitPending = true;
        return true;
    }
}
