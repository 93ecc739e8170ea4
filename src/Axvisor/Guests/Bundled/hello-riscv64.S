# A guest in one page: greets over the SBI debug console, tells what it finds, and powers the machine off.
# Starts in supervisor mode with a0 = hart id and a1 = devicetree, as every SBI guest does.

    .equ SBI_BASE, 0x10
    .equ SBI_BASE_GET_SPEC_VERSION, 0
    .equ SBI_DBCN, 0x4442434e
    .equ SBI_DBCN_CONSOLE_WRITE, 0
    .equ SBI_SRST, 0x53525354
    .equ SBI_SRST_SYSTEM_RESET, 0

    .globl _start
_start:
    mv      s0, a0                  # hart id
    mv      s1, a1                  # devicetree
    la      sp, stack_top

    la      a0, greeting
    call    print

    la      a0, hart_text
    call    print
    mv      a0, s0
    call    print_hex

    la      a0, tree_text
    call    print
    mv      a0, s1
    call    print_hex

    la      a0, version_text
    call    print
    li      a7, SBI_BASE
    li      a6, SBI_BASE_GET_SPEC_VERSION
    ecall
    mv      s2, a1
    srli    a0, s2, 24              # major version
    call    print_digit
    la      a0, dot
    call    print
    andi    a0, s2, 0xf             # minor version
    call    print_digit

    la      a0, time_text
    call    print
    rdtime  a0
    call    print_hex

    la      a0, farewell
    call    print

    li      a7, SBI_SRST
    li      a6, SBI_SRST_SYSTEM_RESET
    li      a0, 0                   # shutdown
    li      a1, 0                   # no reason
    ecall
1:  wfi                             # not reached
    j       1b

# print: writes the zero-terminated text at a0.
print:
    mv      t0, a0
1:  lbu     t1, 0(t0)
    beqz    t1, 2f
    addi    t0, t0, 1
    j       1b
2:  sub     t0, t0, a0              # length
    mv      a1, a0                  # address, low half; guest RAM is below 2^64, so the high half is 0
    mv      a0, t0
    li      a2, 0
    li      a7, SBI_DBCN
    li      a6, SBI_DBCN_CONSOLE_WRITE
    ecall
    ret

# print_hex: writes a0 as "0x" and its digits without leading zeros.
print_hex:
    addi    sp, sp, -32
    sd      ra, 24(sp)
    addi    t0, sp, 20              # end of the digits; the terminator lies there
    sb      zero, 0(t0)
1:  andi    t1, a0, 0xf
    la      t2, digits
    add     t2, t2, t1
    lbu     t2, 0(t2)
    addi    t0, t0, -1
    sb      t2, 0(t0)
    srli    a0, a0, 4
    bnez    a0, 1b
    li      t1, 'x'
    sb      t1, -1(t0)
    li      t1, '0'
    sb      t1, -2(t0)
    addi    a0, t0, -2
    call    print
    ld      ra, 24(sp)
    addi    sp, sp, 32
    ret

# print_digit: writes a0, 0 to 9.
print_digit:
    addi    sp, sp, -16
    sd      ra, 8(sp)
    addi    t0, a0, '0'
    sb      t0, 0(sp)
    sb      zero, 1(sp)
    mv      a0, sp
    call    print
    ld      ra, 8(sp)
    addi    sp, sp, 16
    ret

greeting:
    .asciz  "Hello from a RISC-V guest in supervisor mode.\r\n"
hart_text:
    .asciz  "  hart        "
tree_text:
    .asciz  "\r\n  devicetree  "
version_text:
    .asciz  "\r\n  SBI         "
dot:
    .asciz  "."
time_text:
    .asciz  "\r\n  time        "
farewell:
    .asciz  "\r\nPowering off.\r\n"
digits:
    .ascii  "0123456789abcdef"

    .balign 16
    .space  512
stack_top:
