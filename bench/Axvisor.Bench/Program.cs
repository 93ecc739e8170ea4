using System.Diagnostics;
using System.Globalization;
using Axvisor.Bench;

// Measures axvisor against qemu-system-riscv64 in interleaved pairs, and prints a Markdown table.
//   Axvisor.Bench [--pairs N] [--kernel FILE --initrd FILE]
int pairs = 5;
string? kernel = null;
string? initrd = null;
for (int i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--pairs": pairs = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        case "--kernel": kernel = args[i + 1]; break;
        case "--initrd": initrd = args[i + 1]; break;
        default:
            Console.Error.WriteLine($"Axvisor.Bench: unknown option {args[i]}; known are --pairs, --kernel and --initrd");
            return 2;
    }
}

string? qemu = Machine.QemuVersion();
Console.WriteLine(qemu is null ? "qemu-system-riscv64 is not installed: no ratios" : $"reference: {qemu}, one CPU, median of {pairs} interleaved pairs");
Console.WriteLine();
Console.WriteLine("| what | axvisor | qemu | ratio of speed |");
Console.WriteLine("|---|---|---|---|");
foreach (string program in Programs.Names)
{
    string elf = Programs.WriteElf(program);
    Compare($"guest program: {program}", machine => machine.RunProgram(elf));
    File.Delete(elf);
}

if (kernel is not null && initrd is not null)
{
    Compare("Debian kernel to shell", machine =>
    {
        (double seconds, Process process) = machine.Boot(kernel, initrd);
        Machine.PowerOff(process);
        return seconds;
    });
    Process idle = Machine.Axvisor.Boot(kernel, initrd).Process;
    Thread.Sleep(TimeSpan.FromSeconds(3));
    double share = Footprint.CpuShare(idle, TimeSpan.FromSeconds(10));
    (long overhead, long guest) = Footprint.ResidentBytes(idle);
    Machine.PowerOff(idle);
    Row("idle Linux guest, share of one core", $"{share:P2}");
    Row("resident memory beyond the guest's RAM", $"{overhead / 1048576.0:F1} MiB (guest RAM in use: {guest / 1048576.0:F1} MiB)");
}

(double nanoseconds, double bytes) = ExitRoundTrip.Measure();
Row("hypercall exit round trip", $"{nanoseconds:F0} ns, {bytes:F0} bytes allocated");
return 0;

void Compare(string what, Func<Machine, double> run)
{
    List<double> ours = [];
    List<double> theirs = [];
    for (int pair = 0; pair < pairs; pair++)
    {
        ours.Add(run(Machine.Axvisor));
        if (qemu is not null)
            theirs.Add(run(Machine.Qemu));
    }

    string ratio = qemu is null ? "-" : Median(theirs.Zip(ours, (t, o) => t / o)).ToString("F2", CultureInfo.InvariantCulture);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {what} | {Median(ours):F3} s | {(qemu is null ? "-" : $"{Median(theirs):F3} s")} | {ratio} |"));
}

void Row(string what, string value) => Console.WriteLine($"| {what} | {value} | | |");

static double Median(IEnumerable<double> values)
{
    double[] sorted = [.. values.Order()];
    return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
}
