using System.Globalization;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests.Differential;

/// <summary>
/// The machine-mode program around the sequences. It starts each in supervisor mode with its registers, steps over what traps and notes the
/// trap, has timer interrupts at random times that change nothing, writes a note at the end of each, and sends the notes over the UART.
/// </summary>
internal static class Harness
{
    public static AssembledProgram Assemble(int sequences, IsaExtensions isa)
    {
        var text = new System.Text.StringBuilder();
        Equ(text, "FRAME", TestLayout.Frame);
        Equ(text, "ROOT", TestLayout.Tables >> 12 | 8UL << 60);
        Equ(text, "DATA", TestLayout.DataPages);
        Equ(text, "DATA_WORDS", TestLayout.DataPageCount * 512);
        Equ(text, "STARTS", TestLayout.Starts);
        Equ(text, "NOTES", TestLayout.Notes);
        Equ(text, "NOTE_BYTES", TestLayout.NoteBytes);
        Equ(text, "SEQUENCES", (ulong)sequences);
        Equ(text, "MENVCFG", (isa.HasFlag(IsaExtensions.Zicboz) ? 0x80UL : 0) | (isa.HasFlag(IsaExtensions.Zicbom) ? 0x70UL : 0));
        text.Append(Start);
        for (int i = 1; i < 28; i++)
            text.Append(CultureInfo.InvariantCulture, $"        sd x{i}, {i * 8}(x30)\n");
        text.Append(RestOfRegisters);
        for (int i = 0; i < 32; i++)
            text.Append(CultureInfo.InvariantCulture, $"        fsd f{i}, {TestLayout.NoteFloats + (i * 8)}(x30)\n");
        text.Append(RestOfNote);
        for (int i = 0; i < 32; i++)
            text.Append(CultureInfo.InvariantCulture, $"        fld f{i}, {TestLayout.StartFloats + (i * 8)}(x31)\n");
        text.Append("        csrw mstatus, x5\n");
        for (int i = 1; i < 32; i++)
            text.Append(CultureInfo.InvariantCulture, $"        ld x{i}, {i * 8}(x31)\n");
        text.Append("        mret\n");
        AssembledProgram program = Assembler.Assemble(text.ToString(), TestLayout.Image, "harness.S", IsaExtensions.All);
        return TestLayout.Image + (ulong)program.Code.Length <= TestLayout.Tables ? program : throw new InvalidOperationException("the harness is too long");
    }

    private static void Equ(System.Text.StringBuilder text, string name, ulong value) =>
        text.Append(CultureInfo.InvariantCulture, $"        .equ {name}, 0x{value:x}\n");

