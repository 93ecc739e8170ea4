using System.Text;
using System.Text.RegularExpressions;
using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Tests;

/// <summary>
/// The guest of <c>ExitImage/guest.S</c>: what its exits are, by the shared core on an architecture that is a list of them, and by the
/// hypervisor at EL2 in QEMU.
/// </summary>
public sealed partial class ExitSequenceTests(ExitImage image) : IClassFixture<ExitImage>
{
    [Fact]
    public void The_engine_at_EL2_prints_what_the_core_prints_on_a_fake_architecture()
    {
        string[] expected = RunOnFakeArchitecture();
        string[] actual = [.. image.Run().Where(line => line.StartsWith("> ", StringComparison.Ordinal)).Select(line => line[2..])];
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Every_kind_that_the_engine_makes_is_in_the_sequence()
    {
        string engine = Path.GetFullPath(Path.Combine(ImageBuild.Sources, "..", "..", "src", "AxVCpu.BareMetal", "Aarch64"));
        string[] made =
        [
            .. Directory.EnumerateFiles(engine, "Aarch64VCpu*.cs").SelectMany(file => ExitsMade().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value)
                .Distinct().Order(StringComparer.Ordinal),
        ];
        // Nothing is left out by whoever prints; QEMU 7.2 does not trap WFE, which Aarch64VCpuTests does.
        string[] seen = [.. RunOnFakeArchitecture().Select(line => line.Split(' ')[0]).Append(nameof(VCpuExitKind.Nothing)).Append(nameof(VCpuExitKind.ArchSpecific))];
        Assert.InRange(made.Length, 10, Enum.GetValues<VCpuExitKind>().Length);
        Assert.Equal(made, seen.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Virtualization_can_be_switched_off_and_on_again() =>
        Assert.Contains(image.Run(), line => line.Contains("disabled 1 enabled 1", StringComparison.Ordinal));

    [Fact]
    public void All_host_CPUs_come_up() => Assert.Contains(image.Run(), line => line.Contains("up: 2 CPUs, 512 MiB", StringComparison.Ordinal));

    [GeneratedRegex(@"\bexit\.Set(\w+)\(")]
    private static partial Regex ExitsMade();

    private static string[] RunOnFakeArchitecture()
    {
        var script = new ExitScript();
        var config = script;
        Assert.True(VCpuSetup.Create(1, 0, null, CpuSet.Unrestricted, in config, out VCpu<ScriptedArch> vcpu).IsNone);
        Assert.True(vcpu.Setup(default, default, in config).IsNone);
        var vm = new ExitSequenceVm<Present>(default);
        Collector.Lines = [];
        ExitSequence.Run<ScriptedArch, ExitSequenceVm<Present>, Collector>(ref vcpu, ref vm);
        Assert.True(script.IsOver, "the guest ended before its last exit");
        return [.. Collector.Lines];
    }

    private struct Present : IExitSequenceMemory
    {
        public readonly bool HandlePageFault(GuestPhysAddr address, MappingFlags access) => true;
    }

    private struct Collector : IExitSequenceHost
    {
        [ThreadStatic]
        public static List<string>? Lines;

        public static void Print(ReadOnlySpan<byte> line) => Lines!.Add(Encoding.ASCII.GetString(line));

        public static void Disturb()
        {
        }
    }
}
