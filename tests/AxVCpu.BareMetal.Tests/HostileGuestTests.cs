using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Tests;

/// <summary>A guest that does anything at all: every stay in it ends as an exit, never as a failure of the hypervisor.</summary>
public sealed unsafe class HostileGuestTests
{
    private const int Stays = 200_000;

    private static readonly ExceptionClass[] s_classes =
    [
        ExceptionClass.DataAbortLower, ExceptionClass.DataAbortLower, ExceptionClass.InstructionAbortLower, ExceptionClass.SystemRegister,
        ExceptionClass.SystemRegister, ExceptionClass.Hvc64, ExceptionClass.Smc64, ExceptionClass.WaitFor, ExceptionClass.IllegalState,
    ];

    [Fact]
    public void Random_exceptions_registers_and_instructions_harm_nobody()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        using var machine = new FakeMachine(new Aarch64SetupConfig { SmcIsHypercall = (seed & 1) != 0, TrapWaitForEvent = true });
        machine.Cpu.FirstStage = address => (address >> 12 & 7) == 7 ? null : FakeMachine.Ram + (address & 0x1_F000);
        var kinds = new HashSet<VCpuExitKind>();
        for (int i = 0; i < Stays; i++)
        {
            machine.Cpu.Guest.Enqueue(registers => Misbehave(machine, registers, random));
            try
            {
                VCpuExit exit = machine.VCpu.Run();
                kinds.Add(exit.Kind);
                Assert.NotEqual(VCpuExitKind.InternalError, exit.Kind);
                Answer(machine, exit.Kind, random);
            }
            catch (Exception failure) when (failure is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}, stay {i}: {failure}");
            }

            machine.Cpu.Guest.Clear();
        }

        VCpuExitKind[] expected =
        [
            VCpuExitKind.Nothing, VCpuExitKind.Hypercall, VCpuExitKind.MmioRead, VCpuExitKind.MmioWrite, VCpuExitKind.SysRegRead,
            VCpuExitKind.SysRegWrite, VCpuExitKind.NestedPageFault, VCpuExitKind.Halt, VCpuExitKind.ArchSpecific, VCpuExitKind.ExternalInterrupt,
        ];
        Assert.Subset(kinds, expected.ToHashSet());
    }

    private static ExceptionKind Misbehave(FakeMachine machine, GuestRegisters* registers, Random random)
    {
        var bytes = new Span<byte>(registers, sizeof(GuestRegisters));
        int from = random.Next(bytes.Length);
        random.NextBytes(bytes.Slice(from, Math.Min(16, bytes.Length - from)));
        registers->Pstate = (ulong)random.Next(4) << 28 | (uint)(random.Next(3) switch { 0 => 0, 1 => 4, _ => 5 });
        registers->Pc = FakeMachine.Ram + ((ulong)random.Next(FakeMachine.PresentPages * 1024) * 4);
        // Mostly loads and stores: bits 27 and 25.
        uint instruction = (uint)random.NextInt64(1L << 32);
        *(uint*)(machine.Host + ((registers->Pc & 0xFFFF) % (FakeMachine.PresentPages * 4096))) =
            random.Next(4) == 0 ? instruction : (instruction | 1 << 27) & ~(1u << 25);
        registers->Far = random.Next(2) == 0 ? (ulong)random.NextInt64() : registers->X[random.Next(31)];
        registers->Hpfar = (FakeMachine.Ram + ((ulong)random.Next(32) << 12) + (random.Next(2) == 0 ? 0 : (ulong)random.NextInt64(1L << 40))) >> 8;
        ulong iss = (ulong)random.NextInt64(1L << 25);
        if (random.Next(4) == 0)
            iss = (ulong)Enum.GetValues<SysReg>()[random.Next(Enum.GetValues<SysReg>().Length)] | (ulong)random.Next(32) << 5 | (uint)random.Next(2);
        ExceptionClass cause = random.Next(8) == 0 ? (ExceptionClass)random.Next(64) : s_classes[random.Next(s_classes.Length)];
        registers->Esr = (ulong)cause << 26 | iss;
        if (random.Next(16) == 0)
            machine.Cpu.Interrupts.Enqueue((uint)random.Next(1, 1024));
        return (ExceptionKind)(random.Next(8) == 0 ? random.Next(4) : 0);
    }

    private static void Answer(FakeMachine machine, VCpuExitKind kind, Random random)
    {
        switch (kind)
        {
            case VCpuExitKind.MmioRead or VCpuExitKind.SysRegRead when random.Next(3) != 0:
                machine.VCpu.CompleteRead((ulong)random.NextInt64());
                break;
            case VCpuExitKind.MmioRead or VCpuExitKind.MmioWrite or VCpuExitKind.SysRegRead or VCpuExitKind.SysRegWrite or VCpuExitKind.NestedPageFault
                when random.Next(2) != 0:
                machine.VCpu.FailAccess();
                break;
        }
    }
}
