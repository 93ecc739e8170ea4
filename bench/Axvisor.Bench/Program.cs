using System.Diagnostics;
using System.Globalization;
using Axvisor.Bench;

if (BenchOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(BenchOptions.Usage);
    return 2;
}

string? qemuVersion = Machine.QemuVersion();
Machine axvisor = Machine.Axvisor(options);
Machine? qemu = qemuVersion is null ? null : Machine.Qemu();
Comparison comparison = new(options, axvisor, qemu);
Console.WriteLine(qemuVersion is null
    ? "qemu-system-riscv64 is not installed: no ratios"
    : $"reference: {qemuVersion}, median of {options.Pairs} interleaved pairs; one CPU unless said otherwise");
Console.WriteLine();
Comparison.Print("what", "axvisor", "qemu", "ratio of speed");
Comparison.Print("---", "---", "---", "---");
MeasurePrograms();
MeasureHost();
MeasureParallel();
MeasureOperations();
MeasureLinux();
if (comparison.Wants("translation of one instruction"))
{
    (double nanoseconds, double bytes) = TranslationCost.Measure();
    Comparison.Print("translation of one instruction", string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:F0} ns, {bytes:F0} bytes of code and tables"));
}

if (comparison.Wants("hypercall exit round trip"))
{
    (double nanoseconds, double bytes) = ExitRoundTrip.Measure();
    Comparison.Print("hypercall exit round trip", string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:F0} ns, {bytes:F0} bytes allocated"));
}

return 0;

void MeasurePrograms()
{
    List<double> ratios = [];
    foreach (string program in Programs.Names)
    {
        string what = $"guest program: {program}";
        if (!comparison.Wants(what))
            continue;
        string elf = Programs.WriteElf(program);
        ratios.Add(comparison.Row(what, machine => machine.RunProgram(elf)).Ratio);
        File.Delete(elf);
    }

    if (ratios.Count == Programs.Names.Count)
        Comparison.Print("geometric mean of the guest programs", "", "", Comparison.Ratio(Math.Exp(ratios.Average(Math.Log))));
}

void MeasureHost()
{
    const string What = "integer program against the same in C for the host";
    if (!comparison.Wants(What))
        return;
    using HostProgram? host = HostProgram.Compile();
    if (host is null)
    {
        Comparison.Print(What, "gcc is not installed");
        return;
    }

    string elf = Programs.WriteElf(Programs.Integer);
    List<double> guest = [];
    List<double> native = [];
    for (int pair = 0; pair < options.Pairs; pair++)
    {
        Measurement inGuest = axvisor.RunProgram(elf);
        Measurement onHost = host.Run();
        if (inGuest.Result != onHost.Result)
            throw new InvalidOperationException($"the guest computed {inGuest.Result:x}, the host {onHost.Result:x}");
        guest.Add(inGuest.Seconds);
        native.Add(onHost.Seconds);
    }

    File.Delete(elf);
    string share = (Comparison.Median(native) / Comparison.Median(guest)).ToString("P0", CultureInfo.InvariantCulture);
    Comparison.Print(
        $"{What} ({host.Compiler}, -O2)", string.Create(CultureInfo.InvariantCulture, $"{Comparison.Median(guest):F3} s"),
        string.Create(CultureInfo.InvariantCulture, $"{Comparison.Median(native):F3} s (host)"), $"{share} of the host's speed");
}

void MeasureParallel()
{
    if (!comparison.Wants("parallel program"))
        return;
    string elf = Programs.WriteElf(Programs.Parallel);
    (double oursOne, double theirsOne, _) = comparison.Row("parallel program, 1 vCPU", machine => machine.RunProgram(elf));
    (double oursTwo, double theirsTwo, _) = comparison.Row("parallel program, 2 vCPUs", machine => machine.RunProgram(elf, cpus: 2));
    File.Delete(elf);
    Comparison.Print("parallel program: 2 vCPUs are faster than 1 by", $"{Comparison.Ratio(oursOne / oursTwo)} times", $"{Comparison.Ratio(theirsOne / theirsTwo)} times");
}

void MeasureOperations()
{
    foreach (MicroProgram program in MicroProgram.All)
    {
        string what = $"operation: {program.Name}";
        if (!comparison.Wants(what))
            continue;
        string elf = Programs.WriteElf(program);
        comparison.Row(what, machine => machine.RunProgram(elf), 1e9 / program.Times / program.PerTime, "ns", "F1");
        File.Delete(elf);
    }
}

void MeasureLinux()
{
    if (options.Kernel is not { } kernel || options.Initrd is not { } initrd)
        return;
    if (comparison.Wants("Debian kernel to shell"))
    {
        comparison.Row("Debian kernel to shell", machine =>
        {
            (double seconds, Process process) = machine.Boot(kernel, initrd);
            Machine.PowerOff(process);
            return new Measurement(0, seconds);
        });
    }

    if (!comparison.Wants("idle Linux guest"))
        return;
    Process idle = axvisor.Boot(kernel, initrd).Process;
    Thread.Sleep(TimeSpan.FromSeconds(3));
    double share = Footprint.CpuShare(idle, TimeSpan.FromSeconds(10));
    (long overhead, long guest) = Footprint.ResidentBytes(idle);
    Machine.PowerOff(idle);
    Comparison.Print("idle Linux guest, share of one core", share.ToString("P2", CultureInfo.InvariantCulture));
    Comparison.Print(
        "idle Linux guest, resident memory beyond the guest's RAM",
        string.Create(CultureInfo.InvariantCulture, $"{overhead / 1048576.0:F1} MiB (guest RAM in use: {guest / 1048576.0:F1} MiB)"));
}
