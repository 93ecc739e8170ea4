using System.Globalization;
using AxVCpu.Kvm;
using AxVCpu.Kvm.Bench;

// Short slices, many of them: on a machine with other work some slices run undisturbed.
const int Pairs = 41;
const int Exits = 2_000;
const ulong Rounds = 5_000_000;
bool onlyExits = args is ["--exits"];
int kicks = args is ["--kicks", string count] && int.TryParse(count, CultureInfo.InvariantCulture, out int given) ? given : 100_000;
KvmProbe probe = KvmEngine.Examine();
if (probe.Status != KvmStatus.Available)
{
    Console.Error.WriteLine($"KVM cannot be used: {probe.Detail}");
    return 1;
}

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string module = probe.Module == KvmModule.None ? "KVM (built in)" : $"kvm_{probe.Module}".ToLowerInvariant();
Console.WriteLine($"with {module}");
Console.WriteLine();
Console.WriteLine("| what | C# | C | C# to C |");
Console.WriteLine("|---|---|---|---|");
using (ExitRoundTrip? exits = ExitRoundTrip.Compile())
{
    if (exits is null)
        Console.WriteLine("| exits | gcc or linux/kvm.h is missing | | |");
    else
    {
        foreach ((string name, double ours, double c, double ratio, double bytes) in exits.Measure(Pairs, Exits))
            Console.WriteLine($"| {name} exit ({module}) | {ours:F0} ns, {bytes:F0} bytes allocated | {c:F0} ns | {ratio:F2} |");
    }
}

if (onlyExits)
    return 0;
(double native, double sandbox) = IntegerProgram.Measure(Pairs, Rounds);
Console.WriteLine($"| integer program in ring 3 ({module}) | {sandbox * 1e3:F2} ms | {native * 1e3:F2} ms (natively) | {sandbox / native:F3} |");
Console.WriteLine();
Console.WriteLine("| sandbox | microseconds |");
Console.WriteLine("|---|---|");
foreach ((string what, double microseconds) in SandboxCosts.Measure(2000))
    Console.WriteLine($"| {what} ({module}) | {microseconds:F1} |");
(double p50, double p99) = KickLatency.Measure(kicks);
Console.WriteLine($"| kick: request to return of Run, p50 of {kicks} ({module}) | {p50:F1} |");
Console.WriteLine($"| kick: request to return of Run, p99 of {kicks} ({module}) | {p99:F1} |");
return 0;
