using System.Numerics;

namespace AxVCpu.Devices;

public partial struct GicV3
{
    // A candidate for a list register is one number: what it is, its priority, its INTID. The smaller, the more it matters.
    private const int KeyPriorityShift = 10;
    private const int KeyRankShift = 18;
    private const uint KeyIntIdMask = (1 << KeyPriorityShift) - 1;

    // An active PPI that stands for a physical one keeps that active only while it is in a list register.
    private const uint RankHeld = 0;
    private const uint RankPending = 1;
    private const uint RankActive = 2;
    // Pending in a group that the guest has not enabled in its CPU interface.
    private const uint RankMasked = 3;
    private const int FewListRegisters = 4;

    [Flags]
    private enum Spill : byte
    {
        None = 0,
        Pending = 1,
        Active = 2,
        Masked = 4,
    }

    /// <summary>
    /// Puts a vCPU's interrupts into its list registers, the most urgent first, and asks for the maintenance interrupts that are needed
    /// when not all have room. Call it last before the vCPU enters the guest.
    /// </summary>
    /// <param name="vcpu">The vCPU; its list registers are synchronised.</param>
    /// <param name="lists">Its CPU interface: list registers and ICH_HCR_EL2 are written.</param>
    public void Flush<TLists>(int vcpu, ref TLists lists)
        where TLists : struct, IGicListRegisters
    {
        if ((uint)vcpu >= _vcpus)
            return;
        Span<uint> keys = stackalloc uint[MaxListRegisters];
        int count = CountOf(ref lists);
        int used = Select(vcpu, _cpus[vcpu].Asleep == 0, (uint)lists.Vmcr, keys.Slice(0, count), activeToo: true, out Spill spill);
        for (int index = 0; index < count; index++)
            lists.SetListRegister(index, index < used ? List(vcpu, keys[index] & KeyIntIdMask) : 0);
        IchHcr control = IchHcr.En;
        if ((spill & Spill.Pending) != 0)
            control |= IchHcr.NPIE;
        if ((spill & Spill.Active) != 0)
            control |= _trapsDeactivate != 0 ? IchHcr.LRENPIE | IchHcr.TDIR : IchHcr.LRENPIE;
        // Only a group that is not enabled can become so: the condition must not hold already.
        if ((spill & Spill.Masked) != 0)
        {
            control |= ((uint)lists.Vmcr & IchVmcr.VENG0) == 0 ? IchHcr.VGrp0EIE : 0;
            control |= ((uint)lists.Vmcr & IchVmcr.VENG1) == 0 ? IchHcr.VGrp1EIE : 0;
        }
        lists.Hcr = (ulong)control;
    }

    /// <summary>
    /// Takes back what became of a vCPU's interrupts in its list registers. Call it first after the vCPU left the guest, before anything
    /// else about it; its lines that are sampled rather than driven (timers) are then for the caller to set.
    /// </summary>
    /// <param name="host">Where outside effects go.</param>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="lists">Its CPU interface as it left the guest; its list registers are empty afterwards.</param>
    public void Sync<THost, TLists>(ref THost host, int vcpu, ref TLists lists)
        where THost : struct, IGicV3Host
        where TLists : struct, IGicListRegisters
    {
        if ((uint)vcpu >= _vcpus)
            return;
        ulong control = lists.Hcr;
        // With the deactivation apart from the end, it is the deactivation that counts, and it traps where it can. Some CPU interfaces count
        // the end all the same (QEMU 7.2's does).
        bool counts = ((uint)lists.Vmcr & IchVmcr.VEOIM) == 0 || _trapsDeactivate == 0;
        for (uint ended = (uint)(control >> IchLr.EOIcountShift) & 31; counts && ended > 0 && EndSpilled(ref host, vcpu); ended--)
        {
        }
        lists.Hcr = control & ((1UL << IchLr.EOIcountShift) - 1);
        int count = CountOf(ref lists);
        for (int index = 0; index < count; index++)
        {
            ulong list = lists.GetListRegister(index);
            if (list == 0)
                continue;
            lists.SetListRegister(index, 0);
            TakeBack(ref host, vcpu, list);
        }
    }

    /// <summary>
    /// Whether a vCPU that waits for an interrupt has one: pending, enabled, and urgent enough for its priority mask and for what it is
    /// handling already (Arm IHI 0069H, 4.8).
    /// </summary>
    /// <param name="vcpu">The vCPU; its list registers are synchronised.</param>
    /// <param name="lists">Its CPU interface.</param>
    public bool HasDeliverable<TLists>(int vcpu, ref TLists lists)
        where TLists : struct, IGicListRegisters
    {
        if ((uint)vcpu >= _vcpus)
            return false;
        Span<uint> keys = stackalloc uint[1];
        uint vmcr = (uint)lists.Vmcr;
        if (Select(vcpu, _cpus[vcpu].Asleep == 0, vmcr, keys, activeToo: false, out _) == 0 || keys[0] >> KeyRankShift != RankPending)
            return false;
        uint priority = keys[0] >> KeyPriorityShift & 0xFF;
        if (priority >= vmcr >> IchVmcr.VPMRShift)
            return false;
        uint intid = keys[0] & KeyIntIdMask;
        bool group1 = (Bank(vcpu, (int)(intid / GicBank.Size)).Group1 >> (int)(intid % GicBank.Size) & 1) != 0;
        return (priority & PreemptionMask(vmcr, group1)) < RunningPriority(ref lists);
    }

