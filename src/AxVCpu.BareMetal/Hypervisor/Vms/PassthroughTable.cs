using System.Runtime.CompilerServices;
using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>A range of device registers, with up to one interrupt, that belongs to a VM.</summary>
internal unsafe struct PassthroughClaim
{
    internal Vm* Owner;
    internal ulong HostAddress;
    internal ulong Size;

    /// <summary>The physical INTID; 0 for none. The guest sees the same number.</summary>
    internal uint Interrupt;
    internal bool IsEdge;
}

[InlineArray(PassthroughTable.Capacity)]
internal struct PassthroughClaims
{
    private PassthroughClaim _first;
}

/// <summary>Which VM has which device of the host. One device is never two VMs'.</summary>
internal unsafe struct PassthroughTable
{
    internal const int Capacity = 64;

    private SpinLock _lock;
    private PassthroughClaims _claims;

    /// <summary>Gives a range, an interrupt, or both to a VM.</summary>
    /// <returns>False when somebody has a part of it already, or the table is full.</returns>
    internal bool TryClaim(Vm* owner, ulong hostAddress, ulong size, uint interrupt, bool isEdge)
    {
        int free = -1;
        bool isTaken = false;
        _lock.Enter();
        for (int i = 0; i < Capacity; i++)
        {
            ref PassthroughClaim claim = ref _claims[i];
            if (claim.Owner == null)
                free = free < 0 ? i : free;
            else
                isTaken |= (claim.Interrupt != 0 && claim.Interrupt == interrupt) || (size != 0 && hostAddress < claim.HostAddress + claim.Size && claim.HostAddress < hostAddress + size);
        }
        bool claimed = !isTaken && free >= 0;
        if (claimed)
            _claims[free] = new PassthroughClaim { Owner = owner, HostAddress = hostAddress, Size = size, Interrupt = interrupt, IsEdge = isEdge };
        _lock.Exit();
        return claimed;
    }

    /// <summary>Takes everything away from a VM.</summary>
    internal void Release(Vm* owner)
    {
        SetEnabled(owner, enabled: false);
        _lock.Enter();
        for (int i = 0; i < Capacity; i++)
        {
            if (_claims[i].Owner == owner)
                _claims[i] = default;
        }
        _lock.Exit();
    }

    /// <summary>Sends the interrupts of a VM's devices to the CPUs where the vCPUs that take them are. The VM's lock is held.</summary>
    internal void Route(Vm* owner)
    {
        _lock.Enter();
        for (int i = 0; i < Capacity; i++)
        {
            if (_claims[i].Owner == owner && _claims[i].Interrupt != 0)
                HostGic.RouteSpi(_claims[i].Interrupt, owner->CpuOfInterrupt(_claims[i].Interrupt));
        }
        _lock.Exit();
    }

    /// <summary>Lets the interrupts of a VM's devices happen, or not. The VM's lock is held, unless it is not among the VMs.</summary>
    internal void SetEnabled(Vm* owner, bool enabled)
    {
        _lock.Enter();
        for (int i = 0; i < Capacity; i++)
        {
            PassthroughClaim claim = _claims[i];
            if (claim.Owner != owner || claim.Interrupt == 0)
                continue;
            if (enabled)
                HostGic.EnableSpi(claim.Interrupt, owner->CpuOfInterrupt(claim.Interrupt), claim.IsEdge);
            else
                HostGic.DisableSpi(claim.Interrupt);
        }
        _lock.Exit();
    }

    /// <summary>A physical interrupt has arrived, acknowledged.</summary>
    /// <returns>False when no guest takes it.</returns>
    internal bool Raise(uint interrupt)
    {
        Vm* owner = null;
        _lock.Enter();
        for (int i = 0; i < Capacity; i++)
        {
            if (_claims[i].Interrupt == interrupt)
                owner = _claims[i].Owner;
        }
        _lock.Exit();
        if (owner == null)
            return false;
        var host = new VmHost(owner);
        owner->Lock.Enter();
        // A VM that stands still takes it later. Until then it stays active: a level would else be raised again at once, for ever.
        bool taken = owner->State is not (VmState.Created or VmState.Stopped or VmState.Failed) && owner->Gic.RaiseHardware(ref host, interrupt);
        owner->Lock.Exit();
        return taken;
    }
}
