using System.Runtime;
using System.Runtime.CompilerServices;
using AxVCpu.BareMetal.Aarch64;
using AxVCpu.BareMetal.Tests;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>An image that runs <c>guest.S</c> and prints its exits, then measures hypercalls, then switches virtualization off.</summary>
internal static unsafe class HypervisorMain
{
    private const ulong GuestRam = 0x4000_0000;
    private const ulong GuestRamSize = 0x20_0000;
    private const int MaxRegions = 8;
    private const ulong PageSize = 4096;

    private struct Machine
    {
        public AddressSpace<Aarch64Stage2<Ipa39>, HostFrames, Aarch64Tlb> Space;
        public Aarch64VmContext Vm;
        public VCpu<Aarch64VCpu> VCpu;
    }

    private struct Memory(Machine* machine) : IExitSequenceMemory
    {
        private readonly Machine* _machine = machine;

        public readonly bool HandlePageFault(GuestPhysAddr address, MappingFlags access) =>
            _machine->Space.HandlePageFault(address, access) == PageFaultOutcome.Handled;
    }

    private struct Host : IExitSequenceHost
    {
        public static void Print(ReadOnlySpan<byte> line)
        {
            Log.Write("> "u8);
            Log.Write(line);
            Log.Write("\r\n"u8);
        }

        public static void Disturb()
        {
            DebugRegisters debug = default;
            for (int i = 0; i < DebugPoints.Count; i++)
                debug.BreakpointValues[i] = 0xDEAD_0000;
            SystemRegisters system = default;
            Native.LoadSystemRegisters(&system);
            Native.LoadDebugRegisters(&debug, 2, 2);
        }
    }

    /// <summary>The boot CPU.</summary>
    public static void Boot()
    {
        if (!TryMake(out Machine* machine))
        {
            Log.Error("no memory for the guest"u8).End();
            HostCpus.PowerOff();
            return;
        }

        var vm = new ExitSequenceVm<Memory>(new Memory(machine));
        ExitSequence.Run<Aarch64VCpu, ExitSequenceVm<Memory>, Host>(ref machine->VCpu, ref vm);
        ref PerCpu<Aarch64PerCpu> cpu = ref HostCpus.Current.Virtualization;
        ulong vectors = Native.ReadVbarEl2();
        bool isOff = cpu.HardwareDisable().IsNone && !cpu.IsEnabled && Native.ReadVbarEl2() != vectors;
        bool isOnAgain = cpu.HardwareEnable().IsNone && Native.ReadVbarEl2() == vectors;
        Log.Info("disabled "u8).Dec(isOff ? 1u : 0).Text(" enabled "u8).Dec(isOnAgain ? 1u : 0).End();
        HostCpus.PowerOff();
    }

    /// <summary>Another CPU.</summary>
    public static void Secondary(uint cpu) => HostCpus.Park();

    private static bool TryMake(out Machine* machine)
    {
        machine = null;
        if (!HostMemory.TryAlloc(((ulong)sizeof(Machine) / PageSize) + 1, PageSize, out HostPhysAddr memory) ||
            !HostMemory.TryAlloc(1, PageSize, out HostPhysAddr regions))
            return false;
        machine = (Machine*)memory.Value;
        Native.Zero(memory.Value, (((ulong)sizeof(Machine) / PageSize) + 1) * PageSize);
        if (AddressSpace<Aarch64Stage2<Ipa39>, HostFrames, Aarch64Tlb>.TryCreate(
                default, 1UL << 39, default, new Aarch64Tlb(&machine->Vm), (AddressRegion*)regions.Value, MaxRegions, out machine->Space) !=
            AddressSpaceError.None)
            return false;
        const MappingFlags all = MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute;
        ulong start = GuestStart();
        var image = new ReadOnlySpan<byte>((void*)start, (int)(GuestEnd() - start));
        if (machine->Space.MapAlloc(new GuestPhysAddr(GuestRam), GuestRamSize, all, populate: false) != AddressSpaceError.None ||
            machine->Space.Write(new GuestPhysAddr(GuestRam), image) != GuestAccessStatus.Ok)
            return false;
        Native.CleanDataCache(start, (ulong)image.Length);
        var create = new Aarch64CreateConfig { Mpidr = 0x102, FdtAddress = 0x4800_0000 };
        var setup = new Aarch64SetupConfig { Vm = &machine->Vm, HasDirectLines = true, TrapWaitForEvent = true };
        return VCpuSetup.Create(1, 0, null, CpuSet.Unrestricted, in create, out machine->VCpu).IsNone &&
               machine->VCpu.Setup(new GuestPhysAddr(GuestRam), machine->Space.Root, in setup).IsNone;
    }

    [RuntimeImport("*", "test_guest_start"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern ulong GuestStart();

    [RuntimeImport("*", "test_guest_end"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern ulong GuestEnd();
}
