using System.Runtime;
using System.Runtime.CompilerServices;
using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>An image that measures exits: how long each kind takes from the guest's instruction to the next one.</summary>
internal static unsafe class HypervisorMain
{
    private const ulong GuestRam = 0x4000_0000;
    private const ulong GuestRamSize = 0x20_0000;
    private const ulong Rounds = 0x1_0000;
    private const int MaxRegions = 8;
    private const ulong PageSize = 4096;
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    private struct Machine
    {
        public AddressSpace<Aarch64Stage2<Ipa39>, HostFrames, Aarch64Tlb> Space;
        public Aarch64VmContext Vm;
        public VCpu<Aarch64VCpu> VCpu;
    }

    /// <summary>The boot CPU.</summary>
    public static void Boot()
    {
        if (TryMake(out Machine* machine))
            Run(ref machine->VCpu);
        else
            Log.Error("no memory for the guest"u8).End();
        HostCpus.PowerOff();
    }

    /// <summary>Another CPU.</summary>
    public static void Secondary(uint cpu) => HostCpus.Park();

    private static void Run(ref VCpu<Aarch64VCpu> vcpu)
    {
        vcpu.Bind();
        int phase = -1;
        ulong began = 0;
        while (true)
        {
            VCpuExit exit = vcpu.Run();
            switch (exit.Kind)
            {
                case VCpuExitKind.MmioRead:
                    vcpu.CompleteRead(1);
                    break;
                case VCpuExitKind.Hypercall when exit.Hypercall.Number == 0:
                    if (phase >= 0)
                        Report(phase, HostTimer.Now - began);
                    phase++;
                    began = HostTimer.Now;
                    break;
                case VCpuExitKind.Hypercall:
                    vcpu.SetReturnValue(0);
                    break;
                case VCpuExitKind.Nothing:
                    break;
                default:
                    vcpu.Unbind();
                    return;
            }
        }
    }

    private static void Report(int phase, ulong ticks)
    {
        ReadOnlySpan<byte> name = phase switch
        {
            0 => "hypercall"u8,
            1 => "device read"u8,
            2 => "device read of a pair"u8,
            3 => "ID register"u8,
            _ => "empty loop"u8,
        };
        ulong nanoseconds = ticks * NanosecondsPerSecond / HostTimer.Frequency;
        Log.Info(name).Text(": "u8).Dec(nanoseconds / Rounds).Text(" ns, "u8).Dec(nanoseconds == 0 ? 0 : Rounds * NanosecondsPerSecond / nanoseconds)
            .Text(" per second"u8).End();
    }

    private static bool TryMake(out Machine* machine)
    {
        const MappingFlags all = MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute;
        ulong pages = ((ulong)sizeof(Machine) / PageSize) + 1;
        machine = null;
        if (!HostMemory.TryAlloc(pages, PageSize, out HostPhysAddr memory) || !HostMemory.TryAlloc(1, PageSize, out HostPhysAddr regions))
            return false;
        Native.Zero(memory.Value, pages * PageSize);
        machine = (Machine*)memory.Value;
        var create = default(Aarch64CreateConfig);
        var setup = new Aarch64SetupConfig { Vm = &machine->Vm };
        var image = new ReadOnlySpan<byte>((void*)GuestStart(), (int)(GuestEnd() - GuestStart()));
        return AddressSpace<Aarch64Stage2<Ipa39>, HostFrames, Aarch64Tlb>.TryCreate(
                   default, 1UL << 39, default, new Aarch64Tlb(&machine->Vm), (AddressRegion*)regions.Value, MaxRegions, out machine->Space) ==
                   AddressSpaceError.None &&
               machine->Space.MapAlloc(new GuestPhysAddr(GuestRam), GuestRamSize, all, populate: true) == AddressSpaceError.None &&
               machine->Space.Write(new GuestPhysAddr(GuestRam), image) == GuestAccessStatus.Ok &&
               VCpuSetup.Create(1, 0, null, CpuSet.Unrestricted, in create, out machine->VCpu).IsNone &&
               machine->VCpu.Setup(new GuestPhysAddr(GuestRam), machine->Space.Root, in setup).IsNone;
    }

    [RuntimeImport("*", "bench_guest_start"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern ulong GuestStart();

    [RuntimeImport("*", "bench_guest_end"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern ulong GuestEnd();
}
