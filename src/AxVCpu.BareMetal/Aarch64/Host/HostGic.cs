namespace AxVCpu.BareMetal.Aarch64;

/// <summary>
/// The host's GICv3 (IHI 0069). Everything is group 1 and equally urgent. Acknowledging drops the priority at once and leaves the
/// interrupt active (EOImode 1), so that a guest's end of interrupt can deactivate it through a list register.
/// </summary>
internal static class HostGic
{
    /// <summary>The engine's own SGI: a kick of the vCPU that runs on the CPU.</summary>
    public const uint KickSgi = 0;

    /// <summary>The SGI that is the hypervisor's.</summary>
    public const uint WakeSgi = 1;

    /// <summary>The maintenance interrupt of the virtual CPU interface (PPI, Arm BSA).</summary>
    public const uint MaintenancePpi = 25;

    /// <summary>The virtual timer (PPI, Arm BSA).</summary>
    public const uint VirtualTimerPpi = 27;

    private const uint FirstSpi = 32;
    private const uint FirstSpecial = 1020;
    private const uint EnableGroups = 1 << 4 | 1 << 1 | 1; // GICD_CTLR.ARE_NS, EnableGrp1A, EnableGrp1
    private const uint RegisterWritePending = 1u << 31; // GICD_CTLR.RWP
    private const uint ProcessorSleep = 1 << 1;         // GICR_WAKER
    private const uint ChildrenAsleep = 1 << 2;
    private const uint HasVirtualLpis = 1 << 1;         // GICR_TYPER.VLPIS: two more frames
    private const uint IsLastRedistributor = 1 << 4;    // GICR_TYPER.Last
    private const uint AllPriorities = 0xA0A0_A0A0;
    private const ulong SplitEnd = 1 << 1;              // ICC_CTLR_EL1.EOImode
    private const ulong SystemRegisterAccess = 0xF;     // ICC_SRE_EL2.SRE, DFB, DIB, Enable
    private const uint Patience = 1_000_000;

    private static ulong s_distributor;
    private static uint s_interrupts;
    private static SpinLock s_lock;

    /// <summary>How many interrupt numbers the distributor has.</summary>
    public static uint InterruptCount => s_interrupts;

    /// <summary>Takes the distributor; once, on the boot CPU, when its registers are mapped.</summary>
    public static void Open(ulong distributor)
    {
        s_distributor = distributor;
        uint lines = Native.Read32(At(GicDistributorRegister.TYPER, 0)) & 0x1F;
        s_interrupts = (lines + 1) * 32 < FirstSpecial ? (lines + 1) * 32 : FirstSpecial;
        Native.Write32(At(GicDistributorRegister.CTLR, 0), 0);
        WaitForWrites();
        for (uint first = FirstSpi; first < s_interrupts; first += 32)
        {
            Native.Write32(At(GicDistributorRegister.ICENABLER, first / 8), uint.MaxValue);
            Native.Write32(At(GicDistributorRegister.ICPENDR, first / 8), uint.MaxValue);
            Native.Write32(At(GicDistributorRegister.ICACTIVER, first / 8), uint.MaxValue);
            Native.Write32(At(GicDistributorRegister.IGROUPR, first / 8), uint.MaxValue);
            for (uint at = 0; at < 32; at += 4)
                Native.Write32(At(GicDistributorRegister.IPRIORITYR, first + at), AllPriorities);
        }

        WaitForWrites();
        Native.Write32(At(GicDistributorRegister.CTLR, 0), EnableGroups);
        WaitForWrites();
    }

    /// <summary>Sets up this CPU's redistributor and CPU interface.</summary>
    /// <returns>False when the CPU has no redistributor.</returns>
    public static unsafe bool OpenCpu(PerCpuBlock* cpu)
    {
        if (!TryFindRedistributor(cpu->Mpidr, out ulong redistributor))
            return false;
        cpu->Redistributor = redistributor;
        ulong waker = redistributor + (uint)GicRedistributorRegister.WAKER;
        Native.Write32(waker, Native.Read32(waker) & ~ProcessorSleep);
        for (uint spins = 0; (Native.Read32(waker) & ChildrenAsleep) != 0 && spins < Patience; spins++)
            Native.Relax();
        ulong frame = redistributor + (uint)GicRedistributorRegister.SgiFrame;
        Native.Write32(frame + (uint)GicDistributorRegister.ICENABLER, uint.MaxValue);
        Native.Write32(frame + (uint)GicDistributorRegister.ICPENDR, uint.MaxValue);
        Native.Write32(frame + (uint)GicDistributorRegister.ICACTIVER, uint.MaxValue);
        Native.Write32(frame + (uint)GicDistributorRegister.IGROUPR, uint.MaxValue);
        for (uint at = 0; at < 32; at += 4)
            Native.Write32(frame + (uint)GicDistributorRegister.IPRIORITYR + at, AllPriorities);

        Native.WriteIccSreEl2(Native.ReadIccSreEl2() | SystemRegisterAccess);
        Native.WriteIccPmrEl1(0xFF);
        Native.WriteIccBpr1El1(0);
        Native.WriteIccCtlrEl1(Native.ReadIccCtlrEl1() | SplitEnd);
        Native.WriteIccIgrpEn1El1(1);
        EnablePpi(KickSgi);
        EnablePpi(WakeSgi);
        EnablePpi(MaintenancePpi);
        EnablePpi(HostTimer.InterruptId);
        EnablePpi(VirtualTimerPpi);
        return true;
    }

