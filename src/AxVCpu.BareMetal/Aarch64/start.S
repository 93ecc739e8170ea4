// Start-up at EL2 with the MMU off: the boot CPU from the boot loader, the others from PSCI CPU_ON.
// The image starts as an arm64 Linux `Image` (Documentation/arch/arm64/booting.rst), so every loader that knows Linux can start it:
// x0 is the physical address of the device tree.

    .equ STACK_SIZE,        32768
    .equ STACK_STRIDE,      36864                   // with the guard page below, see image.ld
    .equ MAX_CPUS,          32
    .equ CPU_STACK,         16                      // offsets in PerCpuBlock
    .equ CPU_BLOCK_SIZE,    4096

    // MAIR_EL2: 0 normal write-back, 1 Device-nGnRE.
    .equ MAIR,              0x04FF
    // Stage 1 descriptors, Arm ARM D8.3. AP[1] (bit 6) is RES1 in a regime with one exception level.
    .equ PTE_TABLE,         0x3
    .equ PTE_NORMAL,        0x3 | 0x40 | 0x300 | 0x400      // page, inner shareable, AF, attribute 0
    .equ PTE_READONLY,      0x80
    .equ PTE_XN_SHIFT,      54
    // TCR_EL2: T0SZ 25 (39 bits), write-back walks, inner shareable, 4 KiB, RES1 bits 31 and 23. PS is added from ID_AA64MMFR0_EL1.
    .equ TCR,               0x80803519
    // SCTLR_EL2: RES1 bits, I, C, M, SA, WXN.
    .equ SCTLR,             0x30C50830 | 0x1000 | 0x4 | 0x1 | 0x8 | 0x80000
    // SCTLR_EL1: RES1 bits, I, SA, C, M.
    .equ SCTLR_EL1,         0x30D00800 | 0x1000 | 0x8 | 0x4 | 0x1
    .equ SCTLR_OFF,         0x30C50830
    .equ HCR_HOST,          0x80000038              // RW, AMO, IMO, FMO: interrupts belong to EL2

    .section .head.text, "ax"
    .globl image_head
image_head:
    b       boot_entry
    .long   0
    .quad   0                                       // text_offset
    .quad   image_size                              // image_size
    .quad   0xA                                     // little endian, 4 KiB pages, anywhere in memory
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

    .text
boot_entry:
    msr     daifset, #15
    mov     x21, x0
    mrs     x22, CurrentEL
    cmp     x22, #(1 << 2)
    b.eq    0f                                      // no EL2: only to say so
    cmp     x22, #(2 << 2)
    b.ne    not_el2
    bl      reset_el2
0:  adrp    x19, image_head                         // where the image is
    tst     x19, #0x1FFFFF                          // one table must map all of it
    b.ne    not_el2

    // Apply the relative relocations: *(base + offset) = base + addend.
    adrp    x1, image_rela_start
    add     x1, x1, :lo12:image_rela_start
    adrp    x2, image_rela_end
    add     x2, x2, :lo12:image_rela_end
1:  cmp     x1, x2
    b.hs    2f
    ldp     x3, x4, [x1], #16
    ldr     x5, [x1], #8
    cmp     w4, #1027                               // R_AARCH64_RELATIVE
    b.ne    not_el2
    add     x5, x5, x19
    str     x5, [x19, x3]
    b       1b

2:  adrp    x1, image_bss
    add     x1, x1, :lo12:image_bss
    adrp    x2, image_end
    add     x2, x2, :lo12:image_end
3:  stp     xzr, xzr, [x1], #16
    cmp     x1, x2
    b.lo    3b

    bl      make_tables

    // What was written with the caches off must not be hidden by lines that they still hold.
    mov     x1, x19
    adrp    x2, image_end
    mrs     x3, ctr_el0
    ubfx    x3, x3, #16, #4
    mov     x4, #4
    lsl     x4, x4, x3
