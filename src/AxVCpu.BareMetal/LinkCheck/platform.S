# The symbols that a platform provides. Heap and exception symbols (RhpNewFast, RhpThrowEx, ...) are absent on purpose:
# code that needs them does not link.
    .text
    .globl axvcpu_panic, axvcpu_misuse, axvcpu_cpu_local, axvcpu_cpu_id, RhpFallbackFailFast, RhpStackProbe
axvcpu_panic:
axvcpu_misuse:
RhpFallbackFailFast:
    ud2
axvcpu_cpu_local:
    lea cpu_block(%rip), %rax
    ret
axvcpu_cpu_id:
    mov $1, %eax
    ret
RhpStackProbe:
    ret
    .data
    .globl __security_cookie
__security_cookie:
    .quad 0x5f1e2d3c4b5a6978
cpu_block:
    .zero 64
    .section .note.GNU-stack,"",@progbits
