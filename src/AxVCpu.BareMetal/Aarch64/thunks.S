// System registers, cache and TLB maintenance, device accesses and firmware calls as C functions; the C# names are in Native.cs.

    .arch armv8.2-a
    .text

.macro read_register function, register
    .globl read_\function
read_\function:
    mrs     x0, \register
    ret
.endm

.macro write_register function, register
    .globl write_\function
write_\function:
    msr     \register, x0
    isb
    ret
.endm

.macro read_write function, register
    read_register \function, \register
    write_register \function, \register
.endm

    read_register midr_el1, midr_el1
    read_register mpidr_el1, mpidr_el1
    read_register cntfrq_el0, cntfrq_el0
    read_register ich_vtr_el2, S3_4_C12_C11_1
    read_register sctlr_el1, sctlr_el1
    write_register oslar_el1, oslar_el1
    read_write hcr_el2, hcr_el2
    read_write vbar_el2, vbar_el2
    read_write cptr_el2, cptr_el2
    read_write mdcr_el2, mdcr_el2
    read_write hstr_el2, hstr_el2
    read_write cnthctl_el2, cnthctl_el2
    read_write cntvoff_el2, cntvoff_el2
    read_write vtcr_el2, vtcr_el2
    read_write vttbr_el2, vttbr_el2
    read_write vmpidr_el2, vmpidr_el2
    read_write vpidr_el2, vpidr_el2
    write_register hcrx_el2, S3_4_C1_C2_2
    read_write cnthp_ctl_el2, cnthp_ctl_el2
    read_write cnthp_cval_el2, cnthp_cval_el2
    read_write cntv_ctl_el0, cntv_ctl_el0
    read_write cntv_cval_el0, cntv_cval_el0
    // The CPU interface of the interrupt controller.
    read_write icc_sre_el2, S3_4_C12_C9_5
    read_write icc_ctlr_el1, S3_0_C12_C12_4
    write_register icc_pmr_el1, S3_0_C4_C6_0
    write_register icc_bpr1_el1, S3_0_C12_C12_3
    write_register icc_igrpen1_el1, S3_0_C12_C12_7
    write_register icc_eoir1_el1, S3_0_C12_C12_1
    write_register icc_dir_el1, S3_0_C12_C11_1

    .globl read_cntpct_el0, read_icc_iar1_el1, write_icc_sgi1r_el1, guest_vectors_address, axvcpu_cpu_local, axvcpu_cpu_id, current_cpu_block
read_cntpct_el0:                                    // not before what the program did earlier
    isb
    mrs     x0, cntpct_el0
    ret
read_icc_iar1_el1:
    mrs     x0, S3_0_C12_C12_0
    dsb     sy
    isb
    ret
write_icc_sgi1r_el1:                                // what the receiver shall see is written before
    dsb     ishst
    msr     S3_0_C12_C11_5, x0
    isb
    ret
guest_vectors_address:
    adrp    x0, guest_vectors
    add     x0, x0, :lo12:guest_vectors
    ret
axvcpu_cpu_local:                                   // PerCpuBlock.CurrentToken
    mrs     x0, tpidr_el2
    add     x0, x0, #32
    ret
current_cpu_block:
    mrs     x0, tpidr_el2
    ret
