using AxVCpu.Kvm;
using AxVCpu.Memory;
using AxVCpu.X64;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Conformance.Tests;

/// <summary>
/// KVM with x86-64 guests in long mode, no interrupt controller in the kernel. There is no bus error on a PC, other vCPUs are started and
/// interrupted by a local APIC, and power-off is a port: those scenarios do not exist here.
/// </summary>
internal sealed class KvmX64 : Target
{
    private const uint VmmRegister = 0x1234_0000;
    private const ushort HypercallPort = 0x42;
    private const uint Vector = 0x20;
    private const int Device = (int)Board.Device;

    public override string Name => "kvm/x64";

    public override IEngine Engine { get; } = new KvmEngine();

    public override bool NamesDestination => false;

    public override VCpuExitKind BadEntry => VCpuExitKind.InternalError;

    public override IReadOnlySet<VCpuExitKind> Produces
    {
        get
        {
            HashSet<VCpuExitKind> kinds =
            [
                VCpuExitKind.Hypercall, VCpuExitKind.MmioRead, VCpuExitKind.MmioWrite, VCpuExitKind.SysRegRead, VCpuExitKind.SysRegWrite,
                VCpuExitKind.IoRead, VCpuExitKind.IoWrite, VCpuExitKind.Halt, VCpuExitKind.SystemReset, VCpuExitKind.Interrupted,
                VCpuExitKind.InternalError, VCpuExitKind.ArchSpecific,
            ];
            if (HasBreakpoints)
                kinds.Add(VCpuExitKind.Debug);
            return kinds;
        }
    }

    // kvm_pvm gives breakpoint instructions to the guest.
    private static bool HasBreakpoints => KvmEngine.Examine().Module != KvmModule.Pvm;

    public override Board? Create(Scenario scenario, int cpus = 1)
    {
        if (scenario == Scenario.Breakpoint && !HasBreakpoints)
            return null;
        return Program(scenario) is { } program ? new X64Board(program, cpus, scenario) : null;
    }

    private static Action<Assembler>? Program(Scenario scenario) => scenario switch
    {
        Scenario.Hypercall => c =>
        {
            c.mov(edi, 1);
            c.mov(esi, 2);
            c.mov(edx, 3);
            c.mov(r10d, 4);
            c.mov(r8d, 5);
            c.mov(r9d, 6);
            c.mov(eax, 7);
            c.@out((sbyte)HypercallPort, al);
            c.mov(__qword_ptr[Device], rax);
        },
        Scenario.MmioRead => c =>
        {
            c.movsx(rax, __byte_ptr[Device]);
            c.mov(__qword_ptr[Device + 8], rax);
        },
        Scenario.MmioWrite => c =>
        {
            c.mov(rax, 0x1122_3344_5566_7788UL);
            c.mov(__byte_ptr[rbx], al);
            c.mov(__word_ptr[rbx + 2], ax);
            c.mov(__dword_ptr[rbx + 4], eax);
            c.mov(__qword_ptr[rbx + 8], rax);
        },
        Scenario.SystemRegister => c =>
        {
            c.mov(ecx, VmmRegister);
            c.rdmsr();
            c.inc(eax);
            c.wrmsr();
        },
        Scenario.Halt => c =>
        {
            c.sti();
            c.hlt();
            c.mov(al, 1);
            c.mov(__byte_ptr[rbx], al);
        },
        Scenario.Reset => c => c.ud2(),
        Scenario.Breakpoint => c =>
        {
            c.int3();
            c.mov(al, 1);
            c.mov(__byte_ptr[rbx], al);
        },
        Scenario.ArchSpecific => c => c.sti(),
        Scenario.Spin => _ => { },
        Scenario.Sum => c =>
        {
            Label loop = c.CreateLabel();
            c.mov(esi, unchecked((uint)Board.LazyPage));
            c.mov(ecx, 1000);
            c.Label(ref loop);
            c.add(__qword_ptr[rsi], rcx);
            c.dec(ecx);
            c.jne(loop);
            c.mov(rax, __qword_ptr[rsi]);
            c.mov(__qword_ptr[rbx], rax);
        },
        Scenario.Port => c =>
        {
            c.@in(ax, 0x60);
            c.inc(ax);
            c.@out(0x62, ax);
            Label data = c.CreateLabel();
            Label behind = c.CreateLabel();
            c.lea(rsi, __[data]);
            c.mov(ecx, 5);
            c.mov(dx, 0x62);
            c.cld();
            c.rep.outsb();
            c.jmp(behind);
            c.Label(ref data);
            c.db(1, 2, 3, 4, 5);
            c.Label(ref behind);
            c.nop();
        },
        _ => null,
    };

