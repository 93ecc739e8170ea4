namespace AxVCpu.Devices;

public partial struct GicV3
{
    private const ulong InterruptRoutingMode = 1UL << 31;

    /// <summary>Reads a distributor register. What does not exist reads zero.</summary>
    /// <param name="host">Where outside effects go.</param>
    /// <param name="vcpu">The vCPU that reads.</param>
    /// <param name="offset">Offset within the distributor's window.</param>
    /// <param name="width">What the architecture allows for the register (Arm IHI 0069H, 12.1.3).</param>
    /// <param name="value">The value, zero above the width.</param>
    /// <returns>False for a width or alignment that the register does not have.</returns>
    public bool ReadDistributor<THost>(ref THost host, int vcpu, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, IGicV3Host
    {
        value = 0;
        if ((uint)vcpu >= _vcpus || !IsDistributorAccess(offset, width))
            return false;
        if (offset is >= (ushort)GicdRegister.IGROUPR and < (ushort)GicdRegister.ArraysEnd)
        {
            value = ReadArray(ref host, vcpu, vcpu, offset, width, isPrivate: false);
            return true;
        }
        if (offset is >= (ushort)GicdRegister.IROUTER and < (ushort)GicdRegister.RoutersEnd)
        {
            ulong route = ReadRoute((uint)(offset - (ushort)GicdRegister.IROUTER) / 8);
            value = width == AccessWidth.Qword ? route : (uint)(route >> (int)(offset & 4) * 8);
            return true;
        }
        value = offset switch
        {
            (ushort)GicdRegister.CTLR => (uint)(_control | GicdCtlr.ARE | GicdCtlr.DS),
            (ushort)GicdRegister.TYPER => (uint)DistributorType,
            (ushort)GicdRegister.IIDR => GicIdentification.IIDR,
            >= (ushort)GicdRegister.PIDR4 => GicIdentification.Read(offset, 0),
            _ => 0,
        };
        return true;
    }

    /// <summary>Writes a distributor register. What does not exist, or is not writable, ignores it.</summary>
    /// <param name="host">Where outside effects go.</param>
    /// <param name="vcpu">The vCPU that writes.</param>
    /// <param name="offset">Offset within the distributor's window.</param>
    /// <param name="width">What the architecture allows for the register (Arm IHI 0069H, 12.1.3).</param>
    /// <param name="value">The value.</param>
    /// <returns>False for a width or alignment that the register does not have.</returns>
    public bool WriteDistributor<THost>(ref THost host, int vcpu, ulong offset, AccessWidth width, ulong value)
        where THost : struct, IGicV3Host
    {
        if ((uint)vcpu >= _vcpus || !IsDistributorAccess(offset, width))
            return false;
        if (offset is >= (ushort)GicdRegister.IGROUPR and < (ushort)GicdRegister.ArraysEnd)
        {
            WriteArray(ref host, vcpu, vcpu, offset, width, (uint)value, isPrivate: false);
            return true;
        }
        if (offset is >= (ushort)GicdRegister.IROUTER and < (ushort)GicdRegister.RoutersEnd)
        {
            uint intid = (uint)(offset - (ushort)GicdRegister.IROUTER) / 8;
            ulong route = ReadRoute(intid);
            if (width == AccessWidth.Qword)
                route = value;
            else if ((offset & 4) != 0)
                route = (uint)route | value << 32;
            else
                route = route & ~(ulong)uint.MaxValue | (uint)value;
            WriteRoute(ref host, vcpu, intid, route);
            return true;
        }
        switch ((GicdRegister)offset)
        {
            case GicdRegister.CTLR:
                WriteControl(ref host, vcpu, (GicdCtlr)(uint)value & (GicdCtlr.EnableGrp0 | GicdCtlr.EnableGrp1));
                break;
            case GicdRegister.SETSPI_NSR:
                WriteMessage(ref host, vcpu, (uint)value, set: true);
                break;
            case GicdRegister.CLRSPI_NSR:
                WriteMessage(ref host, vcpu, (uint)value, set: false);
                break;
        }
        return true;
    }

    private readonly GicdTyper DistributorType
    {
        get
        {
            GicdTyper type = GicdTyper.MBIS | GicdTyper.IDbits10 | (GicdTyper)_banks;
            for (int vcpu = 0; vcpu < _vcpus; vcpu++)
            {
                if (_cpus[vcpu].Affinity >> 24 != 0)
                    type |= GicdTyper.A3V;
                if ((_cpus[vcpu].Affinity & 0xF0) != 0)
                    type |= GicdTyper.RSS;
            }
            return type;
        }
    }

    // Arm IHI 0069H, 12.1.3: words; bytes for priorities, halves for messages, double words for routes.
    private static bool IsDistributorAccess(ulong offset, AccessWidth width)
    {
        if (offset >= DistributorSize || (offset & ((ulong)width - 1)) != 0)
            return false;
        return width switch
        {
            AccessWidth.Dword => true,
            AccessWidth.Byte => IsBytes(offset),
            AccessWidth.Word => offset is (ushort)GicdRegister.SETSPI_NSR or (ushort)GicdRegister.CLRSPI_NSR
                or (ushort)GicdRegister.SETSPI_SR or (ushort)GicdRegister.CLRSPI_SR,
            AccessWidth.Qword => offset is >= (ushort)GicdRegister.IROUTER and < (ushort)GicdRegister.RoutersEnd,
            _ => false,
        };
    }

    private static bool IsBytes(ulong offset) => offset is >= (ushort)GicdRegister.IPRIORITYR and < (ushort)GicdRegister.ICFGR;

    private void WriteControl<THost>(ref THost host, int vcpu, GicdCtlr control)
        where THost : struct, IGicV3Host
    {
        if (control == _control)
            return;
        _control = control;
        // Others may have an interrupt that they should not have any more, or not have one that they should.
        for (int other = 0; other < _vcpus; other++)
        {
            if (other != vcpu)
                host.Notify(other);
        }
    }

    // A message is an edge, or the line of a level-sensitive SPI (Arm IHI 0069H, 12.9.35 and 12.9.4).
    private void WriteMessage<THost>(ref THost host, int vcpu, uint data, bool set)
        where THost : struct, IGicV3Host
    {
        const uint intidMask = 0x1FFF;
        uint intid = data & intidMask;
        if (intid < GicIntId.FirstSpi || !TryBank(vcpu, intid, out int index))
            return;
        ref GicBank bank = ref _spis[index - 1];
        uint bit = 1u << (int)(intid % GicBank.Size);
        if ((bank.Edge & bit) == 0)
            SetSpi(ref host, intid, set);
        else if (set)
            SetPending(ref host, vcpu, vcpu, index, bit);
        else
            ClearPending(ref host, vcpu, vcpu, index, bit);
    }

    // IROUTER (12.9.22): Aff3 in bits 39 to 32, the mode in bit 31, Aff2 to Aff0 in bits 23 to 0.
    private readonly ulong ReadRoute(uint intid)
    {
        if (intid < GicIntId.FirstSpi || intid >= IntIdEnd)
            return 0;
        ref readonly GicBank bank = ref _spis[(int)(intid / GicBank.Size) - 1];
        int bit = (int)(intid % GicBank.Size);
        uint route = bank.Route[bit];
        return route & 0xFF_FFFF | (ulong)(route >> 24) << 32 | ((bank.AnyTarget >> bit & 1) != 0 ? InterruptRoutingMode : 0);
    }

    private void WriteRoute<THost>(ref THost host, int vcpu, uint intid, ulong value)
        where THost : struct, IGicV3Host
    {
        if (intid < GicIntId.FirstSpi || intid >= IntIdEnd)
            return;
        int index = (int)(intid / GicBank.Size);
        ref GicBank bank = ref _spis[index - 1];
        int bit = (int)(intid % GicBank.Size);
        uint mask = 1u << bit;
        uint route = (uint)(value & 0xFF_FFFF) | (uint)(value >> 32 & 0xFF) << 24;
        bank.Route[bit] = route;
        bank.Target[bit] = FindTarget(route);
        bank.AnyTarget = (value & InterruptRoutingMode) != 0 ? bank.AnyTarget | mask : bank.AnyTarget & ~mask;
        Recall(ref host, vcpu, index, mask, vcpu);
        Changed(ref host, vcpu, index, mask, vcpu);
    }
}