axvcpu_cpu_id:                                      // never 0
    mrs     x0, tpidr_el2
    ldr     w0, [x0, #24]
    add     w0, w0, #1
    ret

// The ID registers S3_0_C0_C<m>_<n>, m 1 to 7, n 0 to 7; x0: (m - 1) * 8 + n.
    .globl read_id_register
read_id_register:
    adr     x1, 1f
    add     x1, x1, x0, lsl #3
    br      x1
1:  .irp    m, 1, 2, 3, 4, 5, 6, 7
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7
    mrs     x0, S3_0_C0_C\m\()_\n
    ret
    .endr
    .endr

// x0: a guest-virtual address; x1: 0 for an access from EL1, 1 from EL0; x2: 0 for a read, 1 for a write. Returns PAR_EL1 of a
// stage 1 translation, and leaves the guest's own PAR_EL1 alone.
    .globl translate_stage1
translate_stage1:
    mrs     x3, par_el1
    cbnz    x1, 1f
    cbnz    x2, 2f
    at      s1e1r, x0
    b       4f
1:  cbnz    x2, 3f
    at      s1e0r, x0
    b       4f
2:  at      s1e1w, x0
    b       4f
3:  at      s1e0w, x0
4:  isb
    mrs     x0, par_el1
    msr     par_el1, x3
    ret

// x0: VTTBR_EL2 of the guest; x1: first address; x2: pages. Stage 2 by address, then all of stage 1, which may hold what was
// combined with it.
    .globl tlbi_stage2_range, tlbi_stage2_all, tlbi_all_guests, tlbi_local_guest
tlbi_stage2_range:
    mrs     x3, vttbr_el2
    msr     vttbr_el2, x0
    isb
    dsb     ishst
    lsr     x1, x1, #12
1:  tlbi    ipas2e1is, x1
    add     x1, x1, #1
    subs    x2, x2, #1
    b.ne    1b
    dsb     ish
    tlbi    vmalle1is
    b       2f
tlbi_stage2_all:
    mrs     x3, vttbr_el2
    msr     vttbr_el2, x0
    isb
    dsb     ishst
    tlbi    vmalls12e1is
2:  dsb     ish
    isb
    msr     vttbr_el2, x3
    isb
    ret
tlbi_local_guest:                                   // this CPU only, the VMID of VTTBR_EL2
    dsb     nshst
    tlbi    vmalle1
    ic      iallu                                   // its lines may be tagged with VMID and ASID as well (CTR_EL0.L1Ip)
    dsb     nsh
    isb
    ret
tlbi_all_guests:
    dsb     ishst
    tlbi    alle1is
    ic      ialluis
    dsb     ish
    isb
    ret

// The host's own table: x0: address, x1: pages.
    .globl tlbi_host_range
tlbi_host_range:
    dsb     ishst
    lsr     x0, x0, #12
1:  tlbi    vae2is, x0
    add     x0, x0, #1
    subs    x1, x1, #1
    b.ne    1b
    dsb     ish
    isb
    ret

// x0: first address, x1: bytes.
    .globl cache_clean_invalidate, invalidate_instruction_caches
cache_clean_invalidate:                             // to memory, for observers without caches
    mrs     x2, ctr_el0
    ubfx    x2, x2, #16, #4
    mov     x3, #4
    lsl     x3, x3, x2
    add     x1, x0, x1
    sub     x4, x3, #1
    bic     x0, x0, x4
1:  cmp     x0, x1
    b.hs    2f
    dc      civac, x0
    add     x0, x0, x3
    b       1b
2:  dsb     sy
    ret
invalidate_instruction_caches:                      // of all CPUs
    dsb     ish
    ic      ialluis
    dsb     ish
    isb
    ret

// x0: first address, a multiple of 64; x1: bytes, a multiple of 64.
    .globl zero_memory
zero_memory:
    cbz     x1, 3f
    mrs     x2, dczid_el0
    tbnz    x2, #4, 2f                              // DC ZVA is not for us
    mov     x3, #4
    lsl     x3, x3, x2                              // bytes of a block
    sub     x4, x3, #1
    orr     x5, x0, x1
    tst     x5, x4
    b.ne    2f
1:  dc      zva, x0
    add     x0, x0, x3
    subs    x1, x1, x3
    b.ne    1b
    ret
2:  stp     xzr, xzr, [x0]
    stp     xzr, xzr, [x0, #16]
    stp     xzr, xzr, [x0, #32]
    stp     xzr, xzr, [x0, #48]
    add     x0, x0, #64
    subs    x1, x1, #64
    b.ne    2b
3:  ret

    .globl device_read8, device_read16, device_read32, device_read64, device_write8, device_write16, device_write32, device_write64
device_read8:
    ldrb    w0, [x0]
    ret
device_read16:
    ldrh    w0, [x0]
    ret
device_read32:
    ldr     w0, [x0]
    ret
device_read64:
    ldr     x0, [x0]
    ret
device_write8:
    strb    w1, [x0]
    ret
device_write16:
    strh    w1, [x0]
    ret
device_write32:
    str     w1, [x0]
    ret
device_write64:
    str     x1, [x0]
    ret

    .globl barrier_dsb, wait_for_interrupt, wait_for_event, send_event, relax_cpu, firmware_call, secondary_entry_address
barrier_dsb:
    dsb     sy
    ret
wait_for_interrupt:
    dsb     sy
    wfi
    ret
wait_for_event:
    wfe
    ret
send_event:
    dsb     ish
    sev
    ret
relax_cpu:
    yield
    ret

// x0: where the CPU's random number goes. Returns whether it had one: RNDRRS sets Z when it had not (Arm ARM D19.2.125).
    .globl cpu_random, firmware_random
cpu_random:
    mrs     x1, S3_3_C2_C4_1
    cset    w2, ne
    str     x1, [x0]
    mov     w0, w2
    ret

// x0: where the three words of TRNG_RND64 go (Arm DEN 0098, 2.5). Returns its status.
firmware_random:
    stp     x19, x30, [sp, #-16]!
    mov     x19, x0
    mov     w0, #0x0053
    movk    w0, #0xC400, lsl #16
    mov     x1, #192
    smc     #0
    stp     x1, x2, [x19]
    str     x3, [x19, #16]
    ldp     x19, x30, [sp], #16
    ret

    .globl hypervisor_call
hypervisor_call:                                    // of a CPU at EL1
    hvc     #0
    ret
firmware_call:                                      // SMC calling convention 1.1: x4 to x17 may be lost
    smc     #0
    ret
secondary_entry_address:
    adrp    x0, secondary_entry
    add     x0, x0, :lo12:secondary_entry
    ret

// Addresses of what start.S made.
    .globl host_root_table_address, host_spare_tables_address, cpu_blocks_address, image_stacks_address
host_root_table_address:
    adrp    x0, host_root_table
    ret
host_spare_tables_address:
    adrp    x0, host_spare_tables
    ret
cpu_blocks_address:
    adrp    x0, cpu_blocks
    ret
image_stacks_address:
    adrp    x0, image_stacks
    ret

// What compiled code refers to besides its own: a failed range check, a misuse, a broken stack cookie.
    .globl axvcpu_panic, axvcpu_misuse, RhpFallbackFailFast, __security_cookie
axvcpu_panic:
RhpFallbackFailFast:
    mov     x0, x30
    b       axvcpu_failed_check
axvcpu_misuse:
    mov     x3, x30
    b       axvcpu_failed_contract
    .section .rodata
    .balign 8
__security_cookie:
    .quad   0x5F1E2D3C4B5A6978