    // In the frame: x28 to x30 at 8 i; from 512: sequence number, traps, hash of the traps, next note, state of the timer's random numbers.
    private const string Start = """
                csrr t0, mhartid
                beqz t0, 2f
        1:      wfi
                j 1b
        2:      la t0, handler
                csrw mtvec, t0
                li t0, FRAME
                csrw mscratch, t0
                li t1, NOTES
                sd t1, 536(t0)
                li t1, 0x12345
                sd t1, 544(t0)
                li t0, -1
                csrw pmpaddr0, t0
                li t0, 0x1F
                csrw pmpcfg0, t0
                li t0, ROOT
                csrw satp, t0
                sfence.vma
                li t0, 7
                csrw mcounteren, t0
                csrw scounteren, t0
                li t0, MENVCFG
                beqz t0, 1f
                csrw menvcfg, t0
        1:      li t0, 0x88
                csrw mie, t0
                li t0, 0x0200bff8
                ld t1, 0(t0)
                addi t1, t1, 1000
                li t0, 0x02004000
                sd t1, 0(t0)
                csrr x31, mscratch
                j begin

                .balign 4
        handler:
                csrrw x31, mscratch, x31
                sd x30, 240(x31)
                sd x29, 232(x31)
                sd x28, 224(x31)
                csrr x30, mcause
                bltz x30, interrupt
                csrr x29, mepc
                la x28, note
                beq x29, x28, take_note
                # ebreak may leave zero or its address in mtval
                addi x28, x30, -3
                bnez x28, 3f
                csrw mtval, x0
        3:      ld x28, 520(x31)
                addi x28, x28, 1
                sd x28, 520(x31)
                addi x28, x28, -9
                bgez x28, 1f
                addi x28, x28, 8
                slli x28, x28, 3
                add x28, x28, x31
                addi x28, x28, 1024
                # the first of them: cause in the top byte over the place
                slli x30, x30, 56
                or x30, x30, x29
                sd x30, 0(x28)
                csrr x30, mtval
                sd x30, 64(x28)
                csrr x30, mcause
        1:      ld x28, 528(x31)
                xor x28, x28, x30
                slli x30, x28, 13
                xor x28, x28, x30
                srli x30, x28, 7
                xor x28, x28, x30
                slli x30, x28, 17
                xor x28, x28, x30
                add x28, x28, x29
                csrr x30, mtval
                slli x29, x28, 5
                add x28, x28, x29
                xor x28, x28, x30
                sd x28, 528(x31)
                csrr x30, mcause
                addi x28, x30, -1
                beqz x28, back_to_caller
                addi x28, x30, -12
                beqz x28, back_to_caller
                csrr x29, mepc
                lhu x30, 0(x29)
                andi x30, x30, 3
                addi x30, x30, -3
                addi x29, x29, 2
                bnez x30, 2f
                addi x29, x29, 2
        2:      csrw mepc, x29
        leave:  ld x28, 224(x31)
                ld x29, 232(x31)
                ld x30, 240(x31)
                csrrw x31, mscratch, x31
                mret
        back_to_caller:
                csrw mepc, x1
                j leave

        interrupt:
                andi x30, x30, 15
                addi x30, x30, -3
                beqz x30, 1f
                ld x28, 544(x31)
                slli x29, x28, 13
                xor x28, x28, x29
                srli x29, x28, 7
                xor x28, x28, x29
                slli x29, x28, 17
                xor x28, x28, x29
                sd x28, 544(x31)
                andi x28, x28, 1023
                li x29, 0x0200bff8
                ld x29, 0(x29)
                add x28, x28, x29
                addi x28, x28, 100
                li x29, 0x02004000
                sd x28, 0(x29)
                j leave
        1:      li x29, 0x02000000
                sw x0, 0(x29)
                j leave

                # where a sequence ends
                .balign 4
        note:   ecall
        take_note:
                ld x30, 536(x31)

        """;

    private const string RestOfRegisters = """
                ld x1, 224(x31)
                sd x1, 224(x30)
                ld x1, 232(x31)
                sd x1, 232(x30)
                ld x1, 240(x31)
                sd x1, 240(x30)
                csrr x1, mscratch
                sd x1, 248(x30)
                csrw mscratch, x31
                ld x1, 520(x31)
                sd x1, 0(x30)
                csrr x1, mstatus
                sd x1, 520(x30)
                li x2, 0x6000
                csrs mstatus, x2
                csrr x1, fcsr
                sd x1, 512(x30)
                ld x1, 528(x31)
                sd x1, 528(x30)
                addi x3, x31, 1024
                addi x4, x30, 544
                li x5, 16
        1:      ld x1, 0(x3)
                sd x0, 0(x3)
                sd x1, 0(x4)
                addi x3, x3, 8
                addi x4, x4, 8
                addi x5, x5, -1
                bnez x5, 1b

        """;

    private const string RestOfNote = """
                li x3, DATA
                li x4, DATA_WORDS
                li x1, 0
        1:      ld x2, 0(x3)
                xor x1, x1, x2
                slli x2, x1, 7
                add x1, x1, x2
                srli x2, x1, 31
                xor x1, x1, x2
                addi x3, x3, 8
                addi x4, x4, -1
                bnez x4, 1b
                sd x1, 536(x30)
                li x1, NOTE_BYTES
                add x30, x30, x1
                sd x30, 536(x31)
        begin:  ld x6, 512(x31)
                li x1, SEQUENCES
                bne x6, x1, 2f
                li x2, NOTES
                ld x30, 536(x31)
                li x4, 0x10000000
        1:      lbu x3, 0(x2)
                sb x3, 0(x4)
                addi x2, x2, 1
                bltu x2, x30, 1b
                li x1, 0x100000
                li x2, 0x5555
                sw x2, 0(x1)
                j .
        2:      slli x5, x6, 10
                addi x6, x6, 1
                sd x6, 512(x31)
                sd x0, 520(x31)
                sd x0, 528(x31)
                li x1, STARTS
                add x31, x5, x1
                li x5, 0x6000
                csrs mstatus, x5
                ld x5, 528(x31)
                csrw mepc, x5
                ld x5, 512(x31)
                csrw fcsr, x5
                ld x5, 520(x31)

        """;
}
