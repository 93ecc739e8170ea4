using System.Numerics;

namespace AxVCpu.Devices;

// The registers that the distributor has for SPIs, and each redistributor's second frame for its own interrupts.
public partial struct GicV3
{
    private const ulong BitArraySize = (ushort)GicdRegister.ISENABLER - (ushort)GicdRegister.IGROUPR;

    private uint ReadArray<THost>(ref THost host, int vcpu, int owner, ulong offset, AccessWidth width, bool isPrivate)
        where THost : struct, IGicV3Host
    {
        GicdRegister array = ArrayOf(offset, out uint first);
        if (!Holds(first, isPrivate))
            return 0;
        int index = (int)(first / GicBank.Size);
        ref GicBank bank = ref Bank(owner, index);
        switch (array)
        {
            case GicdRegister.IGROUPR:
                return bank.Group1;
            case GicdRegister.ISENABLER:
            case GicdRegister.ICENABLER:
                return bank.Enabled;
            case GicdRegister.ISPENDR:
            case GicdRegister.ICPENDR:
                // An edge that is in a list register was pending when it went there.
                return bank.Pending | bank.Listed & bank.Edge & ~bank.Active;
            case GicdRegister.ISACTIVER:
            case GicdRegister.ICACTIVER:
                return bank.Active | Probe(ref host, vcpu, owner, index);
            case GicdRegister.IPRIORITYR:
                uint priorities = 0;
                for (int lane = 0; lane < (int)width; lane++)
                    priorities |= (uint)bank.Priority[(int)(first % GicBank.Size) + lane] << lane * 8;
                return priorities;
            case GicdRegister.ICFGR:
                return Spread(bank.Edge >> (int)(first % GicBank.Size));
            default:
                return 0;
        }
    }

    private void WriteArray<THost>(ref THost host, int vcpu, int owner, ulong offset, AccessWidth width, uint data, bool isPrivate)
        where THost : struct, IGicV3Host
    {
        GicdRegister array = ArrayOf(offset, out uint first);
        if (!Holds(first, isPrivate))
            return;
        int index = (int)(first / GicBank.Size);
        int lane = (int)(first % GicBank.Size);
        ref GicBank bank = ref Bank(owner, index);
        uint existing = Existing(index);
        uint bits = data & existing;
        switch (array)
        {
            case GicdRegister.IGROUPR:
                bank.Group1 = bits;
                Changed(ref host, owner, index, uint.MaxValue, vcpu);
                break;
            case GicdRegister.ISENABLER:
                bank.Enabled |= bits;
                Changed(ref host, owner, index, bits, vcpu);
                break;
            case GicdRegister.ICENABLER:
                bank.Enabled &= ~bits;
                Recall(ref host, owner, index, bits, vcpu);
                break;
            case GicdRegister.ISPENDR:
                SetPending(ref host, vcpu, owner, index, bits);
                break;
            case GicdRegister.ICPENDR:
                ClearPending(ref host, vcpu, owner, index, bits);
                break;
            case GicdRegister.ISACTIVER:
                SetActive(vcpu, owner, index, bits);
                break;
            case GicdRegister.ICACTIVER:
                ClearActive(ref host, vcpu, owner, index, bits);
                break;
            case GicdRegister.IPRIORITYR:
                for (int part = 0; part < (int)width; part++)
                {
                    if ((existing >> (lane + part) & 1) != 0)
                        bank.Priority[lane + part] = (byte)((data >> part * 8) & _priorityMask);
                }
                Changed(ref host, owner, index, uint.MaxValue, vcpu);
                break;
            case GicdRegister.ICFGR:
                uint lanes = 0xFFFFu << lane & existing;
                uint edge = bank.Edge & ~lanes | Gather(data) << lane & lanes;
                bank.Edge = index == 0 ? edge | SgiMask : edge;
                Changed(ref host, owner, index, lanes, vcpu);
                break;
        }
    }

    // The array that an offset is in, and the first interrupt it is about.
    private static GicdRegister ArrayOf(ulong offset, out uint first)
    {
        if (offset < (ushort)GicdRegister.IPRIORITYR)
        {
            first = (uint)(offset % BitArraySize) * 8;
            return (GicdRegister)(offset - offset % BitArraySize);
        }
        if (offset < (ushort)GicdRegister.ITARGETSR)
        {
            first = (uint)offset - (ushort)GicdRegister.IPRIORITYR;
            return GicdRegister.IPRIORITYR;
        }
        if (offset is >= (ushort)GicdRegister.ICFGR and < (ushort)GicdRegister.IGRPMODR)
        {
            first = ((uint)offset - (ushort)GicdRegister.ICFGR) * 4;
            return GicdRegister.ICFGR;
        }
        first = uint.MaxValue;
        return GicdRegister.NSACR;
    }

    // With affinity routing the distributor has nothing for a PE's own interrupts (Arm IHI 0069H, 12.9).
    private readonly bool Holds(uint intid, bool isPrivate) => isPrivate ? intid < GicIntId.FirstSpi : intid >= GicIntId.FirstSpi && intid < IntIdEnd;

