# A polynomial of degree 11 by Horner's rule with fused multiply-add, over values in [0, 1).
        li t0, 0x6000
        csrs mstatus, t0
        la t0, values
        fld f8, 0(t0)
        fld f9, 8(t0)
        fld f10, 16(t0)
        fld f11, 24(t0)
        fld f12, 32(t0)
        fld f13, 40(t0)
        fld f14, 48(t0)
        fld f15, 56(t0)
        fld f16, 64(t0)
        fld f17, 72(t0)
        fld f18, 80(t0)
        fld f19, 88(t0)
        fld fs8, 96(t0)                 # step
        fcvt.d.w ft0, zero              # x
        fcvt.d.w ft2, zero              # sum
        li a0, 2000000
1:      fmv.d ft1, f19
        fmadd.d ft1, ft1, ft0, f18
        fmadd.d ft1, ft1, ft0, f17
        fmadd.d ft1, ft1, ft0, f16
        fmadd.d ft1, ft1, ft0, f15
        fmadd.d ft1, ft1, ft0, f14
        fmadd.d ft1, ft1, ft0, f13
        fmadd.d ft1, ft1, ft0, f12
        fmadd.d ft1, ft1, ft0, f11
        fmadd.d ft1, ft1, ft0, f10
        fmadd.d ft1, ft1, ft0, f9
        fmadd.d ft1, ft1, ft0, f8
        fadd.d ft2, ft2, ft1
        fadd.d ft0, ft0, fs8
        addi a0, a0, -1
        bnez a0, 1b
        fmv.x.d a0, ft2
        ret
        .balign 4096
values:
        .dword 0x3FF0000000000000
        .dword 0x3FF0000000000000
        .dword 0x3FE0000000000000
        .dword 0x3FC5555555555555
        .dword 0x3FA5555555555555
        .dword 0x3F81111111111111
        .dword 0x3F56C16C16C16C17
        .dword 0x3F2A01A01A01A01A
        .dword 0x3EFA01A01A01A01A
        .dword 0x3EC71DE3A556C734
        .dword 0x3E927E4FB7789F5C
        .dword 0x3E5AE64567F544E4
        .dword 0x3EB0C6F7A0B5ED8D
