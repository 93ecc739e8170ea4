namespace AxVCpu.Devices.Tests;

/// <summary>What a GIC asked for.</summary>
internal struct GicRecorder(List<int> notified, List<uint> deactivated) : IGicV3Host
{
    public readonly void Notify(int vcpu) => notified.Add(vcpu);

    public readonly void DeactivateHardware(uint physical) => deactivated.Add(physical);
}

/// <summary>
/// The hardware's virtual CPU interface as a guest uses it (Arm IHI 0069H, 4.8 and 12.3): acknowledge, end, deactivate over the list
/// registers, with active priorities and the maintenance interrupt.
/// </summary>
internal struct GuestInterface(int count) : IGicListRegisters
{
    public const ulong Pending = 1UL << 62, Active = 1UL << 63, Hardware = 1UL << 61, EndRequest = 1UL << 41;
    private const uint EnableGroups = 3, EndMode = 1 << 9;

    private readonly ulong[] _lists = new ulong[16];
    private readonly uint[,] _active = new uint[2, 4];

    /// <summary>Physical interrupts that the guest's deactivations deactivated.</summary>
    public List<uint> Physical { get; } = [];

    public readonly int Count => count;

    public ulong Hcr { get; set; }

    public ulong Vmcr { get; set; } = EnableGroups | 0xF8UL << 24;

    public byte PriorityMask
    {
        readonly get => (byte)(Vmcr >> 24);
        set => Vmcr = Vmcr & 0xFF_FFFF | (ulong)value << 24;
    }

    public uint EnabledGroups
    {
        readonly get => (uint)Vmcr & EnableGroups;
        set => Vmcr = Vmcr & ~(ulong)EnableGroups | value;
    }

    public bool SeparateDeactivation
    {
        readonly get => (Vmcr & EndMode) != 0;
        set => Vmcr = value ? Vmcr | EndMode : Vmcr & ~(ulong)EndMode;
    }

    public readonly ulong GetListRegister(int index) => _lists[index];

    public readonly void SetListRegister(int index, ulong value) => _lists[index] = value;

    public readonly uint GetActivePriorities(int group, int index) => _active[group, index];

    public readonly IEnumerable<ulong> Lists => _lists.Take(Count).Where(list => list >> 62 != 0);

    public readonly IEnumerable<uint> Listed => Lists.Select(list => (uint)list);

    public readonly bool Maintenance => MaintenanceOf(Hcr);

    // 4.9: the conditions of ICH_MISR_EL2.
    private readonly bool MaintenanceOf(ulong control)
    {
        int valid = Lists.Count();
        return (control & 2) != 0 && valid <= 1 || (control & 4) != 0 && control >> 27 != 0
            || (control & 8) != 0 && !Lists.Any(list => list >> 62 == 1)
            || (control & 0x10) != 0 && (EnabledGroups & 1) != 0 || (control & 0x40) != 0 && (EnabledGroups & 2) != 0
            || _lists.Take(Count).Any(list => list >> 62 == 0 && (list & (EndRequest | Hardware)) == EndRequest);
    }

    /// <summary>ICC_IARn_EL1: 1023 when nothing can be taken.</summary>
    public readonly uint Acknowledge()
    {
        int best = Best();
        if (best < 0)
            return GicIntId.Spurious;
        ulong list = _lists[best];
        int level = (int)(list >> 48 & 0xFF) >> 3;
        _active[(int)(list >> 60 & 1), 0] |= 1u << level;
        _lists[best] = list & ~Pending | Active;
        return (uint)list;
    }

    private readonly int Best()
    {
        int best = -1;
        uint running = Running;
        for (int index = 0; index < Count; index++)
        {
            ulong list = _lists[index];
            uint priority = (uint)(list >> 48) & 0xFF;
            if ((list & (Pending | Active)) != Pending || ((EnabledGroups >> (int)(list >> 60 & 1)) & 1) == 0 || priority >= PriorityMask || priority >= running)
                continue;
            if (best < 0 || priority < ((uint)(_lists[best] >> 48) & 0xFF))
                best = index;
        }
        return best;
    }

    private readonly uint Running
    {
        get
        {
            uint levels = _active[0, 0] | _active[1, 0];
            return levels == 0 ? 0x100u : (uint)System.Numerics.BitOperations.TrailingZeroCount(levels) << 3;
        }
    }

    /// <summary>ICC_EOIRn_EL1.</summary>
    public void End(uint intid)
    {
        uint levels = _active[0, 0] | _active[1, 0];
        uint lowest = levels & (0 - levels);
        _active[0, 0] &= ~lowest;
        _active[1, 0] &= ~lowest;
        if (!SeparateDeactivation)
            Deactivate(intid);
    }

    /// <summary>ICC_DIR_EL1; false when the write traps.</summary>
    public bool Deactivate(uint intid)
    {
        if (SeparateDeactivation && (Hcr & 1 << 14) != 0)
            return false;
        for (int index = 0; index < Count; index++)
        {
            if ((uint)_lists[index] != intid || (_lists[index] & Active) == 0)
                continue;
            _lists[index] &= ~Active;
            if ((_lists[index] & Hardware) != 0)
                Physical.Add((uint)(_lists[index] >> 32) & 0x3FF);
            return true;
        }
        Hcr += 1UL << 27;
        return true;
    }
}

