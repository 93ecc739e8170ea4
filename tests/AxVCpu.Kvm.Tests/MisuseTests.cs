using AxVCpu.Memory;
using AxVCpu.X64;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Tests;

/// <summary>What a program does wrong is refused, and leaves everything as it was.</summary>
public sealed class MisuseTests
{
    [Fact]
    public void Only_the_thread_that_bound_a_vcpu_runs_it_and_looks_at_it()
    {
        using Guest guest = Counting();
        guest.NextOut(0x10);
        OnAnotherThread(() =>
        {
            Assert.Equal(MisuseKind.WrongCpu, Assert.Throws<MisuseException>(() => guest.Cpu.Run().Kind).Kind);
            Assert.Equal(MisuseKind.WrongCpu, Assert.Throws<MisuseException>(() => guest.Cpu.GetGpr(0)).Kind);
            Assert.Equal(MisuseKind.WrongCpu, Assert.Throws<MisuseException>(guest.Cpu.Unbind).Kind);
            Assert.Throws<MisuseException>(guest.Cpu.Bind);
        });
        Assert.Equal(1UL, guest.NextOut(0x10));
        guest.Cpu.Unbind();
        OnAnotherThread(() =>
        {
            guest.Cpu.Bind();
            Assert.Equal(2UL, guest.Cpu.Run().IoWrite.Data);
            guest.Cpu.Unbind();
        });
        Assert.Equal(3UL, guest.NextOut(0x10));
    }

    [Fact]
    public void A_running_vcpu_is_not_disposed_and_not_reset()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            Iced.Intel.Label loop = c.CreateLabel();
            c.Label(ref loop);
            c.jmp(loop);
        });
        var owner = new Thread(() =>
        {
            guest.Cpu.Bind();
            Assert.Equal(VCpuExitKind.Interrupted, guest.Cpu.Run().Kind);
            guest.Cpu.Unbind();
        });
        owner.Start();
        while (guest.Cpu.State != VCpuState.Running)
            Thread.Yield();
        Assert.Throws<MisuseException>(guest.Cpu.Dispose);
        Assert.Throws<MisuseException>(guest.Cpu.Reset);
        Assert.Equal(VCpuState.Running, guest.Cpu.State);
        guest.Cpu.RequestExit();
        owner.Join();
        Assert.Equal(VCpuState.Free, guest.Cpu.State);
    }

    [Fact]
    public void A_disposed_vcpu_is_refused_and_its_memory_not_touched()
    {
        using Guest guest = Counting();
        guest.NextOut(0x10);
        guest.Cpu.Dispose();
        Assert.Throws<MisuseException>(() => guest.Cpu.Run().Kind);
        Assert.Throws<MisuseException>(() => guest.Cpu.GetGpr(0));
        Assert.Throws<MisuseException>(guest.Cpu.Reset);
        Assert.Throws<MisuseException>(() => guest.Arch.Read(out X64GeneralRegisters _));
        Assert.Throws<MisuseException>(() => guest.Arch.ProgramCounter);
        Assert.Throws<MisuseException>(() => guest.Arch.CompletePending());
        Assert.Throws<MisuseException>(() =>
        {
            VCpuExitRecord record = default;
            return guest.Arch.Run(ref record);
        });
        guest.Cpu.RequestExit();
        guest.Cpu.InjectInterrupt(32);
        guest.Cpu.SetInterruptLine((uint)X64InterruptInput.Intr, true);
        guest.Cpu.Dispose();
    }

    [Fact]
    public void A_machine_says_what_is_wrong_with_its_configuration()
    {
        Guest.Require();
        using GuestAddressSpace memory = GuestAddressSpace.Create(NestedFormat.Npt, 1 << 20);
        using GuestAddressSpace other = GuestAddressSpace.Create(NestedFormat.Sv39x4, 1 << 20);
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvmX64Machine(new KvmX64MachineConfig { Memory = memory, CpuCount = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvmX64Machine(new KvmX64MachineConfig { Memory = memory, CpuCount = 256 }));
        Assert.Throws<ArgumentException>(() => new KvmX64Machine(new KvmX64MachineConfig { Memory = other }));
        Assert.Throws<ArgumentException>(() => new KvmX64Machine(new KvmX64MachineConfig { Memory = memory, KernelTimer = true }));
        using var machine = new KvmX64Machine(new KvmX64MachineConfig { Memory = memory, CpuCount = 2 });
        Assert.Throws<EngineException>(() => KvmEngine.CreateVCpu(machine, 1, 0, 2));
        // Two machines would not both hear of what is mapped.
        Assert.Throws<InvalidOperationException>(() => new KvmX64Machine(new KvmX64MachineConfig { Memory = memory }));
        Assert.Equal(AddressSpaceError.None, memory.MapAlloc(new(0), 4096, MappingFlags.Read | MappingFlags.Write, populate: true));
        Assert.Equal(1, machine.MemorySlots);
    }

    [Fact]
    public void Sixty_four_vcpus_of_one_machine_run_at_once()
    {
        const int Cpus = 64;
        using var guest = new Guest(
            Mode.Long,
            c =>
            {
                // CPUID leaf 1: the local APIC's id.
                c.mov(eax, 1);
                c.cpuid();
                c.shr(ebx, 24);
                c.mov(eax, ebx);
                c.@out(0x10, eax);
                c.hlt();
            },
            cpus: Cpus);
        ulong[] ids = new ulong[Cpus];
        Thread[] owners = [.. guest.Cpus.Select((cpu, index) => new Thread(() =>
        {
            cpu.Bind();
            ids[index] = cpu.Run().IoWrite.Data;
            cpu.Unbind();
        }))];
        foreach (Thread owner in owners)
            owner.Start();
        foreach (Thread owner in owners)
            owner.Join();
        Assert.Equal(Enumerable.Range(0, Cpus).Select(id => (ulong)id), ids);
    }

    [Fact]
    public void Two_machines_share_nothing()
    {
        using Guest first = Counting();
        using Guest second = Counting();
        for (ulong i = 0; i < 5; i++)
            Assert.Equal(i, first.NextOut(0x10));
        // One thread can hold two vCPUs, if it runs them one after the other.
        Assert.Equal(0UL, second.NextOut(0x10));
        second.Write(0x10_0000, 77u);
        Assert.Equal(0u, first.Read<uint>(0x10_0000));
        first.Cpu.RequestExit();
        Assert.Equal(1UL, second.NextOut(0x10));
        Assert.Equal(VCpuExitKind.Interrupted, first.Run().Kind);
        Assert.Equal(5UL, first.NextOut(0x10));
    }

    private static Guest Counting() => new(Mode.Long, c =>
    {
        c.xor(eax, eax);
        Iced.Intel.Label loop = c.CreateLabel();
        c.Label(ref loop);
        c.@out(0x10, eax);
        c.inc(eax);
        c.jmp(loop);
    });

    private static void OnAnotherThread(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception caught)
            {
                failure = caught;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            throw new InvalidOperationException("on the other thread", failure);
    }
}
