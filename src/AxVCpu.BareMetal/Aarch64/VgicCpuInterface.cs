using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>Storage for ICH_LR&lt;n&gt;_EL2.</summary>
[InlineArray(Count)]
internal struct ListRegisters
{
    /// <summary>The most that the architecture has.</summary>
    public const int Count = 16;
    private ulong _first;
}

/// <summary>Storage for ICH_AP0R&lt;n&gt;_EL2 or ICH_AP1R&lt;n&gt;_EL2.</summary>
[InlineArray(Count)]
internal struct ActivePriorities
{
    /// <summary>With seven bits of preemption.</summary>
    public const int Count = 4;
    private ulong _first;
}

/// <summary>
/// The virtual CPU interface of one vCPU (GIC architecture specification, chapter 12 "ICH registers"), as <c>context.S</c> loads it
/// before and stores it after each stay in the guest, the active priorities when the guest waits or leaves its CPU. Whoever models the guest's interrupt controller fills and reads it in between.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 216)]
internal partial struct VgicCpuInterface
{
    /// <summary>ICH_HCR_EL2.En.</summary>
    public const ulong Enable = 1;

    /// <summary>How many list registers the CPU has, 1 to 16.</summary>
    [FieldOffset(0)]
    public int Count;

    /// <summary>How many active-priority registers each group has: 1, 2 or 4.</summary>
    [FieldOffset(4)]
    public int PriorityRegisters;

    /// <summary>ICH_HCR_EL2; nothing is loaded while En is clear.</summary>
    [FieldOffset(8)]
    public ulong Hcr;

    /// <summary>ICH_VMCR_EL2: the guest's priority mask, binary points and group enables.</summary>
    [FieldOffset(16)]
    public ulong Vmcr;

    /// <summary>ICH_LR&lt;n&gt;_EL2.</summary>
    [FieldOffset(24)]
    public ListRegisters Lr;

    /// <summary>ICH_AP0R&lt;n&gt;_EL2.</summary>
    [FieldOffset(152)]
    public ActivePriorities Ap0;

    /// <summary>ICH_AP1R&lt;n&gt;_EL2.</summary>
    [FieldOffset(184)]
    public ActivePriorities Ap1;

    /// <summary>How many list registers, from the first, hold anything.</summary>
    public readonly int UsedLists
    {
        get
        {
            int used = Count;
            while (used > 0 && Lr[used - 1] == 0)
                used--;
            return used;
        }
    }

    /// <summary>The state after reset, for what ICH_VTR_EL2 says the CPU has.</summary>
    /// <param name="vtr">ICH_VTR_EL2: ListRegs in 4:0, PREbits in 28:26.</param>
    public static VgicCpuInterface AfterReset(ulong vtr)
    {
        int preemptionBits = (int)(vtr >> 26 & 7) + 1;
        int lists = (int)(vtr & 0x1F) + 1;
        VgicCpuInterface state = default;
        state.Count = lists < ListRegisters.Count ? lists : ListRegisters.Count;
        state.PriorityRegisters = preemptionBits <= 5 ? 1 : preemptionBits == 6 ? 2 : 4;
        return state;
    }
}
