using System.Globalization;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests.Differential;

/// <summary>
/// The same generated sequences here and in QEMU: registers, float flags, memory and traps must agree. AXVISOR_DIFFERENTIAL_SECONDS makes it
/// go on for that long, AXVISOR_DIFFERENTIAL_SEED begins with that seed.
/// </summary>
public class DifferentialTests
{
    private const int Sequences = 100;

    private static readonly int s_seconds = Number("AXVISOR_DIFFERENTIAL_SECONDS") ?? 3;

    private static readonly int s_seed = Number("AXVISOR_DIFFERENTIAL_SEED") ?? Environment.TickCount;

    [Fact]
    public async Task Generated_sequences_end_as_in_qemu()
    {
        if (Qemu.Find() is not { } qemu)
        {
            Assert.Skip("qemu-system-riscv64 is not in PATH");
            return;
        }

        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        for (int seed = s_seed; seed == s_seed || System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds < s_seconds; seed++)
        {
            TestImage image = new(seed, Sequences, qemu.Isa, qemu.Wrong);
            string about = $"seed {seed}, {qemu.Version}";
            Task<byte[]> reference = qemu.RunAsync(image, about);
            byte[] ours = TestRun.Run(image, about);
            byte[] theirs = await reference;
            NoteComparison.ForgetFloatChanges(ours);
            NoteComparison.ForgetFloatChanges(theirs);
            string? difference = NoteComparison.Find(image, "axvcpu", ours, "qemu", theirs);
            Assert.True(difference is null, $"{about}: {difference}");
        }
    }

    [Fact]
    public void Every_row_of_the_instruction_table_is_generated()
    {
        HashSet<InstructionRow> missing = [.. InstructionTable.Rows];
        for (int seed = s_seed; missing.Count != 0 && seed < s_seed + 40; seed++)
            missing.ExceptWith(new TestImage(seed, Sequences, IsaExtensions.All).Rows);
        Assert.True(missing.Count == 0, $"never generated: {string.Join(' ', missing.Select(row => row.Mnemonic))} (seed {s_seed})");
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int value) ? value : null;
}
