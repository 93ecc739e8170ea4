namespace AxVCpu.Devices;

public partial struct GicV3
{
    private const ulong FrameSize = 0x1_0000;

    /// <summary>Reads a redistributor register. What does not exist reads zero.</summary>
    /// <param name="host">Where outside effects go.</param>
    /// <param name="vcpu">The vCPU that reads; each may read all of them.</param>
    /// <param name="offset">Offset within the region of <see cref="RedistributorsSize"/>.</param>
    /// <param name="width">What the architecture allows for the register (Arm IHI 0069H, 12.1.3).</param>
    /// <param name="value">The value, zero above the width.</param>
    /// <returns>False for a width or alignment that the register does not have.</returns>
    public bool ReadRedistributor<THost>(ref THost host, int vcpu, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, IGicV3Host
    {
        value = 0;
        if ((uint)vcpu >= _vcpus || !TryFrame(ref offset, width, out int owner, out bool arrays))
            return false;
        if (arrays)
        {
            if (offset is >= (ushort)GicdRegister.IGROUPR and < (ushort)GicdRegister.ArraysEnd)
                value = ReadArray(ref host, vcpu, owner, offset, width, isPrivate: true);
            return true;
        }
        ref readonly GicCpu cpu = ref _cpus[owner];
        switch (offset)
        {
            case (ushort)GicrRegister.CTLR:
                value = (uint)cpu.Control;
                break;
            case (ushort)GicrRegister.IIDR:
                value = GicIdentification.IIDR;
                break;
            case (ushort)GicrRegister.TYPER:
                value = width == AccessWidth.Qword ? RedistributorType(owner) : (uint)RedistributorType(owner);
                break;
            case (ushort)GicrRegister.TYPER + 4:
                value = RedistributorType(owner) >> 32;
                break;
            case (ushort)GicrRegister.WAKER:
                value = cpu.Asleep != 0 ? (uint)(GicrWaker.ProcessorSleep | GicrWaker.ChildrenAsleep) : 0;
                break;
            case >= (ushort)GicrRegister.PIDR4:
                value = GicIdentification.Read(offset, 1);
                break;
        }
        return true;
    }

    /// <summary>Writes a redistributor register. What does not exist, or is not writable, ignores it.</summary>
    /// <param name="host">Where outside effects go.</param>
    /// <param name="vcpu">The vCPU that writes; each may write all of them.</param>
    /// <param name="offset">Offset within the region of <see cref="RedistributorsSize"/>.</param>
    /// <param name="width">What the architecture allows for the register (Arm IHI 0069H, 12.1.3).</param>
    /// <param name="value">The value.</param>
    /// <returns>False for a width or alignment that the register does not have.</returns>
    public bool WriteRedistributor<THost>(ref THost host, int vcpu, ulong offset, AccessWidth width, ulong value)
        where THost : struct, IGicV3Host
    {
        if ((uint)vcpu >= _vcpus || !TryFrame(ref offset, width, out int owner, out bool arrays))
            return false;
        if (arrays)
        {
            if (offset is >= (ushort)GicdRegister.IGROUPR and < (ushort)GicdRegister.ArraysEnd)
                WriteArray(ref host, vcpu, owner, offset, width, (uint)value, isPrivate: true);
            return true;
        }
        ref GicCpu cpu = ref _cpus[owner];
        switch ((GicrRegister)offset)
        {
            case GicrRegister.CTLR:
                cpu.Control = (GicrCtlr)(uint)value & GicrCtlr.Mask;
                break;
            case GicrRegister.WAKER:
                cpu.Asleep = (value & (uint)GicrWaker.ProcessorSleep) != 0 ? (byte)1 : (byte)0;
                if (owner != vcpu)
                    host.Notify(owner);
                break;
        }
        return true;
    }

    private readonly ulong RedistributorType(int owner)
    {
        GicrTyper type = GicrTyper.DPGS | (owner == _vcpus - 1 ? GicrTyper.Last : 0);
        const int processorNumberShift = 8;
        return (ulong)_cpus[owner].Affinity << 32 | (ulong)(uint)owner << processorNumberShift | (ulong)type;
    }

    private readonly bool TryFrame(ref ulong offset, AccessWidth width, out int owner, out bool arrays)
    {
        owner = 0;
        arrays = false;
        if (offset >= RedistributorsSize || (offset & ((ulong)width - 1)) != 0)
            return false;
        owner = (int)(offset / RedistributorSize);
        arrays = (offset & FrameSize) != 0;
        offset &= FrameSize - 1;
        return width switch
        {
            AccessWidth.Dword => true,
            AccessWidth.Byte => arrays && IsBytes(offset),
            AccessWidth.Qword => !arrays
                && offset is (ushort)GicrRegister.TYPER or (ushort)GicrRegister.PROPBASER or (ushort)GicrRegister.PENDBASER,
            _ => false,
        };
    }
}
