# Every guest times itself by mtime and leaves a result in a0 that must not depend on the machine. a0 to a5 are zero at its start.
        csrr t0, mhartid
        bnez t0, .
        li sp, 0x80800000
        li s10, 0x0200bff8
        li a0, 0
        li a1, 0
        li a2, 0
        li a3, 0
        li a4, 0
        li a5, 0
        ld s11, 0(s10)
        call guest
        j report
guest:
