// Two guests in one file: vCPU 0 of affinity 0 publishes channels, one of affinity 1 subscribes to them. Flat code at the begin of RAM.
    .equ    UART, 0x09000000
    .equ    GICD, 0x08000000
    .equ    PENDING, 0x204                      // GICD_ISPENDR1: bit 15 is the channels' interrupt 47
    .equ    UNPEND, 0x284                       // GICD_ICPENDR1
    .equ    KEY, 0x55
    .equ    SECRET, 0x99

    .text
start:
    mov     x29, #UART
    mov     x28, #GICD
    adr     x27, where
    adr     x26, size
    mrs     x0, mpidr_el1
    tst     x0, #1
    b.ne    subscriber

publisher:
    mov     x0, #SECRET
    bl      publish
    mov     x0, #KEY
    bl      publish
    ldr     x20, [x27]
    ldr     x0, [x20, #8]                       // the header: publisher, key
    cmp     x0, #KEY
    b.ne    failed
    adr     x0, greeting
    add     x1, x20, #64
    bl      copy
    adr     x0, text_published
    bl      print
    bl      await                               // somebody subscribes
    adr     x0, text_subscribed
    bl      print
1:  ldrb    w0, [x20, #128]                     // and answers; the interrupt may come once for both
    cbz     w0, 1b
    add     x0, x20, #128
    bl      print
    mov     x0, #5                              // unpublish
    mov     x1, #KEY
    hvc     #0
    cbnz    x0, failed
    b       off

publish:                                        // x0: key
    str     xzr, [x26]
    mov     x1, x0
    mov     x2, x27
    mov     x3, x26
    mov     x0, #3
    hvc     #0
    cbnz    x0, failed
    ret

subscriber:
    mov     x0, #2                              // debug: does nothing that is seen
    hvc     #0
    cbnz    x0, failed
    mov     x0, #0                              // nothing to disable here: EOPNOTSUPP
    hvc     #0
    cmn     x0, #95
    b.ne    failed
    mov     x0, #77                             // no such call: ENOSYS
    hvc     #0
    cmn     x0, #38
    b.ne    failed
    mov     x0, #4                              // pointers to nowhere: EFAULT
    mov     x1, #1
    mov     x2, #KEY
    mov     x3, #0
    mov     x4, #0
    hvc     #0
    cmn     x0, #14
    b.ne    failed
1:  mov     x0, #4                              // subscribe, until it is there
    mov     x1, #1
    mov     x2, #KEY
    mov     x3, x27
    mov     x4, x26
    hvc     #0
    cmn     x0, #2
    b.eq    1b
    cbnz    x0, failed
    ldr     x20, [x27]
2:  ldrb    w0, [x20, #64]
    cbz     w0, 2b
    add     x0, x20, #64
    bl      print
    mov     x0, #4                              // a channel that the rules do not name: EPERM
    mov     x1, #1
    mov     x2, #SECRET
    mov     x3, x27
    mov     x4, x26
    hvc     #0
    cmn     x0, #1
    b.ne    failed
    adr     x0, text_refused
    bl      print
    bl      forget
    adr     x0, answer
    add     x1, x20, #128
    bl      copy
    mov     x0, #7                              // ring
    mov     x1, #1
    mov     x2, #KEY
    hvc     #0
    cbnz    x0, failed
    bl      await                               // the publisher takes it back
    mov     x0, #6                              // unsubscribe
    mov     x1, #1
    mov     x2, #KEY
    hvc     #0
    cbnz    x0, failed
    adr     x0, text_left
    bl      print
    b       off

failed:
    adr     x0, text_failed
    bl      print
off:
    ldr     x0, =0x84000008
    hvc     #0
    b       off

await:                                          // until the channels' interrupt is pending
    ldr     w0, [x28, #PENDING]
    tbz     w0, #15, await
forget:
    mov     w0, #0x8000
    str     w0, [x28, #UNPEND]
    ret

copy:                                           // x0: text, x1: to; its first byte last, as somebody waits for it
    mov     x2, #1
1:  ldrb    w3, [x0, x2]
    strb    w3, [x1, x2]
    add     x2, x2, #1
    cbnz    w3, 1b
    dmb     ish
    ldrb    w3, [x0]
    strb    w3, [x1]
    ret

print:
    ldrb    w1, [x0], #1
    cbz     w1, 1f
    strb    w1, [x29]
    b       print
1:  ret

greeting:       .asciz "good morning\n"
answer:         .asciz "good evening\n"
text_published: .asciz "published\n"
text_subscribed: .asciz "subscribed\n"
text_refused:   .asciz "refused\n"
text_left:      .asciz "left\n"
text_failed:    .asciz "failed\n"
    .balign 8
    .ltorg
where:          .quad 0
size:           .quad 0
