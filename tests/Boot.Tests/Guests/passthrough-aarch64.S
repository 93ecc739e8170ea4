// Looks at what its configuration gives it of the host: a PL061 and a region at the host's own address. Flat code.
    .equ    UART, 0x09000000
    .equ    PL061, 0x09030000

    .text
start:
    mov     x29, #UART
    mov     x1, #PL061
    ldr     w0, [x1, #0xFE0]                    // the part number's low byte
    cmp     w0, #0x61
    b.ne    off
    adr     x0, text_device
    bl      print
    mov     x1, #0x60100000                     // behind the devicetree, which lies as high as it can
    ldr     x0, [x1]                            // cleared, then ours
    cbnz    x0, off
    mov     x2, #0x5A5A
    str     x2, [x1]
    ldr     x0, [x1]
    cmp     x0, x2
    b.ne    off
    adr     x0, text_memory
    bl      print
off:
    ldr     x0, =0x84000008
    hvc     #0
    b       off

print:
    ldrb    w1, [x0], #1
    cbz     w1, 1f
    strb    w1, [x29]
    b       print
1:  ret

text_device: .asciz "the device is there\n"
text_memory: .asciz "the memory is there\n"
    .balign 8
    .ltorg
