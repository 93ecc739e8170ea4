// Has the host's PL061, whose line 3 is the power button, and takes its interrupt as a level: it comes again after each end while the
// button is down, and not once more when the device is silenced. Flat code.
    .equ    UART, 0x09000000
    .equ    GICD, 0x08000000
    .equ    GPIO, 0x09030000
    .equ    CTLR, 0x0000
    .equ    GROUP, 0x0084                       // GICD_IGROUPR1
    .equ    ENABLE, 0x0104                      // GICD_ISENABLER1
    .equ    ACTIVE, 0x0304                      // GICD_ISACTIVER1
    .equ    DATA, 0x3FC                         // GPIODATA, Arm DDI 0190, 3.3
    .equ    SENSE, 0x404                        // GPIOIS
    .equ    EVENT, 0x40C                        // GPIOIEV
    .equ    MASK, 0x410                         // GPIOIE
    .equ    MASKED_STATUS, 0x418                // GPIOMIS
    .equ    BUTTON, 1 << 3
    .equ    INTERRUPT, 39
    .equ    AGAIN, 5
    .equ    PRESSES, 2

    .text
start:
    mov     x29, #UART
    mov     x28, #GICD
    mov     x27, #GPIO
    mov     w0, #0x12
    str     w0, [x28, #CTLR]
    mov     w0, #-1
    str     w0, [x28, #GROUP]
    mov     w0, #1 << (INTERRUPT - 32)
    str     w0, [x28, #ENABLE]
    mov     x0, #0xFF
    msr     icc_pmr_el1, x0
    mov     x0, #1
    msr     icc_igrpen1_el1, x0
    isb
    mov     w0, #BUTTON
    str     w0, [x27, #SENSE]
    str     w0, [x27, #EVENT]
    mov     x20, #PRESSES

next:
    mov     w0, #BUTTON
    str     w0, [x27, #MASK]
    adr     x0, text_ready
    bl      print
    mov     x21, #AGAIN
1:  wfi
    mrs     x0, icc_iar1_el1
    cmp     x0, #1023
    b.eq    1b
    cmp     x0, #INTERRUPT
    b.ne    failed
    ldr     w1, [x27, #MASKED_STATUS]
    tbz     w1, #3, failed
    subs    x21, x21, #1
    b.ne    2f
    str     wzr, [x27, #MASK]                   // enough
2:  msr     icc_eoir1_el1, x0
    isb
    cbnz    x21, 1b

    mrs     x22, cntvct_el0                     // for a while nothing comes
    ldr     x23, =200000
3:  mrs     x0, icc_iar1_el1
    cmp     x0, #1023
    b.ne    failed
    mrs     x0, cntvct_el0
    sub     x0, x0, x22
    cmp     x0, x23
    b.lo    3b
    ldr     w0, [x28, #ACTIVE]
    tbnz    w0, #INTERRUPT - 32, failed
    adr     x0, text_pressed
    bl      print
4:  ldr     w0, [x27, #DATA]                    // until it is released
    tbnz    w0, #3, 4b
    subs    x20, x20, #1
    b.ne    next
off:
    ldr     x0, =0x84000008
    hvc     #0
    b       off

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

text_ready:     .asciz "ready\n"
text_pressed:   .asciz "pressed\n"
text_failed:    .asciz "failed\n"
    .balign 8
    .ltorg
