// A guest that does what it must not: random system instructions, random device accesses, random calls. It never stops.
// Raw binary, linked at the begin of RAM.
    .text
    .globl _start
_start:
    adr     x0, vectors
    msr     vbar_el1, x0
    adr     x0, stack_top
    mov     sp, x0
    ldr     x19, =0x9E3779B97F4A7C15            // the state of the random numbers
again:
    bl      random                              // a random system instruction, MSR or MRS or SYS, executed from memory
    and     x0, x0, #0x3FFFFF
    mov     w1, #0xD5000000
    orr     w0, w0, w1
    bic     w0, w0, #0x1F                       // its register is x0
    adr     x2, patch
    str     w0, [x2]
    dc      cvau, x2
    dsb     ish
    ic      ivau, x2
    dsb     ish
    isb
    ldr     x0, =0x123456789ABCDEF
patch:
    nop
    msr     vbar_el1, xzr                       // whatever became of it, begin anew
    adr     x0, vectors
    msr     vbar_el1, x0
    msr     daifset, #15
    bl      random                              // somewhere below RAM, where devices are and are not
    and     x1, x0, #0x3FFFFFFF
    ldr     w2, [x1]
    bl      random
    and     x1, x0, #0x1FFFFFFF
    and     x1, x1, #~3
    str     w0, [x1]
    bl      random                              // within the interrupt controller
    mov     x1, #0x08000000
    and     x2, x0, #0xFFFFF
    and     x2, x2, #~3
    str     w0, [x1, x2]
    ldr     w3, [x1, x2]
    ldp     x4, x5, [x1], #16                   // no valid syndrome
    bl      random                              // nonsense for the hypervisor
    mov     x20, x0
    bl      random
    mov     x1, x0
    bl      random
    mov     x2, x0
    and     x0, x20, #31
    mov     w4, #0x84000000
    orr     w0, w0, w4
    cmp     w0, w4
    tst     x20, #0x100
    b.eq    1f
    orr     w0, w0, #0x40000000
1:  and     w5, w0, #0xFF                       // not off, not reset: it is to go on
    cmp     w5, #2
    b.eq    2f
    cmp     w5, #8
    b.eq    2f
    cmp     w5, #9
    b.eq    2f
    cmp     w5, #0x12
    b.eq    2f
    cmp     w5, #1                              // nor asleep
    b.eq    2f
    hvc     #0
2:  and     x0, x20, #15                        // and the hypervisor's own calls
    mov     x3, #0x40000000
    mov     x4, #0x40000000
    hvc     #0
    smc     #0
    add     x21, x21, #1
    b       again

random:                                         // xorshift64*
    eor     x19, x19, x19, lsr #12
    eor     x19, x19, x19, lsl #25
    eor     x19, x19, x19, lsr #27
    ldr     x0, =0x2545F4914F6CDD1D
    mul     x0, x19, x0
    ret

    .balign 2048
vectors:                                        // skip whatever failed; from a wild place, begin anew
    .rept   16
    .balign 128
    b       skip
    .endr
skip:
    mrs     x8, elr_el1
    add     x8, x8, #4
    adr     x9, _start
    subs    x10, x8, x9
    b.lo    3f
    cmp     x10, #0x1000
    b.lo    4f
3:  adr     x8, again
4:  msr     elr_el1, x8
    mov     x9, #0x3C5                          // EL1h, masked
    msr     spsr_el1, x9
    eret
    .ltorg
    .balign 16
    .space  4096
stack_top:
