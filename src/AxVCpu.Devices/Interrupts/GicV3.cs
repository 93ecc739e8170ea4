using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace AxVCpu.Devices;

/// <summary>
/// A GICv3 for guests (Arm IHI 0069H): distributor and redistributors with affinity routing and one security state, SGIs, PPIs and
/// SPIs, no LPIs. Each vCPU's CPU interface is the hardware's virtual one: before the vCPU runs, <see cref="Flush"/> puts its
/// interrupts into the list registers, and after it ran, <see cref="Sync"/> takes them back.
/// <para>
/// Plain data of about 15 KiB: a copy, taken while no vCPU runs, is a snapshot; keep it in place and pass it by reference. Not thread
/// safe: one lock per VM, the caller's, is held around every call. Serve a vCPU's access only between its Sync and its Flush.
/// </para>
/// </summary>
public partial struct GicV3
{
    /// <summary>vCPUs the model holds.</summary>
    public const int MaxVCpus = 16;

    /// <summary>List registers a CPU interface has at most.</summary>
    public const int MaxListRegisters = 16;

    /// <summary>The distributor's register window in bytes.</summary>
    public const ulong DistributorSize = 0x1_0000;

    /// <summary>One redistributor's register window in bytes: two frames of 64 KiB. Those of a VM follow each other.</summary>
    public const ulong RedistributorSize = 0x2_0000;

    private const int MaxSpiBanks = (GicIntId.MaxSpis + GicBank.Size - 1) / GicBank.Size;
    private const uint SgiMask = 0xFFFF;

    [InlineArray(MaxSpiBanks)]
    private struct SpiBanks
    {
        private GicBank _first;
    }

    private struct GicCpu
    {
        internal GicBank Private;
        internal uint Affinity;
        internal GicrCtlr Control;
        internal byte Asleep;
    }

    [InlineArray(MaxVCpus)]
    private struct Cpus
    {
        private GicCpu _first;
    }

    private Cpus _cpus;
    private SpiBanks _spis;
    private GicdCtlr _control;
    // SPI banks that may hold something pending, active or listed: a bit for each, set too often rather than too seldom.
    private uint _busy;
    private byte _vcpus;
    private byte _banks;
    private byte _priorityMask;
    private byte _preemptionBits;
    private byte _trapsDeactivate;
    // Where the search for a vCPU for a 1-of-N interrupt begins, so that they take turns.
    private byte _turn;

    /// <summary>A GIC after reset. vCPU n has affinity 0.0.0.n.</summary>
    /// <param name="vcpus">1 to <see cref="MaxVCpus"/>; clipped.</param>
    /// <param name="spis">SPIs, rounded up to a multiple of 32 and clipped to <see cref="GicIntId.MaxSpis"/>.</param>
    /// <param name="features">The CPU interfaces.</param>
    public GicV3(int vcpus, int spis, GicV3Features features)
    {
        _vcpus = (byte)(vcpus < 1 ? 1 : vcpus > MaxVCpus ? MaxVCpus : vcpus);
        int banks = spis < 0 ? 0 : spis > GicIntId.MaxSpis ? MaxSpiBanks : (spis + GicBank.Size - 1) / GicBank.Size;
        _banks = (byte)banks;
        _priorityMask = (byte)(0xFF << (8 - (features.PriorityBits < 5 ? 5 : features.PriorityBits)));
        _preemptionBits = (byte)(features.PreemptionBits < 5 ? 5 : features.PreemptionBits);
        _trapsDeactivate = features.TrapsDeactivate ? (byte)1 : (byte)0;
        for (int vcpu = 0; vcpu < _vcpus; vcpu++)
            _cpus[vcpu].Affinity = (uint)vcpu;
        ResetState();
    }

    /// <summary>Number of vCPUs.</summary>
    public readonly int VCpus => _vcpus;

    /// <summary>The first INTID behind the SPIs there are.</summary>
    public readonly uint IntIdEnd => _banks == MaxSpiBanks ? GicIntId.FirstSpecial : GicIntId.FirstSpi + (uint)_banks * GicBank.Size;

    /// <summary>The redistributor region in bytes.</summary>
    public readonly ulong RedistributorsSize => _vcpus * RedistributorSize;

    /// <summary>Sets a vCPU's affinity, the fields of its MPIDR_EL1; before the guest starts. No two are the same.</summary>
    public void SetAffinity(int vcpu, ulong mpidr)
    {
        if ((uint)vcpu >= _vcpus)
            return;
        _cpus[vcpu].Affinity = (uint)(mpidr & 0xFF_FFFF | mpidr >> 8 & 0xFF00_0000);
        for (int index = 1; index <= _banks; index++)
        {
            for (int bit = 0; bit < GicBank.Size; bit++)
                _spis[index - 1].Target[bit] = FindTarget(_spis[index - 1].Route[bit]);
        }
    }

