using System.Diagnostics;
using AxVCpu;
using AxVCpu.Memory;
using AxVCpu.Software.Riscv64;
using AxVCpu.Software.Riscv64.Isa;

namespace Axvisor.Bench;

/// <summary>What it costs to translate code that was never seen before: time, and memory for code and tables.</summary>
internal static class TranslationCost
{
    private const ulong RamBase = 0x8000_0000;
    private const ulong RamSize = 2 << 20;
    private const int Copies = 4096;
    private const int Rounds = 5;

    /// <summary>What compilers write: address arithmetic, loads and stores off a frame, compares, branches that are not taken.</summary>
    private const string Body = """
            addi sp, sp, -64
            sd ra, 56(sp)
            sd s0, 48(sp)
            sd s1, 40(sp)
            mv s0, a0
            lw a5, 0(s2)
            addiw a5, a5, 1
            sw a5, 0(s2)
            slli a4, a5, 3
            add a4, a4, s2
            andi a4, a4, 2040
            add a4, a4, s2
            ld a3, 8(a4)
            beq a3, s2, 1f
            xor s1, a3, s0
            lui a2, 0x12345
            addi a2, a2, 0x678
            mul a1, s1, a2
            srli a1, a1, 17
            bltu a1, zero, 1f
            sltu a3, a1, a2
            sub a0, a1, a3
            sh a0, 16(s2)
            lbu t0, 17(s2)
            or t1, t0, a0
            andi t1, t1, 255
            mv a0, t1
            ld ra, 56(sp)
            ld s0, 48(sp)
            ld s1, 40(sp)
            addi sp, sp, 64
    1:

    """;

    /// <returns>Nanoseconds and bytes for each guest instruction.</returns>
    public static (double Nanoseconds, double Bytes) Measure()
    {
        double best = double.MaxValue;
        double bytes = 0;
        for (int round = 0; round < Rounds; round++)
        {
            (double nanoseconds, bytes) = MeasureOnce();
            best = Math.Min(best, nanoseconds);
        }

        return (best, bytes);
    }

    private static (double Nanoseconds, double Bytes) MeasureOnce()
    {
        var clock = new VmClock();
        clock.Start();
        using GuestAddressSpace memory = GuestAddressSpace.Create(NestedFormat.Sv39x4, 2 * RamSize);
        memory.MapAlloc(new GuestPhysAddr(RamBase), RamSize, MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute, populate: true);
        ulong at = RamBase;
        void Append(string text)
        {
            AssembledProgram program = Assembler.Assemble(text, at, "translation.S", IsaExtensions.All);
            memory.Write(new GuestPhysAddr(at), program.Code);
            at += (ulong)program.Code.Length;
        }

        Append($"    li s2, {RamBase + RamSize - 8192}\n    li sp, {RamBase + RamSize - 64}\n");
        AssembledProgram body = Assembler.Assemble(Body, at, "translation.S", IsaExtensions.All);
        for (int i = 0; i < Copies; i++, at += (ulong)body.Code.Length)
            memory.Write(new GuestPhysAddr(at), body.Code);
        Append("    li a7, 0x485643\n    ecall\n");

        using var machine = new Riscv64Machine(new Riscv64MachineConfig { Clock = clock, Tier = ExecutionTier.Translator });
        using VirtualCpu<Riscv64VCpu> cpu = Riscv64Engine.CreateVCpu(machine, 1, 0, 0);
        EngineException.ThrowIfFailed(cpu.Inner.Setup(new GuestPhysAddr(RamBase), memory.Root, new Riscv64SetupConfig()));
        cpu.Bind();
        double first = RunOnce(cpu);
        machine.TryReadCounters(0, out Riscv64Counters counters);
        double second = RunOnce(cpu);
        cpu.Unbind();
        return ((first - second) / counters.TranslatedInstructions, (double)(counters.CodeBytes + counters.DecodedBytes) / counters.TranslatedInstructions);
    }

    /// <summary>Nanoseconds from the start of the code to its hypercall.</summary>
    private static double RunOnce(VirtualCpu<Riscv64VCpu> cpu)
    {
        cpu.ProgramCounter = RamBase;
        long start = Stopwatch.GetTimestamp();
        if (cpu.Run().Kind != VCpuExitKind.Hypercall)
            throw new InvalidOperationException("the guest did something else than a hypercall");
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds;
    }
}
