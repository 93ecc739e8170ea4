using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Tests;

/// <summary>What Bind and Unbind move, and the physical side of the virtual timer's interrupt.</summary>
public sealed unsafe class VCpuSwitchTests
{
    private const ulong SgiFrame = 0x10_0000 + (uint)GicRedistributorRegister.SgiFrame;
    private const ulong SetActive = SgiFrame + (uint)GicDistributorRegister.ISACTIVER;
    private const ulong ClearActive = SgiFrame + (uint)GicDistributorRegister.ICACTIVER;
    private const ulong TimerBit = 1UL << 27;
    private const ulong PendingTimer = 1UL << 62 | 1UL << 61 | 27UL << 32 | 27;

    [Fact]
    public void System_registers_keys_and_timer_belong_to_the_bound_vCPU()
    {
        using var machine = new FakeMachine();
        SystemRegisters system = machine.System();
        system.TpidrEl0 = 0x1111;
        system.CntvCtlEl0 = 1;
        system.CntvCvalEl0 = 99;
        machine.VCpu.Arch.Write(in system);
        machine.VCpu.Unbind();
        Assert.Equal(0UL, machine.Cpu.System.CntvCtlEl0); // nobody's timer fires
        machine.Cpu.System = default;
        machine.VCpu.Bind();
        Assert.Equal((0x1111UL, 1UL, 99UL), (machine.Cpu.System.TpidrEl0, machine.Cpu.System.CntvCtlEl0, machine.Cpu.System.CntvCvalEl0));
    }

    [Fact]
    public void Pointer_keys_are_switched_where_the_CPU_has_them()
    {
        foreach (bool has in (bool[])[false, true])
        {
            using var machine = new FakeMachine();
            machine.Cpu.IdRegisters[IdRegisterFilter.IndexOf(IdRegister.AA64ISAR1)] = has ? 0x10UL : 0;
            var config = new Aarch64CreateConfig();
            var setup = new Aarch64SetupConfig { Vm = machine.Vm };
            machine.VCpu.Unbind();
            // In the same place, so that it stays where it is while it is bound.
            Assert.True(VCpuSetup.Create(1, 1, null, CpuSet.Unrestricted, in config, out machine.VCpu).IsNone);
            Assert.True(machine.VCpu.Setup(new GuestPhysAddr(FakeMachine.Ram), machine.Root, in setup).IsNone);
            machine.VCpu.Bind();
            machine.Cpu.Keys[3] = 0x5555;
            machine.VCpu.Unbind();
            machine.Cpu.Keys = default;
            machine.VCpu.Bind();
            Assert.Equal(has ? 0x5555UL : 0, machine.Cpu.Keys[3]);
        }
    }

    [Fact]
    public void The_CPUs_own_TLB_is_flushed_between_two_vCPUs_of_one_VM_only()
    {
        using var machine = new FakeMachine();
        machine.VCpu.Unbind();
        machine.Cpu.Calls.Clear();
        machine.VCpu.Bind();
        Assert.DoesNotContain(nameof(Native.InvalidateLocalGuest), machine.Cpu.Calls);
        machine.VCpu.Unbind();
        machine.Vm->LastVCpus[0] = 2; // the other one was here
        machine.VCpu.Bind();
        Assert.Contains(nameof(Native.InvalidateLocalGuest), machine.Cpu.Calls);
        Assert.DoesNotContain(nameof(Native.InvalidateAllGuests), machine.Cpu.Calls);
    }

    [Fact]
    public void The_root_and_the_tag_are_in_VTTBR()
    {
        using var machine = new FakeMachine();
        Assert.Equal(machine.Root.Value | (ulong)machine.Vm->Vmid.Tag << 48, machine.Cpu.Registers["VttbrEl2"]);
        Assert.NotEqual(0u, machine.Vm->Vmid.Tag);
    }

    [Fact]
    public void A_timer_interrupt_in_a_list_register_holds_the_physical_one_back()
    {
        using var machine = new FakeMachine();
        machine.Cpu.Block->Redistributor = 0x10_0000;
        machine.VCpu.Arch.Vgic.Lr[1] = PendingTimer;
        machine.Cpu.Guest.Enqueue(_ => ExceptionKind.Fiq);
        machine.VCpu.Run();
        Assert.Equal(TimerBit, machine.Cpu.Devices[SetActive]);
        Assert.True(machine.Cpu.Block->IsTimerActive);

        // The guest ends it: the CPU has deactivated the physical one by itself.
        machine.Cpu.Guest.Enqueue(_ =>
        {
            machine.Cpu.Vgic.Lr[1] = 0;
            return ExceptionKind.Fiq;
        });
        machine.VCpu.Run();
        Assert.False(machine.Cpu.Block->IsTimerActive);
        Assert.False(machine.Cpu.Devices.ContainsKey(ClearActive));
    }

