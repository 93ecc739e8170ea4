using System.Diagnostics;
using AxVCpu.Memory;
using AxVCpu.X64;

namespace AxVCpu.Kvm.Bench;

/// <summary>How long it takes from a request to exit until Run has returned, with a guest that spins.</summary>
internal static class KickLatency
{
    public static (double P50, double P99) Measure(int kicks)
    {
        using GuestAddressSpace memory = GuestAddressSpace.Create(NestedFormat.Npt, 1 << 20);
        memory.MapAlloc(new(0), 0x10000, MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute, populate: true);
        memory.Write(new(0x8000), [0xEB, 0xFE]);
        using var machine = new KvmX64Machine(new KvmX64MachineConfig { Memory = memory });
        using VirtualCpu<KvmX64VCpu> cpu = KvmEngine.CreateVCpu(machine, 1, 0, 0);
        EngineException.ThrowIfFailed(cpu.Inner.Setup(new(0x8000), default, new X64RealModeSetup()));
        long[] returned = new long[kicks];
        int done = 0;
        var owner = new Thread(() =>
        {
            cpu.Bind();
            for (int i = 0; i < kicks; i++)
            {
                if (cpu.Run().Kind != VCpuExitKind.Interrupted)
                    throw new InvalidOperationException("the guest did something else");
                returned[i] = Stopwatch.GetTimestamp();
                Volatile.Write(ref done, i + 1);
            }

            cpu.Unbind();
        });
        owner.Start();
        double[] latencies = new double[kicks];
        for (int i = 0; i < kicks; i++)
        {
            while (cpu.State != VCpuState.Running || Volatile.Read(ref done) < i)
                Thread.SpinWait(10);
            Thread.SpinWait(500); // into the guest
            long start = Stopwatch.GetTimestamp();
            cpu.RequestExit();
            while (Volatile.Read(ref done) <= i)
                Thread.SpinWait(1);
            latencies[i] = (returned[i] - start) * 1e6 / Stopwatch.Frequency;
        }

        owner.Join();
        Array.Sort(latencies);
        return (latencies[kicks / 2], latencies[(int)(kicks * 0.99)]);
    }
}
