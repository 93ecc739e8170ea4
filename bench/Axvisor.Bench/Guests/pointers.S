# The same byte code, each operation a function called through a pointer: indirect calls and returns.
        mv s9, ra
        li s6, 15000
        la s4, table
        la s5, variables
        la s7, stack
0:      la s2, code
        mv s3, s7
        li s8, 1
next:   lbu t0, 0(s2)
        addi s2, s2, 1
        slli t0, t0, 3
        add t0, s4, t0
        ld t0, 0(t0)
        jalr t0
        bnez s8, next
        addi s6, s6, -1
        bnez s6, 0b
        mv ra, s9
        ld a0, 0(s5)
        ret
op_halt:
        li s8, 0
        ret
