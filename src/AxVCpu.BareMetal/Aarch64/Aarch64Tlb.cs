using System.Runtime.CompilerServices;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>Which vCPU of a VM each CPU ran last, plus one.</summary>
[InlineArray((int)PerCpuBlock.MaxCpus)]
internal struct LastVCpus
{
    private uint _first;
}

/// <summary>What the vCPUs of one VM share below the abstraction. It stays where it is as long as the VM lives; zeroed is empty.</summary>
internal struct Aarch64VmContext
{
    /// <summary>The tag of the VM's translations.</summary>
    public Vmid Vmid;

    /// <summary>The root of the second-stage tables.</summary>
    public HostPhysAddr Root;

    /// <summary>
    /// Which vCPU ran last on each CPU. Two vCPUs share the tag, and a guest may give each its own meaning to one address and ASID:
    /// between them the CPU's own TLB is flushed.
    /// </summary>
    public LastVCpus LastVCpus;

    /// <summary>VTTBR_EL2.</summary>
    public readonly ulong Vttbr => Aarch64Stage2<Ipa39>.RootRegister(Root, Vmid.Tag);
}

/// <summary>Removes a VM's translations from all CPUs (Arm ARM D8.17): the broadcast instructions wait for every CPU.</summary>
/// <param name="vm">The VM; it must outlive the address space.</param>
internal readonly unsafe struct Aarch64Tlb(Aarch64VmContext* vm) : ITlbInvalidator
{
    private const ulong PageSize = 4096;
    private const ulong MostPages = 64;

    private readonly Aarch64VmContext* _vm = vm;

    /// <inheritdoc/>
    public void InvalidateRange(NestedInvalidation operation, GuestPhysAddr start, ulong size)
    {
        // A VM without a tag has never run: nothing is cached.
        if (!_vm->Vmid.IsAssigned)
            return;
        if (size / PageSize > MostPages)
            Native.InvalidateStage2All(_vm->Vttbr);
        else
            Native.InvalidateStage2(_vm->Vttbr, start.Value, size / PageSize);
    }

    /// <inheritdoc/>
    public void InvalidateAll(NestedInvalidation operation)
    {
        if (_vm->Vmid.IsAssigned)
            Native.InvalidateStage2All(_vm->Vttbr);
    }
}