    /// <summary>
    /// Lets an interrupt stand for a physical one: it goes into list registers such that the guest's deactivation deactivates that.
    /// </summary>
    /// <param name="vcpu">The vCPU of a PPI; ignored for an SPI.</param>
    /// <param name="intid">16 to <see cref="IntIdEnd"/> - 1; others are ignored.</param>
    /// <param name="physical">The physical INTID, 16 to 1019.</param>
    public void MapHardware(int vcpu, uint intid, uint physical)
    {
        if (intid < GicIntId.FirstPpi || !TryBank(vcpu, intid, out int index) || physical is < GicIntId.FirstPpi or >= GicIntId.FirstSpecial)
            return;
        ref GicBank bank = ref Bank(vcpu, index);
        bank.Hardware |= 1u << (int)(intid % GicBank.Size);
        bank.Physical[(int)(intid % GicBank.Size)] = (ushort)physical;
    }

    /// <summary>A device drives an SPI's line. Level-sensitive ones follow it; edge-triggered ones latch its rising.</summary>
    public void SetSpi<THost>(ref THost host, uint intid, bool level)
        where THost : struct, IGicV3Host
    {
        if (intid >= GicIntId.FirstSpi && TryBank(0, intid, out int index))
            SetLevel(ref host, 0, index, intid, level);
    }

    /// <summary>A vCPU's own device drives a PPI's line.</summary>
    public void SetPpi<THost>(ref THost host, int vcpu, uint intid, bool level)
        where THost : struct, IGicV3Host
    {
        if (intid is >= GicIntId.FirstPpi and < GicIntId.FirstSpi && TryBank(vcpu, intid, out int index))
            SetLevel(ref host, vcpu, index, intid, level);
    }

    /// <summary>The physical SPI that a guest's stands for arrived: acknowledged and its priority dropped, but not deactivated.</summary>
    /// <returns>False when this interrupt stands for none: the caller deactivates.</returns>
    public bool RaiseHardware<THost>(ref THost host, uint intid)
        where THost : struct, IGicV3Host
    {
        if (intid < GicIntId.FirstSpi || !TryBank(0, intid, out int index))
            return false;
        ref GicBank bank = ref Bank(0, index);
        uint bit = 1u << (int)(intid % GicBank.Size);
        if ((bank.Hardware & bit) == 0)
            return false;
        bank.Latched |= bit;
        Changed(ref host, 0, index, bit, GicBank.Nobody);
        return true;
    }

    /// <summary>The vCPU that an SPI's route names.</summary>
    /// <returns>-1 when it names none, leaves the choice to the controller, or there is no such SPI.</returns>
    public readonly int TargetOf(uint intid)
    {
        if (intid < GicIntId.FirstSpi || intid >= IntIdEnd)
            return -1;
        ref readonly GicBank bank = ref _spis[(int)(intid / GicBank.Size) - 1];
        int bit = (int)(intid % GicBank.Size);
        return (bank.AnyTarget >> bit & 1) != 0 || bank.Target[bit] == GicBank.Nobody ? -1 : bank.Target[bit];
    }

    /// <summary>Whether an interrupt's line is high as last driven; false for one that does not exist.</summary>
    public readonly bool GetLevel(int vcpu, uint intid)
    {
        if (!TryBank(vcpu, intid, out int index))
            return false;
        uint level = index == 0 ? _cpus[vcpu].Private.Level : _spis[index - 1].Level;
        return (level >> (int)(intid % GicBank.Size) & 1) != 0;
    }

    /// <summary>
    /// Back to reset, keeping affinities, mapped hardware and the levels that devices drive. No vCPU is in the guest; their CPU
    /// interfaces are for the caller to reset, <see cref="ResetInterface"/>.
    /// </summary>
    public void Reset<THost>(ref THost host)
        where THost : struct, IGicV3Host
    {
        for (int index = 1; index <= _banks; index++)
        {
            ref GicBank bank = ref _spis[index - 1];
            for (uint bits = bank.Hardware & (bank.Latched | bank.Active | bank.Listed); bits != 0; bits &= bits - 1)
                host.DeactivateHardware(bank.Physical[BitOperations.TrailingZeroCount(bits)]);
        }
        ResetState();
    }

