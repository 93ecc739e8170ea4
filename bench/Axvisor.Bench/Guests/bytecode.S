# The operations of the byte code, and the program: @next is how an operation gets to the next one.
op_push:
        lbu t0, 0(s2)
        addi s2, s2, 1
        addi s3, s3, 8
        sd t0, 0(s3)
        @next
op_load:
        lbu t0, 0(s2)
        addi s2, s2, 1
        slli t0, t0, 3
        add t0, s5, t0
        ld t0, 0(t0)
        addi s3, s3, 8
        sd t0, 0(s3)
        @next
op_store:
        lbu t0, 0(s2)
        addi s2, s2, 1
        slli t0, t0, 3
        add t0, s5, t0
        ld t1, 0(s3)
        addi s3, s3, -8
        sd t1, 0(t0)
        @next
op_mul:
        ld t1, 0(s3)
        ld t0, -8(s3)
        addi s3, s3, -8
        mul t0, t0, t1
        sd t0, 0(s3)
        @next
op_xor:
        ld t1, 0(s3)
        ld t0, -8(s3)
        addi s3, s3, -8
        xor t0, t0, t1
        sd t0, 0(s3)
        @next
op_add:
        ld t1, 0(s3)
        ld t0, -8(s3)
        addi s3, s3, -8
        add t0, t0, t1
        sd t0, 0(s3)
        @next
op_and:
        ld t1, 0(s3)
        ld t0, -8(s3)
        addi s3, s3, -8
        and t0, t0, t1
        sd t0, 0(s3)
        @next
op_sub:
        ld t1, 0(s3)
        ld t0, -8(s3)
        addi s3, s3, -8
        sub t0, t0, t1
        sd t0, 0(s3)
        @next
op_jnz:
        ld t1, 0(s3)
        addi s3, s3, -8
        lbu t0, 0(s2)
        addi s2, s2, 1
        beqz t1, 1f
        sub s2, s2, t0
1:
        @next
# Byte code: push constant, push variable, store, arithmetic, jump if not zero. It sums a hash of a counter.
        .balign 8
code:   .byte 0, 0, 2, 0                # sum = 0
        .byte 0, 100, 2, 1              # i = 100
1:      .byte 1, 1, 0, 3, 4             # i * 3
        .byte 1, 1, 5                   # ^ i
        .byte 1, 0, 6, 2, 0             # sum += it
        .byte 1, 0, 0, 7, 7             # sum & 7
        .byte 1, 0, 6, 2, 0             # sum += it
        .byte 1, 1, 0, 1, 8, 2, 1       # i -= 1
        .byte 1, 1, 9, . - 1b + 1       # again while i != 0
        .byte 10
        .balign 8
table:
        .dword op_push
        .dword op_load
        .dword op_store
        .dword op_halt
        .dword op_mul
        .dword op_xor
        .dword op_add
        .dword op_and
        .dword op_sub
        .dword op_jnz
        .dword op_halt
        .balign 4096                    # not in a page with code: stores there would drop it
variables:
        .space 32
stack:  .space 128
