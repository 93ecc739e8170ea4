using System.Runtime.InteropServices;
using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Tests;

/// <summary>One vCPU of one VM on the fake CPU of this thread, with 16 pages of RAM, the last four of them absent until touched.</summary>
internal sealed unsafe class FakeMachine : IDisposable
{
    public const ulong Ram = 0x4000_0000;
    public const int Pages = 16;
    public const int PresentPages = 12;
    public const ulong Lazy = Ram + (PresentPages * 4096);
    public const ulong Device = 0x1000_0000;

    private readonly Storage* _storage;

    private struct Storage
    {
        public Aarch64VmContext Vm;
        public VCpu<Aarch64VCpu> VCpu;
        public NestedPageTable<Aarch64Stage2<Ipa39>, NativeFrames> Table;
    }

    private struct NativeFrames : IFrameSource
    {
        public readonly HostVirtAddr PhysToVirt(HostPhysAddr address) => new(address.Value);

        public readonly HostPhysAddr VirtToPhys(HostVirtAddr address) => new(address.Value);

        public readonly bool TryAllocFrame(out HostPhysAddr frame, out bool isZeroed) => TryAllocFrames(1, 4096, out frame, out isZeroed);

        public readonly bool TryAllocFrames(ulong count, ulong alignment, out HostPhysAddr first, out bool areZeroed)
        {
            first = new HostPhysAddr((ulong)NativeMemory.AlignedAlloc((nuint)(count * 4096), (nuint)alignment));
            areZeroed = false;
            return true;
        }

        public readonly void ClearFrames(HostPhysAddr first, ulong count) => NativeMemory.Clear((void*)first.Value, (nuint)(count * 4096));

        public readonly void DeallocFrame(HostPhysAddr frame)
        {
        }

        public readonly void DeallocFrames(HostPhysAddr first, ulong count)
        {
        }

        public readonly void Relax(uint spins)
        {
        }
    }

    public FakeMachine(Aarch64SetupConfig config = default, ulong mpidr = 0)
    {
        Cpu = FakeCpu.Reset();
        _storage = (Storage*)NativeMemory.AlignedAlloc((nuint)sizeof(Storage), 64);
        *_storage = default;
        Host = FakeCpu.Pages(Pages);
        Assert.True(NestedPageTable<Aarch64Stage2<Ipa39>, NativeFrames>.TryCreate(default, out _storage->Table));
        NoTlb tlb = default;
        const MappingFlags all = MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute;
        Assert.Equal(AddressSpaceError.None, _storage->Table.Map(new GuestPhysAddr(Ram), new HostPhysAddr(Host), PresentPages * 4096, all, ref tlb));
        Assert.Equal(AddressSpaceError.None, _storage->Table.MapLazy(new GuestPhysAddr(Lazy), (Pages - PresentPages) * 4096, ref tlb));
        var create = new Aarch64CreateConfig { Mpidr = mpidr };
        Assert.True(VCpuSetup.Create(1, 0, null, CpuSet.Unrestricted, in create, out _storage->VCpu).IsNone);
        config.Vm = &_storage->Vm;
        Assert.True(VCpu.Setup(new GuestPhysAddr(Ram), _storage->Table.Root, in config).IsNone);
        Assert.True(VCpu.Bind().IsNone);
    }

    public FakeCpu Cpu { get; }

    /// <summary>Where <see cref="Ram"/> is for the host.</summary>
    public ulong Host { get; }

    public ref VCpu<Aarch64VCpu> VCpu => ref _storage->VCpu;

    public Aarch64VmContext* Vm => &_storage->Vm;

    public HostPhysAddr Root => _storage->Table.Root;

    /// <summary>Lets the guest's next stay end with a synchronous exception.</summary>
    public void Exit(ExceptionClass cause, ulong iss, ulong address = 0, ulong physical = 0, FakeGuest? before = null) => Cpu.Guest.Enqueue(registers =>
    {
        before?.Invoke(registers);
        registers->Esr = (ulong)cause << 26 | 1 << 25 | iss;
        registers->Far = address;
        registers->Hpfar = physical >> 12 << 4;
        return ExceptionKind.Synchronous;
    });

    /// <summary>Lets the guest's next stay end with a trapped system register.</summary>
    public void SysReg(SysReg register, bool isRead, uint rt) => Exit(ExceptionClass.SystemRegister, (uint)register | rt << 5 | (isRead ? 1u : 0));

    /// <summary>Puts an instruction where the guest is.</summary>
    public void Instruction(uint instruction) => *(uint*)(Host + VCpu.ProgramCounter - Ram) = instruction;

    public Aarch64CoreRegisters Core()
    {
        Assert.True(VCpu.Arch.Read(out Aarch64CoreRegisters core).IsNone);
        return core;
    }

    public SystemRegisters System()
    {
        Assert.True(VCpu.Arch.Read(out SystemRegisters system).IsNone);
        return system;
    }

    public void Dispose() => NativeMemory.AlignedFree(_storage);
}
