using AxVCpu.Memory;
using AxVCpu.X64;
using Iced.Intel;

namespace AxVCpu.Kvm.Tests;

/// <summary>The mode that a guest program is written for.</summary>
internal enum Mode
{
    Real = 16,
    Protected = 32,
    Long = 64,

    /// <summary>64-bit mode at privilege level 3, where ports may be used.</summary>
    User = 65,
}

/// <summary>A VM with 4 MiB of RAM at address 0, an identity map for long mode, and one program at <see cref="Entry"/>.</summary>
internal sealed class Guest : IDisposable
{
    public const ulong Entry = 0x8000;
    public const ulong StackTop = 0x7000;
    public const ulong PageTables = 0x1000; // PML4, PDPT, PD
    public const ulong RamSize = 4 << 20;
    public const ulong Device = 0x1000_0000;

    /// <summary>Skips the test where there is no KVM, with the reason.</summary>
    public static void Require()
    {
        EngineProbe probe = new KvmEngine().Probe();
        Assert.SkipUnless(probe.IsAvailable, $"kvm: {probe.Detail}");
    }

    public Guest(
        Mode mode,
        Action<Assembler> program,
        int cpus = 1,
        X64InterruptController controller = X64InterruptController.None,
        ushort? hypercallPort = null,
        IReadOnlyList<X64MsrRange>? served = null,
        bool lazy = false,
        bool hypercallExits = false)
    {
        Require();
        Memory = GuestAddressSpace.Create(NestedFormat.Npt, 16 << 20);
        Assert.Equal(AddressSpaceError.None, Memory.MapAlloc(new(0), RamSize, MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute, populate: !lazy));
        MapIdentity();
        Load(mode, Entry, program);
        Machine = new KvmX64Machine(new KvmX64MachineConfig
        {
            Memory = Memory,
            CpuCount = cpus,
            InterruptController = controller,
            HypercallPort = hypercallPort,
            HypercallExits = hypercallExits,
            ServedMsrs = served ?? [],
        });
        Cpus = [.. Enumerable.Range(0, cpus).Select(i => KvmEngine.CreateVCpu(Machine, 1, (uint)i, (uint)i))];
        foreach (VirtualCpu<KvmX64VCpu> cpu in Cpus)
            SetUp(cpu, mode);
    }

    public GuestAddressSpace Memory { get; }

    public KvmX64Machine Machine { get; }

    public IReadOnlyList<VirtualCpu<KvmX64VCpu>> Cpus { get; }

    public VirtualCpu<KvmX64VCpu> Cpu => Cpus[0];

    public ref KvmX64VCpu Arch => ref Cpu.Inner.Arch;

    /// <summary>Assembles a program and puts it into the guest's memory.</summary>
    public void Load(Mode mode, ulong address, Action<Assembler> program)
    {
        var assembler = new Assembler(mode == Mode.User ? (int)Mode.Long : (int)mode);
        program(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        Assert.Equal(GuestAccessStatus.Ok, Memory.Write(new(address), stream.ToArray()));
    }

    /// <summary>Makes the page tables anew that a program has spoilt.</summary>
    public void Restore() => MapIdentity();

    /// <summary>Binds the vCPU if need be, and runs it to its next exit.</summary>
    public VCpuExit Run()
    {
        if (Cpu.State == VCpuState.Free)
            Cpu.Bind();
        return Cpu.Run();
    }

    /// <summary>The next exit must be a write of a port; its value.</summary>
    public ulong NextOut(ushort port)
    {
        VCpuExit exit = Run();
        Assert.Equal(VCpuExitKind.IoWrite, exit.Kind);
        Assert.Equal(port, exit.IoWrite.Port);
        return exit.IoWrite.Data;
    }

    public T Read<T>(ulong address)
        where T : unmanaged
    {
        Assert.Equal(GuestAccessStatus.Ok, Memory.ReadObject(new(address), out T value));
        return value;
    }

    public void Write<T>(ulong address, T value)
        where T : unmanaged => Assert.Equal(GuestAccessStatus.Ok, Memory.WriteObject(new(address), value));

    public static void SetUp(VirtualCpu<KvmX64VCpu> cpu, Mode mode, ulong entry = Entry)
    {
        X64GeneralRegisters registers = new() { Rsp = StackTop };
        EngineException.ThrowIfFailed(mode switch
        {
            Mode.Real => cpu.Inner.Setup(new(entry), default, new X64RealModeSetup { Registers = registers }),
            Mode.Protected => cpu.Inner.Setup(new(entry), default, new X64ProtectedModeSetup { Registers = registers }),
            _ => cpu.Inner.Setup(new(entry), default, new X64LongModeSetup
            {
                Registers = registers with { Rflags = mode == Mode.User ? X64Flags.IoPrivilegeLevel : 0 },
                Cr3 = PageTables,
                UserMode = mode == Mode.User,
            }),
        });
    }

    public void Dispose()
    {
        foreach (VirtualCpu<KvmX64VCpu> cpu in Cpus)
            cpu.Dispose();
        Machine.Dispose();
        Memory.Dispose();
    }

    // Intel SDM volume 3, 4.5: 1 GiB identity mapped with pages of 2 MiB.
    private void MapIdentity()
    {
        const ulong Present = 1;
        const ulong Writable = 2;
        const ulong User = 4;
        const ulong Large = 1 << 7;
        Write(PageTables, (PageTables + 0x1000) | Present | Writable | User);
        Write(PageTables + 0x1000, (PageTables + 0x2000) | Present | Writable | User);
        for (ulong i = 0; i < 512; i++)
            Write(PageTables + 0x2000 + (i * 8), (i << 21) | Present | Writable | User | Large);
    }
}
