# Single-precision product of two 64 x 64 matrices, three loops, no fusing of multiplication and addition.
        li t0, 0x6000
        csrs mstatus, t0
        li s0, 0x80100000               # a; b is 16 KiB behind, c another 16 KiB
        li t1, 8192
        li t2, 1
        mv t3, s0
1:      andi t4, t2, 63
        fcvt.s.w ft0, t4
        fsw ft0, 0(t3)
        addi t3, t3, 4
        addi t2, t2, 7
        addi t1, t1, -1
        bnez t1, 1b
        li s1, 40
2:      mv s2, s0                       # row of a
        li s3, 64
        li t0, 0x8000
        add s6, s0, t0                  # c
3:      li t0, 0x4000
        add s4, s0, t0                  # column of b
        li s5, 64
4:      mv t1, s2
        mv t2, s4
        li t3, 64
        fmv.w.x ft0, zero
5:      flw ft1, 0(t1)
        flw ft2, 0(t2)
        fmul.s ft1, ft1, ft2
        fadd.s ft0, ft0, ft1
        addi t1, t1, 4
        addi t2, t2, 256
        addi t3, t3, -1
        bnez t3, 5b
        fsw ft0, 0(s6)
        addi s6, s6, 4
        addi s4, s4, 4
        addi s5, s5, -1
        bnez s5, 4b
        addi s2, s2, 256
        addi s3, s3, -1
        bnez s3, 3b
        addi s1, s1, -1
        bnez s1, 2b
        lwu a0, -4(s6)
        ret
