using System.Reflection;
using System.Text;
using AxVCpu.Software.Riscv64.Isa;

namespace Axvisor.Bench;

/// <summary>The guest programs, assembled from the texts in Guests/ or written here.</summary>
internal static class Programs
{
    /// <summary>The program whose parts every hart takes; the only one that more than one vCPU runs.</summary>
    public const string Parallel = "parallel";

    /// <summary>The program that <see cref="HostProgram"/> has in C.</summary>
    public const string Integer = "integer";

    private const ulong RamBase = 0x8000_0000;
    private const int ColdFunctions = 6000;

    /// <summary>What the geometric mean is over.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [Integer, "memory", "calls", "switch", "pointers", "mandelbrot", "nbody", "matrix", "polynomial", "cold"];

    /// <summary>Writes the ELF of a program to a temporary file.</summary>
    public static string WriteElf(string name) => Write(name, name switch
    {
        Parallel => Text("parallel.S"),
        "cold" => Text("prologue.S") + ColdCode(),
        "switch" => Text("prologue.S") + Text("switch.S") + ByteCode("j next"),
        "pointers" => Text("prologue.S") + Text("pointers.S") + ByteCode("ret"),
        _ => Text("prologue.S") + Text(name + ".S"),
    });

    /// <summary>Writes the ELF of an operation's loop to a temporary file.</summary>
    public static string WriteElf(MicroProgram program) => Write("micro", Text("prologue.S") + program.Source());

    /// <summary>A text of this program's resources.</summary>
    public static string Text(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string ByteCode(string next) => Text("bytecode.S").Replace("@next", next, StringComparison.Ordinal);

    private static string Write(string name, string source)
    {
        AssembledProgram program = Assembler.Assemble(source + Text("report.S"), RamBase, name + ".S", IsaExtensions.All);
        string path = Path.Combine(Path.GetTempPath(), $"axvisor-bench-{Environment.ProcessId}-{name}.elf");
        File.WriteAllBytes(path, program.ToElf(RamBase));
        return path;
    }

    /// <summary>Thousands of different functions, each run only a few times: what decoding and translating cost.</summary>
    private static string ColdCode()
    {
        var text = new StringBuilder("        mv s9, ra\n        li s8, 4\n0:\n");
        for (int i = 0; i < ColdFunctions; i++)
            text.Append("        call f").Append(i).Append('\n');
        text.Append("        addi s8, s8, -1\n        beqz s8, 1f\n        j 0b\n1:      mv ra, s9\n        ret\n");
        var random = new Random(1);
        string[] operations = ["add", "sub", "xor", "or", "and", "sll", "srl", "mul"];
        for (int i = 0; i < ColdFunctions; i++)
        {
            // Something else in each register, or all would soon be zero.
            text.Append('f').Append(i).Append(":\n        addi a").Append(i % 6).Append(", a").Append((i + 1) % 6).Append(", ").Append(1 + (i % 2000)).Append('\n');
            for (int j = 0; j < 24; j++)
            {
                text.Append("        ").Append(operations[random.Next(operations.Length)]).Append(" a").Append(random.Next(6))
                    .Append(", a").Append(random.Next(6)).Append(", a").Append(random.Next(6)).Append('\n');
            }

            text.Append("        beq a0, a1, 9f\n        addi a2, a2, 1\n9:      ret\n");
        }

        return text.ToString();
    }
}