    [Fact]
    public void A_timer_interrupt_that_the_guest_does_not_want_stays_held_back_until_its_level_falls()
    {
        using var machine = new FakeMachine();
        machine.Cpu.Block->Redistributor = 0x10_0000;
        machine.Cpu.Registers["CntPctEl0"] = 100;
        machine.Cpu.Guest.Enqueue(_ =>
        {
            machine.Cpu.System.CntvCtlEl0 = 1;
            machine.Cpu.System.CntvCvalEl0 = 50;
            machine.Cpu.Interrupts.Enqueue(HostGic.VirtualTimerPpi);
            return ExceptionKind.Irq;
        });
        Assert.Equal(27UL, machine.VCpu.Run().ExternalInterruptVector);
        Assert.True(machine.VCpu.Arch.Timer.IsAssertedAt(100));
        machine.Cpu.Guest.Enqueue(_ => ExceptionKind.Fiq);
        machine.VCpu.Run();
        Assert.False(machine.Cpu.Devices.ContainsKey(ClearActive));
        machine.Cpu.Guest.Enqueue(_ =>
        {
            machine.Cpu.System.CntvCvalEl0 = 500;
            return ExceptionKind.Fiq;
        });
        machine.VCpu.Run();
        machine.Cpu.Guest.Enqueue(_ => ExceptionKind.Fiq);
        machine.VCpu.Run();
        Assert.Equal(TimerBit, machine.Cpu.Devices[ClearActive]);
        Assert.False(machine.Cpu.Block->IsTimerActive);
    }

    [Fact]
    public void Only_the_list_registers_in_use_are_loaded_and_those_that_were_in_use_are_emptied()
    {
        using var machine = new FakeMachine();
        ref VgicCpuInterface vgic = ref machine.VCpu.Arch.Vgic;
        machine.Cpu.Vgic.Lr[3] = 0xBAD; // somebody else's
        vgic.Vmcr = 5;
        vgic.Lr[0] = 10;
        vgic.Lr[2] = 12;
        Run();
        Assert.Equal((10UL, 12UL, 0UL, 5UL), (machine.Cpu.Vgic.Lr[0], machine.Cpu.Vgic.Lr[2], machine.Cpu.Vgic.Lr[3], machine.Cpu.Vgic.Vmcr));
        vgic.Lr[2] = 0;
        Run();
        Assert.Equal((10UL, 0UL), (machine.Cpu.Vgic.Lr[0], machine.Cpu.Vgic.Lr[2]));
        Assert.Contains("LoadVgicLists 3", machine.Cpu.Calls);
        Run();
        Assert.Contains("LoadVgicLists 1", machine.Cpu.Calls);

        // Another vCPU was here: everything is loaded again.
        machine.Cpu.Vgic.Ap1[0] = 0x80;
        machine.VCpu.Unbind();
        machine.Cpu.Vgic = default;
        machine.VCpu.Bind();
        Run();
        Assert.Equal((10UL, 5UL, 0x80UL), (machine.Cpu.Vgic.Lr[0], machine.Cpu.Vgic.Vmcr, machine.Cpu.Vgic.Ap1[0]));

        void Run()
        {
            machine.Cpu.Guest.Enqueue(_ => ExceptionKind.Fiq);
            machine.VCpu.Run();
        }
    }

    [Fact]
    public void A_vCPU_that_leaves_takes_its_hold_on_the_timer_along()
    {
        using var machine = new FakeMachine();
        machine.Cpu.Block->Redistributor = 0x10_0000;
        machine.VCpu.Arch.Vgic.Lr[0] = PendingTimer;
        machine.Cpu.Guest.Enqueue(_ => ExceptionKind.Fiq);
        machine.VCpu.Run();
        machine.VCpu.Unbind();
        Assert.Equal(TimerBit, machine.Cpu.Devices[ClearActive]);
        Assert.False(machine.Cpu.Block->IsTimerActive);
    }

    [Fact]
    public void Reset_brings_back_the_state_after_set_up()
    {
        using var machine = new FakeMachine(mpidr: 0x100);
        machine.Exit(ExceptionClass.Hvc64, 0, before: registers =>
        {
            registers->X[9] = 9;
            registers->Pstate = 0;
            registers->Pc = 0x1234;
            return default;
        });
        machine.VCpu.Run();
        Assert.True(machine.VCpu.Reset().IsNone);
        Assert.Equal(VCpuState.Free, machine.VCpu.State);
        machine.VCpu.Bind();
        Aarch64CoreRegisters core = machine.Core();
        Assert.Equal((0UL, 0x3C5UL, FakeMachine.Ram), (core.X[9], core.Pstate, core.Pc));
    }

    [Fact]
    public void Disabling_restores_what_enabling_found()
    {
        FakeCpu cpu = FakeCpu.Reset();
        Assert.Equal(FakeCpu.GuestVectors, cpu.Registers["VbarEl2"]);
        PerCpu<Aarch64PerCpu> state = default;
        string[] names = ["HcrEl2", "VbarEl2", "CptrEl2", "MdcrEl2", "HstrEl2", "CntHctlEl2", "VtcrEl2", "VttbrEl2", "VpidrEl2", "VmpidrEl2"];
        for (int i = 0; i < names.Length; i++)
            cpu.Registers[names[i]] = 0xABC0 + (ulong)i;
        state.Init(0);
        Assert.True(state.HardwareEnable().IsNone);
        Assert.NotEqual(0xABC1UL, cpu.Registers["VbarEl2"]);
        Assert.True(state.HardwareDisable().IsNone);
        Assert.Equal(Enumerable.Range(0, names.Length).Select(i => 0xABC0 + (ulong)i), names.Select(name => cpu.Registers[name]));
    }

    [Fact]
    public void A_CPU_with_too_few_physical_address_bits_is_refused()
    {
        FakeCpu cpu = FakeCpu.Reset();
        cpu.IdRegisters[IdRegisterFilter.IndexOf(IdRegister.AA64MMFR0)] = 1; // 36 bits
        PerCpu<Aarch64PerCpu> state = default;
        Assert.Equal(EngineErrorCode.NotSupported, state.Init(0).Code);
        Assert.False(state.IsInitialized);
    }
}
