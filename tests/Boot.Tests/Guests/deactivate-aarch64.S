// More interrupts at once than there are list registers, ended in both ways that the architecture has: by one write each in reverse order,
// and with the priority's drop apart from the deactivation (EOImode 1), in an order of its own. Nothing is taken as an exception; flat code.
    .equ    UART, 0x09000000
    .equ    GICD, 0x08000000
    .equ    CTLR, 0x0000
    .equ    GROUP, 0x0088                       // GICD_IGROUPR2: INTIDs 64 to 95
    .equ    ENABLE, 0x0108                      // GICD_ISENABLER2
    .equ    PEND, 0x0208                        // GICD_ISPENDR2
    .equ    ACTIVE, 0x0308                      // GICD_ISACTIVER2
    .equ    PRIORITY, 0x0440                    // GICD_IPRIORITYR16
    .equ    CONFIG, 0x0C10                      // GICD_ICFGR4
    .equ    FIRST, 64
    .equ    COUNT, 12                           // more than the 4 list registers of this machine
    .equ    ALL, (1 << COUNT) - 1

    .text
start:
    mov     x29, #UART
    mov     x28, #GICD
    mov     w0, #0x12                           // affinity routing, group 1
    str     w0, [x28, #CTLR]
    mov     w0, #-1
    str     w0, [x28, #GROUP]
    mov     w0, #0xAAAAAAAA                     // edges
    str     w0, [x28, #CONFIG]
    mov     w0, #ALL
    str     w0, [x28, #ENABLE]
    mov     x0, #0xFF
    msr     icc_pmr_el1, x0
    mov     x0, #1
    msr     icc_igrpen1_el1, x0
    isb

    bl      nest
    adr     x0, text_nested
    bl      print

    mov     x0, #2                              // EOImode
    msr     icc_ctlr_el1, x0
    isb
    mov     x20, #3                             // rounds
1:  bl      drop
    subs    x20, x20, #1
    b.ne    1b
    adr     x0, text_dropped
    bl      print
off:
    ldr     x0, =0x84000008
    hvc     #0
    b       off

// Each more urgent than the one before, taken while all before it are active; ended in reverse order.
nest:
    mov     x19, x30
    mov     x21, #0
1:  add     x0, x28, #PRIORITY
    mov     w1, #0xF0
    sub     w1, w1, w21, lsl #3
    strb    w1, [x0, x21]
    mov     w1, #1
    lsl     w1, w1, w21
    str     w1, [x28, #PEND]
    bl      take
    sub     x0, x0, #FIRST
    cmp     x0, x21
    b.ne    failed
    add     x21, x21, #1
    cmp     x21, #COUNT
    b.ne    1b
2:  mov     w1, #1
    lsl     w1, w1, w21
    sub     w1, w1, #1
    ldr     w2, [x28, #ACTIVE]                  // exactly those that were not ended
    cmp     w1, w2
    b.ne    failed
    cbz     x21, 3f
    sub     x21, x21, #1
    add     x0, x21, #FIRST
    msr     icc_eoir1_el1, x0
    isb
    b       2b
3:  ret     x19

// All of one priority, each taken when the one before has dropped its own; deactivated with the odd ones first.
drop:
    mov     x19, x30
    add     x0, x28, #PRIORITY
    mov     x1, #0
    mov     w2, #0xA0
1:  strb    w2, [x0, x1]
    add     x1, x1, #1
    cmp     x1, #COUNT
    b.ne    1b
    mov     w0, #ALL
    str     w0, [x28, #PEND]
    mov     x21, #COUNT
2:  bl      take
    msr     icc_eoir1_el1, x0
    isb
    subs    x21, x21, #1
    b.ne    2b
    mov     w22, #ALL
    mov     x21, #1                             // 1, 3, .. 11, then 0, 2, .. 10
3:  ldr     w2, [x28, #ACTIVE]
    cmp     w2, w22
    b.ne    failed
    add     x0, x21, #FIRST
    msr     icc_dir_el1, x0
    isb
    mov     w1, #1
    lsl     w1, w1, w21
    bic     w22, w22, w1
    add     x21, x21, #2
    cmp     x21, #COUNT
    b.lo    3b
    tbz     x21, #0, 4f
    mov     x21, #0
    b       3b
4:  ldr     w2, [x28, #ACTIVE]
    cbnz    w2, failed
    mrs     x0, icc_iar1_el1                    // and no more
    cmp     x0, #1023
    b.ne    failed
    ret     x19

take:                                           // x0: the next interrupt; it may take an exit until it is listed
    mov     x1, #0x100000
1:  mrs     x0, icc_iar1_el1
    cmp     x0, #1023
    b.ne    2f
    subs    x1, x1, #1
    b.ne    1b
    b       failed
2:  ret

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

text_nested:    .asciz "nested and ended\n"
text_dropped:   .asciz "dropped and deactivated\n"
text_failed:    .asciz "failed\n"
    .balign 8
    .ltorg
