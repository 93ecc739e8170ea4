using AxVCpu.Software.Riscv64.Isa;

namespace AxVM.Tests.Boards;

/// <summary>Guests assembled for a test, each in a file of its own that goes away with the object.</summary>
internal sealed class GuestProgram : IDisposable
{
    private GuestProgram(byte[] content)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"axvm-{Guid.NewGuid():n}");
        File.WriteAllBytes(Path, content);
    }

    public string Path { get; }

    /// <summary>Prints the line "up", echoes a line it reads with a prefix, and powers off.</summary>
    public const string Echo = """
            la   s1, text_up
            jal  print
        read:
            jal  getchar
            li   t1, 10
            beq  a0, t1, done
            mv   s2, a0
            li   a0, '>'
            jal  putchar
            mv   a0, s2
            jal  putchar
            j    read
        done:
            li   a0, 10
            jal  putchar
            li   a7, 0x53525354
            li   a6, 0
            li   a0, 0
            li   a1, 0
            ecall
        end:
            j    end
        print:
            mv   s3, ra
        print_next:
            lbu  a0, 0(s1)
            beqz a0, print_end
            jal  putchar
            addi s1, s1, 1
            j    print_next
        print_end:
            jr   s3
        putchar:
            li   t0, 0x10000000
            sb   a0, 0(t0)
            ret
        getchar:
            li   t0, 0x10000000
        wait:
            lbu  t1, 5(t0)
            andi t1, t1, 1
            beqz t1, wait
            lbu  a0, 0(t0)
            ret
        text_up:
            .asciz "up\n"
        """;

    public static GuestProgram Raw(string assembly) => new(Assembler.Assemble(assembly, 0x8000_0000).Code);

    public static GuestProgram Elf(string assembly, ulong address = 0x8000_0000) => new(Assembler.Assemble(assembly, address).ToElf());

    public static GuestProgram Bytes(byte[] content) => new(content);

    public void Dispose() => File.Delete(Path);
}
