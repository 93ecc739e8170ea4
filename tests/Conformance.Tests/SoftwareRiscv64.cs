using AxVCpu.Memory;
using AxVCpu.Software.Riscv64;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Conformance.Tests;

/// <summary>The software engine with riscv64 guests in S mode.</summary>
internal sealed class SoftwareRiscv64(ExecutionTier tier) : Target
{
    private const int VmmCsr = 0x5C0;

    private const string Prologue = "        li s0, 0x10000000\n";

    public override string Name => $"software/riscv64 {tier}";

    public override IEngine Engine { get; } = new Riscv64Engine();

    public override IReadOnlySet<VCpuExitKind> Produces { get; } = new HashSet<VCpuExitKind>
    {
        VCpuExitKind.Hypercall, VCpuExitKind.MmioRead, VCpuExitKind.MmioWrite, VCpuExitKind.SysRegRead, VCpuExitKind.SysRegWrite,
        VCpuExitKind.NestedPageFault, VCpuExitKind.Halt, VCpuExitKind.CpuUp, VCpuExitKind.CpuDown, VCpuExitKind.SystemDown,
        VCpuExitKind.SystemReset, VCpuExitKind.SendIpi, VCpuExitKind.FailEntry, VCpuExitKind.Interrupted, VCpuExitKind.Debug,
        VCpuExitKind.ArchSpecific,
    };

    public override Board? Create(Scenario scenario, int cpus = 1) => scenario == Scenario.Port ? null : new RiscvBoard(Prologue + Source(scenario), cpus, tier);

    private static string Source(Scenario scenario) => scenario switch
    {
        Scenario.Hypercall => """
                    li a0, 1
                    li a1, 2
                    li a2, 3
                    li a3, 4
                    li a4, 5
                    li a5, 6
                    li a6, 7
                    li a7, 0x485643
                    ecall
                    sd a0, 0(s0)
            """,
        Scenario.MmioRead => """
                    lb t0, 0(s0)
                    sd t0, 8(s0)
            """,
        Scenario.MmioWrite => """
                    li t0, 0x1122334455667788
                    sb t0, 0(s0)
                    sh t0, 2(s0)
                    sw t0, 4(s0)
                    sd t0, 8(s0)
            """,
        Scenario.FaultHandler => """
                    la t0, handler
                    csrw stvec, t0
                    lw t1, 0(s0)
                    j .
            .align 2
            handler:
                    csrr t2, stval
                    bne t2, s0, .
                    li t0, 0xFA
                    sb t0, 1(s0)
            """,
        Scenario.SystemRegister => """
                    csrr t0, 0x5C0
                    addi t0, t0, 1
                    csrw 0x5C0, t0
            """,
        Scenario.LazyMemory => """
                    li t0, 0x80100000
                    li t1, 0x55
                    sb t1, 0(t0)
                    lbu t2, 0(t0)
                    sb t2, 0(s0)
            """,
        Scenario.Halt => """
                    li t0, 0x200
                    csrs sie, t0
                    wfi
                    li t0, 1
                    sb t0, 0(s0)
            """,
        Scenario.StartAnother => """
                    li a0, 1
                    li a1, 0x80001000
                    li a2, 0x77
                    li a7, 0x48534D
                    li a6, 0
                    ecall
                    sb a0, 0(s0)
                    li a7, 0x48534D
                    li a6, 1
                    ecall
            .org 0x80001000
                    li s0, 0x10000000
                    sb a1, 1(s0)
                    li a7, 0x48534D
                    li a6, 1
                    ecall
            """,
        Scenario.Ipi => """
                    li a0, 3
                    li a1, 1
                    li a7, 0x735049
                    li a6, 0
                    ecall
                    sb a0, 0(s0)
            """,
        Scenario.PowerOff => """
                    li a0, 0
                    li a1, 0
                    li a7, 0x53525354
                    li a6, 0
                    ecall
            """,
        Scenario.Reset => """
                    li a0, 1
                    li a1, 0
                    li a7, 0x53525354
                    li a6, 0
                    ecall
            """,
        Scenario.Breakpoint => """
                    ebreak
                    li t0, 1
                    sb t0, 0(s0)
            """,
        Scenario.ArchSpecific => """
                    li a0, 'A'
                    li a7, 0x4442434E
                    li a6, 2
                    ecall
            """,
        Scenario.Spin => "        j .\n",
        Scenario.Sum => """
                    li t0, 0x80100000
                    li t1, 1000
            1:      ld t2, 0(t0)
                    add t2, t2, t1
                    sd t2, 0(t0)
                    addi t1, t1, -1
                    bnez t1, 1b
                    sd t2, 0(s0)
            """,
        _ => throw new ArgumentOutOfRangeException(nameof(scenario)),
    };

    private sealed class RiscvBoard : Board, INestedTlbListener
    {
        private const ulong RamBase = 0x8000_0000;
        private const ulong RamSize = 4 << 20;
        private const int A1 = 11;
        private const uint SupervisorExternal = 9;

        private readonly Riscv64Machine _machine;
        private readonly GuestAddressSpace _memory;
        private readonly VirtualCpu<Riscv64VCpu>[] _cpus;

        public RiscvBoard(string source, int cpus, ExecutionTier tier)
        {
            var clock = new VmClock();
            clock.Start();
            _memory = GuestAddressSpace.Create(NestedFormat.Sv39x4, RamSize + (1 << 20));
            Assert.Equal(AddressSpaceError.None, _memory.MapAlloc(
                new GuestPhysAddr(RamBase), RamSize, MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute, populate: false));
            AssembledProgram program = Assembler.Assemble(source + "\n        j .\n", RamBase, "guest.S", IsaExtensions.All);
            Assert.Equal(GuestAccessStatus.Ok, _memory.Write(new GuestPhysAddr(RamBase), program.Code));
            _machine = new Riscv64Machine(new Riscv64MachineConfig { Clock = clock, HartCount = cpus, VmmCsrs = [VmmCsr], BreakpointExits = true, Tier = tier });
            _memory.SetInvalidator(this);
            _cpus = [.. Enumerable.Range(0, cpus).Select(i => Riscv64Engine.CreateVCpu(_machine, 1, (uint)i, (ulong)i))];
            foreach (VirtualCpu<Riscv64VCpu> cpu in _cpus)
                EngineException.ThrowIfFailed(cpu.Inner.Setup(new GuestPhysAddr(RamBase), _memory.Root, new Riscv64SetupConfig()));
        }

        public override GuestAddressSpace Memory => _memory;

        public override IReadOnlyList<VirtualCpu> Cpus => _cpus;

        public override uint WakeUpInterrupt => SupervisorExternal;

        public override int ArgumentRegister => A1;

        public void Invalidate(GuestPhysAddr start, ulong size) => _machine.InvalidateNestedTranslations();

        protected override void Dispose(bool disposing)
        {
            foreach (VirtualCpu<Riscv64VCpu> cpu in _cpus)
                cpu.Dispose();
            _memory.Dispose();
            _machine.Dispose();
        }
    }
}
