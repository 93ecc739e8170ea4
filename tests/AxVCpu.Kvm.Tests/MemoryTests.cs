using System.Runtime.InteropServices;
using AxVCpu.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Tests;

/// <summary>The guest sees what the address space maps, whenever it changes.</summary>
public sealed partial class MemoryTests
{
    private const int ReadWrite = 3;
    private const ulong Page = 4096;
    private const MappingFlags All = MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute;

    /// <summary>Reads and writes the address in rbx, then says so; for ever.</summary>
    private static Guest Accessing(ulong address, bool lazy = false, Mode mode = Mode.Long) => new(
        mode,
        c =>
        {
            c.mov(ebx, (uint)address);
            Iced.Intel.Label loop = c.CreateLabel();
            c.Label(ref loop);
            c.mov(eax, __dword_ptr[rbx]);
            c.inc(eax);
            c.mov(__dword_ptr[rbx], eax);
            c.@out(0x10, eax);
            c.jmp(loop);
        },
        lazy: lazy);

    [Fact]
    public void What_is_mapped_later_is_memory_and_what_is_unmapped_is_a_device_again()
    {
        using Guest guest = Accessing(Guest.Device);
        Assert.Equal(VCpuExitKind.MmioRead, guest.Run().Kind);
        guest.Cpu.CompleteRead(6);
        VCpuExit exit = guest.Run();
        Assert.Equal((VCpuExitKind.MmioWrite, 7UL), (exit.Kind, exit.MmioWrite.Data));
        Assert.Equal(7UL, guest.NextOut(0x10));

        int slots = guest.Machine.MemorySlots;
        Assert.Equal(AddressSpaceError.None, guest.Memory.MapAlloc(new(Guest.Device), 4 * Page, All, populate: true));
        Assert.Equal(slots + 1, guest.Machine.MemorySlots);
        guest.Write(Guest.Device, 100u);
        Assert.Equal(101UL, guest.NextOut(0x10));
        Assert.Equal(101u, guest.Read<uint>(Guest.Device));

        Assert.Equal(AddressSpaceError.None, guest.Memory.Unmap(new(Guest.Device), Page));
        Assert.Equal(slots + 1, guest.Machine.MemorySlots);
        Assert.Equal(VCpuExitKind.MmioRead, guest.Run().Kind);
    }

    [Fact]
    public void Memory_that_cannot_be_written_is_read_in_place_and_a_write_leaves_the_guest()
    {
        using Guest guest = Accessing(0x20_0000);
        guest.Write(0x20_0000, 41u);
        Assert.Equal(42UL, guest.NextOut(0x10));
        Assert.Equal(AddressSpaceError.None, guest.Memory.Protect(new(0x20_0000), Page, MappingFlags.Read | MappingFlags.Execute));
        Assert.Equal(3, guest.Machine.MemorySlots);
        VCpuExit exit = guest.Run();
        Assert.Equal((VCpuExitKind.MmioWrite, 0x20_0000UL, 43UL), (exit.Kind, exit.MmioWrite.Address.Value, exit.MmioWrite.Data));
        guest.Cpu.FailAccess();
        Assert.Equal(43UL, guest.NextOut(0x10));
        Assert.Equal(42u, guest.Read<uint>(0x20_0000));
        Assert.Equal(AddressSpaceError.None, guest.Memory.Protect(new(0x20_0000), Page, All));
        Assert.Equal(43UL, guest.NextOut(0x10));
    }

    [Fact]
    public void Lazy_memory_is_in_few_slots_and_the_host_pages_it_in()
    {
        using Guest guest = Accessing(0x28_0000, lazy: true);
        int slots = guest.Machine.MemorySlots;
        Assert.InRange(slots, 1, 16); // what was touched before the machine was made lies elsewhere
        Assert.Equal(AddressSpaceError.None, guest.Memory.MapAlloc(new(Guest.Device), 4 << 20, All, populate: false));
        Assert.Equal(slots + 1, guest.Machine.MemorySlots);
        Assert.Equal(1UL, guest.NextOut(0x10));
        Assert.Equal(2UL, guest.NextOut(0x10));
        Assert.Equal(2u, guest.Read<uint>(0x28_0000));
    }

    /// <summary>Memory that the host cannot give: a fault of the run, which can be mended, or given up.</summary>
    [Fact]
    public unsafe void Memory_that_the_host_does_not_have_is_a_fault_and_the_guest_goes_on_when_it_is_there()
    {
        // In ring 3, as what a kernel module emulates takes memory that is not there for a device.
        using Guest guest = Accessing(Guest.Device, mode: Mode.User);
        void* taken = NativeMemory.AlignedAlloc((nuint)Page, (nuint)Page);
        try
        {
            new Span<byte>(taken, (int)Page).Clear();
            Assert.Equal(AddressSpaceError.None, guest.Memory.MapLinear(new(Guest.Device), new((ulong)taken), Page, All));
            Assert.Equal(1UL, guest.NextOut(0x10));
            Assert.Equal(0, Protect(taken, (nuint)Page, 0));
            VCpuExit exit = guest.Run();
            if (exit.Kind == VCpuExitKind.InternalError)
            {
                // A kernel that does not say where it was: the run failed.
                Assert.Equal(EngineErrorCode.HostFailure, exit.InternalError.Code);
                return;
            }

            Assert.Equal((VCpuExitKind.NestedPageFault, Guest.Device), (exit.Kind, exit.NestedPageFault.Address.Value & ~(Page - 1)));
            guest.Cpu.FailAccess();
            exit = guest.Run();
            Assert.Equal((VCpuExitKind.InternalError, EngineErrorCode.InvalidAddress), (exit.Kind, exit.InternalError.Code));
            Assert.Equal(VCpuState.Ready, guest.Cpu.State);
            Assert.Equal(0, Protect(taken, (nuint)Page, ReadWrite));
            Assert.Equal(2UL, guest.NextOut(0x10));
        }
        finally
        {
            _ = Protect(taken, (nuint)Page, ReadWrite);
            Assert.Equal(AddressSpaceError.None, guest.Memory.Unmap(new(Guest.Device), Page));
            NativeMemory.AlignedFree(taken);
        }
    }

