// A guest that tries to hurt whoever runs it: random system registers, device accesses, firmware calls and hypercalls, then random
// instructions for ever. A fault skips the instruction that made it. Flat code, entered at its first byte on the boot vCPU; the other
// vCPUs are started in the middle of it, or in memory without code. The random numbers' seed is at byte 8, for the host to choose.

    .equ ROUNDS,    2000
    .equ UART,      0x09000000
    .equ SCTLR,     0xD5181000                      // MSR SCTLR_EL1, X0: would end the tour in its own translation faults
    .equ VBAR,      0xD518C000                      // MSR VBAR_EL1, X0: would lose the handler

    .text
start:
    b       1f
    .balign 8
seed:
    .quad   0x9E3779B97F4A7C15
1:  adr     x9, vectors
    msr     vbar_el1, x9
    mov     x9, #3 << 20
    msr     cpacr_el1, x9
    isb
    ldr     x20, seed
    ldr     w21, =ROUNDS
    adr     x22, code
    adr     x0, text_begin
    bl      print

round:
    bl      random
    and     x1, x0, #7
    adr     x2, ways
    ldrsw   x1, [x2, x1, lsl #2]
    add     x2, x2, x1
    blr     x2
    subs    w21, w21, #1
    b.ne    round
    adr     x0, text_done
    bl      print
wild:                                               // any instruction at all, for ever
    bl      random
    mov     w1, w0
    adr     x22, code
    bl      run_word
    b       wild

    .balign 4
ways:
    .word   system_register - ways, system_register - ways, device - ways, device - ways
    .word   firmware - ways, hypercall - ways, software_interrupt - ways, device - ways

// x20: xorshift64. Result in x0.
random:
    eor     x20, x20, x20, lsl #13
    eor     x20, x20, x20, lsr #7
    eor     x20, x20, x20, lsl #17
    mov     x0, x20
    ret

system_register:                                    // MRS or MSR of any encoding with op0 2 or 3
    mov     x29, x30
    bl      random
    ldr     w1, =0x2FFFE0                           // L, o0 and the rest; the register is x0
    and     w1, w1, w0
    ldr     w2, =0xD5100000
    orr     w1, w1, w2
    ldr     w2, =SCTLR
    cmp     w1, w2
    b.eq    1f
    ldr     w2, =VBAR
    cmp     w1, w2
    b.eq    1f
    bl      random
    bl      run_word
    adr     x9, vectors
    msr     vbar_el1, x9
1:  mov     x30, x29
    ret

// Runs the instruction in w1.
run_word:
    str     w1, [x22]
    dc      cvau, x22
    dsb     ish
    ic      ivau, x22
    dsb     ish
    isb
    mov     x28, x30
    blr     x22
    mov     x30, x28
    ret

device:                                             // the device area most of the time, else anywhere but in RAM's first GiB
    mov     x29, x30
    bl      random
    mov     x3, x0
    lsr     x4, x0, #40
    and     x1, x0, #0x07FFFFFF
    tbnz    x4, #0, 1f
    mov     x2, #0x08000000
    b       2f
1:  and     x1, x0, #0x7FFFFFFFFF
    mov     x2, #0x8000000000
2:  add     x1, x1, x2
    tbnz    x4, #1, 3f
    and     x1, x1, #~7
3:  and     x5, x4, #0xF0
    bl      random
    lsr     x5, x5, #4
    adr     x2, accesses
    add     x2, x2, x5, lsl #3
    blr     x2
    mov     x30, x29
    ret

accesses:                                           // two instructions each
    ldrb    w0, [x1]
    ret
    ldrh    w0, [x1]
    ret
    ldr     w0, [x1]
    ret
    ldr     x0, [x1]
    ret
    strb    w0, [x1]
    ret
    strh    w0, [x1]
    ret
    str     w0, [x1]
    ret
    str     x0, [x1]
    ret
    ldr     q0, [x1]
    ret
    stp     x0, x3, [x1]
    ret
    ldp     x0, x3, [x1]
    ret
    str     w0, [x1], #4
    ret
    ldrsb   x0, [x1, #1]!
    ret
    ldxr    x0, [x1]
    ret
    ldp     q0, q1, [x1]
    ret
    dc      zva, x1
    ret

firmware:                                           // PSCI and its neighbours, but what ends this vCPU or the machine
    mov     x29, x30
    bl      random
    and     w6, w0, #0x1F
    cmp     w6, #1
    b.eq    1f
    cmp     w6, #2
    b.eq    1f
    cmp     w6, #8
    b.eq    1f
    cmp     w6, #9
    b.eq    1f
    cmp     w6, #0x12
    b.eq    1f
    mov     w7, #0x84000000
    tst     w0, #0x100
    mov     w8, #0xC4000000
    csel    w7, w7, w8, eq
    add     w6, w6, w7
    bl      random
    lsr     x1, x0, #62                             // a vCPU that exists, half of the time
    bl      random
    mov     x3, x0
    adr     x2, wild
    tst     x0, #3
    csel    x2, x2, x0, eq
    mov     w0, w6
    tbnz    x3, #9, 2f
    hvc     #0
    b       1f
2:  smc     #0
1:  mov     x30, x29
    ret

hypercall:
    mov     x29, x30
    bl      random
    mov     x1, x0
    bl      random
    mov     x2, x0
    bl      random
    mov     x3, x0
    mov     x4, x1
    mov     x5, x2
    bl      random
    tst     x0, #0x80
    and     x6, x0, #15
    csel    x0, x6, x0, eq
    hvc     #0x1234
    mov     x30, x29
    ret

software_interrupt:
    mov     x29, x30
    bl      random
    msr     s3_0_c12_c11_5, x0                      // ICC_SGI1R_EL1
    bl      random
    msr     s3_0_c12_c11_7, x0                      // ICC_SGI0R_EL1
    mov     x30, x29
    ret

// x0: text ending with a zero.
print:
    ldr     x1, =UART
1:  ldrb    w2, [x0], #1
    cbz     w2, 2f
    strb    w2, [x1]
    b       1b
2:  ret

text_begin:
    .asciz  "hostile: begins\n"
text_done:
    .asciz  "\nhostile: runs wild\n"
    .balign 8
    .ltorg

    .balign 2048
vectors:
    .rept   16
    .balign 128
    mrs     x27, elr_el1
    add     x27, x27, #4
    msr     elr_el1, x27
    eret
    .endr

    .balign 64
code:                                               // one instruction that changes, and the way back
    nop
    ret
