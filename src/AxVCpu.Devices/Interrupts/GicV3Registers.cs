namespace AxVCpu.Devices;

/// <summary>Registers of the distributor (Arm IHI 0069H, table 12-25); an array by its first member.</summary>
public enum GicdRegister : ushort
{
    /// <summary>Control.</summary>
    CTLR = 0x0000,
    /// <summary>What is implemented.</summary>
    TYPER = 0x0004,
    /// <summary>Who implemented it.</summary>
    IIDR = 0x0008,
    /// <summary>What else is implemented.</summary>
    TYPER2 = 0x000C,
    /// <summary>Errors; none are reported.</summary>
    STATUSR = 0x0010,
    /// <summary>Sets a message-based SPI pending.</summary>
    SETSPI_NSR = 0x0040,
    /// <summary>Takes a message-based SPI's pending state back.</summary>
    CLRSPI_NSR = 0x0048,
    /// <summary>Secure form of the former; nothing with one security state.</summary>
    SETSPI_SR = 0x0050,
    /// <summary>Secure form of the former; nothing with one security state.</summary>
    CLRSPI_SR = 0x0058,
    /// <summary>Interrupt groups, a bit each.</summary>
    IGROUPR = 0x0080,
    /// <summary>Enables by writing ones.</summary>
    ISENABLER = 0x0100,
    /// <summary>Disables by writing ones.</summary>
    ICENABLER = 0x0180,
    /// <summary>Makes pending by writing ones.</summary>
    ISPENDR = 0x0200,
    /// <summary>Takes pending back by writing ones.</summary>
    ICPENDR = 0x0280,
    /// <summary>Makes active by writing ones.</summary>
    ISACTIVER = 0x0300,
    /// <summary>Deactivates by writing ones.</summary>
    ICACTIVER = 0x0380,
    /// <summary>Priorities, a byte each.</summary>
    IPRIORITYR = 0x0400,
    /// <summary>Targets without affinity routing; nothing here.</summary>
    ITARGETSR = 0x0800,
    /// <summary>Trigger modes, two bits each: the upper one says edge.</summary>
    ICFGR = 0x0C00,
    /// <summary>Group modifiers; nothing with one security state.</summary>
    IGRPMODR = 0x0D00,
    /// <summary>Non-secure access control; nothing with one security state.</summary>
    NSACR = 0x0E00,
    /// <summary>Software generated interrupts without affinity routing; nothing here.</summary>
    SGIR = 0x0F00,
    /// <summary>What follows the arrays.</summary>
    ArraysEnd = 0x1000,
    /// <summary>Routes of the SPIs, eight bytes each, counted from INTID 0.</summary>
    IROUTER = 0x6000,
    /// <summary>What follows the routes.</summary>
    RoutersEnd = IROUTER + (int)GicIntId.FirstSpecial * 8,
    /// <summary>The first identification register.</summary>
    PIDR4 = 0xFFD0,
}

/// <summary>Registers of a redistributor's first frame (Arm IHI 0069H, table 12-27). The second frame has the distributor's arrays.</summary>
public enum GicrRegister : ushort
{
    /// <summary>Control.</summary>
    CTLR = 0x0000,
    /// <summary>Who implemented it.</summary>
    IIDR = 0x0004,
    /// <summary>What is implemented and for which PE; 64 bits.</summary>
    TYPER = 0x0008,
    /// <summary>Errors; none are reported.</summary>
    STATUSR = 0x0010,
    /// <summary>Power of the PE.</summary>
    WAKER = 0x0014,
    /// <summary>LPI configuration; 64 bits, nothing here.</summary>
    PROPBASER = 0x0070,
    /// <summary>LPI pending; 64 bits, nothing here.</summary>
    PENDBASER = 0x0078,
    /// <summary>The first identification register.</summary>
    PIDR4 = 0xFFD0,
}

/// <summary>GICD_CTLR with one security state (Arm IHI 0069H, 12.9.4).</summary>
[Flags]
public enum GicdCtlr : uint
{
    /// <summary>Group 0 is forwarded.</summary>
    EnableGrp0 = 1 << 0,
    /// <summary>Group 1 is forwarded.</summary>
    EnableGrp1 = 1 << 1,
    /// <summary>Affinity routing; always.</summary>
    ARE = 1 << 4,
    /// <summary>One security state; always.</summary>
    DS = 1 << 6,
}

/// <summary>GICD_TYPER (Arm IHI 0069H, 12.9.38).</summary>
[Flags]
public enum GicdTyper : uint
{
    /// <summary>Message-based SPIs.</summary>
    MBIS = 1 << 16,
    /// <summary>INTIDs have ten bits; the field is one less.</summary>
    IDbits10 = 9 << 19,
    /// <summary>Affinity level 3 may be other than zero.</summary>
    A3V = 1 << 24,
    /// <summary>Affinity level 0 may be up to 255 in the target of an SGI.</summary>
    RSS = 1 << 26,
}

/// <summary>GICR_CTLR (Arm IHI 0069H, 12.11.2).</summary>
[Flags]
public enum GicrCtlr : uint
{
    /// <summary>This PE takes no 1-of-N interrupts of group 0.</summary>
    DPG0 = 1 << 24,
    /// <summary>This PE takes no 1-of-N interrupts of group 1.</summary>
    DPG1NS = 1 << 25,
    /// <summary>What can be written.</summary>
    Mask = DPG0 | DPG1NS,
}

