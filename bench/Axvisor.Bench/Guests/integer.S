# A mix of shifts, multiplications, divisions and branches: xorshift random numbers, bucketed and hashed.
        li a0, 0x9E3779B97F4A7C15
        li a1, 40000000
        li a2, 0
        li a3, 0
        li a6, 10007
1:      slli a4, a0, 13
        xor a0, a0, a4
        srli a4, a0, 7
        xor a0, a0, a4
        slli a4, a0, 17
        xor a0, a0, a4
        mul a4, a0, a6
        add a2, a2, a4
        andi a5, a0, 7
        bnez a5, 2f
        remu a4, a0, a6
        add a3, a3, a4
        j 3f
2:      sltu a4, a2, a0
        add a3, a3, a4
        xor a2, a2, a3
3:      addi a1, a1, -1
        bnez a1, 1b
        xor a0, a2, a3
        ret