    private sealed class X64Board : Board
    {
        private const ulong RamBase = 0x8000_0000;
        private const ulong RamSize = 4 << 20;
        private const ulong Tables = RamBase + 0x20_0000; // PML4, PDPT, four page directories
        private const ulong Descriptors = RamBase + 0x21_0000;
        private const ulong Interrupts = RamBase + 0x22_0000;
        private const ulong Handler = RamBase + 0x23_0000;
        private const ulong Stack = RamBase + 0x25_0000;

        private readonly GuestAddressSpace _memory;
        private readonly KvmX64Machine _machine;
        private readonly VirtualCpu<KvmX64VCpu>[] _cpus;

        public X64Board(Action<Assembler> program, int cpus, Scenario scenario)
        {
            _memory = GuestAddressSpace.Create(NestedFormat.Npt, RamSize + (1 << 20));
            _machine = new KvmX64Machine(new KvmX64MachineConfig { Memory = _memory, CpuCount = cpus, HypercallPort = HypercallPort });
            Assert.Equal(AddressSpaceError.None, _memory.MapAlloc(
                new(RamBase), RamSize, MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute, populate: false));
            MapFourGibibytes();
            WriteDescriptors();
            Load(RamBase, c =>
            {
                c.mov(ebx, (uint)Device);
                program(c);
                Label loop = c.CreateLabel();
                c.Label(ref loop);
                c.jmp(loop);
            });
            Load(Handler, c => c.iretq());
            _cpus = [.. Enumerable.Range(0, cpus).Select(i => KvmEngine.CreateVCpu(_machine, 1, (uint)i, (uint)i))];
            var setup = new X64LongModeSetup
            {
                Registers = new() { Rsp = Stack },
                Cr3 = Tables,
                Gdt = new() { Base = Descriptors, Limit = 0x1F },
                Idt = new() { Base = Interrupts, Limit = scenario == Scenario.Reset ? (ushort)0 : (ushort)0xFFF },
            };
            foreach (VirtualCpu<KvmX64VCpu> cpu in _cpus)
                EngineException.ThrowIfFailed(cpu.Inner.Setup(new(RamBase), _memory.Root, setup));
            if (scenario == Scenario.Breakpoint)
                EngineException.ThrowIfFailed(_cpus[0].Inner.Arch.SetDebug(new X64DebugRequest { BreakpointExits = true }));
            if (scenario == Scenario.ArchSpecific)
                _cpus[0].SetInterruptLine((uint)X64InterruptInput.Intr, true);
        }

        public override GuestAddressSpace Memory => _memory;

        public override IReadOnlyList<VirtualCpu> Cpus => _cpus;

        public override uint WakeUpInterrupt => Vector;

        public override int ArgumentRegister => (int)X64Register.Rdi;

        public override ulong BreakpointLength => 1;

        protected override void Dispose(bool disposing)
        {
            foreach (VirtualCpu<KvmX64VCpu> cpu in _cpus)
                cpu.Dispose();
            _machine.Dispose();
            _memory.Dispose();
        }

        private void Load(ulong address, Action<Assembler> program)
        {
            var assembler = new Assembler(64);
            program(assembler);
            using var stream = new MemoryStream();
            assembler.Assemble(new StreamCodeWriter(stream), address);
            Assert.Equal(GuestAccessStatus.Ok, _memory.Write(new(address), stream.ToArray()));
        }

        // Intel SDM volume 3, 4.5: the identity with pages of 2 MiB.
        private void MapFourGibibytes()
        {
            const ulong Table = 3;
            const ulong Page = 0x83;
            _memory.WriteObject(new(Tables), (Tables + 0x1000) | Table);
            for (ulong gib = 0; gib < 4; gib++)
            {
                ulong directory = Tables + 0x2000 + (gib << 12);
                _memory.WriteObject(new(Tables + 0x1000 + (gib * 8)), directory | Table);
                for (ulong i = 0; i < 512; i++)
                    _memory.WriteObject(new(directory + (i * 8)), (gib << 30) | (i << 21) | Page);
            }
        }

        // Selector 0x10: 64-bit code, 0x18: data. One interrupt gate (Intel SDM volume 3, 3.4.5 and 6.14.1).
        private void WriteDescriptors()
        {
            _memory.WriteObject(new(Descriptors + 0x10), 0x00AF_9B00_0000_FFFFUL);
            _memory.WriteObject(new(Descriptors + 0x18), 0x00CF_9300_0000_FFFFUL);
            const ulong PresentInterruptGate = 0x8E00UL << 32;
            _memory.WriteObject(new(Interrupts + (Vector * 16)), (Handler & 0xFFFF) | (0x10UL << 16) | PresentInterruptGate | ((Handler >> 16 & 0xFFFF) << 48));
            _memory.WriteObject(new(Interrupts + (Vector * 16) + 8), Handler >> 32);
        }
    }
}
