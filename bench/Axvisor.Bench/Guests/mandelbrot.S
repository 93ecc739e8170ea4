# Mandelbrot set in double precision: multiplications, additions and one comparison in a short loop.
        li t0, 0x6000
        csrs mstatus, t0
        la t0, values
        fld fs0, 0(t0)                  # step
        fld fs1, 8(t0)                  # left
        fld fs2, 16(t0)                 # top
        fld fs3, 24(t0)                 # 4.0
        li a0, 0
        li s0, 256
        fmv.d fa1, fs2
1:      li s1, 256
        fmv.d fa0, fs1
2:      fmv.d fa2, fa0
        fmv.d fa3, fa1
        li s2, 200
3:      fmul.d ft0, fa2, fa2
        fmul.d ft1, fa3, fa3
        fadd.d ft2, ft0, ft1
        flt.d t0, fs3, ft2
        bnez t0, 4f
        fmul.d ft3, fa2, fa3
        fsub.d ft0, ft0, ft1
        fadd.d fa2, ft0, fa0
        fadd.d ft3, ft3, ft3
        fadd.d fa3, ft3, fa1
        addi s2, s2, -1
        bnez s2, 3b
4:      add a0, a0, s2
        fadd.d fa0, fa0, fs0
        addi s1, s1, -1
        bnez s1, 2b
        fadd.d fa1, fa1, fs0
        addi s0, s0, -1
        bnez s0, 1b
        ret
        .balign 4096
values: .dword 0x3F80000000000000, 0xBFF8000000000000, 0xBFF0000000000000, 0x4010000000000000