    /// <summary>A vCPU's CPU interface after reset: everything masked, nothing in the list registers.</summary>
    public static void ResetInterface<TLists>(ref TLists lists)
        where TLists : struct, IGicListRegisters
    {
        for (int index = 0; index < CountOf(ref lists); index++)
            lists.SetListRegister(index, 0);
        lists.Hcr = (ulong)IchHcr.En;
        lists.Vmcr = 0;
    }

    private void ResetState()
    {
        _control = 0;
        _busy = uint.MaxValue;
        for (int vcpu = 0; vcpu < _vcpus; vcpu++)
        {
            ref GicCpu cpu = ref _cpus[vcpu];
            cpu.Private.Reset(SgiMask);
            cpu.Control = 0;
            // What starts a vCPU, boot loader or firmware, has woken its redistributor.
            cpu.Asleep = 0;
        }
        for (int index = 1; index <= _banks; index++)
        {
            ref GicBank bank = ref _spis[index - 1];
            bank.Reset(0);
            for (int bit = 0; bit < GicBank.Size; bit++)
                bank.Target[bit] = FindTarget(0);
        }
    }

    // Bank 0 holds a vCPU's own interrupts; those behind it are shared.
    private readonly bool TryBank(int vcpu, uint intid, out int index)
    {
        index = (int)(intid / GicBank.Size);
        return intid < IntIdEnd && (uint)vcpu < _vcpus;
    }

    [UnscopedRef]
    private ref GicBank Bank(int vcpu, int index) => ref index == 0 ? ref _cpus[vcpu].Private : ref _spis[index - 1];

    private readonly byte FindTarget(uint affinity)
    {
        for (int vcpu = 0; vcpu < _vcpus; vcpu++)
        {
            if (_cpus[vcpu].Affinity == affinity)
                return (byte)vcpu;
        }
        return GicBank.Nobody;
    }

    private readonly uint ForwardedGroups(ref readonly GicBank bank) =>
        ((_control & GicdCtlr.EnableGrp1) != 0 ? bank.Group1 : 0) | ((_control & GicdCtlr.EnableGrp0) != 0 ? ~bank.Group1 : 0);

    private void SetLevel<THost>(ref THost host, int vcpu, int index, uint intid, bool level)
        where THost : struct, IGicV3Host
    {
        ref GicBank bank = ref Bank(vcpu, index);
        uint bit = 1u << (int)(intid % GicBank.Size);
        if (((bank.Level & bit) != 0) == level)
            return;
        bank.Level ^= bit;
        if (!level)
            return;
        bank.Latched |= bit & bank.Edge;
        Changed(ref host, vcpu, index, bit, GicBank.Nobody);
    }

    // Tells those that interrupts of a bank go to, where they are pending and enabled.
    private void Changed<THost>(ref THost host, int vcpu, int index, uint bits, int accessor)
        where THost : struct, IGicV3Host
    {
        ref GicBank bank = ref Bank(vcpu, index);
        if (index != 0)
            _busy |= 1u << (index - 1);
        bits &= bank.Pending & bank.Enabled & ForwardedGroups(ref bank) & ~bank.Listed;
        if (index == 0)
        {
            if (bits != 0 && vcpu != accessor)
                host.Notify(vcpu);
            return;
        }
        for (; bits != 0; bits &= bits - 1)
        {
            int bit = BitOperations.TrailingZeroCount(bits);
            int target = ChooseTarget(ref bank, bit);
            if (target != GicBank.Nobody && target != accessor)
                host.Notify(target);
        }
    }

    private int ChooseTarget(ref readonly GicBank bank, int bit)
    {
        uint mask = 1u << bit;
        // An active one comes back to who has it.
        if ((bank.Active & mask) != 0 && bank.Owner[bit] != GicBank.Nobody)
            return bank.Owner[bit];
        if ((bank.AnyTarget & mask) == 0)
            return bank.Target[bit];
        for (int step = 0; step < _vcpus; step++)
        {
            int vcpu = (_turn + step) % _vcpus;
            if (!Takes(vcpu, (bank.Group1 & mask) != 0))
                continue;
            _turn = (byte)((vcpu + 1) % _vcpus);
            return vcpu;
        }
        return GicBank.Nobody;
    }

    // Whether a vCPU takes part in 1-of-N (Arm IHI 0069H, 3.2.2).
    private readonly bool Takes(int vcpu, bool group1) =>
        _cpus[vcpu].Asleep == 0 && (_cpus[vcpu].Control & (group1 ? GicrCtlr.DPG1NS : GicrCtlr.DPG0)) == 0;

    private static int CountOf<TLists>(ref TLists lists)
        where TLists : struct, IGicListRegisters
    {
        int count = lists.Count;
        return count < 1 ? 1 : count > MaxListRegisters ? MaxListRegisters : count;
    }
}
