// The head of a packed image: it unpacks the image behind it to where it was loaded, and starts that. It runs with the MMU off, where
// memory is Device memory: only aligned and byte accesses. x0 belongs to the image.

    .text
packed_head:
    b       entry
    .long   0
    .quad   0                                       // text_offset
packed_memory:
    .quad   0                                       // image_size: filled in by ImagePacker, as are the three below
    .quad   0xA                                     // little endian, 4 KiB pages, anywhere in memory
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0
packed_size:
    .quad   0                                       // bytes of the compressed image, which begins at packed_end
unpacked_size:
    .quad   0                                       // bytes of the image
room:
    .quad   0                                       // the distance to where the packed image moves, out of the way

entry:
    adr     x1, packed_head
    adr     x2, packed_end
    ldr     x3, packed_size
    add     x2, x2, x3                              // the end
    ldr     x3, room
    add     x4, x1, x3
1:  ldr     x5, [x1], #8
    str     x5, [x4], #8
    cmp     x1, x2
    b.lo    1b
    dsb     sy
    ic      iallu
    dsb     sy
    isb
    adr     x5, moved
    add     x5, x5, x3
    br      x5

    // LZ4 block format: a token, literals, an offset, a length, until the end.
moved:
    adr     x1, packed_head
    ldr     x3, room
    sub     x15, x1, x3                             // where the image begins
    mov     x3, x15
    adr     x1, packed_end
    ldr     x2, packed_size
    add     x2, x1, x2
2:  ldrb    w4, [x1], #1
    lsr     w5, w4, #4
    bl      length
    cbz     x5, 4f
3:  ldrb    w6, [x1], #1
    strb    w6, [x3], #1
    subs    x5, x5, #1
    b.ne    3b
4:  cmp     x1, x2
    b.hs    6f
    ldrb    w6, [x1], #1
    ldrb    w7, [x1], #1
    orr     w6, w6, w7, lsl #8
    sub     x8, x3, x6
    and     w5, w4, #15
    bl      length
    add     x5, x5, #4
5:  ldrb    w6, [x8], #1
    strb    w6, [x3], #1
    subs    x5, x5, #1
    b.ne    5b
    b       2b

    // What was written around the caches must not be hidden by what they hold.
6:  ldr     x2, unpacked_size
    add     x2, x2, x15
    mrs     x3, ctr_el0
    ubfx    x3, x3, #16, #4
    mov     x4, #4
    lsl     x4, x4, x3
    mov     x1, x15
7:  dc      ivac, x1
    add     x1, x1, x4
    cmp     x1, x2
    b.lo    7b
    dsb     sy
    ic      iallu
    dsb     sy
    isb
    br      x15

    // A length of 15 goes on in bytes until one is not 255. x5: the length.
length:
    cmp     w5, #15
    b.ne    9f
8:  ldrb    w6, [x1], #1
    add     x5, x5, x6
    cmp     w6, #255
    b.eq    8b
9:  ret

    .balign 8
packed_end:
