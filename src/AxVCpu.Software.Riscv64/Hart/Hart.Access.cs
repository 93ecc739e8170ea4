using AxVCpu.Memory;

namespace AxVCpu.Software.Riscv64;

// What the VMM sees of a hart that does not run.
internal sealed unsafe partial class Hart
{
    /// <summary>x0 to x31.</summary>
    public ulong GetRegister(int index) => _s->X[index & 31];

    /// <summary>x0 to x31; a write of x0 is ignored.</summary>
    public void SetRegister(int index, ulong value)
    {
        if ((index & 31) != 0)
            _s->X[index & 31] = value;
    }

    /// <summary>f0 to f31, NaN-boxed.</summary>
    public ulong GetFloatRegister(int index) => _s->F[index & 31];

    /// <summary>f0 to f31, NaN-boxed.</summary>
    public void SetFloatRegister(int index, ulong value) => _s->F[index & 31] = value;

    /// <summary>Rounding mode and accrued exceptions, as in the CSR.</summary>
    public uint Fcsr
    {
        get => _s->Frm << 5 | _s->Fflags;
        set
        {
            _s->Frm = (value >> 5) & 7;
            _s->Fflags = value & 31;
        }
    }

    /// <summary>The next instruction's address; an access that waits for the VMM is still in front.</summary>
    public ulong GetPc() => _s->Pc;

    /// <summary>Goes on at another address; drops an access that waits for the VMM.</summary>
    public void SetPc(ulong value)
    {
        _pending = default;
        _exitPending = false;
        _s->Pc = value;
    }

    /// <summary>Whether Pc, a guest-physical address, can be executed.</summary>
    public bool CheckEntry(out RiscvFailEntry reason)
    {
        reason = RiscvFailEntry.Misaligned;
        if ((_s->Pc & (1 | _s->MisalignedTarget)) != 0)
            return false;
        reason = RiscvFailEntry.NotMapped;
        return _machine.WalkNested(new GuestPhysAddr(_s->Pc & ~(PageSize - 1)), MappingFlags.Execute, out _)
            is NestedWalkStatus.Mapped or NestedWalkStatus.Lazy;
    }

    /// <summary>Forgets a kick that was not seen.</summary>
    public void ClearKick()
    {
        if ((Volatile.Read(ref _s->Requests) & (int)HartRequests.Kick) != 0)
            Interlocked.And(ref _s->Requests, ~(int)HartRequests.Kick);
    }

    /// <summary>The last ticket of <see cref="RequestFence"/>.</summary>
    public ulong LastFenceTicket => Volatile.Read(ref _s->FenceRequested);
}
