namespace AxVCpu.Devices;

/// <summary>What a <see cref="GicV3"/> asks of the world around it. It calls with the VM's lock held, as its caller took it.</summary>
public interface IGicV3Host
{
    /// <summary>
    /// A vCPU should look at its interrupts: one may be new for it, or one it has may be gone. Wake it when it is blocked, make it
    /// leave the guest when it runs. May be spurious; never told for the vCPU whose access is being served.
    /// </summary>
    void Notify(int vcpu);

    /// <summary>Deactivates a physical SPI that a guest's interrupt stood for, which the guest itself will not do any more.</summary>
    void DeactivateHardware(uint physical);
}

/// <summary>
/// The virtual CPU interface of one vCPU while it is out of the guest: the EL2 registers (Arm IHI 0069H, 12.4) in memory.
/// </summary>
public interface IGicListRegisters
{
    /// <summary>How many list registers are implemented: ICH_VTR_EL2.ListRegs + 1, 1 to 16.</summary>
    int Count { get; }

    /// <summary>ICH_LR&lt;n&gt;_EL2.</summary>
    ulong GetListRegister(int index);

    /// <summary>ICH_LR&lt;n&gt;_EL2.</summary>
    void SetListRegister(int index, ulong value);

    /// <summary>ICH_AP0R&lt;n&gt;_EL2 (<paramref name="group"/> 0) or ICH_AP1R&lt;n&gt;_EL2; <paramref name="index"/> 0 to 3.</summary>
    uint GetActivePriorities(int group, int index);

    /// <summary>ICH_HCR_EL2.</summary>
    ulong Hcr { get; set; }

    /// <summary>ICH_VMCR_EL2.</summary>
    ulong Vmcr { get; set; }
}

/// <summary>What a <see cref="GicV3"/> has to know of the CPU interface below it (ICH_VTR_EL2, Arm IHI 0069H, 12.4.9).</summary>
/// <param name="PriorityBits">Implemented bits of a priority: PRIbits + 1, 5 to 8.</param>
/// <param name="PreemptionBits">Those of them that decide about preemption: PREbits + 1, 5 to 7.</param>
/// <param name="TrapsDeactivate">Whether ICC_DIR_EL1 can be trapped on its own: TDS.</param>
public readonly struct GicV3Features(int PriorityBits, int PreemptionBits, bool TrapsDeactivate)
{
    /// <summary>Implemented bits of a priority, 5 to 8.</summary>
    public int PriorityBits { get; } = PriorityBits < 5 ? 5 : PriorityBits > 8 ? 8 : PriorityBits;

    /// <summary>Bits of a priority that decide about preemption, 5 to 7.</summary>
    public int PreemptionBits { get; } = PreemptionBits < 5 ? 5 : PreemptionBits > 7 ? 7 : PreemptionBits;

    /// <summary>Whether ICC_DIR_EL1 can be trapped on its own.</summary>
    public bool TrapsDeactivate { get; } = TrapsDeactivate;
}
