# Fibonacci by recursion: calls, returns and stack traffic.
        mv s9, ra
        li a0, 32
        call fib
        mv ra, s9
        ret
fib:    li t0, 2
        bge a0, t0, 1f
        ret
1:      addi sp, sp, -32
        sd ra, 0(sp)
        sd s0, 8(sp)
        sd s1, 16(sp)
        mv s0, a0
        addi a0, a0, -1
        call fib
        mv s1, a0
        addi a0, s0, -2
        call fib
        add a0, a0, s1
        ld ra, 0(sp)
        ld s0, 8(sp)
        ld s1, 16(sp)
        addi sp, sp, 32
        ret
