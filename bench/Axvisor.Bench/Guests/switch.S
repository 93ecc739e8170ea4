# A stack machine's byte code, dispatched by a jump through a table: one indirect jump that goes everywhere.
        li s6, 15000
        la s4, table
        la s5, variables
        la s7, stack
0:      la s2, code
        mv s3, s7
next:   lbu t0, 0(s2)
        addi s2, s2, 1
        slli t0, t0, 3
        add t0, s4, t0
        ld t0, 0(t0)
        jr t0
op_halt:
        addi s6, s6, -1
        bnez s6, 0b
        ld a0, 0(s5)
        ret
