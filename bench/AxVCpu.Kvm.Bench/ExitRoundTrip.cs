using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using AxVCpu.Memory;
using AxVCpu.X64;

namespace AxVCpu.Kvm.Bench;

/// <summary>
/// One exit and re-entry of each kind, here and in C: the same guest, the same loop, in turns, in processor time of the thread and in the best
/// of ten slices, which other work on the machine disturbs least.
/// </summary>
internal sealed partial class ExitRoundTrip : IDisposable
{
    private readonly string _program = Path.Combine(Path.GetTempPath(), $"axvcpu-exits-{Environment.ProcessId}");

    private const int Slices = 10; // as in exits.c
    private const int WarmRounds = 40;
    private static readonly TimeSpan WarmPause = TimeSpan.FromMilliseconds(20);

    private static readonly (string Name, VCpuExitKind Kind, byte[] Code)[] s_kinds =
    [
        ("out", VCpuExitKind.IoWrite, [0xE6, 0x10, 0xEB, 0xFC]),
        ("mmio", VCpuExitKind.MmioWrite, [0x88, 0x07, 0xEB, 0xFC]),
        ("hlt", VCpuExitKind.Halt, [0xF4, 0xEB, 0xFD]),
    ];

    /// <summary>Compiles the C side; null when there is no compiler or no header.</summary>
    public static ExitRoundTrip? Compile()
    {
        var bench = new ExitRoundTrip();
        using Stream source = typeof(ExitRoundTrip).Assembly.GetManifestResourceStream("exits.c")!;
        using (FileStream file = File.Create(bench._program + ".c"))
            source.CopyTo(file);
        try
        {
            using Process compiler = Process.Start("gcc", ["-O2", "-o", bench._program, bench._program + ".c"]);
            compiler.WaitForExit();
            return compiler.ExitCode == 0 ? bench : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>
    /// For each kind the best nanoseconds of each side, the median of the ratios of all pairs, and the bytes that an exit allocates here.
    /// </summary>
    public IEnumerable<(string Name, double Ours, double C, double Ratio, double Bytes)> Measure(int pairs, int exits)
    {
        Warm(exits);
        foreach ((string name, VCpuExitKind kind, byte[] code) in s_kinds)
        {
            List<double> ours = [];
            List<double> theirs = [];
            double bytes = 0;
            for (int pair = 0; pair < pairs; pair++)
            {
                // In turns who begins, so that what changes meanwhile is on both sides.
                bool isCFirst = pair % 2 != 0;
                if (isCFirst)
                    theirs.Add(RunC(name, exits));
                (double nanoseconds, bytes) = RunHere(kind, code, exits);
                ours.Add(nanoseconds);
                if (!isCFirst)
                    theirs.Add(RunC(name, exits));
            }

            double[] ratios = [.. ours.Zip(theirs, static (here, c) => here / c).Order()];
            yield return (name, ours.Min(), theirs.Min(), ratios[pairs / 2], bytes);
        }
    }

    public void Dispose()
    {
        File.Delete(_program);
        File.Delete(_program + ".c");
    }

    /// <summary>What is measured is code that the runtime has compiled for good: it does so in the background, after some calls and a pause.</summary>
    private static void Warm(int exits)
    {
        for (int round = 0; round < WarmRounds; round++)
        {
            foreach ((_, VCpuExitKind kind, byte[] code) in s_kinds)
                RunHere(kind, code, exits);
            Thread.Sleep(WarmPause);
        }
    }

    private double RunC(string name, int exits)
    {
        using Process program = Process.Start(new ProcessStartInfo(_program, [name, exits.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true })!;
        string output = program.StandardOutput.ReadToEnd();
        program.WaitForExit();
        return double.Parse(output, CultureInfo.InvariantCulture);
    }

    private static (double Nanoseconds, double Bytes) RunHere(VCpuExitKind kind, byte[] code, int exits)
    {
        using GuestAddressSpace memory = GuestAddressSpace.Create(NestedFormat.Npt, 1 << 20);
        memory.MapAlloc(new(0), 0x10000, MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute, populate: true);
        memory.Write(new(0x8000), code);
        using var machine = new KvmX64Machine(new KvmX64MachineConfig { Memory = memory });
        using VirtualCpu<KvmX64VCpu> cpu = KvmEngine.CreateVCpu(machine, 1, 0, 0);
        EngineException.ThrowIfFailed(cpu.Inner.Setup(new(0x8000), default, new X64RealModeSetup()));
        EngineException.ThrowIfFailed(cpu.Inner.Arch.Read(out X64SystemRegisters system));
        system.Ds.Base = 0xD0000;
        system.Ds.Selector = 0xD000;
        EngineException.ThrowIfFailed(cpu.Inner.Arch.Write(in system));
        cpu.Bind();
        Run(cpu, kind, exits / 10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        double nanoseconds = double.MaxValue;
        int slice = exits / Slices;
        for (int i = 0; i < Slices; i++)
        {
            double start = ThreadNanoseconds();
            Run(cpu, kind, slice);
            nanoseconds = Math.Min(nanoseconds, (ThreadNanoseconds() - start) / slice);
        }

        double bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)exits;
        cpu.Unbind();
        return (nanoseconds, bytes);
    }

    private static void Run(VirtualCpu<KvmX64VCpu> cpu, VCpuExitKind kind, int exits)
    {
        for (int i = 0; i < exits; i++)
        {
            if (cpu.Run().Kind != kind)
                throw new InvalidOperationException("the guest did something else");
            // A halted guest goes on only after an event: here it is told that it never halted, as C's does not know.
            if (kind == VCpuExitKind.Halt)
                cpu.Inner.Arch.Write(new X64RunStateGroup { State = X64RunState.Runnable });
        }
    }

    private static double ThreadNanoseconds()
    {
        const int ThreadCpuTime = 3;
        _ = ClockGetTime(ThreadCpuTime, out TimeSpec time);
        return (time.Seconds * 1e9) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