    /// <summary>Takes the most urgent pending interrupt of this CPU: it becomes active, and others are no longer held back by it.</summary>
    /// <returns>False when there is none.</returns>
    public static bool TryAcknowledge(out uint interrupt)
    {
        interrupt = (uint)Native.ReadIccIar1El1() & 0xFF_FFFF;
        if (interrupt is >= FirstSpecial and < 8192) // 8192 and above are LPIs
            return false;
        Native.WriteIccEoir1El1(interrupt);
        return true;
    }

    /// <summary>Lets an acknowledged interrupt happen again. Not for one that a guest ends through a list register.</summary>
    public static void Deactivate(uint interrupt) => Native.WriteIccDirEl1(interrupt);

    /// <summary>Sends an SGI to one CPU.</summary>
    public static void SendSgi(uint cpu, uint sgi)
    {
        ulong mpidr = HostCpus.MpidrOf(cpu);
        ulong affinity = (mpidr >> 32 & 0xFF) << 48 | (mpidr >> 16 & 0xFF) << 32 | (mpidr >> 8 & 0xFF) << 16;
        ulong range = (mpidr >> 4 & 0xF) << 44;
        Native.WriteIccSgi1rEl1(affinity | range | (ulong)sgi << 24 | 1UL << (int)(mpidr & 0xF));
    }

    /// <summary>Enables an SGI or PPI of this CPU.</summary>
    public static unsafe void EnablePpi(uint interrupt) => Native.Write32(
        Native.CurrentCpu()->Redistributor + (uint)GicRedistributorRegister.SgiFrame + (uint)GicDistributorRegister.ISENABLER, 1u << (int)interrupt);

    /// <summary>Makes a PPI of this CPU active, which holds it back, or inactive.</summary>
    public static unsafe void SetPpiActive(uint interrupt, bool isActive) => Native.Write32(
        Native.CurrentCpu()->Redistributor + (uint)GicRedistributorRegister.SgiFrame +
        (uint)(isActive ? GicDistributorRegister.ISACTIVER : GicDistributorRegister.ICACTIVER),
        1u << (int)interrupt);

    /// <summary>Routes an SPI to a CPU and enables it.</summary>
    /// <returns>False when the distributor does not have it.</returns>
    public static bool EnableSpi(uint interrupt, uint cpu, bool isEdge)
    {
        if (interrupt < FirstSpi || interrupt >= s_interrupts)
            return false;
        s_lock.Enter();
        ulong config = At(GicDistributorRegister.ICFGR, interrupt / 16 * 4);
        uint edge = 2u << (int)(interrupt % 16 * 2);
        Native.Write32(config, isEdge ? Native.Read32(config) | edge : Native.Read32(config) & ~edge);
        Native.Write64(At(GicDistributorRegister.IROUTER, interrupt * 8), HostCpus.MpidrOf(cpu));
        Native.Write32(At(GicDistributorRegister.ISENABLER, interrupt / 32 * 4), 1u << (int)(interrupt % 32));
        s_lock.Exit();
        return true;
    }

    /// <summary>Lets an SPI go to another CPU from now on.</summary>
    public static void RouteSpi(uint interrupt, uint cpu)
    {
        if (interrupt >= FirstSpi && interrupt < s_interrupts)
            Native.Write64(At(GicDistributorRegister.IROUTER, interrupt * 8), HostCpus.MpidrOf(cpu));
    }

    /// <summary>Disables an SPI, and forgets that it was pending or active.</summary>
    public static void DisableSpi(uint interrupt)
    {
        if (interrupt < FirstSpi || interrupt >= s_interrupts)
            return;
        s_lock.Enter();
        uint bit = 1u << (int)(interrupt % 32);
        Native.Write32(At(GicDistributorRegister.ICENABLER, interrupt / 32 * 4), bit);
        WaitForWrites();
        Native.Write32(At(GicDistributorRegister.ICPENDR, interrupt / 32 * 4), bit);
        Native.Write32(At(GicDistributorRegister.ICACTIVER, interrupt / 32 * 4), bit);
        s_lock.Exit();
    }

    private static ulong At(GicDistributorRegister register, uint offset) => s_distributor + (uint)register + offset;

    private static void WaitForWrites()
    {
        for (uint spins = 0; (Native.Read32(At(GicDistributorRegister.CTLR, 0)) & RegisterWritePending) != 0 && spins < Patience; spins++)
            Native.Relax();
    }

    private static bool TryFindRedistributor(ulong mpidr, out ulong redistributor)
    {
        ulong affinity = (mpidr >> 32 & 0xFF) << 24 | (mpidr & 0xFF_FFFF);
        ref HostFacts facts = ref HostFdt.Facts;
        for (int i = 0; i < facts.RedistributorCount; i++)
        {
            ulong end = facts.Redistributors[i].End;
            for (redistributor = facts.Redistributors[i].Start; redistributor < end;)
            {
                ulong type = Native.Read64(redistributor + (uint)GicRedistributorRegister.TYPER);
                if (type >> 32 == affinity)
                    return true;
                if ((type & IsLastRedistributor) != 0)
                    break;
                redistributor += (type & HasVirtualLpis) != 0 ? 0x4_0000UL : 0x2_0000;
            }
        }

        redistributor = 0;
        return false;
    }
}