    [Fact]
    public void The_dirty_log_has_the_writes_of_the_guest_and_of_the_host()
    {
        using Guest guest = Accessing(0x20_3000);
        Assert.Equal(1UL, guest.NextOut(0x10));
        GuestPhysAddr ram = new(0);
        Assert.Equal(AddressSpaceError.None, guest.Memory.EnableDirtyLog(ram));
        ulong[] bits = new ulong[guest.Memory.DirtyLogWords(ram)];
        Assert.Equal(AddressSpaceError.None, guest.Memory.FetchAndClearDirty(ram, bits));
        Assert.Equal(2UL, guest.NextOut(0x10));
        guest.Write(0x30_0000, 1);
        Assert.Equal(AddressSpaceError.None, guest.Memory.FetchAndClearDirty(ram, bits));
        Assert.Equal([0x203UL, 0x300UL], Dirty(bits));
        Assert.Equal(AddressSpaceError.None, guest.Memory.FetchAndClearDirty(ram, bits));
        Assert.Empty(Dirty(bits));
        Assert.Equal(3UL, guest.NextOut(0x10)); // written again: seen again
        Assert.Equal(AddressSpaceError.None, guest.Memory.FetchAndClearDirty(ram, bits));
        Assert.Equal([0x203UL], Dirty(bits));
        Assert.Equal(AddressSpaceError.None, guest.Memory.DisableDirtyLog(ram));
        Assert.Equal(4UL, guest.NextOut(0x10));
        Assert.Equal(1, guest.Machine.MemorySlots);
    }

    /// <summary>A slot that changes its rights is gone for a moment; a guest that runs meanwhile must not notice.</summary>
    [Fact]
    public void A_running_guest_never_sees_that_its_memory_is_taken_apart()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.mov(ebx, 0x20_0000);
            Iced.Intel.Label loop = c.CreateLabel();
            c.Label(ref loop);
            c.mov(rax, __[rbx]);
            c.mov(rax, __[rbx + 0x1000]);
            c.inc(__qword_ptr[rbx + 0x2000]);
            c.jmp(loop);
        });
        VCpuExitKind kind = default;
        var owner = new Thread(() =>
        {
            guest.Cpu.Bind();
            kind = guest.Cpu.Run().Kind;
            guest.Cpu.Unbind();
        });
        owner.Start();
        while (guest.Read<ulong>(0x20_2000) == 0)
            Thread.Yield();
        for (int i = 0; i < 200; i++)
        {
            MappingFlags flags = i % 2 == 0 ? MappingFlags.Read | MappingFlags.Execute : All;
            Assert.Equal(AddressSpaceError.None, guest.Memory.Protect(new(0x20_0000), Page, flags));
        }

        ulong before = guest.Read<ulong>(0x20_2000);
        while (guest.Read<ulong>(0x20_2000) == before)
            Thread.Yield();
        guest.Cpu.RequestExit();
        owner.Join();
        Assert.Equal(VCpuExitKind.Interrupted, kind);
    }

    [Fact]
    public void Nothing_is_freed_under_a_vcpu_whoever_lets_go_first()
    {
        Guest.Require();
        using GuestAddressSpace memory = GuestAddressSpace.Create(NestedFormat.Npt, 1 << 20);
        var machine = new KvmX64Machine(new KvmX64MachineConfig { Memory = memory });
        VirtualCpu<KvmX64VCpu> cpu = KvmEngine.CreateVCpu(machine, 1, 0, 0);
        EngineException.ThrowIfFailed(cpu.Inner.Setup(new(0), default, new X64.X64RealModeSetup()));
        machine.Dispose();
        machine.Dispose();
        cpu.SetGpr(3, 5); // the kernel's objects are still there
        Assert.Equal(5UL, cpu.GetGpr(3));
        cpu.Bind();
        Assert.NotEqual(VCpuExitKind.Halt, cpu.Run().Kind); // without memory, but without harm
        cpu.Dispose();
        cpu.Dispose();
        cpu.RequestExit();
    }

    [Fact]
    public void An_apic_id_has_one_vcpu()
    {
        using var guest = new Guest(Mode.Long, c => c.hlt());
        Assert.Throws<EngineException>(() => KvmEngine.CreateVCpu(guest.Machine, 1, 1, 0));
        Assert.Equal(EngineErrorCode.InvalidConfiguration, Assert.Throws<EngineException>(() => KvmEngine.CreateVCpu(guest.Machine, 1, 1, 1)).Error.Code);
    }

    // Without the guest's page tables: a processor writes their accessed bits, and with nested paging every walk counts as a write.
    private static List<ulong> Dirty(ulong[] bits) =>
    [
        .. Enumerable.Range(0, bits.Length * 64).Where(i => (bits[i / 64] >> (i % 64) & 1) != 0).Select(i => (ulong)i)
            .Where(page => page is < Guest.PageTables / Page or > (Guest.PageTables / Page) + 2),
    ];

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static unsafe partial int Protect(void* address, nuint length, int protection);
}
