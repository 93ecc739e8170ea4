# Copies 64 KiB a few thousand times, by 8 bytes and by 1. The two buffers do not share a slot of a direct-mapped TLB.
        li a1, 0x80100000
        li a0, 0x123456789ABCDEF
        sd a0, 0(a1)
        li a0, 6000
1:      li a1, 0x80100000
        li a2, 0x80238000
        li a3, 8192
2:      ld a4, 0(a1)
        ld a5, 8(a1)
        sd a4, 0(a2)
        sd a5, 8(a2)
        addi a1, a1, 16
        addi a2, a2, 16
        addi a3, a3, -2
        bnez a3, 2b
        li a1, 0x80100000
        li a2, 0x80238000
        li a3, 8192
3:      lbu a4, 0(a1)
        sb a4, 0(a2)
        addi a1, a1, 1
        addi a2, a2, 1
        addi a3, a3, -1
        bnez a3, 3b
        addi a0, a0, -1
        bnez a0, 1b
        li a2, 0x80238000
        ld a0, 0(a2)
        ret