    private static uint Existing(int index) =>
        index == MaxSpiBanks ? (1u << (int)(GicIntId.FirstSpecial % GicBank.Size)) - 1 : uint.MaxValue;

    // ICFGR (12.9.9): the upper bit of each pair says edge.
    private static uint Spread(uint bits)
    {
        uint spread = 0;
        for (int lane = 0; lane < 16; lane++)
            spread |= (bits >> lane & 1) << (lane * 2 + 1);
        return spread;
    }

    private static uint Gather(uint pairs)
    {
        uint bits = 0;
        for (int lane = 0; lane < 16; lane++)
            bits |= (pairs >> (lane * 2 + 1) & 1) << lane;
        return bits;
    }

    private void SetPending<THost>(ref THost host, int vcpu, int owner, int index, uint bits)
        where THost : struct, IGicV3Host
    {
        ref GicBank bank = ref Bank(owner, index);
        bank.Latched |= bits;
        bank.DropPending &= ~bits;
        Changed(ref host, owner, index, bits, vcpu);
    }

    private void ClearPending<THost>(ref THost host, int vcpu, int owner, int index, uint bits)
        where THost : struct, IGicV3Host
    {
        ref GicBank bank = ref Bank(owner, index);
        uint latched = bank.Latched & bits;
        bank.Latched &= ~bits;
        bank.DropPending |= bits & bank.Listed;
        Recall(ref host, owner, index, bits, vcpu);
        Abandon(ref host, index, ref bank, latched & ~bank.Listed & ~bank.Active);
    }

    private void SetActive(int vcpu, int owner, int index, uint bits)
    {
        ref GicBank bank = ref Bank(owner, index);
        bank.AddActive |= bits & bank.Listed;
        bank.DropActive &= ~bits;
        uint added = bits & ~bank.Listed & ~bank.Active;
        bank.Active |= added;
        if (index == 0)
            return;
        _busy |= 1u << (index - 1);
        for (; added != 0; added &= added - 1)
        {
            int bit = BitOperations.TrailingZeroCount(added);
            bank.Owner[bit] = bank.Target[bit] != GicBank.Nobody ? bank.Target[bit] : (byte)vcpu;
        }
    }

    private void ClearActive<THost>(ref THost host, int vcpu, int owner, int index, uint bits)
        where THost : struct, IGicV3Host
    {
        ref GicBank bank = ref Bank(owner, index);
        bank.DropActive |= bits & bank.Listed;
        bank.AddActive &= ~bits;
        Recall(ref host, owner, index, bits, vcpu);
        for (uint dropped = bits & bank.Active & ~bank.Listed; dropped != 0; dropped &= dropped - 1)
            Deactivate(ref host, vcpu, owner, index, BitOperations.TrailingZeroCount(dropped));
    }

    // Takes the active state off an interrupt that is in no list register.
    private void Deactivate<THost>(ref THost host, int vcpu, int owner, int index, int bit)
        where THost : struct, IGicV3Host
    {
        ref GicBank bank = ref Bank(owner, index);
        uint mask = 1u << bit;
        bank.Active &= ~mask;
        bank.Owner[bit] = GicBank.Nobody;
        Abandon(ref host, index, ref bank, mask & ~bank.Latched);
        Changed(ref host, owner, index, mask, vcpu);
    }

    // Physical interrupts whose guest interrupt is gone without the guest's deactivation. A vCPU's own (its timer) follow its engine.
    private static void Abandon<THost>(ref THost host, int index, ref GicBank bank, uint bits)
        where THost : struct, IGicV3Host
    {
        if (index == 0)
            return;
        for (bits &= bank.Hardware; bits != 0; bits &= bits - 1)
            host.DeactivateHardware(bank.Physical[BitOperations.TrailingZeroCount(bits)]);
    }

    // What is in list registers of vCPUs that run comes back only when they leave the guest.
    private void Recall<THost>(ref THost host, int owner, int index, uint bits, int accessor)
        where THost : struct, IGicV3Host
    {
        ref GicBank bank = ref Bank(owner, index);
        bits &= bank.Listed;
        if (index == 0)
        {
            if (bits != 0 && owner != accessor)
                host.Notify(owner);
            return;
        }
        for (; bits != 0; bits &= bits - 1)
        {
            int holder = bank.Owner[BitOperations.TrailingZeroCount(bits)];
            if (holder != accessor && holder < _vcpus)
                host.Notify(holder);
        }
    }

    // Which listed interrupts may be active by now. The first look says yes and calls them back; one that came back and was only pending
    // is answered no by the next look. So whoever waits for a handler's end waits for every handler that had begun before, and for no other.
    private uint Probe<THost>(ref THost host, int vcpu, int owner, int index)
        where THost : struct, IGicV3Host
    {
        ref GicBank bank = ref Bank(owner, index);
        uint unknown = bank.Listed & ~bank.Active;
        uint answered = unknown & bank.Probed;
        bank.Probed &= ~answered;
        unknown &= ~answered;
        bank.Probing |= unknown;
        Recall(ref host, owner, index, unknown, vcpu);
        return unknown;
    }
}
