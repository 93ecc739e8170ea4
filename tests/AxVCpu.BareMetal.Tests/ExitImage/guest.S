// A guest at EL1 without anything below it: it makes every exit that the engine has, and reports what it saw by hypercalls.
// Registers at entry: x0 is the argument of the boot vCPU. Position independent; runs with its MMU off until it says otherwise.

    .arch armv8.2-a
    .equ DEVICE,    0x10000000                      // answers reads
    .equ NOTHING,   0x20000000                      // refuses
    .equ LAZY,      0x40100000                      // RAM that is not there yet
    .equ REPORT,    0xC6000001                      // x1 to x4: what was seen

.macro report a=xzr, b=xzr, c=xzr, d=xzr
    mov     x1, \a
    mov     x2, \b
    mov     x3, \c
    mov     x4, \d
    mov     x5, xzr
    mov     x6, xzr
    ldr     x0, =REPORT
    hvc     #0
.endm

    .section .rodata
    .balign 4096
    .globl test_guest_image, test_guest_image_end
test_guest_image:
    adr     x9, vectors
    msr     vbar_el1, x9
    mov     x9, #3 << 20
    msr     cpacr_el1, x9                           // floating point
    isb
    mov     x20, x0
    report  x20

    // Hypercalls: the result comes back.
    mov     x0, #1
    mov     x1, #11
    mov     x2, #12
    mov     x3, #13
    mov     x4, #14
    mov     x5, #15
    mov     x6, #16
    hvc     #0
    report  x0
    mov     x0, #0x84000000                         // PSCI_VERSION
    smc     #0                                      // never forwarded: not supported
    report  x0

    // Devices, described by the syndrome.
    ldr     x19, =DEVICE
    ldr     w10, [x19, #4]
    ldrb    w11, [x19, #3]
    ldrsb   x12, [x19, #0x80]
    ldr     x13, [x19, #8]
    report  x10, x11, x12, x13
    ldrsh   w10, [x19, #0x82]
    ldrsw   x11, [x19, #0x84]
    report  x10, x11
    mov     w14, #0x1234
    str     w14, [x19, #16]
    strb    w14, [x19, #17]
    str     xzr, [x19, #24]

    // Not described: write-back, pairs, SIMD, literal-like addressing.
    mov     x15, x19
    ldr     w10, [x15], #4
    ldr     x11, [x15, #12]!
    sub     x12, x15, x19
    report  x10, x11, x12
    ldp     x10, x11, [x19, #32]
    ldp     w12, w13, [x19, #48]
    report  x10, x11, x12, x13
    ldpsw   x10, x11, [x19, #0x80]
    stp     x10, x11, [x19, #64]
    mov     x15, x19
    stp     w10, w11, [x15, #-8]!
    sub     x12, x19, x15
    report  x10, x11, x12
    ldr     q0, [x19, #96]
    ldr     d1, [x19, #112]
    ldr     s2, [x19, #120]
    mov     x10, v0.d[0]
    mov     x11, v0.d[1]
    fmov    x12, d1
    mov     x13, v2.d[0]
    report  x10, x11, x12, x13
    str     q0, [x19, #128]
    ld1     {v3.2d, v4.2d}, [x19]
    mov     x10, v3.d[0]
    mov     x11, v4.d[1]
    report  x10, x11
    ldr     x15, =NOTHING
    ldr     w10, [x15]                              // refused: an abort
    report  x10
    stp     x10, x10, [x15, #-8]!                   // refused, without a syndrome: no write-back either
    report  x15
    ldxr    w10, [x19]                              // no exclusives on a device

    // Memory that comes when it is touched, and what it keeps.
    ldr     x15, =LAZY
    mov     x16, #0x77
    str     x16, [x15]
    ldr     x10, [x15]
    report  x10

    // System registers: served, hidden, unknown.
    mrs     x10, cntp_ctl_el0
    msr     cntp_cval_el0, x19
    report  x10
    mrs     x10, id_aa64pfr0_el1
    ubfx    x11, x10, #32, #4                       // SVE
    ubfx    x12, x10, #8, #4                        // EL2
    and     x13, x10, #0xFF                         // EL0, EL1
    report  x11, x12, x13
    mrs     x10, pmcr_el0                           // undefined
    msr     S3_0_C15_C3_7, x10                      // implementation defined: undefined
    mov     x10, #1
    msr     S2_0_C1_C0_4, xzr                       // OSLAR_EL1
    mrs     x10, S2_0_C1_C1_4                       // OSLSR_EL1
    report  x10
    mrs     x10, mpidr_el1
    report  x10

    // Interrupts: to others, the timer, a kick, waiting.
    ldr     x10, =0x0000000005020003                // SGI 5 to 0.0.2.0 and 0.0.2.1
    msr     S3_0_C12_C11_5, x10
    mov     x10, #1 << 40                           // SGI 0 to all others
    msr     S3_0_C12_C11_5, x10
    msr     cntv_cval_el0, xzr
    mov     x10, #1
    msr     cntv_ctl_el0, x10                       // due at once
    isb
    nop
    msr     cntv_ctl_el0, xzr
    wfi
    wfe
    mov     x0, #100                                // the host asks for the vCPU back
    hvc     #0

    // A vector register, a key and a debug register survive being switched away.
    mov     x0, #101
    movi    v31.16b, #0x5A
    mov     x10, #0x1230
    msr     S2_0_C0_C0_4, x10                       // DBGBVR0_EL1
    hvc     #0
    mov     x10, v31.d[1]
    mrs     x11, S2_0_C0_C0_4
    report  x10, x11

    // Power.
    ldr     x0, =0xC4000003                         // CPU_ON
    mov     x1, #2
    ldr     x2, =0x40000000
    mov     x3, #7
    hvc     #0
    report  x0
    mov     x0, #0x84000000
    add     x0, x0, #1                              // CPU_SUSPEND
    mov     x1, #0x10000
    hvc     #0
    ldr     x0, =0x84000009                         // SYSTEM_RESET
    hvc     #0
    ldr     x0, =0x84000002                         // CPU_OFF
    hvc     #0
    ldr     x0, =0x84000008                         // SYSTEM_OFF
    hvc     #0
1:  b       1b

// Every synchronous exception is reported, and its instruction skipped.
    .balign 2048
vectors:
    .fill   128, 4, 0xD503201F                      // SP_EL0: unused
    mrs     x21, esr_el1
    mrs     x22, far_el1
    mrs     x23, elr_el1
    adr     x24, test_guest_image
    add     x25, x23, #4
    msr     elr_el1, x25
    sub     x23, x23, x24
    b       2f
    .balign 128
    eret
    .balign 2048
2:  lsr     x25, x21, #26
    cbz     x25, 3f
    report  x21, x22
    eret
3:  report  x21
    eret
    .ltorg
test_guest_image_end:

    .text
    .globl test_guest_start, test_guest_end
test_guest_start:
    adrp    x0, test_guest_image
    ret
test_guest_end:
    adrp    x0, test_guest_image_end
    add     x0, x0, :lo12:test_guest_image_end
    ret
