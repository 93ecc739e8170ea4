namespace AxVCpu.Software.Riscv64;

// Requests of other threads, and fences that must be over before their caller goes on.
//
// A requester first sets the request bit, then draws a ticket, then clears the target's PollAt. The target notes the last ticket, then
// takes the bits, serves them, and publishes the noted ticket. So a published ticket means that its bit was taken before. If the target
// took the bit before the ticket was drawn, PollAt makes it look again and publish.
// A target that is not inside Run is not waited for: it serves requests before its first instruction, and IsRunning is set before that.
internal sealed unsafe partial class Hart
{
    /// <summary>Every so many runs look at the clock, so that a guest which mostly leaves still sees its timer.</summary>
    private const uint RunsPerPoll = 16;

    private const HartRequests FenceRequests = HartRequests.FenceI | HartRequests.FlushTlb | HartRequests.FlushNested;

    private uint _runs;

    /// <summary>Whether the hart's thread is inside Run. Any thread.</summary>
    public bool IsRunning => Volatile.Read(ref _s->Running) != 0;

    /// <summary>First thing in Run: from here on other threads wait for this hart's acknowledgement.</summary>
    private void EnterRun()
    {
        Interlocked.Exchange(ref _s->Running, 1);
        HsmState state = _machine.GetHsm(HartId);
        if (state is HsmState.Stopped or HsmState.StartPending)
            _machine.SetHsm(HartId, HsmState.Started);
        // A fence of the time outside Run was not waited for: no guest memory is read, not even code, before it is served.
        if (_s->Requests != 0)
            ServeFences();

        // Who asks for something between two runs clears PollAt itself; only the clock asks nobody, least of all during a halt.
        if (++_runs % RunsPerPoll == 0 || _exit.Kind == VCpuExitKind.Halt)
            Volatile.Write(ref _s->PollAt, 0);
    }

    /// <summary>
    /// Last thing in Run: no guest memory is touched afterwards, and what was is visible to who sees this. Who does not see it yet waits a
    /// little longer.
    /// </summary>
    private void LeaveRun() => Volatile.Write(ref _s->Running, 0);

    /// <summary>Serves what other threads asked for; false when an exit is pending.</summary>
    private bool ServeRequests()
    {
        ServeFences();
        // Interrupt needs nothing here: whoever polls looks at the pending bits next.
        var requests = (HartRequests)Interlocked.And(ref _s->Requests, (int)FenceRequests);
        if ((requests & HartRequests.Kick) == 0)
            return true;
        // The other requests were taken, too: the next Run looks again at what they were about.
        Volatile.Write(ref _s->PollAt, 0);
        _exit.SetInterrupted();
        _exitPending = true;
        return false;
    }

    private void ServeFences()
    {
        ulong ticket = Volatile.Read(ref _s->FenceRequested);
        var requests = (HartRequests)Interlocked.And(ref _s->Requests, ~(int)FenceRequests);
        if ((requests & HartRequests.FlushNested) != 0)
            FlushNested();
        else if ((requests & HartRequests.FlushTlb) != 0)
            FlushTranslations();
        if ((requests & HartRequests.FenceI) != 0)
            FlushCode();
        Volatile.Write(ref _s->FenceServed, ticket);
    }

    /// <summary>Asks for a fence without waiting; pass the result to <see cref="IsFenceServed"/>. Any thread.</summary>
    public ulong RequestFence(HartRequests fence)
    {
        Interlocked.Or(ref _s->Requests, (int)fence);
        ulong ticket = Interlocked.Increment(ref _s->FenceRequested);
        Volatile.Write(ref _s->PollAt, 0);
        return ticket;
    }

    /// <summary>Whether the fence is done, or will be before the hart's next instruction. Any thread.</summary>
    public bool IsFenceServed(ulong ticket) => Volatile.Read(ref _s->FenceServed) >= ticket || !IsRunning;

    /// <summary>
    /// A fence on the harts of a valid mask; returns when it is done on all of them. While it waits it serves what is asked of this
    /// hart, so that two harts that fence each other both go on. For FlushTlb the caller itself is left out.
    /// </summary>
    private void RemoteFence(ulong mask, ulong start, HartRequests fence)
    {
        for (int id = 0; id < _machine.HartCount; id++)
        {
            if (!IsInHartMask((ulong)id, mask, start) || _machine.FindHart((ulong)id) is not { } target)
                continue;
            if (target != this)
                target.RequestFence(fence);
            else if (fence == HartRequests.FenceI)
                FlushCode();
        }

        for (int id = 0; id < _machine.HartCount; id++)
        {
            if (!IsInHartMask((ulong)id, mask, start) || _machine.FindHart((ulong)id) is not { } target || target == this)
                continue;
            ulong ticket = Volatile.Read(ref target._s->FenceRequested);
            var spin = default(SpinWait);
            while (!target.IsFenceServed(ticket))
            {
                ServeFences();
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }
    }
}
