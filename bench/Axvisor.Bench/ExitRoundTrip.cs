using System.Diagnostics;
using AxVCpu;
using AxVCpu.Memory;
using AxVCpu.Software.Riscv64;
using AxVCpu.Software.Riscv64.Isa;

namespace Axvisor.Bench;

/// <summary>A guest that does nothing but hypercalls: what one exit and re-entry costs, and what it allocates.</summary>
internal static class ExitRoundTrip
{
    private const ulong RamBase = 0x8000_0000;
    private const ulong RamSize = 2 << 20;
    private const int Warm = 200_000;
    private const int Exits = 2_000_000;

    public static (double Nanoseconds, double Bytes) Measure()
    {
        var clock = new VmClock();
        clock.Start();
        using GuestAddressSpace memory = GuestAddressSpace.Create(NestedFormat.Sv39x4, 2 * RamSize);
        memory.MapAlloc(new GuestPhysAddr(RamBase), RamSize, MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute, populate: true);
        AssembledProgram program = Assembler.Assemble("    li a7, 0x485643\n1:  ecall\n    j 1b\n", RamBase, "hypercall.S", IsaExtensions.All);
        memory.Write(new GuestPhysAddr(RamBase), program.Code);
        using var machine = new Riscv64Machine(new Riscv64MachineConfig { Clock = clock });
        using VirtualCpu<Riscv64VCpu> cpu = Riscv64Engine.CreateVCpu(machine, 1, 0, 0);
        EngineException.ThrowIfFailed(cpu.Inner.Setup(new GuestPhysAddr(RamBase), memory.Root, new Riscv64SetupConfig()));
        cpu.Bind();
        Run(cpu, Warm);
        double best = double.MaxValue;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 5; round++)
        {
            long start = Stopwatch.GetTimestamp();
            Run(cpu, Exits);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Exits);
        }

        double bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / (5.0 * Exits);
        cpu.Unbind();
        return (best, bytes);
    }

    private static void Run(VirtualCpu<Riscv64VCpu> cpu, int exits)
    {
        for (int i = 0; i < exits; i++)
        {
            if (cpu.Run().Kind != VCpuExitKind.Hypercall)
                throw new InvalidOperationException("the guest did something else than a hypercall");
            cpu.SetReturnValue(0);
        }
    }
}
