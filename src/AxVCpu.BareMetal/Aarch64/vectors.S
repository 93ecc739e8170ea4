// Exception vectors of EL2 and the world switch.
//
// `world_switch_enter(GuestRegisters*)` is a call that returns when the guest leaves: the lower-EL vectors store the guest's
// registers and return from it with the kind of the exception. So the loop around it is ordinary code. All of the floating point
// registers are switched here, because compiled code uses them at any place.

    .equ CPU_CONTEXT,       8                       // offset in PerCpuBlock
    // Offsets in GuestRegisters.
    .equ CTX_X,             0
    .equ CTX_PC,            248
    .equ CTX_PSTATE,        256
    .equ CTX_ESR,           264
    .equ CTX_FAR,           272
    .equ CTX_HPFAR,         280
    .equ CTX_Q,             288
    .equ CTX_FPSR,          800
    .equ CTX_FPCR,          808

    // ExceptionKind
    .equ KIND_SYNC,         0
    .equ KIND_IRQ,          1
    .equ KIND_FIQ,          2
    .equ KIND_SERROR,       3

.macro from_host kind
    .balign 128
    mov     x0, #\kind
    b       host_exception
.endm

.macro from_guest kind
    .balign 128
    stp     x0, x1, [sp, #-16]!
    mov     x1, #\kind
    b       guest_exit
.endm

    .text
    // While virtualization is off: every exception is a fault of the hypervisor.
    .balign 2048
    .globl host_vectors
host_vectors:
    .irp    origin, 0, 1, 2, 3
    from_host KIND_SYNC
    from_host KIND_IRQ
    from_host KIND_FIQ
    from_host KIND_SERROR
    .endr

    // While it is on: current EL with SP_EL0, current EL, lower EL in AArch64, lower EL in AArch32.
    .balign 2048
    .globl guest_vectors
guest_vectors:
    .irp    origin, 0, 1
    from_host KIND_SYNC
    from_host KIND_IRQ
    from_host KIND_FIQ
    from_host KIND_SERROR
    .endr
    .irp    origin, 2, 3
    from_guest KIND_SYNC
    from_guest KIND_IRQ
    from_guest KIND_FIQ
    from_guest KIND_SERROR
    .endr

    // On this CPU's stack top: the stack itself may be what failed (a hit guard page). The panic does not return.
host_exception:
    mrs     x1, esr_el2
    mrs     x2, elr_el2
    mrs     x3, far_el2
    mov     x4, sp
    mrs     x5, tpidr_el2
    cbz     x5, 1f
    ldr     x5, [x5, #16]
    mov     sp, x5
1:  msr     spsel, #1
    bl      axvcpu_host_exception
2:  wfe
    b       2b

    .globl world_switch_enter
world_switch_enter:
    stp     x29, x30, [sp, #-160]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    stp     d8, d9, [sp, #96]
    stp     d10, d11, [sp, #112]
    stp     d12, d13, [sp, #128]
    stp     d14, d15, [sp, #144]
    mrs     x1, tpidr_el2
    str     x0, [x1, #CPU_CONTEXT]

    add     x1, x0, #CTX_Q
    ldp     q0, q1, [x1]
    ldp     q2, q3, [x1, #32]
    ldp     q4, q5, [x1, #64]
    ldp     q6, q7, [x1, #96]
    ldp     q8, q9, [x1, #128]
    ldp     q10, q11, [x1, #160]
    ldp     q12, q13, [x1, #192]
    ldp     q14, q15, [x1, #224]
    ldp     q16, q17, [x1, #256]
    ldp     q18, q19, [x1, #288]
    ldp     q20, q21, [x1, #320]
    ldp     q22, q23, [x1, #352]
    ldp     q24, q25, [x1, #384]
    ldp     q26, q27, [x1, #416]
    ldp     q28, q29, [x1, #448]
    ldp     q30, q31, [x1, #480]
    ldr     x2, [x0, #CTX_FPSR]
    ldr     x3, [x0, #CTX_FPCR]
    msr     fpsr, x2
    msr     fpcr, x3

    ldp     x2, x3, [x0, #CTX_PC]
    msr     elr_el2, x2
    msr     spsr_el2, x3
    ldp     x2, x3, [x0, #16]
    ldp     x4, x5, [x0, #32]
    ldp     x6, x7, [x0, #48]
    ldp     x8, x9, [x0, #64]
    ldp     x10, x11, [x0, #80]
    ldp     x12, x13, [x0, #96]
    ldp     x14, x15, [x0, #112]
    ldp     x16, x17, [x0, #128]
    ldp     x18, x19, [x0, #144]
    ldp     x20, x21, [x0, #160]
    ldp     x22, x23, [x0, #176]
    ldp     x24, x25, [x0, #192]
    ldp     x26, x27, [x0, #208]
    ldp     x28, x29, [x0, #224]
    ldr     x30, [x0, #240]
    ldp     x0, x1, [x0]
    eret
    dsb     nsh                                     // no speculation past eret
    isb

    // x0 and x1 of the guest are on the stack, x1 holds the kind.
guest_exit:
    mrs     x0, tpidr_el2
    ldr     x0, [x0, #CPU_CONTEXT]
    stp     x2, x3, [x0, #16]
    stp     x4, x5, [x0, #32]
    stp     x6, x7, [x0, #48]
    stp     x8, x9, [x0, #64]
    stp     x10, x11, [x0, #80]
    stp     x12, x13, [x0, #96]
    stp     x14, x15, [x0, #112]
    stp     x16, x17, [x0, #128]
    stp     x18, x19, [x0, #144]
    stp     x20, x21, [x0, #160]
    stp     x22, x23, [x0, #176]
    stp     x24, x25, [x0, #192]
    stp     x26, x27, [x0, #208]
    stp     x28, x29, [x0, #224]
    str     x30, [x0, #240]
    ldp     x2, x3, [sp], #16
    stp     x2, x3, [x0]
    mrs     x2, elr_el2
    mrs     x3, spsr_el2
    stp     x2, x3, [x0, #CTX_PC]
    mrs     x2, esr_el2
    mrs     x3, far_el2
    mrs     x4, hpfar_el2
    stp     x2, x3, [x0, #CTX_ESR]
    str     x4, [x0, #CTX_HPFAR]

    add     x2, x0, #CTX_Q
    stp     q0, q1, [x2]
    stp     q2, q3, [x2, #32]
    stp     q4, q5, [x2, #64]
    stp     q6, q7, [x2, #96]
    stp     q8, q9, [x2, #128]
    stp     q10, q11, [x2, #160]
    stp     q12, q13, [x2, #192]
    stp     q14, q15, [x2, #224]
    stp     q16, q17, [x2, #256]
    stp     q18, q19, [x2, #288]
    stp     q20, q21, [x2, #320]
    stp     q22, q23, [x2, #352]
    stp     q24, q25, [x2, #384]
    stp     q26, q27, [x2, #416]
    stp     q28, q29, [x2, #448]
    stp     q30, q31, [x2, #480]
    mrs     x3, fpsr
    mrs     x4, fpcr
    str     x3, [x0, #CTX_FPSR]
    str     x4, [x0, #CTX_FPCR]
    msr     fpcr, xzr

    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     d8, d9, [sp, #96]
    ldp     d10, d11, [sp, #112]
    ldp     d12, d13, [sp, #128]
    ldp     d14, d15, [sp, #144]
    ldp     x29, x30, [sp], #160
    mov     x0, x1
    ret