/// <summary>A GIC with vCPUs that enter and leave their guest.</summary>
internal sealed class GicBoard
{
    public const ulong Ctlr = 0, Group = 0x80, Enable = 0x100, Disable = 0x180, SetPending = 0x200, ClearPending = 0x280, SetActive = 0x300, ClearActive = 0x380,
        Priority = 0x400, Config = 0xC00, Router = 0x6000, Frame = 0x1_0000;

    private readonly GuestInterface[] _guests;
    private readonly bool[] _inside;
    private GicRecorder _host;
    public GicV3 Gic;

    public GicBoard(int vcpus = 2, int lists = 4, int spis = 96, bool trapsDeactivate = true, bool start = true)
    {
        _host = new GicRecorder(Notified, Deactivated);
        Gic = new GicV3(vcpus, spis, new GicV3Features(5, 5, trapsDeactivate));
        _guests = [.. Enumerable.Range(0, vcpus).Select(_ => new GuestInterface(lists))];
        _inside = new bool[vcpus];
        if (!start)
            return;
        Write(Ctlr, 3);
        for (uint index = 0; index < (uint)spis / 32; index++)
        {
            Write(Group + 4 + index * 4, uint.MaxValue);
            Write(Enable + 4 + index * 4, uint.MaxValue);
        }
        for (uint offset = 32; offset < spis + 32u; offset++)
            Write(Priority + offset, 0xA0, width: AccessWidth.Byte);
        for (int vcpu = 0; vcpu < vcpus; vcpu++)
        {
            WritePrivate(vcpu, Group, uint.MaxValue);
            WritePrivate(vcpu, Enable, uint.MaxValue);
            for (uint intid = 0; intid < 32; intid += 4)
                WritePrivate(vcpu, Priority + intid, 0xA0A0_A0A0);
        }
        Notified.Clear();
    }

    public List<int> Notified { get; } = [];

    public List<uint> Deactivated { get; } = [];

    public ref GicRecorder Host => ref _host;

    public ref GuestInterface Guest(int vcpu) => ref _guests[vcpu];

    public bool IsInside(int vcpu) => _inside[vcpu];

    public void Write(ulong offset, ulong value, int vcpu = 0, AccessWidth width = AccessWidth.Dword) =>
        Assert.True(Gic.WriteDistributor(ref _host, vcpu, offset, width, value), $"no write at 0x{offset:x}");

    public ulong Read(ulong offset, int vcpu = 0, AccessWidth width = AccessWidth.Dword)
    {
        Assert.True(Gic.ReadDistributor(ref _host, vcpu, offset, width, out ulong value), $"no read at 0x{offset:x}");
        return value;
    }

    public void WritePrivate(int owner, ulong offset, ulong value, int? vcpu = null, AccessWidth width = AccessWidth.Dword) => Assert.True(
        Gic.WriteRedistributor(ref _host, vcpu ?? owner, (ulong)owner * GicV3.RedistributorSize + Frame + offset, width, value), $"no write at 0x{offset:x}");

    public ulong ReadPrivate(int owner, ulong offset, int? vcpu = null)
    {
        Assert.True(Gic.ReadRedistributor(ref _host, vcpu ?? owner, (ulong)owner * GicV3.RedistributorSize + Frame + offset, AccessWidth.Dword, out ulong value));
        return value;
    }

    public void Enter(int vcpu)
    {
        Assert.False(_inside[vcpu]);
        Gic.Flush(vcpu, ref _guests[vcpu]);
        _inside[vcpu] = true;
    }

    public void Leave(int vcpu)
    {
        Assert.True(_inside[vcpu]);
        Gic.Sync(ref _host, vcpu, ref _guests[vcpu]);
        _inside[vcpu] = false;
    }

    public void Reenter(int vcpu)
    {
        Leave(vcpu);
        Enter(vcpu);
    }

    /// <summary>Enters and leaves without the guest doing anything.</summary>
    public void PassThrough(int vcpu)
    {
        Enter(vcpu);
        Leave(vcpu);
    }

    /// <summary>A device drives a shared interrupt's line.</summary>
    public void SetSpi(uint intid, bool level) => Gic.SetSpi(ref Host, intid, level);

    /// <summary>A vCPU writes one of the registers that trap.</summary>
    public void Sgi(int vcpu, ulong value, GicSystemRegister register = GicSystemRegister.ICC_SGI1R_EL1) =>
        Gic.WriteSystemRegister(ref Host, vcpu, register, value);

    /// <summary>Makes an interrupt edge triggered.</summary>
    public void Edge(uint intid) => Write(Config + intid / 16 * 4, Read(Config + intid / 16 * 4) | 2u << (int)(intid % 16 * 2));

    public bool HasDeliverable(int vcpu) => Gic.HasDeliverable(vcpu, ref _guests[vcpu]);

    /// <summary>Enters, acknowledges and stays inside.</summary>
    public uint Take(int vcpu)
    {
        if (!_inside[vcpu])
            Enter(vcpu);
        return _guests[vcpu].Acknowledge();
    }

    /// <summary>Ends what was acknowledged and leaves.</summary>
    public void Finish(int vcpu, uint intid)
    {
        _guests[vcpu].End(intid);
        Leave(vcpu);
    }
}
