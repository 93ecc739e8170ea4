// A kernel such as people write to learn: linked at an address of its own, without a devicetree, for the addresses of QEMU's virt machine.
// It begins at EL1 with the MMU off, turns the MMU on, takes both timers' interrupts by GICv3's system registers, starts its second
// CPU by PSCI, prints by loads and stores that an exception does not describe, and in the end looks for a GICv2.
    .equ    UART, 0x09000000
    .equ    DISTRIBUTOR, 0x08000000
    .equ    REDISTRIBUTOR, 0x080A0000
    .equ    GICC, 0x08010000
    .equ    PHYSICAL_TIMER, 30
    .equ    VIRTUAL_TIMER, 27

.macro say text
    adr     x0, \text
    bl      print
.endm

    .text
    .globl _start
_start:
    adr     x0, stack_top
    mov     sp, x0
    adr     x0, vectors
    msr     vbar_el1, x0
    isb
    mrs     x0, CurrentEL
    cmp     x0, #4
    b.ne    fail
    mrs     x0, sctlr_el1
    tbnz    x0, #0, fail
    say     text_begin

    // Identity: 0 to 1 GiB devices, 1 to 2 GiB memory.
    adr     x0, table
    mov     x1, #0x401                          // block, AF, AttrIndx 0
    orr     x1, x1, #1 << 54
    str     x1, [x0]
    mov     x1, #0x40000000
    movk    x1, #0x705                          // block, AF, inner shareable, AttrIndx 1
    str     x1, [x0, #8]
    dsb     sy
    mov     x1, #0xFF00
    msr     mair_el1, x1
    ldr     x1, =0x280803519                    // 39 bits, 4 KiB, write-back, TTBR1 off, 40-bit physical
    msr     tcr_el1, x1
    msr     ttbr0_el1, x0
    isb
    tlbi    vmalle1
    dsb     sy
    isb
    mrs     x0, sctlr_el1
    mov     x1, #0x1005                         // M, C, I
    orr     x0, x0, x1
    msr     sctlr_el1, x0
    isb
    mov     x0, #3 << 20                        // FPEN
    msr     cpacr_el1, x0
    isb
    say     text_mmu

    // GICv3: wake the redistributor, enable the two timers.
    mov     x0, #REDISTRIBUTOR
    ldr     w1, [x0, #0x14]
    bic     w1, w1, #2
    str     w1, [x0, #0x14]
1:  ldr     w1, [x0, #0x14]
    tbnz    w1, #2, 1b
    mov     x1, #DISTRIBUTOR
    mov     w2, #0x12
    str     w2, [x1]
    add     x0, x0, #0x10000
    mov     w1, #-1
    str     w1, [x0, #0x80]
    ldr     w1, =1 << PHYSICAL_TIMER | 1 << VIRTUAL_TIMER
    str     w1, [x0, #0x100]
    mrs     x0, S3_0_C12_C12_5                  // ICC_SRE_EL1
    orr     x0, x0, #1
    msr     S3_0_C12_C12_5, x0
    isb
    mov     x0, #0xFF
    msr     S3_0_C4_C6_0, x0                    // ICC_PMR_EL1
    mov     x0, #1
    msr     S3_0_C12_C12_7, x0                  // ICC_IGRPEN1_EL1
    isb
    msr     daifclr, #2

    mrs     x2, cntfrq_el0
    lsr     x2, x2, #7
    mov     x20, #0
    msr     cntp_tval_el0, x2
    mov     x0, #1
    msr     cntp_ctl_el0, x0
1:  wfi
    cmp     x20, #PHYSICAL_TIMER
    b.ne    1b
    say     text_physical
    mrs     x2, cntfrq_el0
    lsr     x2, x2, #7
    mov     x20, #0
    msr     cntv_tval_el0, x2
    mov     x0, #1
    msr     cntv_ctl_el0, x0
1:  wfi
    cmp     x20, #VIRTUAL_TIMER
    b.ne    1b
    say     text_virtual

    ldr     x0, =0xC4000003                     // CPU_ON
    mov     x1, #1
    adr     x2, second
    mov     x3, #0x5A
    hvc     #0
    cbnz    x0, fail
    adr     x1, flag
1:  ldar    w0, [x1]
    cmp     w0, #0x5A
    b.ne    1b
    say     text_second

    // One letter each: with write-back, as a pair's half, and elements of a vector.
    mov     x1, #UART
    mov     w2, #'o'
    strb    w2, [x1], #4
    sub     x1, x1, #4
    mov     w2, #'d'
    strb    w2, [x1, #0]!
    mov     w3, #0
    stp     w2, w3, [x1]                        // the second half goes to the status register, which ignores it
    movi    v0.16b, #'s'
    st1     {v0.b}[7], [x1]
    movi    v1.4s, #'!'
    movi    v2.4s, #0
    st2     {v1.s, v2.s}[3], [x1]
    mov     w2, #10
    strb    w2, [x1]

    adr     x21, no_gicv2
    mov     x0, #GICC
    ldr     w1, [x0]
    b       fail
no_gicv2:
    say     text_gicv2
    ldr     x0, =0x84000008                     // SYSTEM_OFF
    smc     #0
    b       .

second:
    adr     x1, flag
    stlr    w0, [x1]
    ldr     x0, =0x84000002                     // CPU_OFF
    hvc     #0
    b       .

print:
    mov     x1, #UART
1:  ldrb    w2, [x0], #1
    cbz     w2, 3f
2:  ldr     w3, [x1, #0x18]
    tbnz    w3, #5, 2b
    str     w2, [x1]
    b       1b
3:  ret

fail:
    say     text_failed
    ldr     x0, =0x84000008
    hvc     #0
    b       .

    .balign 2048
vectors:
    .irp    kind, 0, 1, 2, 3
    b       fail
    .balign 128
    .endr
    // At EL1 with its own stack: synchronous, IRQ.
    cbz     x21, fail
    mrs     x0, esr_el1
    and     x0, x0, #0x3F
    cmp     x0, #0x10                           // a synchronous external abort
    b.ne    fail
    msr     elr_el1, x21
    eret
    .balign 128
    mrs     x20, S3_0_C12_C12_0                 // ICC_IAR1_EL1
    msr     cntp_ctl_el0, xzr
    msr     cntv_ctl_el0, xzr
    msr     S3_0_C12_C12_1, x20                 // ICC_EOIR1_EL1
    eret
    .balign 128
    b       fail
    .balign 128
    b       fail
    .balign 128

text_begin:     .asciz "kernel: begins at EL1\n"
text_mmu:       .asciz "kernel: its MMU is on\n"
text_physical:  .asciz "kernel: physical timer\n"
text_virtual:   .asciz "kernel: virtual timer\n"
text_second:    .asciz "kernel: second CPU\n"
text_gicv2:     .asciz "kernel: no GICv2\n"
text_failed:    .asciz "kernel: failed\n"
    .balign 8
    .ltorg

    .bss
    .balign 4096
table:          .skip 4096
flag:           .skip 16
                .skip 4096
stack_top:
