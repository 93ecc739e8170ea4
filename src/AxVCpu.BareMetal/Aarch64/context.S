// Bulk save and restore of what a guest owns besides its general registers. The layouts are those of the C# structs of the same names.

    .arch armv8.2-a

// The EL1 system registers in the order of SystemRegisters.
.macro each_system_register action
    \action sp_el0, 0
    \action sp_el1, 8
    \action elr_el1, 16
    \action spsr_el1, 24
    \action sctlr_el1, 32
    \action actlr_el1, 40
    \action cpacr_el1, 48
    \action ttbr0_el1, 56
    \action ttbr1_el1, 64
    \action tcr_el1, 72
    \action esr_el1, 80
    \action afsr0_el1, 88
    \action afsr1_el1, 96
    \action far_el1, 104
    \action mair_el1, 112
    \action amair_el1, 120
    \action vbar_el1, 128
    \action contextidr_el1, 136
    \action tpidr_el0, 144
    \action tpidrro_el0, 152
    \action tpidr_el1, 160
    \action cntkctl_el1, 168
    \action par_el1, 176
    \action csselr_el1, 184
    \action mdscr_el1, 192
    \action cntv_cval_el0, 200
    \action cntv_ctl_el0, 208
.endm

.macro store_register name, offset
    mrs     x1, \name
    str     x1, [x0, #\offset]
.endm

.macro load_register name, offset
    ldr     x1, [x0, #\offset]
    msr     \name, x1
.endm

    .text
    .globl system_registers_save, system_registers_load
system_registers_save:
    each_system_register store_register
    ret
system_registers_load:
    each_system_register load_register
    ret

// Pointer-authentication keys: APIA, APIB, APDA, APDB, APGA, low and high half each. Only called where the CPU has them.
.macro each_pointer_key action
    \action S3_0_C2_C1_0, 0
    \action S3_0_C2_C1_1, 8
    \action S3_0_C2_C1_2, 16
    \action S3_0_C2_C1_3, 24
    \action S3_0_C2_C2_0, 32
    \action S3_0_C2_C2_1, 40
    \action S3_0_C2_C2_2, 48
    \action S3_0_C2_C2_3, 56
    \action S3_0_C2_C3_0, 64
    \action S3_0_C2_C3_1, 72
.endm

    .globl pointer_keys_save, pointer_keys_load
pointer_keys_save:
    each_pointer_key store_register
    ret
pointer_keys_load:
    each_pointer_key load_register
    ret

// Breakpoints and watchpoints, x1 and x2 of them (1 to 16). DebugRegisters: 16 values, 16 controls, 16 values, 16 controls. The
// ladders are entered at the highest number that the CPU has.
.macro save_points name, base, n
    mrs     x4, dbg\name\()vr\n\()_el1
    str     x4, [x0, #\base + \n * 8]
    mrs     x4, dbg\name\()cr\n\()_el1
    str     x4, [x0, #\base + 128 + \n * 8]
.endm

.macro load_points name, base, n
    ldr     x4, [x0, #\base + \n * 8]
    msr     dbg\name\()vr\n\()_el1, x4
    ldr     x4, [x0, #\base + 128 + \n * 8]
    msr     dbg\name\()cr\n\()_el1, x4
.endm

// Each rung is four instructions.
.macro ladder action, name, base, count
    adr     x3, 1f
    mov     x4, #16
    sub     x4, x4, \count
    add     x3, x3, x4, lsl #4
    br      x3
1:  .irp    n, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0
    \action \name, \base, \n
    .endr
.endm

    .globl debug_registers_save, debug_registers_load
debug_registers_save:
    ladder  save_points, b, 0, x1
    ladder  save_points, w, 256, x2
    ret
debug_registers_load:
    ladder  load_points, b, 0, x1
    ladder  load_points, w, 256, x2
    ret

// VgicCpuInterface. x1: list registers (0 to 16), x2: active-priority registers (1, 2 or 4).
    .equ VGIC_HCR,          8
    .equ VGIC_VMCR,         16
    .equ VGIC_LR,           24
    .equ VGIC_AP0,          152
    .equ VGIC_AP1,          184

// ICH_LR<n>_EL2 is S3_4_C12_C12_n for 0 to 7 and S3_4_C12_C13_(n-8) above. Each rung is two instructions.
.macro each_list_register action
    \action S3_4_C12_C13_7, VGIC_LR + 120
    \action S3_4_C12_C13_6, VGIC_LR + 112
    \action S3_4_C12_C13_5, VGIC_LR + 104
    \action S3_4_C12_C13_4, VGIC_LR + 96
    \action S3_4_C12_C13_3, VGIC_LR + 88
    \action S3_4_C12_C13_2, VGIC_LR + 80
    \action S3_4_C12_C13_1, VGIC_LR + 72
    \action S3_4_C12_C13_0, VGIC_LR + 64
    \action S3_4_C12_C12_7, VGIC_LR + 56
    \action S3_4_C12_C12_6, VGIC_LR + 48
    \action S3_4_C12_C12_5, VGIC_LR + 40
    \action S3_4_C12_C12_4, VGIC_LR + 32
    \action S3_4_C12_C12_3, VGIC_LR + 24
    \action S3_4_C12_C12_2, VGIC_LR + 16
    \action S3_4_C12_C12_1, VGIC_LR + 8
    \action S3_4_C12_C12_0, VGIC_LR + 0
.endm

.macro store_list name, offset
    mrs     x4, \name
    str     x4, [x0, #\offset]
.endm

.macro load_list name, offset
    ldr     x4, [x0, #\offset]
    msr     \name, x4
.endm

.macro list_ladder action
    adr     x3, 1f
    mov     x4, #16
    sub     x4, x4, x1
    add     x3, x3, x4, lsl #3
    br      x3
1:  each_list_register \action
.endm

.macro active_priorities action
    \action S3_4_C12_C8_0, VGIC_AP0 + 0
    \action S3_4_C12_C9_0, VGIC_AP1 + 0
    cmp     x2, #2
    b.lo    2f
    \action S3_4_C12_C8_1, VGIC_AP0 + 8
    \action S3_4_C12_C9_1, VGIC_AP1 + 8
    b.eq    2f
    \action S3_4_C12_C8_2, VGIC_AP0 + 16
    \action S3_4_C12_C9_2, VGIC_AP1 + 16
    \action S3_4_C12_C8_3, VGIC_AP0 + 24
    \action S3_4_C12_C9_3, VGIC_AP1 + 24
2:
.endm

    .globl vgic_load, vgic_load_lists, vgic_save_lists, vgic_save_priorities
vgic_load:
    load_list S3_4_C12_C11_7, VGIC_VMCR
    active_priorities load_list
vgic_load_lists:
    list_ladder load_list
    load_list S3_4_C12_C11_0, VGIC_HCR
    ret
vgic_save_lists:
    store_list S3_4_C12_C11_7, VGIC_VMCR
    store_list S3_4_C12_C11_0, VGIC_HCR             // EOIcount
    msr     S3_4_C12_C11_0, xzr                     // no maintenance interrupt while the host runs
    list_ladder store_list
    ret
vgic_save_priorities:
    active_priorities store_list
    ret
