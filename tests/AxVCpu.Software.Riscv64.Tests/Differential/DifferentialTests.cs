using System.Globalization;
using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64.Tests.Differential;

/// <summary>
/// The same generated sequences in the interpreter, the translator and QEMU: registers, float flags, memory and traps must agree. AXVISOR_DIFFERENTIAL_SECONDS makes it
/// go on for that long, AXVISOR_DIFFERENTIAL_SEED begins with that seed.
/// </summary>
public class DifferentialTests
{
    private const int Sequences = 100;

    private static readonly int s_seconds = Number("AXVISOR_DIFFERENTIAL_SECONDS") ?? 2;

    private static readonly int s_seed = Number("AXVISOR_DIFFERENTIAL_SEED") ?? Environment.TickCount;

    [Theory]
    [InlineData(ExecutionTier.Interpreter)]
    [InlineData(ExecutionTier.Translator)]
    public async Task Generated_sequences_end_as_in_qemu(ExecutionTier tier)
    {
        if (Qemu.Find() is not { } qemu)
        {
            Assert.Skip("qemu-system-riscv64 is not in PATH");
            return;
        }

        RequireTier(tier);
        foreach (int seed in Seeds())
        {
            TestImage image = new(seed, Sequences, qemu.Isa, qemu.Wrong);
            string about = $"seed {seed}, {qemu.Version}";
            Task<byte[]> reference = qemu.RunAsync(image, about);
            byte[] ours = TestRun.Run(image, tier, about);
            byte[] theirs = await reference;
            NoteComparison.ForgetFloatChanges(ours);
            NoteComparison.ForgetFloatChanges(theirs);
            string? difference = NoteComparison.Find(image, tier.ToString(), ours, "QEMU", theirs);
            Assert.True(difference is null, $"{about}: {difference}");
        }
    }

    [Theory]
    [InlineData(ExecutionTier.Translator)]
    [InlineData(ExecutionTier.Auto)]
    [InlineData(ExecutionTier.Both)]
    public void Generated_sequences_end_alike_in_both_tiers(ExecutionTier tier)
    {
        RequireTier(tier);
        foreach (int seed in Seeds())
        {
            TestImage image = new(seed, Sequences, IsaExtensions.All);
            string about = $"seed {seed}";
            string? difference = NoteComparison.Find(
                image, nameof(ExecutionTier.Interpreter), TestRun.Run(image, ExecutionTier.Interpreter, about), tier.ToString(), TestRun.Run(image, tier, about));
            Assert.True(difference is null, $"{about}: {difference}");
        }
    }

    [Fact]
    public void Every_row_of_the_instruction_table_is_generated()
    {
        HashSet<InstructionRow> missing = [.. InstructionTable.Rows];
        for (int seed = s_seed; missing.Count != 0 && seed < s_seed + 1000; seed++)
            missing.ExceptWith(new TestImage(seed, Sequences, IsaExtensions.All).Rows);
        Assert.True(missing.Count == 0, $"never generated: {string.Join(' ', missing.Select(row => row.Mnemonic))} (seed {s_seed})");
    }

    /// <summary>One after the other until the time is over; one at least.</summary>
    private static IEnumerable<int> Seeds()
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        for (int seed = s_seed; seed == s_seed || System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds < s_seconds; seed++)
            yield return seed;
    }

    private static void RequireTier(ExecutionTier tier) =>
        Assert.SkipWhen(tier != ExecutionTier.Interpreter && !HostTranslator.HasBackEnd, "the translator has no back end for this host");

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int value) ? value : null;
}