    /// <summary>
    /// Whether an interrupt is pending that wakes a vCPU which is powered down or whose redistributor sleeps: its CPU interface has no
    /// say then (Arm IHI 0069H, 11.1).
    /// </summary>
    public bool HasWakeRequest(int vcpu)
    {
        if ((uint)vcpu >= _vcpus)
            return false;
        Span<uint> keys = stackalloc uint[1];
        return Select(vcpu, awake: true, IchVmcr.VENG0 | IchVmcr.VENG1, keys, activeToo: false, out _) != 0;
    }

    // The best candidates in order; what does not fit is told.
    private int Select(int vcpu, bool awake, uint vmcr, Span<uint> keys, bool activeToo, out Spill spill)
    {
        spill = Spill.None;
        int used = 0;
        ref GicCpu cpu = ref _cpus[vcpu];
        bool hold = keys.Length >= FewListRegisters;
        ref GicBank own = ref cpu.Private;
        uint pending = awake ? Forwarded(ref own) : 0;
        uint active = own.Active & ~own.Listed;
        for (uint bits = activeToo ? pending | active : pending & ~active; bits != 0; bits &= bits - 1)
            Consider(ref own, 0, BitOperations.TrailingZeroCount(bits), active, vmcr, hold, keys, ref used, ref spill);
        for (uint busy = _busy; busy != 0; busy &= busy - 1)
        {
            int index = BitOperations.TrailingZeroCount(busy) + 1;
            ref GicBank bank = ref index <= _banks ? ref _spis[index - 1] : ref own;
            if (index > _banks || bank.IsIdle)
            {
                _busy &= ~(1u << (index - 1));
                continue;
            }
            pending = awake ? Forwarded(ref bank) : 0;
            active = bank.Active & ~bank.Listed;
            for (uint bits = activeToo ? pending | active : pending & ~active; bits != 0; bits &= bits - 1)
            {
                int bit = BitOperations.TrailingZeroCount(bits);
                if (IsFor(ref bank, bit, vcpu))
                    Consider(ref bank, index, bit, active, vmcr, hold: false, keys, ref used, ref spill);
            }
        }
        return used;
    }

    // Pending, enabled, forwarded. A level, or one that stands for a physical interrupt, waits until it is not active any more: whether
    // its line is still high is looked at then.
    private readonly uint Forwarded(ref readonly GicBank bank) =>
        bank.Pending & bank.Enabled & ForwardedGroups(in bank) & ~bank.Listed & ~(bank.Active & (~bank.Edge | bank.Hardware));

    private readonly bool IsFor(ref readonly GicBank bank, int bit, int vcpu)
    {
        uint mask = 1u << bit;
        if ((bank.Active & mask) != 0)
            return bank.Owner[bit] == vcpu;
        return (bank.AnyTarget & mask) != 0 ? Takes(vcpu, (bank.Group1 & mask) != 0) : bank.Target[bit] == vcpu;
    }

    private static void Consider(
        ref readonly GicBank bank, int index, int bit, uint active, uint vmcr, bool hold, Span<uint> keys, ref int used, ref Spill spill)
    {
        uint mask = 1u << bit;
        bool group1 = (bank.Group1 & mask) != 0;
        bool enabled = (vmcr & (group1 ? IchVmcr.VENG1 : IchVmcr.VENG0)) != 0;
        uint rank = enabled ? RankPending : RankMasked;
        // One that is active as well as pending is not to be taken before it is deactivated.
        if ((active & mask) != 0)
            rank = hold && (bank.Hardware & mask) != 0 ? RankHeld : RankActive;
        uint key = rank << KeyRankShift | (uint)bank.Priority[bit] << KeyPriorityShift | (uint)(index * GicBank.Size + bit);
        uint lost = key;
        if (used < keys.Length)
        {
            Insert(keys, used++, key);
            return;
        }
        if (key < keys[used - 1])
        {
            lost = keys[used - 1];
            Insert(keys, used - 1, key);
        }
        spill |= (lost >> KeyRankShift) switch
        {
            RankPending => Spill.Pending,
            RankMasked => Spill.Masked,
            _ => Spill.Active,
        };
    }