/// <summary>GICR_TYPER (Arm IHI 0069H, 12.11.36); the affinity is in the upper half.</summary>
[Flags]
public enum GicrTyper : ulong
{
    /// <summary>This redistributor's frames are the last of the region.</summary>
    Last = 1 << 4,
    /// <summary>GICR_CTLR.DPG0 and DPG1NS work.</summary>
    DPGS = 1 << 5,
}

/// <summary>GICR_WAKER (Arm IHI 0069H, 12.11.42).</summary>
[Flags]
public enum GicrWaker : uint
{
    /// <summary>Asks the redistributor to forward nothing to the PE.</summary>
    ProcessorSleep = 1 << 1,
    /// <summary>Says that it forwards nothing.</summary>
    ChildrenAsleep = 1 << 2,
}

/// <summary>The system registers that a guest's write is trapped of.</summary>
public enum GicSystemRegister : byte
{
    /// <summary>ICC_SGI1R_EL1: generates an SGI of either group, as the receiver has it configured.</summary>
    ICC_SGI1R_EL1,
    /// <summary>ICC_ASGI1R_EL1: with one security state the same as ICC_SGI0R_EL1.</summary>
    ICC_ASGI1R_EL1,
    /// <summary>ICC_SGI0R_EL1: generates an SGI of group 0.</summary>
    ICC_SGI0R_EL1,
    /// <summary>ICC_DIR_EL1: deactivates an interrupt. Trapped while active interrupts have no list register.</summary>
    ICC_DIR_EL1,
}

/// <summary>ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1 (Arm IHI 0069H, 12.2.18): fields by shift and mask.</summary>
internal static class IccSgir
{
    internal const ulong TargetList = 0xFFFF;
    internal const int Aff1Shift = 16;
    internal const int IntIdShift = 24;
    internal const int Aff2Shift = 32;
    internal const ulong IRM = 1UL << 40;
    internal const int RSShift = 44;
    internal const int Aff3Shift = 48;
}

/// <summary>ICH_HCR_EL2 (Arm IHI 0069H, 12.4.3).</summary>
[Flags]
public enum IchHcr : uint
{
    /// <summary>The virtual CPU interface works.</summary>
    En = 1 << 0,
    /// <summary>Maintenance interrupt while at most one list register is valid.</summary>
    UIE = 1 << 1,
    /// <summary>Maintenance interrupt while EOIcount is not zero.</summary>
    LRENPIE = 1 << 2,
    /// <summary>Maintenance interrupt while no list register is pending.</summary>
    NPIE = 1 << 3,
    /// <summary>Maintenance interrupt while the guest has group 0 enabled.</summary>
    VGrp0EIE = 1 << 4,
    /// <summary>Maintenance interrupt while the guest has group 1 enabled.</summary>
    VGrp1EIE = 1 << 6,
    /// <summary>The guest's ICC_DIR_EL1 traps.</summary>
    TDIR = 1 << 14,
}

/// <summary>ICH_VMCR_EL2 (Arm IHI 0069H, 12.4.8): the guest's CPU interface control.</summary>
internal static class IchVmcr
{
    internal const uint VENG0 = 1 << 0;
    internal const uint VENG1 = 1 << 1;
    internal const uint VCBPR = 1 << 4;
    internal const uint VEOIM = 1 << 9;
    internal const int VBPR1Shift = 18;
    internal const int VBPR0Shift = 21;
    internal const int VPMRShift = 24;
    internal const uint VBPRMask = 7;
}

/// <summary>ICH_LR&lt;n&gt;_EL2 (Arm IHI 0069H, 12.4.7).</summary>
internal static class IchLr
{
    internal const ulong IntIdMask = uint.MaxValue;
    internal const int PhysicalShift = 32;
    internal const ulong PhysicalMask = 0x3FF;
    /// <summary>Without <see cref="HW"/>: the guest's deactivation raises a maintenance interrupt.</summary>
    internal const ulong EOI = 1UL << 41;
    internal const int PriorityShift = 48;
    internal const ulong Group1 = 1UL << 60;
    internal const ulong HW = 1UL << 61;
    internal const ulong Pending = 1UL << 62;
    internal const ulong Active = 1UL << 63;

    /// <summary>ICH_HCR_EL2.EOIcount: deactivations that no list register was found for.</summary>
    internal const int EOIcountShift = 27;
}

/// <summary>Identification registers from offset 0xFFD0 (Arm IHI 0069H, 12.1.4 and table 12-31): those of an Arm GICv3.</summary>
internal static class GicIdentification
{
    /// <summary>GICD_IIDR and GICR_IIDR: implementer Arm, product and revision 0.</summary>
    internal const uint IIDR = 0x43B;

    // PIDR4 to PIDR7, PIDR0 to PIDR3, CIDR0 to CIDR3. PIDR2[7:4] is the architecture revision: 3 for GICv3.
    private static ReadOnlySpan<byte> Distributor => [0x44, 0, 0, 0, 0x92, 0xB4, 0x3B, 0, 0x0D, 0xF0, 0x05, 0xB1];

    /// <summary>Reads one by its offset in the frame.</summary>
    /// <param name="offset">0xFFD0 to 0xFFFC.</param>
    /// <param name="part">What the part number differs by: 0 for a distributor, 1 for a redistributor.</param>
    internal static uint Read(ulong offset, uint part)
    {
        int index = (int)(offset - (ushort)GicdRegister.PIDR4) / 4;
        const int pidr0 = 4;
        return Distributor[index] + (index == pidr0 ? part : 0);
    }
}
