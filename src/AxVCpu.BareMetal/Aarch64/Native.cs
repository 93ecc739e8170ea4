using System.Runtime;
using System.Runtime.CompilerServices;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>
/// Every symbol that the assembly files give to C#, and nothing else: what runs under .NET replaces this one class. The bodies are in
/// <c>thunks.S</c>, <c>vectors.S</c> and <c>context.S</c>; the registers are those of the Arm ARM by name.
/// </summary>
internal static unsafe class Native
{
    // Identification.
    /// <summary>Reads MIDR_EL1, which CPU this is.</summary>
    [RuntimeImport("*", "read_midr_el1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadMidrEl1();

    /// <summary>Reads MPIDR_EL1, where this CPU is.</summary>
    [RuntimeImport("*", "read_mpidr_el1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadMpidrEl1();

    /// <summary>Reads the ID register S3_0_C0_C&lt;m&gt;_&lt;n&gt;; index is (m - 1) * 8 + n, below 56.</summary>
    [RuntimeImport("*", "read_id_register"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadIdRegister(uint index);

    /// <summary>Reads ICH_VTR_EL2, what the virtual interrupt interface has.</summary>
    [RuntimeImport("*", "read_ich_vtr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadIchVtrEl2();

    // Virtualization control.
    /// <summary>Reads HCR_EL2.</summary>
    [RuntimeImport("*", "read_hcr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadHcrEl2();

    /// <summary>Writes HCR_EL2.</summary>
    [RuntimeImport("*", "write_hcr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteHcrEl2(ulong value);

    /// <summary>Reads VBAR_EL2.</summary>
    [RuntimeImport("*", "read_vbar_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadVbarEl2();

    /// <summary>Writes VBAR_EL2.</summary>
    [RuntimeImport("*", "write_vbar_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteVbarEl2(ulong value);

    /// <summary>Reads CPTR_EL2.</summary>
    [RuntimeImport("*", "read_cptr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadCptrEl2();

    /// <summary>Writes CPTR_EL2.</summary>
    [RuntimeImport("*", "write_cptr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteCptrEl2(ulong value);

    /// <summary>Reads MDCR_EL2.</summary>
    [RuntimeImport("*", "read_mdcr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadMdcrEl2();

    /// <summary>Writes MDCR_EL2.</summary>
    [RuntimeImport("*", "write_mdcr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteMdcrEl2(ulong value);

    /// <summary>Reads HSTR_EL2.</summary>
    [RuntimeImport("*", "read_hstr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadHstrEl2();

    /// <summary>Writes HSTR_EL2.</summary>
    [RuntimeImport("*", "write_hstr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteHstrEl2(ulong value);

    /// <summary>Reads CNTHCTL_EL2.</summary>
    [RuntimeImport("*", "read_cnthctl_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadCntHctlEl2();

    /// <summary>Writes CNTHCTL_EL2.</summary>
    [RuntimeImport("*", "write_cnthctl_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteCntHctlEl2(ulong value);

    /// <summary>Reads CNTVOFF_EL2.</summary>
    [RuntimeImport("*", "read_cntvoff_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadCntVoffEl2();

    /// <summary>Writes CNTVOFF_EL2.</summary>
    [RuntimeImport("*", "write_cntvoff_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteCntVoffEl2(ulong value);

    /// <summary>Reads VTCR_EL2.</summary>
    [RuntimeImport("*", "read_vtcr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadVtcrEl2();

    /// <summary>Writes VTCR_EL2.</summary>
    [RuntimeImport("*", "write_vtcr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteVtcrEl2(ulong value);

    /// <summary>Reads VTTBR_EL2.</summary>
    [RuntimeImport("*", "read_vttbr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadVttbrEl2();

    /// <summary>Writes VTTBR_EL2.</summary>
    [RuntimeImport("*", "write_vttbr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteVttbrEl2(ulong value);

    /// <summary>Reads VMPIDR_EL2.</summary>
    [RuntimeImport("*", "read_vmpidr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadVmpidrEl2();

    /// <summary>Writes VMPIDR_EL2.</summary>
    [RuntimeImport("*", "write_vmpidr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteVmpidrEl2(ulong value);

    /// <summary>Reads VPIDR_EL2.</summary>
    [RuntimeImport("*", "read_vpidr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadVpidrEl2();

    /// <summary>Writes VPIDR_EL2.</summary>
    [RuntimeImport("*", "write_vpidr_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteVpidrEl2(ulong value);

    /// <summary>Writes HCRX_EL2; only where ID_AA64MMFR1_EL1.HCX says that it exists.</summary>
    [RuntimeImport("*", "write_hcrx_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteHcrxEl2(ulong value);

    // Timers.
    /// <summary>Reads the physical counter, not earlier than program order.</summary>
    [RuntimeImport("*", "read_cntpct_el0"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadCntPctEl0();

    /// <summary>Reads the counter's frequency in Hz.</summary>
    [RuntimeImport("*", "read_cntfrq_el0"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadCntFrqEl0();

    /// <summary>Reads the control register of EL2's own timer.</summary>
    [RuntimeImport("*", "read_cnthp_ctl_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadCntHpCtlEl2();

    /// <summary>Writes the control register of EL2's own timer.</summary>
    [RuntimeImport("*", "write_cnthp_ctl_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteCntHpCtlEl2(ulong value);

    /// <summary>Reads the compare value of EL2's own timer.</summary>
    [RuntimeImport("*", "read_cnthp_cval_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadCntHpCvalEl2();

    /// <summary>Writes the compare value of EL2's own timer.</summary>
    [RuntimeImport("*", "write_cnthp_cval_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteCntHpCvalEl2(ulong value);

    /// <summary>Reads the control register of the virtual timer.</summary>
    [RuntimeImport("*", "read_cntv_ctl_el0"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadCntVCtlEl0();

    /// <summary>Writes the control register of the virtual timer.</summary>
    [RuntimeImport("*", "write_cntv_ctl_el0"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteCntVCtlEl0(ulong value);

    /// <summary>Reads the compare value of the virtual timer.</summary>
    [RuntimeImport("*", "read_cntv_cval_el0"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadCntVCvalEl0();

    /// <summary>Writes the compare value of the virtual timer.</summary>
    [RuntimeImport("*", "write_cntv_cval_el0"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteCntVCvalEl0(ulong value);

    // Interrupt controller, CPU interface.
    /// <summary>Reads ICC_SRE_EL2.</summary>
    [RuntimeImport("*", "read_icc_sre_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadIccSreEl2();

    /// <summary>Writes ICC_SRE_EL2.</summary>
    [RuntimeImport("*", "write_icc_sre_el2"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteIccSreEl2(ulong value);

    /// <summary>Reads ICC_CTLR_EL1.</summary>
    [RuntimeImport("*", "read_icc_ctlr_el1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadIccCtlrEl1();

    /// <summary>Writes ICC_CTLR_EL1.</summary>
    [RuntimeImport("*", "write_icc_ctlr_el1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteIccCtlrEl1(ulong value);

    /// <summary>Writes ICC_PMR_EL1.</summary>
    [RuntimeImport("*", "write_icc_pmr_el1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteIccPmrEl1(ulong value);

    /// <summary>Writes ICC_BPR1_EL1.</summary>
    [RuntimeImport("*", "write_icc_bpr1_el1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteIccBpr1El1(ulong value);

    /// <summary>Writes ICC_IGRPEN1_EL1.</summary>
    [RuntimeImport("*", "write_icc_igrpen1_el1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteIccIgrpEn1El1(ulong value);

    /// <summary>Reads ICC_IAR1_EL1, which acknowledges.</summary>
    [RuntimeImport("*", "read_icc_iar1_el1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadIccIar1El1();

    /// <summary>Writes ICC_EOIR1_EL1.</summary>
    [RuntimeImport("*", "write_icc_eoir1_el1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteIccEoir1El1(ulong value);

    /// <summary>Writes ICC_DIR_EL1.</summary>
    [RuntimeImport("*", "write_icc_dir_el1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteIccDirEl1(ulong value);

    /// <summary>Writes ICC_SGI1R_EL1, after everything that the receiver shall see.</summary>
    [RuntimeImport("*", "write_icc_sgi1r_el1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteIccSgi1rEl1(ulong value);

    // World switch.
    /// <summary>Reads the loaded guest's SCTLR_EL1.</summary>
    [RuntimeImport("*", "read_sctlr_el1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadSctlrEl1();

    /// <summary>Writes OSLAR_EL1: 0 unlocks the debug registers.</summary>
    [RuntimeImport("*", "write_oslar_el1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteOslarEl1(ulong value);

    /// <summary>Runs the guest until an exception takes it to EL2.</summary>
    [RuntimeImport("*", "world_switch_enter"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ExceptionKind EnterGuest(GuestRegisters* registers);

    /// <summary>The vector table for while virtualization is on.</summary>
    [RuntimeImport("*", "guest_vectors_address"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong GuestVectors();

    /// <summary>Reads the EL1 system registers.</summary>
    [RuntimeImport("*", "system_registers_save"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void SaveSystemRegisters(SystemRegisters* to);

    /// <summary>Writes the EL1 system registers.</summary>
    [RuntimeImport("*", "system_registers_load"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void LoadSystemRegisters(SystemRegisters* from);

    /// <summary>Reads the pointer-authentication keys, which must exist.</summary>
    [RuntimeImport("*", "pointer_keys_save"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void SavePointerKeys(PointerKeys* to);

    /// <summary>Writes the pointer-authentication keys, which must exist.</summary>
    [RuntimeImport("*", "pointer_keys_load"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void LoadPointerKeys(PointerKeys* from);

    /// <summary>Reads the breakpoints and watchpoints, 1 to 16 of each.</summary>
    [RuntimeImport("*", "debug_registers_save"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void SaveDebugRegisters(DebugRegisters* to, uint breakpoints, uint watchpoints);

    /// <summary>Writes the breakpoints and watchpoints, 1 to 16 of each.</summary>
    [RuntimeImport("*", "debug_registers_load"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void LoadDebugRegisters(DebugRegisters* from, uint breakpoints, uint watchpoints);

    /// <summary>Writes the whole virtual CPU interface: 0 to 16 list registers; 1, 2 or 4 active-priority registers of each group.</summary>
    [RuntimeImport("*", "vgic_load"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void LoadVgic(VgicCpuInterface* from, uint lists, uint priorities);

    /// <summary>Writes the first list registers and the control register of the virtual CPU interface.</summary>
    [RuntimeImport("*", "vgic_load_lists"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void LoadVgicLists(VgicCpuInterface* from, uint lists);

    /// <summary>Reads the first list registers, the machine and the control register of the virtual CPU interface, and switches it off.</summary>
    [RuntimeImport("*", "vgic_save_lists"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void SaveVgicLists(VgicCpuInterface* to, uint lists);

    /// <summary>Reads the active priorities of the virtual CPU interface.</summary>
    [RuntimeImport("*", "vgic_save_priorities"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void SaveVgicPriorities(VgicCpuInterface* to, uint lists, uint priorities);

    // Translation.
    /// <summary>The guest's first-stage translation of an access, in the format of PAR_EL1; the guest's tables must be loaded.</summary>
    [RuntimeImport("*", "translate_stage1"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong TranslateStage1(ulong address, uint user, uint write);

    /// <summary>Removes a range of second-stage translations of one VMID from all CPUs.</summary>
    [RuntimeImport("*", "tlbi_stage2_range"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void InvalidateStage2(ulong vttbr, ulong address, ulong pages);

    /// <summary>Removes all translations of one VMID from all CPUs.</summary>
    [RuntimeImport("*", "tlbi_stage2_all"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void InvalidateStage2All(ulong vttbr);

    /// <summary>Removes all guest translations from all CPUs.</summary>
    [RuntimeImport("*", "tlbi_all_guests"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void InvalidateAllGuests();

    /// <summary>Removes all translations of the loaded VMID from this CPU.</summary>
    [RuntimeImport("*", "tlbi_local_guest"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void InvalidateLocalGuest();

    /// <summary>Removes translations of EL2's own table from all CPUs.</summary>
    [RuntimeImport("*", "tlbi_host_range"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void InvalidateHost(ulong address, ulong pages);

    // Caches and memory.
    /// <summary>Cleans and invalidates to memory, for readers without caches. Whole lines around the range.</summary>
    [RuntimeImport("*", "cache_clean_invalidate"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void CleanDataCache(ulong address, ulong size);

    /// <summary>Lets instruction fetches of every CPU see what was written and cleaned.</summary>
    [RuntimeImport("*", "invalidate_instruction_caches"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void InvalidateInstructionCaches();

    /// <summary>Clears normal memory; address and size are multiples of 64.</summary>
    [RuntimeImport("*", "zero_memory"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Zero(ulong address, ulong size);

    /// <summary>Reads a device register with one access.</summary>
    [RuntimeImport("*", "device_read8"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern byte Read8(ulong address);

    /// <summary>Writes a device register with one access.</summary>
    [RuntimeImport("*", "device_write8"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Write8(ulong address, byte value);

    /// <summary>Reads a device register with one access.</summary>
    [RuntimeImport("*", "device_read16"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ushort Read16(ulong address);

    /// <summary>Writes a device register with one access.</summary>
    [RuntimeImport("*", "device_write16"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Write16(ulong address, ushort value);

    /// <summary>Reads a device register with one access.</summary>
    [RuntimeImport("*", "device_read32"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Read32(ulong address);

    /// <summary>Writes a device register with one access.</summary>
    [RuntimeImport("*", "device_write32"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Write32(ulong address, uint value);

    /// <summary>Reads a device register with one access.</summary>
    [RuntimeImport("*", "device_read64"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong Read64(ulong address);

    /// <summary>Writes a device register with one access.</summary>
    [RuntimeImport("*", "device_write64"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Write64(ulong address, ulong value);

    // The CPU.
    /// <summary>This CPU's block.</summary>
    [RuntimeImport("*", "current_cpu_block"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern PerCpuBlock* CurrentCpu();

    /// <summary>Waits until all earlier memory accesses are complete.</summary>
    [RuntimeImport("*", "barrier_dsb"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Dsb();

    /// <summary>Sleeps until an interrupt is pending, masked or not.</summary>
    [RuntimeImport("*", "wait_for_interrupt"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WaitForInterrupt();

    /// <summary>Sleeps until an event.</summary>
    [RuntimeImport("*", "wait_for_event"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WaitForEvent();

    /// <summary>Wakes the CPUs in WaitForEvent.</summary>
    [RuntimeImport("*", "send_event"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void SendEvent();

    /// <summary>Tells the CPU that it spins.</summary>
    [RuntimeImport("*", "relax_cpu"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Relax();

    /// <summary>Calls the firmware by the SMC calling convention.</summary>
    [RuntimeImport("*", "firmware_call"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong Smc(ulong function, ulong a1, ulong a2, ulong a3);

    /// <summary>Calls whoever is at EL2; from EL1 only.</summary>
    [RuntimeImport("*", "hypervisor_call"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong Hvc(ulong function);

    /// <summary>A random number of the CPU, freshly seeded; not 0 when it had one. The CPU must have FEAT_RNG.</summary>
    [RuntimeImport("*", "cpu_random"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint CpuRandom(ulong* value);

    /// <summary>192 random bits of the firmware; its status. The firmware must have TRNG_RND64.</summary>
    [RuntimeImport("*", "firmware_random"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong FirmwareRandom(ulong* words);

    /// <summary>Where another CPU starts; its argument is its block.</summary>
    [RuntimeImport("*", "secondary_entry_address"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong SecondaryEntry();

    // What start.S made.
    /// <summary>The root of EL2's own translation table.</summary>
    [RuntimeImport("*", "host_root_table_address"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong HostRootTable();

    /// <summary>Zeroed pages for tables until there is an allocator.</summary>
    [RuntimeImport("*", "host_spare_tables_address"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong HostSpareTables();

    /// <summary>The array of per-CPU blocks.</summary>
    [RuntimeImport("*", "cpu_blocks_address"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong CpuBlocks();

    /// <summary>The guard page below the first stack.</summary>
    [RuntimeImport("*", "image_stacks_address"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ImageStacks();
}
