// Two vCPUs and one shared interrupt: routed to one, to the other, to any, and to any but one. Flat code at the begin of RAM.
    .equ    UART, 0x09000000
    .equ    GICD, 0x08000000
    .equ    GICR, 0x080A0000
    .equ    CTLR, 0x0000
    .equ    GROUP, 0x0088                       // GICD_IGROUPR2
    .equ    ENABLE, 0x0108                      // GICD_ISENABLER2
    .equ    PEND, 0x0208                        // GICD_ISPENDR2
    .equ    CONFIG, 0x0C10                      // GICD_ICFGR4
    .equ    ROUTER, 0x6200                      // GICD_IROUTER64
    .equ    ANY, 0x80000000                        // IROUTER.Interrupt_Routing_Mode
    .equ    DPG1NS, 1 << 25                     // GICR_CTLR: not for interrupts to any
    .equ    ROUNDS, 200

    .text
start:
    mov     x29, #UART
    mov     x28, #GICD
    ldr     x27, =GICR
    adr     x26, counts
    mov     w0, #0x12
    str     w0, [x28, #CTLR]
    mov     w0, #-1
    str     w0, [x28, #GROUP]
    mov     w0, #2
    str     w0, [x28, #CONFIG]
    mov     w0, #1
    str     w0, [x28, #ENABLE]
    ldr     x0, =0xC4000003                     // CPU_ON
    mov     x1, #1
    adr     x2, second
    hvc     #0
    cbnz    x0, failed
    bl      open
1:  ldr     w0, [x26, #8]                       // the second is there
    cbz     w0, 1b

    mov     x0, #0                              // to the first
    bl      ring
    cmp     w1, #ROUNDS
    ccmp    w2, #0, #0, eq
    b.ne    failed
    adr     x0, text_first
    bl      print

    mov     x0, #1                              // to the second
    bl      ring
    cmp     w2, #ROUNDS
    ccmp    w1, #0, #0, eq
    b.ne    failed
    adr     x0, text_second
    bl      print

    ldr     x0, =ANY                            // each once, by whoever is quicker
    bl      ring
    add     w1, w1, w2
    cmp     w1, #ROUNDS
    b.ne    failed
    adr     x0, text_any
    bl      print

    mov     w0, #DPG1NS                         // not by the first
    str     w0, [x27]
    ldr     x0, =ANY
    bl      ring
    cmp     w2, #ROUNDS
    ccmp    w1, #0, #0, eq
    b.ne    failed
    adr     x0, text_not_first
    bl      print

    str     wzr, [x27]                          // not by the second
    add     x1, x27, #0x20000
    mov     w0, #DPG1NS
    str     w0, [x1]
    ldr     x0, =ANY
    bl      ring
    cmp     w1, #ROUNDS
    ccmp    w2, #0, #0, eq
    b.ne    failed
    adr     x0, text_not_second
    bl      print
off:
    ldr     x0, =0x84000008
    hvc     #0
    b       off

// x0: the route. Raises the interrupt so many times, each when the one before was taken; w1, w2: who took how many.
ring:
    mov     x19, x30
    ldr     x1, =GICD + ROUTER
    str     x0, [x1]
    str     xzr, [x26]
    mov     w21, #ROUNDS
1:  ldr     w22, [x26]
    ldr     w0, [x26, #4]
    add     w22, w22, w0
    mov     w0, #1
    str     w0, [x28, #PEND]
2:  bl      serve
    ldr     w1, [x26]
    ldr     w2, [x26, #4]
    add     w0, w1, w2
    cmp     w0, w22
    b.eq    2b
    subs    w21, w21, #1
    b.ne    1b
    ldr     w1, [x26]
    ldr     w2, [x26, #4]
    ret     x19

second:
    adr     x26, counts
    bl      open
    mov     w0, #1
    str     w0, [x26, #8]
1:  wfi
    bl      serve
    b       1b

open:                                           // this CPU's interface
    mov     x0, #0xFF
    msr     icc_pmr_el1, x0
    mov     x0, #1
    msr     icc_igrpen1_el1, x0
    isb
    ret

serve:                                          // takes what is pending here, and counts it for this CPU
    mrs     x0, icc_iar1_el1
    cmp     x0, #64
    b.ne    1f
    msr     icc_eoir1_el1, x0
    isb
    mrs     x1, mpidr_el1
    and     x1, x1, #1
    ldr     w2, [x26, x1, lsl #2]
    add     w2, w2, #1
    str     w2, [x26, x1, lsl #2]
    dmb     ish
1:  ret

failed:
    adr     x0, text_failed
    bl      print
    b       off

print:
    ldrb    w1, [x0], #1
    cbz     w1, 1f
    strb    w1, [x29]
    b       print
1:  ret

text_first:     .asciz "all by the first\n"
text_second:    .asciz "all by the second\n"
text_any:       .asciz "each by one\n"
text_not_first: .asciz "not by the first\n"
text_not_second: .asciz "not by the second\n"
text_failed:    .asciz "failed\n"
    .balign 8
    .ltorg
counts:         .quad 0, 0
