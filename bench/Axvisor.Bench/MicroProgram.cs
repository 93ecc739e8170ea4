namespace Axvisor.Bench;

/// <summary>A loop around one operation of the system side, to learn what the operation costs.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Setup">Instructions before the loop; may use every t register, and s0 to s7 for the loop.</param>
/// <param name="Body">The operation.</param>
/// <param name="Times">How often the loop runs.</param>
/// <param name="PerTime">Operations in one <see cref="Body"/>.</param>
internal sealed record MicroProgram(string Name, string Setup, string Body, int Times, int PerTime = 1)
{
    private const int WalkedPages = 4096;

    /// <summary>The tables at 16 MiB map 16 MiB of memory at the virtual address 0 by pages, for loads with the rights of supervisor mode.</summary>
    private const string PageTables = """
                li s0, 0x81000000
                li t0, 0x81001000
                srli t0, t0, 2
                ori t0, t0, 1
                sd t0, 0(s0)
                li s1, 0x81001000
                li t1, 8
                li t0, 0x81002000
        1:      srli t2, t0, 2
                ori t2, t2, 1
                sd t2, 0(s1)
                addi s1, s1, 8
                li t3, 4096
                add t0, t0, t3
                addi t1, t1, -1
                bnez t1, 1b
                li s1, 0x81002000
                li t1, 4096
                li t0, 0x82000000
        1:      srli t2, t0, 2
                ori t2, t2, 0xC7
                sd t2, 0(s1)
                addi s1, s1, 8
                li t3, 4096
                add t0, t0, t3
                addi t1, t1, -1
                bnez t1, 1b
                li t0, 0x8000000000081000
                csrw satp, t0
                li t0, -1
                csrw pmpaddr0, t0
                li t0, 0x1F
                csrw pmpcfg0, t0
                sfence.vma
                li t0, 0x20800
                csrs mstatus, t0
                li s4, 4096
        """;

    private const string Walks = """
                sfence.vma
                li s2, 0
                li s3, 4096
        2:      ld t0, 0(s2)
                add s2, s2, s4
                addi s3, s3, -1
                bnez s3, 2b
        """;

    /// <summary>Leaves the loads with supervisor rights: the report reads memory by its physical address.</summary>
    private const string NoTranslation = "        li t0, 0x20000\n        csrc mstatus, t0\n";

    private const string Handler = """
                la t0, 9f
                csrw mtvec, t0
                j 8f
                .balign 4
        9:      csrr t0, mepc
                addi t0, t0, 4
                csrw mepc, t0
                mret
        8:
        """;

    private const string Word = "        li s0, 0x80100000\n        li s1, 1\n";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<MicroProgram> All { get; } =
    [
        new("ecall to a handler that steps over it, and mret", Handler, "        ecall", 1_000_000),
        new("CSR write and read (mscratch)", string.Empty, "        csrrw t1, mscratch, t1", 3_000_000),
        new("sfence.vma and one load", Word, "        sfence.vma\n        ld t1, 0(s0)", 500_000),
        new("fence.i", string.Empty, "        fence.i", 1_000_000),
        new("MMIO read (line status of the UART)", "        li s0, 0x10000000\n", "        lbu t1, 5(s0)", 1_000_000),
        new("amoadd.d", Word, "        amoadd.d t1, s1, (s0)", 10_000_000),
        new("lr.d and sc.d", Word, "1:      lr.d t1, (s0)\n        sc.d t2, s1, (s0)\n        bnez t2, 1b", 10_000_000),
        new("page walk of three levels (Sv39)", PageTables, Walks, 100, WalkedPages),
    ];

    /// <summary>The text behind the prologue.</summary>
    public string Source() => string.Concat(
        Setup, "\n        li s8, ", Times.ToString(System.Globalization.CultureInfo.InvariantCulture), "\n3:\n", Body,
        "\n        addi s8, s8, -1\n        bnez s8, 3b\n", NoTranslation, "        ret\n");
}
