# Five bodies under gravity in double precision: loads, stores, square roots and divisions.
        li t0, 0x6000
        csrs mstatus, t0
        la s0, bodies
        la t0, values
        fld fs0, 0(t0)                  # time step
        li s1, 60000
1:      li s2, 0                        # each pair i < j: 56 bytes a body: position, velocity, mass
        mv s3, s0
2:      addi s4, s2, 1
        addi s5, s3, 56
3:      li t0, 5
        bgeu s4, t0, 4f
        fld fa0, 0(s3)
        fld fa1, 8(s3)
        fld fa2, 16(s3)
        fld ft0, 0(s5)
        fld ft1, 8(s5)
        fld ft2, 16(s5)
        fsub.d fa0, fa0, ft0
        fsub.d fa1, fa1, ft1
        fsub.d fa2, fa2, ft2
        fmul.d ft3, fa0, fa0
        fmul.d ft4, fa1, fa1
        fmul.d ft5, fa2, fa2
        fadd.d ft3, ft3, ft4
        fadd.d ft3, ft3, ft5
        fsqrt.d ft4, ft3
        fmul.d ft3, ft3, ft4
        fdiv.d ft3, fs0, ft3            # magnitude
        fld ft4, 48(s5)
        fmul.d ft4, ft4, ft3
        fld ft5, 48(s3)
        fmul.d ft5, ft5, ft3
        fld ft6, 24(s3)
        fmul.d ft7, fa0, ft4
        fsub.d ft6, ft6, ft7
        fsd ft6, 24(s3)
        fld ft6, 32(s3)
        fmul.d ft7, fa1, ft4
        fsub.d ft6, ft6, ft7
        fsd ft6, 32(s3)
        fld ft6, 40(s3)
        fmul.d ft7, fa2, ft4
        fsub.d ft6, ft6, ft7
        fsd ft6, 40(s3)
        fld ft6, 24(s5)
        fmul.d ft7, fa0, ft5
        fadd.d ft6, ft6, ft7
        fsd ft6, 24(s5)
        fld ft6, 32(s5)
        fmul.d ft7, fa1, ft5
        fadd.d ft6, ft6, ft7
        fsd ft6, 32(s5)
        fld ft6, 40(s5)
        fmul.d ft7, fa2, ft5
        fadd.d ft6, ft6, ft7
        fsd ft6, 40(s5)
        addi s4, s4, 1
        addi s5, s5, 56
        j 3b
4:      addi s2, s2, 1
        addi s3, s3, 56
        li t0, 4
        bltu s2, t0, 2b
        mv s3, s0                       # move
        li s2, 5
5:      fld ft0, 0(s3)
        fld ft1, 24(s3)
        fmul.d ft1, ft1, fs0
        fadd.d ft0, ft0, ft1
        fsd ft0, 0(s3)
        fld ft0, 8(s3)
        fld ft1, 32(s3)
        fmul.d ft1, ft1, fs0
        fadd.d ft0, ft0, ft1
        fsd ft0, 8(s3)
        fld ft0, 16(s3)
        fld ft1, 40(s3)
        fmul.d ft1, ft1, fs0
        fadd.d ft0, ft0, ft1
        fsd ft0, 16(s3)
        addi s3, s3, 56
        addi s2, s2, -1
        bnez s2, 5b
        addi s1, s1, -1
        bnez s1, 1b
        ld a0, 0(s0)
        ret
        .balign 4096
values: .dword 0x3F50624DD2F1A9FC
bodies:
        .dword 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x4043BD3CC9BE45DE
        .dword 0x40135C28F5C28F5C, 0xBFF28F5C28F5C28F, 0xBFB999999999999A, 0x3FE3645A1CAC0831, 0x40067AE147AE147B, 0xBF947AE147AE147B, 0x3FA34D6A161E4F76
        .dword 0x4020AE147AE147AE, 0x40107AE147AE147B, 0xBFD999999999999A, 0xBFF028F5C28F5C29, 0x3FFD1EB851EB851F, 0x3F80624DD2F1A9FC, 0x3F872474538EF34D
        .dword 0x4029C7AE147AE148, 0xC02E3851EB851EB8, 0xBFCC28F5C28F5C29, 0x3FF147AE147AE148, 0x3FEBC6A7EF9DB22D, 0xBF847AE147AE147B, 0x3F5BDA5119CE075F
        .dword 0x402EBD70A3D70A3D, 0xC039E66666666666, 0x3FC6E978D4FDF3B6, 0x3FEF53F7CED91687, 0x3FE3020C49BA5E35, 0xBFA16872B020C49C, 0x3F60624DD2F1A9FC