    private static void Insert(Span<uint> keys, int at, uint key)
    {
        for (; at > 0 && keys[at - 1] > key; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }

    private ulong List(int vcpu, uint intid)
    {
        int index = (int)(intid / GicBank.Size);
        int bit = (int)(intid % GicBank.Size);
        uint mask = 1u << bit;
        ref GicBank bank = ref Bank(vcpu, index);
        bool active = (bank.Active & mask) != 0;
        bool edge = (bank.Edge & mask) != 0;
        bool hardware = (bank.Hardware & mask) != 0;
        bool pending = (Forwarded(ref bank) & mask) != 0 && _cpus[vcpu].Asleep == 0;
        ulong list = intid | (ulong)bank.Priority[bit] << IchLr.PriorityShift | ((bank.Group1 & mask) != 0 ? IchLr.Group1 : 0)
            | (pending ? IchLr.Pending : 0) | (active ? IchLr.Active : 0);
        if (hardware)
            list |= IchLr.HW | (ulong)bank.Physical[bit] << IchLr.PhysicalShift;
        else if (!edge)
            list |= IchLr.EOI;
        bank.Listed |= mask;
        bank.Owner[bit] = (byte)vcpu;
        bank.Carried &= ~mask;
        if (pending)
        {
            bank.Carried |= bank.Latched & mask;
            bank.Latched &= ~mask;
        }
        return list;
    }

    private void TakeBack<THost>(ref THost host, int vcpu, ulong list)
        where THost : struct, IGicV3Host
    {
        uint intid = (uint)(list & IchLr.IntIdMask);
        if (!TryBank(vcpu, intid, out int index))
            return;
        ref GicBank bank = ref Bank(vcpu, index);
        int bit = (int)(intid % GicBank.Size);
        uint mask = 1u << bit;
        if ((bank.Listed & mask) == 0 || bank.Owner[bit] != vcpu)
            return;
        bool pending = (list & IchLr.Pending) != 0 && (bank.DropPending & mask) == 0;
        bool active = (list & IchLr.Active) != 0 && (bank.DropActive & mask) == 0 || (bank.AddActive & mask) != 0;
        bool latched = pending && (bank.Carried & mask) != 0;
        bank.Listed &= ~mask;
        bank.DropPending &= ~mask;
        bank.DropActive &= ~mask;
        bank.AddActive &= ~mask;
        bank.Probed = active ? bank.Probed & ~mask : bank.Probed | bank.Probing & mask;
        bank.Probing &= ~mask;
        bank.Latched |= latched ? mask : 0;
        bank.Active = active ? bank.Active | mask : bank.Active & ~mask;
        bank.Owner[bit] = active ? (byte)vcpu : GicBank.Nobody;
        // Somebody else took it away: the guest's deactivation will not come.
        if ((list & (IchLr.Pending | IchLr.Active)) != 0 && !active && (bank.Latched & mask) == 0)
            Abandon(ref host, index, ref bank, mask);
        // Its route may have changed meanwhile; what is still for this vCPU goes into its list registers again.
        if (index != 0 && !active && !IsFor(ref bank, bit, vcpu))
            Changed(ref host, vcpu, index, mask, vcpu);
    }

    // The guest ended an interrupt that no list register held: the one it was handling, the most urgent active one.
    private bool EndSpilled<THost>(ref THost host, int vcpu)
        where THost : struct, IGicV3Host
    {
        uint best = uint.MaxValue;
        FindActive(ref _cpus[vcpu].Private, 0, vcpu, ref best);
        for (int index = 1; index <= _banks; index++)
            FindActive(ref _spis[index - 1], index, vcpu, ref best);
        if (best == uint.MaxValue)
            return false;
        uint intid = best & KeyIntIdMask;
        Deactivate(ref host, vcpu, vcpu, (int)(intid / GicBank.Size), (int)(intid % GicBank.Size));
        return true;
    }

    private static void FindActive(ref readonly GicBank bank, int index, int vcpu, ref uint best)
    {
        for (uint bits = bank.Active & ~bank.Listed; bits != 0; bits &= bits - 1)
        {
            int bit = BitOperations.TrailingZeroCount(bits);
            uint key = (uint)bank.Priority[bit] << KeyPriorityShift | (uint)(index * GicBank.Size + bit);
            if (key < best && (index == 0 || bank.Owner[bit] == vcpu))
                best = key;
        }
    }

    // The bits of a priority that decide about preemption (Arm IHI 0069H, 4.8.6): BPR0 n means bits 7 to n + 1, BPR1 n bits 7 to n.
    private readonly uint PreemptionMask(uint vmcr, bool group1)
    {
        int point = !group1 || (vmcr & IchVmcr.VCBPR) != 0
            ? (int)(vmcr >> IchVmcr.VBPR0Shift & IchVmcr.VBPRMask) + 1
            : (int)(vmcr >> IchVmcr.VBPR1Shift & IchVmcr.VBPRMask);
        int least = 8 - _preemptionBits;
        return 0xFFu << (point < least ? least : point) & 0xFF;
    }

    // What is being handled: the lowest bit of the active priorities registers, a bit for each preemption level (12.4.1).
    private readonly uint RunningPriority<TLists>(ref TLists lists)
        where TLists : struct, IGicListRegisters
    {
        const uint idle = 0x100;
        int registers = 1 << (_preemptionBits - 5);
        for (int index = 0; index < registers; index++)
        {
            uint levels = lists.GetActivePriorities(0, index) | lists.GetActivePriorities(1, index);
            if (levels != 0)
                return (uint)(index * 32 + BitOperations.TrailingZeroCount(levels)) << (8 - _preemptionBits);
        }
        return idle;
    }
}
