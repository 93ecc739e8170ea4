// A guest that leaves as often as it can: X19 times with each kind of exit, with a hypercall 0 between the kinds.

    .section .rodata
    .balign 4096
    .globl bench_guest_image, bench_guest_image_end
bench_guest_image:
    ldr     x21, =0x10000000                        // a device
    ldr     x22, =0x10000

    // Hypercalls.
    mov     x0, xzr
    hvc     #0
    mov     x19, x22
1:  mov     x0, #1
    hvc     #0
    subs    x19, x19, #1
    b.ne    1b

    // Reads of a device.
    mov     x0, xzr
    hvc     #0
    mov     x19, x22
2:  ldr     w1, [x21]
    subs    x19, x19, #1
    b.ne    2b

    // The same as a pair, which has to be decoded.
    mov     x0, xzr
    hvc     #0
    mov     x19, x22
3:  ldp     x1, x2, [x21]
    subs    x19, x19, #1
    b.ne    3b

    // An ID register, answered below the core.
    mov     x0, xzr
    hvc     #0
    mov     x19, x22
4:  mrs     x1, id_aa64pfr0_el1
    subs    x19, x19, #1
    b.ne    4b

    // Nothing, for what the loop itself costs.
    mov     x0, xzr
    hvc     #0
    mov     x19, x22
5:  subs    x19, x19, #1
    b.ne    5b
    mov     x0, xzr
    hvc     #0
    ldr     x0, =0x84000008                         // SYSTEM_OFF
    hvc     #0
    .ltorg
bench_guest_image_end:

    .text
    .globl bench_guest_start, bench_guest_end
bench_guest_start:
    adrp    x0, bench_guest_image
    ret
bench_guest_end:
    adrp    x0, bench_guest_image_end
    add     x0, x0, :lo12:bench_guest_image_end
    ret