4:  dc      ivac, x1
    add     x1, x1, x4
    cmp     x1, x2
    b.lo    4b
    dsb     sy
    ic      iallu

    cmp     x22, #(1 << 2)
    b.eq    without_el2
    adrp    x20, cpu_blocks
    bl      enable_mmu
    adrp    x1, image_stacks
    add     x1, x1, #STACK_STRIDE >> 12, lsl #12
    mov     sp, x1
    str     x1, [x20, #CPU_STACK]
    msr     tpidr_el2, x20
    adrp    x1, host_vectors
    add     x1, x1, :lo12:host_vectors
    msr     vbar_el2, x1
    isb
    mov     x0, x21
    mov     x1, x19
    adrp    x2, image_end
    mov     x29, xzr
    mov     x30, xzr
    bl      axvcpu_boot
not_el2:
    wfe
    b       not_el2

    // At EL1: the same tables, which make the image's pages EL0's as well, and the compiled code that looks for the console.
without_el2:
    mov     x1, #MAIR
    msr     mair_el1, x1
    mov     x1, #TCR & 0xFFFF                       // bits 31 and 23 are TG1 of 4 KiB and EPD1 here
    movk    x1, #TCR >> 16, lsl #16
    mrs     x2, id_aa64mmfr0_el1
    and     x2, x2, #7
    cmp     x2, #5
    mov     x3, #5
    csel    x2, x3, x2, hi
    lsl     x2, x2, #32                             // IPS
    orr     x1, x1, x2
    msr     tcr_el1, x1
    adrp    x1, host_root_table
    msr     ttbr0_el1, x1
    mov     x1, #3 << 20                            // CPACR_EL1.FPEN
    msr     cpacr_el1, x1
    tlbi    vmalle1
    dsb     sy
    isb
    mov     x1, #SCTLR_EL1 & 0xFFFF
    movk    x1, #SCTLR_EL1 >> 16, lsl #16
    msr     sctlr_el1, x1
    isb
    msr     spsel, #1
    adrp    x1, image_stacks
    add     x1, x1, #STACK_STRIDE >> 12, lsl #12
    mov     sp, x1
    mov     x0, x21
    mov     x1, x19
    adrp    x2, image_end
    mov     x29, xzr
    mov     x30, xzr
    bl      axvcpu_without_el2
    b       not_el2

    // x0: this CPU's PerCpuBlock.
    .globl secondary_entry
secondary_entry:
    msr     daifset, #15
    mov     x20, x0
    mrs     x1, CurrentEL
    cmp     x1, #(2 << 2)
    b.ne    not_el2
    bl      reset_el2
    ic      iallu
    bl      enable_mmu
    ldr     x1, [x20, #CPU_STACK]
    mov     sp, x1
    msr     tpidr_el2, x20
    adrp    x1, host_vectors
    add     x1, x1, :lo12:host_vectors
    msr     vbar_el2, x1
    isb
    mov     x29, xzr
    mov     x30, xzr
    bl      axvcpu_secondary
    b       not_el2

// A known EL2: no VHE, MMU off, nothing trapped, interrupts routed here but masked.
reset_el2:
    mov     x1, #HCR_HOST & 0xFFFF
    movk    x1, #HCR_HOST >> 16, lsl #16
    msr     hcr_el2, x1
    isb
    mov     x1, #SCTLR_OFF & 0xFFFF
    movk    x1, #SCTLR_OFF >> 16, lsl #16
    msr     sctlr_el2, x1
    msr     spsel, #1
    mov     x1, #0x33FF                             // CPTR_EL2: RES1 bits; floating point is not trapped
    msr     cptr_el2, x1
    isb
    ret

// Uses x1 to x3.
enable_mmu:
    mov     x1, #MAIR
    msr     mair_el2, x1
    mov     x1, #TCR & 0xFFFF
    movk    x1, #TCR >> 16, lsl #16
    mrs     x2, id_aa64mmfr0_el1
    and     x2, x2, #7
    cmp     x2, #5                                  // 52 bits need another descriptor format: 48 are enough
    mov     x3, #5
    csel    x2, x3, x2, hi
    orr     x1, x1, x2, lsl #16
    msr     tcr_el2, x1
    adrp    x1, host_root_table
    msr     ttbr0_el2, x1
    tlbi    alle2
    dsb     sy
    isb
    mov     x1, #SCTLR & 0xFFFF
    movk    x1, #SCTLR >> 16, lsl #16
    msr     sctlr_el2, x1
    isb
    ret

// The image, page by page with its rights; the page below each stack stays unmapped. x19: the image. Uses x1 to x9.
make_tables:
    adrp    x1, host_root_table
    adrp    x2, host_image_l2
    adrp    x3, host_image_l3
    lsr     x4, x19, #30
    and     x4, x4, #0x1FF
    orr     x5, x2, #PTE_TABLE
    str     x5, [x1, x4, lsl #3]
    ubfx    x4, x19, #21, #9
    orr     x5, x3, #PTE_TABLE
    str     x5, [x2, x4, lsl #3]

    mov     x4, x19                                 // address
    mov     x8, #PTE_NORMAL
    orr     x6, x8, #PTE_READONLY                   // code
    adrp    x7, image_rodata
    mov     x9, x30
    bl      map_pages
    mov     x5, #1
    orr     x6, x6, x5, lsl #PTE_XN_SHIFT           // read-only data
    adrp    x7, image_data
    bl      map_pages
    orr     x6, x8, x5, lsl #PTE_XN_SHIFT           // data
    adrp    x7, image_stacks
    bl      map_pages
    mov     x8, #MAX_CPUS
5:  add     x4, x4, #4096                           // the guard page
    add     x7, x4, #STACK_SIZE
    bl      map_pages
    subs    x8, x8, #1
    b.ne    5b
    mov     x30, x9
    ret

// Maps x4 up to x7 with the bits of x6; x3: the table. Uses x1 and x2.
map_pages:
    ubfx    x1, x4, #12, #9
    orr     x2, x4, x6
    str     x2, [x3, x1, lsl #3]
    add     x4, x4, #4096
    cmp     x4, x7
    b.lo    map_pages
    ret

    .section .tables, "aw", %nobits
    .balign 4096
    .globl host_root_table, host_spare_tables, cpu_blocks
host_root_table:
    .zero   4096
host_image_l2:
    .zero   4096
host_image_l3:
    .zero   4096
host_spare_tables:                                  // for what is mapped before there is an allocator, see HostMap
    .zero   8 * 4096
cpu_blocks:
    .zero   MAX_CPUS * CPU_BLOCK_SIZE
