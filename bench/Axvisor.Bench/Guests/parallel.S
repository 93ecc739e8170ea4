# Work in 64 parts, taken by whoever is free: every hart helps. Hart 0 measures until the last part is done, prints, and powers off.
        la s0, taken
        la s1, done
        csrr s2, mhartid
        li s10, 0x0200bff8
        bnez s2, 1f
        ld s11, 0(s10)
1:      li t0, 1
        amoadd.d s3, t0, (s0)
        li t0, 64
        bgeu s3, t0, 3f
        li a0, 0x9E3779B97F4A7C15
        add a0, a0, s3
        li a1, 3000000
        li a2, 0
2:      slli a4, a0, 13
        xor a0, a0, a4
        srli a4, a0, 7
        xor a0, a0, a4
        slli a4, a0, 17
        xor a0, a0, a4
        add a2, a2, a0
        addi a1, a1, -1
        bnez a1, 2b
        la t0, results
        slli t1, s3, 3
        add t0, t0, t1
        sd a2, 0(t0)
        li t0, 1
        amoadd.d.aqrl zero, t0, (s1)
        j 1b
3:      bnez s2, .
        li t1, 64
4:      ld t0, 0(s1)
        bltu t0, t1, 4b
        fence
        la t2, results
        li a0, 0
5:      ld t0, 0(t2)
        add a0, a0, t0
        addi t2, t2, 8
        addi t1, t1, -1
        bnez t1, 5b
        j report
        .balign 4096
taken:  .dword 0
        .balign 64
done:   .dword 0
        .balign 64
results:
        .space 512
